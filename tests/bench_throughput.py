"""How fast 500 histories come in: our client against a bare `requests` loop, and what it holds.

The sandbox runs in a process of its own and takes 0.1 s over every body, as a server across a
continent does; without that both sides would only measure the sandbox. Loopback addresses are not
slowed down by our buckets, so what is measured is us, not the limiter: see the last line.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import requests

from ingestion.night import Collected, NightInputs, collect_night_inputs
from ingestion.providers.polygon import PROFILE
from ingestion.sandbox.faults import FaultRule
from ingestion.sandbox.server import SandboxServer
from ingestion.settings import SourceSettings
from warehouse.sessions import new_york_sessions

NOW = datetime(2024, 6, 28, 22, 30, tzinfo=UTC)
NIGHT, FIRST_DAY = date(2024, 6, 28), date(2014, 6, 30)
SYMBOLS = tuple(f"SIM{number:03d}" for number in range(500))
BARE_SYMBOLS = SYMBOLS[:100]
SECONDS_PER_BODY = 0.1


def serve() -> None:
    """Serve the symbols until standard input closes."""
    latency = FaultRule("slow", value=SECONDS_PER_BODY, provider="polygon")
    with SandboxServer(seed=7, now=NOW, symbols=SYMBOLS, faults=(latency,)) as server:
        print(json.dumps([dict(server.base_urls), dict(server.api_keys)]), flush=True)
        sys.stdin.read()


@contextmanager
def _served() -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    command = [sys.executable, "-m", "tests.bench_throughput"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            yield json.loads(server.stdout.readline())
        finally:
            server.stdin.close()


def _bare(base_url: str, key: str) -> None:
    """What one writes first: one request after the other, decoded and thrown away."""
    for symbol in BARE_SYMBOLS:
        reply = requests.get(
            f"{base_url}/v2/aggs/ticker/{symbol}/range/1/day/{FIRST_DAY}/{NIGHT}",
            params={"adjusted": "false", "limit": "50000"},
            headers={"Authorization": f"Bearer {key}"},
            timeout=30,
        )
        reply.json()["results"]


def _ours(
    folder: Path, urls: dict[str, str], keys: dict[str, str], symbols: Sequence[str]
) -> Collected:
    """Typed, checked, kept as responses and cached."""
    wanted = NightInputs(
        night=NIGHT,
        decided_at=new_york_sessions().decided_at(NIGHT),
        bar_symbols=tuple(symbols),
        news_symbols=(),
        series_ids=(),
        index_names=(),
        first_day=FIRST_DAY,
    )
    sources = SourceSettings(
        base_urls=urls,
        api_keys=keys,
        cache_root=folder / "cache",
        raw_root=folder / "raw",
        log_path=folder / "ingestion.log",
        world="sandbox:7",
    )
    return collect_night_inputs(wanted, sources, clock=lambda: NOW)


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def bench_throughput() -> None:
    """Print both rates, their ratio, and the memory that each further history takes."""
    with _served() as (urls, keys), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _ours(folder / "few", urls, keys, SYMBOLS[:100])
        before = _peak_megabytes()
        start = time.perf_counter()
        _bare(urls["polygon"], keys["polygon"])
        bare = len(BARE_SYMBOLS) / (time.perf_counter() - start)
        start = time.perf_counter()
        bars = _ours(folder / "all", urls, keys, SYMBOLS).tables["raw.polygon__daily_bars"]
        ours = len(SYMBOLS) / (time.perf_counter() - start)
    grown, held = _peak_megabytes() - before, bars.nbytes / 1e6 * 4 / 5
    per_minute = PROFILE.allowances[0].calls
    print(
        f"fetch: {len(SYMBOLS)} symbols x 10 years, {bars.num_rows:,} rows: bare requests loop "
        f"{bare:.1f} symbols/s, ours {ours:.1f} symbols/s: {ours / bare:.1f} x\n"
        f"fetch: 400 more symbols take {grown:.0f} MB, their rows themselves are {held:.0f} MB\n"
        f"fetch: polygon's free plan allows {per_minute} calls a minute: its limiter alone takes "
        f"{len(SYMBOLS) / per_minute:.0f} min, we would need {len(SYMBOLS) / ours:.0f} s"
    )


if __name__ == "__main__":
    serve()
