"""A small home with something of everything that a backup saves, made by hand."""

import gzip
import multiprocessing
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.record import append_night
from tests.replay.homes import NIGHT, Making, published_home, record_of
from warehouse.connection import connect
from warehouse.home import Home

KEY = "fmp-key-0123456789abcdef"
STAMP = "2017-06-30T23-00-00Z"
RESPONSE = "data/raw/fmp/2017-06-30/31e39cd7-00000000.gz"
FILES = {
    "data/raw/landings.jsonl": "",
    "data/trials.jsonl": "",
    "data/cache/fmp/AAPL/2017-06-30.daily_bars.parquet": "cached",
    "logs/signal_engine.log": "{}\n",
    "logs/alerts/alerts_2017-06.jsonl": "{}\n",
    "reports/latest.html": "<p>report</p>",
    "reports/metrics/credit.json": "{}",
}
DATABASES = {
    *("warehouse/ledger.duckdb", "warehouse/quant.duckdb", "warehouse/quant.sha256"),
    *("warehouse/nights/2017-06-30/manifest.json", "warehouse/nights/2017-06-30/environment.json"),
    "warehouse/nights/2017-06-30/analytics.target_weights.parquet",
    "warehouse/nights/2017-06-30/analytics.decisions.parquet",
    "data/cache/cache.db",
}
NEVER = (".env", "data/dagster/dagster.yaml", "warehouse/build/note", "data/raw/.partial/.1.x.new")


def full_home(root: Path) -> Home:
    """The night of 2017-06-30, published, with what lies around it."""
    home = published_home(root, Making())
    for name, text in FILES.items():
        write(root / name, text)
    for name in NEVER:
        write(root / name, f"FMP_API_KEY={KEY}\n")
    write_response(root / RESPONSE, b"body")
    with closing(sqlite3.connect(root / "data/cache/cache.db")) as cache:
        cache.execute("create table world (world text)")
        cache.commit()
    return home


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def write_response(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(b"{}\n" + body))


def add_attempt(home: Home, night: date = NIGHT, attempt: int = 2) -> None:
    """The ledger goes on: an attempt that failed."""
    with connect(home.ledger) as ledger:
        append_night(ledger, record_of(Making(night, attempt, "FAILED"), None))


def attempts(home: Home) -> int:
    with connect(home.ledger, read_only=True) as ledger:
        ((count,),) = ledger.execute("select count(*) from ops.nights").fetchall()
    return int(count)


def content_of(root: Path) -> dict[str, bytes]:
    """Every file below a folder but locks, by name."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.name.endswith(".writer.lock")
    }


def in_fork(function: Callable[..., None], *arguments: Any) -> int | None:
    """Call a function in a copy of this process; its exit code."""
    process = multiprocessing.get_context("fork").Process(target=function, args=arguments)
    process.start()
    process.join(60)
    return process.exitcode
