"""All providers down: a warm home publishes what it holds, a cold one says why it cannot."""

import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from ingestion.sandbox.server import SandboxServer
from orchestration.resources import SANDBOX_SEED
from tests.conftest import NIGHT_CLOCK, NightHome, mqp
from tests.quick_command import quick_mqp
from tests.traces import traces_in, traces_of

Command = Callable[..., CompletedProcess[str]]

NEXT_EVENING = "2024-07-01T22:30:00Z"  # Monday
PATIENCE_SECONDS = "3"
"""A source is given up after so long; five minutes would show nothing more."""


def keys() -> dict[str, str]:
    """The keys of the sandbox in the command's own world."""
    now = datetime.fromisoformat(NIGHT_CLOCK)
    sandbox = SandboxServer(seed=SANDBOX_SEED, now=now)
    sandbox.close()
    return dict(sandbox.api_keys)


def rehearse(
    home: Path, name: str, universe: Path, *, expect: int, command: Command = quick_mqp
) -> CompletedProcess[str]:
    return command(
        home,
        "nightly",
        "--rehearse",
        name,
        expect=expect,
        MQP_NOW=NEXT_EVENING,
        MQP_UNIVERSE=str(universe),
        SOURCE_PATIENCE_SECONDS=PATIENCE_SECONDS,
        METRICS_ENABLED="1",
    )


@pytest.fixture(scope="module")
def echoed(
    small_night: Callable[[Path], Path],
    tmp_path_factory: pytest.TempPathFactory,
    small_universe: Path,
) -> NightHome:
    """The home of Friday on Monday, when every provider answered an error that repeats its key."""
    home = small_night(tmp_path_factory.mktemp("echoed"))
    done = rehearse(home, "key-echo", small_universe, expect=3, command=mqp)
    return NightHome(home, done.stdout + done.stderr)


@pytest.fixture(scope="module")
def outage(
    small_night: Callable[[Path], Path],
    tmp_path_factory: pytest.TempPathFactory,
    small_universe: Path,
) -> NightHome:
    """The home of Friday on Monday, when every provider answered 503."""
    home = small_night(tmp_path_factory.mktemp("outage"))
    done = rehearse(home, "outage", small_universe, expect=3)
    return NightHome(home, done.stdout + done.stderr)


def test_no_file_of_a_faulted_night_shows_a_key(echoed: NightHome) -> None:
    assert traces_of(echoed.home, keys()) == []


def test_terminal_of_a_faulted_night_shows_no_key_but_what_was_masked(echoed: NightHome) -> None:
    assert traces_in(echoed.output, keys()) == []
    assert "apiKey=*** for ***" in echoed.output


def test_faulted_night_would_have_shown_a_planted_key(echoed: NightHome) -> None:
    provider, key = next(iter(keys().items()))
    planted = echoed.home / "logs" / "planted.txt"
    planted.write_text(f"https://x.test/?apiKey={key}")
    try:
        assert traces_of(echoed.home / "logs", keys()) == [f"planted.txt: {provider}"]
    finally:
        planted.unlink()


def status_of(night: NightHome) -> dict:
    return json.loads((night.home / "reports" / "run_status.json").read_text())


def test_night_without_any_provider_is_published_degraded(outage: NightHome) -> None:
    status = status_of(outage)
    assert (status["night"], status["status"]) == ("2024-07-01", "DEGRADED")
    done = quick_mqp(
        outage.home,
        "sql",
        "--format",
        "csv",
        "select night, status from ops.nights order by night",
        MQP_NOW=NEXT_EVENING,
    )
    assert done.stdout.splitlines()[1:] == ["2024-06-28,CLEAN", "2024-07-01,DEGRADED"]


def test_night_without_any_provider_says_on_what_age_each_input_rests(outage: NightHome) -> None:
    status = status_of(outage)
    bars = {row["symbol"]: row for row in status["freshness"] if row["dataset"] == "daily bars"}
    assert {row["last_observation"] for row in bars.values()} == {"2024-06-28"}
    assert {row["age_sessions"] for row in bars.values()} == {1}
    fallen = {row["dataset"] for row in status["fallbacks"] if row["is_degrading"]}
    assert {"daily bars", "index closes", "macro", "company news"} <= fallen
    series = [row for row in status["fallbacks"] if row["dataset"] in ("daily bars", "macro")]
    assert all(row["served_by"].endswith("(stored)") for row in series)
    report = (outage.home / "reports" / "latest.html").read_text()
    for words in ("DEGRADED", "2024-06-28", "REHEARSAL"):
        assert words in report, words


def test_night_without_any_provider_lands_nothing_and_loses_nothing(
    outage: NightHome, small_night: Callable[[Path], Path], tmp_path: Path
) -> None:
    query = (
        "select 'prices', count(*), max(session_date), sum(close_usd::decimal(18, 4)) "
        "from marts.fct_prices union all select 'sentiment', count(*), null, null "
        "from staging.stg_finnhub__company_news order by 1"
    )
    tables = [
        quick_mqp(home, "sql", "--format", "csv", query, MQP_NOW=NEXT_EVENING).stdout
        for home in (small_night(tmp_path), outage.home)
    ]
    assert tables[0] == tables[1]


def test_cold_home_fails_in_one_sentence_and_publishes_nothing(
    tmp_path: Path, small_universe: Path
) -> None:
    done = rehearse(tmp_path, "outage", small_universe, expect=1)
    told = [line for line in done.stderr.splitlines() if line.startswith("mqp: ")]
    assert told == [
        "mqp: the night FAILED and published nothing: No provider delivered anything to build on. "
        "Failed: cboe (transient), finnhub (transient), fmp (transient), fred (transient), "
        "fred_graph (transient), polygon (transient); `mqp ping` shows who answers again, and "
        "logs/ingestion.log what each of them said."
    ]
    assert not (tmp_path / "warehouse" / "quant.duckdb").exists()


def test_home_that_lost_all_but_its_published_night_keeps_it(
    small_night: Callable[[Path], Path], tmp_path: Path, small_universe: Path
) -> None:
    home = small_night(tmp_path)
    shutil.rmtree(home / "data")
    (home / "warehouse" / "ledger.duckdb").unlink()
    published = home / "warehouse" / "quant.duckdb"
    before = hashlib.sha256(published.read_bytes()).hexdigest()
    done = rehearse(home, "outage", small_universe, expect=1)
    assert "published nothing: No provider delivered anything to build on." in done.stderr
    assert hashlib.sha256(published.read_bytes()).hexdigest() == before
