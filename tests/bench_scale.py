"""How fast a whole build is at 500 and at 3,000 symbols; its features in pandas and polars beside.

The ledger is landed and the features are recomputed here, dbt runs as a night runs it: in a process
of its own, two models at a time. The variants are the default ones, so a scratch copy of the
project holds only their seed rows.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from orchestration.build import DBT_PROJECT, dbt_environment
from tests.dbt.features import pandas_features, polars_features
from tests.dbt.large_market import land_large_market, member_names
from tests.dbt.synthetic import WORLD
from warehouse.connection import connect
from warehouse.context import BuildContext, Member, begin_build
from warehouse.home import Home
from warehouse.sessions import new_york_sessions

NIGHT = date(2026, 6, 30)
SIZES = ((500, 2_520), (3_000, 5_040))
FEATURE_MODELS = ("int_trends_measured", "int_wilder_averages_measured", "fct_equity_features")
RELATIVE_TOLERANCE = 1e-9
KEY = ["symbol", "session_date"]


@dataclass(frozen=True)
class Build:
    """What dbt said of its run, and what its process took.

    `model_seconds`: from the start of the first model to the end of the last, without dbt's own
    start-up, parsing and tests.
    """

    model_seconds: float
    seconds_by_model: dict[str, float]
    peak_gigabytes: float


def land_ledger(root: Path, n_symbols: int, n_sessions: int) -> None:
    """Fill the ledger of a home: called in a process of its own, which gives its memory back."""
    sessions = new_york_sessions()
    days = sessions.between(sessions.previous_session(NIGHT, n_sessions - 1), NIGHT)
    home = Home(root)
    home.make_folders()
    with connect(home.ledger) as ledger:
        land_large_market(ledger, n_symbols, sessions, days, seed=1)


def begin(home: Home, n_symbols: int) -> None:
    """Start a build in which every symbol but the funds is a member."""
    sessions = new_york_sessions()
    context = BuildContext(
        night=NIGHT,
        as_of_at=sessions.decided_at(NIGHT),
        ledger_version=1,
        world=WORLD,
        code_hash="code",
        config_hash="config",
        universe_name="large",
        benchmark="SPY",
        members=[Member(symbol) for symbol in member_names(n_symbols)],
    )
    begin_build(home.build, context, sessions)


def copy_project(target: Path) -> None:
    """Copy the project without the variants that are not the default one of their strategy."""
    shutil.copytree(DBT_PROJECT, target)
    for path in (target / "seeds").glob("*_variants.csv"):
        variants = pd.read_csv(path, dtype=str)
        variants[variants["is_default"] == "true"].to_csv(path, index=False)
    styles = target / "seeds" / "equity_styles.csv"
    used = pd.read_csv(target / "seeds" / "equity_variants.csv")["style"]
    rows = pd.read_csv(styles, dtype=str)
    rows[rows["style"].isin(used)].to_csv(styles, index=False)


def run_dbt(home: Home, project: Path, command: str) -> Build:
    """Run a dbt command and wait for what its process took."""
    arguments = {
        "--project-dir": project,
        "--profiles-dir": project,
        "--target-path": home.dbt_target,
        "--log-path": home.logs / "dbt",
    }
    words = [sys.executable, "-m", "dbt.cli.main", command]
    words += [str(word) for pair in arguments.items() for word in pair]
    with (home.root / "dbt.log").open("w") as log:
        child = subprocess.Popen(words, env=dbt_environment(home), stdout=log)
        _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise RuntimeError(f"dbt {command} failed: {(home.root / 'dbt.log').read_text()[-2000:]}")
    results = json.loads((home.dbt_target / "run_results.json").read_text())["results"]
    spans = [
        (datetime.fromisoformat(part["started_at"]), datetime.fromisoformat(part["completed_at"]))
        for result in results
        for part in result["timing"]
        if part["name"] == "execute"
    ]
    first, last = min(start for start, _ in spans), max(end for _, end in spans)
    return Build(
        model_seconds=(last - first).total_seconds(),
        seconds_by_model={
            result["unique_id"].rpartition(".")[2]: result["execution_time"] for result in results
        },
        peak_gigabytes=usage.ru_maxrss / 1024**2,
    )


def read(home: Home, query: str) -> pa.Table:
    """Rows of the finished build."""
    with connect(home.build, read_only=True) as build:
        return build.execute(query).to_arrow_table()


def largest_difference(features: pa.Table, expected: Callable[[str], np.ndarray]) -> float:
    """The largest relative difference of any feature; a value that only one side has is infinite.

    Parameters
    ----------
    features : rows of `fct_equity_features` by symbol and session.
    expected : the values of a feature in the same order.
    """
    worst = 0.0
    for name in features.column_names:
        ours, theirs = features[name].to_numpy(zero_copy_only=False), expected(name)
        if (np.isnan(ours) != np.isnan(theirs)).any():
            return float("inf")
        apart = np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1e-12)
        worst = max(worst, float(np.nanmax(apart)))
    return worst


def compare_features(home: Home, build: Build, bars: str) -> None:
    """Compute the features in pandas and polars too, print how long, and insist on agreement."""
    prices = read(
        home,
        "select symbol, session_date, adjusted_high_usd as high, adjusted_low_usd as low, "
        "adjusted_close_usd as close from marts.fct_prices order by symbol, session_date",
    )
    features = read(
        home,
        "select sma_20_usd, sma_50_usd, rsi_14, atr_14_usd, volatility_20_annual, "
        "momentum_12_1_return from marts.fct_equity_features order by symbol, session_date",
    )
    ours = sum(build.seconds_by_model[name] for name in FEATURE_MODELS)
    for name, compute, frame in (
        ("pandas", pandas_features, prices.to_pandas(split_blocks=True)),
        ("polars", polars_features, pl.from_arrow(prices)),
    ):
        start = time.perf_counter()
        found = compute(frame)
        theirs = time.perf_counter() - start
        worst = largest_difference(features, lambda column, found=found: found[column].to_numpy())
        print(
            f"{f'features: {name} in memory / dbt, table to table':<58} {theirs:9.3f} s "
            f"{ours:9.3f} s  {theirs / ours:8.1f} x   {bars}, apart {worst:.0e} at most",
            flush=True,
        )
        if worst > RELATIVE_TOLERANCE:
            raise AssertionError(f"{name} and dbt differ by {worst:.1e} in a feature of {bars}.")


def bench_size(n_symbols: int, n_sessions: int) -> None:
    """Land, build, compare and print one size."""
    bars = f"{n_symbols:,} symbols x {n_sessions:,} sessions"
    with tempfile.TemporaryDirectory() as folder:
        home, project = Home(Path(folder)), Path(folder) / "project"
        print(f"build: landing {bars} ...", flush=True)
        land = [sys.executable, "-m", "tests.bench_scale", folder, str(n_symbols), str(n_sessions)]
        subprocess.run(land, check=True)
        begin(home, n_symbols)
        copy_project(project)
        run_dbt(home, project, "seed")
        print(f"build: building {bars} ...", flush=True)
        build = run_dbt(home, project, "run")
        rows = read(home, "select count(*) from marts.fct_prices")[0][0].as_py()
        slowest = sorted(build.seconds_by_model.items(), key=lambda item: -item[1])[:5]
        print(
            f"build: {bars}, {rows:,} bars: {len(build.seconds_by_model)} dbt models in "
            f"{build.model_seconds:.1f} s, {rows / build.model_seconds:,.0f} bars/s, peak memory "
            f"{build.peak_gigabytes:.1f} GB\n"
            f"build: slowest {', '.join(f'{name} {took:.1f} s' for name, took in slowest)}",
            flush=True,
        )
        compare_features(home, build, bars)


def bench_scale() -> None:
    """Print both sizes; the larger one takes some minutes and 13 GB of disk."""
    for n_symbols, n_sessions in SIZES:
        bench_size(n_symbols, n_sessions)


if __name__ == "__main__":
    land_ledger(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
