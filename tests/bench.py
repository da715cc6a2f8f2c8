"""`make bench`: what speed is worth, always as a ratio measured in one run.

Absolute seconds depend on the machine; a ratio between two ways on the same machine does not.
"""

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from analytics.backtest import run_backtest
from ingestion.night import NightInputs, collect_night_inputs
from ingestion.sandbox.server import SandboxServer
from ingestion.sentiment import METHOD, Story, score_stories
from ingestion.settings import SourceSettings
from orchestration.freshness import INDEX_NAMES, SERIES
from orchestration.resources import REPOSITORY
from orchestration.universe import load_universe
from tests.analytics.test_backtest_properties import random_case, slow_rows
from tests.bench_dashboard import bench_dashboard
from tests.bench_engine import bench_engine_scale
from tests.bench_portfolio import bench_portfolio
from tests.bench_scale import bench_scale
from tests.bench_throughput import bench_throughput
from tests.bench_timing import line, seconds
from tests.bench_why import bench_why
from tests.ingestion.labelled_news import (
    VARIABLE,
    accuracy_gain,
    held_out,
    labelled_path,
    measure,
    read_labelled,
)
from warehouse.connection import connect
from warehouse.ledger import land, open_ledger
from warehouse.sessions import new_york_sessions

NOW = datetime(2024, 6, 28, 22, 30, tzinfo=UTC)
NIGHT = date(2024, 6, 28)


def bench_engine() -> None:
    """The vectorised engine against a plain loop over symbols, on the same variants."""
    case = random_case(7, n_sessions=500, n_symbols=4, n_variants=40)
    start = run_backtest(case.market, case.targets).first_decision
    one_variant = seconds(lambda: slow_rows(case, 0, "next_open", start), repeats=1)
    slow = one_variant * case.targets.shape[2]
    fast = seconds(lambda: run_backtest(case.market, case.targets))
    line("backtest: loop over symbols / arrays", slow, fast, "40 variants x 500 sessions x 4")


def bench_sentiment() -> None:
    """Our scorer against plain VADER: its speed here, and its agreement with labels where given."""
    analyzer = SentimentIntensityAnalyzer()
    numbers = range(4_000)
    stories = [
        Story(f"ZZQ beats estimates by {n} percent", f"Its margin improved to {n}. ZZR did not.")
        for n in numbers
    ]
    plain = seconds(
        lambda: [analyzer.polarity_scores(" ".join(story))["compound"] for story in stories]
    )
    ours = seconds(lambda: score_stories(stories))
    line("sentiment: plain VADER / with finance words", plain, ours, f"{len(stories):,} stories")
    path = labelled_path()
    if path is None:
        print(f"sentiment: agreement not measured, {VARIABLE} names no file of labelled sentences")
        return
    sentences, grades = zip(*held_out(read_labelled(path)), strict=True)
    by_method = {
        "plain VADER": [analyzer.polarity_scores(text)["compound"] for text in sentences],
        METHOD: score_stories(Story(text, None) for text in sentences),
    }
    print(f"sentiment: agreement with {len(sentences):,} held-out labelled sentences")
    for name, scores in by_method.items():
        found = measure(scores, grades)
        print(
            f"  {name:<24} accuracy {found.accuracy:.3f}  macro F1 {found.macro_f1:.3f}  "
            f"Spearman {found.spearman:.3f}"
        )
    gain, lower, upper = accuracy_gain(by_method[METHOD], by_method["plain VADER"], grades)
    print(f"  gain in accuracy {gain:+.3f}, 95 % interval {lower:+.3f} to {upper:+.3f} (bootstrap)")


def bench_night_inputs(folder: Path) -> None:
    """The first night's fetch and landing against the second night's."""
    universe = load_universe(REPOSITORY / "config" / "universes" / "core_equities.yaml")
    sessions = new_york_sessions()
    wanted = NightInputs(
        night=NIGHT,
        decided_at=sessions.decided_at(NIGHT),
        bar_symbols=universe.bar_symbols,
        news_symbols=universe.member_symbols,
        series_ids=SERIES,
        index_names=INDEX_NAMES,
        first_day=date(2010, 1, 4),
    )
    with SandboxServer(seed=7, now=NOW) as server, connect(folder / "ledger.duckdb") as ledger:
        sources = SourceSettings(
            base_urls=server.base_urls,
            api_keys=server.api_keys,
            cache_root=folder / "cache",
            raw_root=folder / "raw",
            log_path=folder / "ingestion.log",
            world="sandbox:7",
        )
        open_ledger(ledger, "sandbox:7", now=NOW)

        def fetch() -> None:
            collect_night_inputs(wanted, sources, clock=lambda: NOW)

        first, again = seconds(fetch, repeats=1), seconds(fetch)
        line("inputs: first fetch / from the cache", first, again, "27 symbols x 14.5 years")
        tables = collect_night_inputs(wanted, sources, clock=lambda: NOW).tables

        def landing() -> None:
            land(ledger, tables, sessions=sessions, run_id="bench", now=NOW)

        first, again = seconds(landing, repeats=1), seconds(landing)
        rows = sum(table.num_rows for table in tables.values())
        line("ledger: first landing / nothing new", first, again, f"{rows:,} rows")


def main() -> None:
    """Print every comparison."""
    bench_throughput()  # first: it measures the peak memory of this process
    print(f"{'':<58} {'slow':>11} {'fast':>11}  {'ratio':>10}")
    bench_engine()
    bench_engine_scale()
    bench_portfolio()
    bench_sentiment()
    with tempfile.TemporaryDirectory() as folder:
        bench_night_inputs(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        bench_why(Path(folder))
        bench_dashboard(Path(folder))  # the night that the questions were about
    bench_scale()


if __name__ == "__main__":
    main()
