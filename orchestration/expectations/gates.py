"""The two gates of a night: landed rows, and what was built from them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from orchestration.expectations import backtest_frames as runs
from orchestration.expectations import book_frames as book
from orchestration.expectations import built_frames as built
from orchestration.expectations import catalogue_backtests as backtests
from orchestration.expectations import catalogue_book as books
from orchestration.expectations import catalogue_companies as companies
from orchestration.expectations import catalogue_inputs as inputs
from orchestration.expectations import catalogue_marts as marts
from orchestration.expectations import catalogue_prices as prices
from orchestration.expectations import catalogue_results as results
from orchestration.expectations import catalogue_risk as risk
from orchestration.expectations import risk_frames
from orchestration.expectations.claims import HasColumns, Suite
from orchestration.expectations.coverage import HISTORY_KEYS
from orchestration.expectations.landed import Landed, empty_table, tidy
from orchestration.expectations.outcome import CheckResult, GateContext, GateOutcome, QuarantineRow
from orchestration.expectations.results import check_results, quarantine_rows
from orchestration.expectations.validation import Judge

Frames = Mapping[str, pd.DataFrame]
Judged = tuple[tuple[CheckResult, ...], tuple[QuarantineRow, ...]]

LandedSuites = Sequence[tuple[Suite, Callable[[Landed, str], pd.DataFrame]]]
BuiltSuites = Sequence[tuple[Suite, Callable[[pd.DataFrame, GateContext], pd.DataFrame]]]

LANDED_SUITES: LandedSuites = (
    *((suite, Landed.bars) for suite in prices.BARS),
    (prices.BAR_AGREEMENT, lambda landed, _: landed.agreed),
    *((suite, Landed.splits_of) for suite in prices.SPLITS),
    (prices.SPLIT_AGREEMENT, lambda landed, _: landed.split_sides()),
    *((suite, Landed.dividends_of) for suite in prices.DIVIDENDS),
    (prices.DIVIDEND_AGREEMENT, lambda landed, _: landed.dividend_sides()),
    *((suite, Landed.intraday_bars) for suite in prices.INTRADAY),
    (inputs.BAR_COVERAGE, lambda landed, _: landed.bar_coverage()),
    *((suite, Landed.stories) for suite in inputs.NEWS),
    *((suite, Landed.figures) for suite in companies.FIGURES),
    (companies.PROFILES, Landed.profiles),
    (companies.STORY_OPINIONS, Landed.story_opinions),
    (companies.WEEKLY_OPINIONS, Landed.weekly_opinions),
    (companies.TREASURY_RATES, lambda landed, table: landed.tables[table]),
    (inputs.FRED, lambda landed, _: landed.observations()),
    (inputs.SERIES_COVERAGE, lambda landed, _: landed.series_coverage()),
    (inputs.INDEX_HISTORY, Landed.index_rows),
    (inputs.INDEX_QUOTES, Landed.index_rows),
    (inputs.INDEX_COVERAGE, lambda landed, _: landed.index_coverage()),
    *((inputs.history_suite(table), Landed.kept_history) for table in HISTORY_KEYS),
)
BUILT_SUITES: BuiltSuites = (
    (marts.PRICES, built.prices),
    (marts.FEATURES, built.available),
    (marts.SENTIMENT, built.available),
    (marts.SPREADS, built.spreads),
    (marts.TERM_STRUCTURE, built.term_structure),
    (marts.SIGNALS, built.signals),
    (marts.DISAGREEMENTS, built.disagreements),
    (marts.STRATEGY_DECISIONS, built.strategy_decisions),
    (marts.FROZEN_DECISIONS, built.frozen_decisions),
    (marts.INTRADAY_SIGNALS, built.intraday_signals),
    (marts.INSTRUMENTS, built.instruments),
    (marts.VARIANTS, built.variants),
    (results.BACKTESTS, built.backtests),
    (backtests.POSITIONS, runs.positions),
    (backtests.TRADES, runs.trades),
    (backtests.METRICS, runs.metrics),
    (backtests.WINDOWS, runs.windows),
    (books.SLEEVE_WEIGHTS, book.sleeve_weights),
    (results.TARGET_WEIGHTS, built.target_weights),
    (results.EXPOSURES, built.exposures),
    (results.PORTFOLIO, built.portfolio),
    (books.LIMIT_USAGE, book.limit_usage),
    (books.TRACKING, book.tracking),
    (results.ORDERS, built.orders),
    (books.HOLDINGS, book.holdings),
    (risk.RISK, risk_frames.risk),
    (risk.RISK_TESTS, risk_frames.risk_tests),
    (risk.RISK_EXPOSURES, risk_frames.risk_exposures),
    (risk.STRESS, risk_frames.stress),
    (books.RECORD, book.record),
    (books.RECORD_METRICS, book.record_metrics),
)


def run_gate_1(
    frames: Frames, *, context: GateContext, suites: LandedSuites = LANDED_SUITES
) -> GateOutcome:
    """Judge the newest visible version of every landed row.

    Parameters
    ----------
    frames : raw table ('raw.polygon__daily_bars') → all its columns. A table that is not given
        counts as empty: what must be there is told by coverage.
    context : what the gate knows beside the frames.
    suites : what is judged; the canaries ask for parts of it.

    Returns
    -------
    Every claim judged, and the rows to keep out of staging. A row that failed before and still
    fails is reported again.
    """
    judge = Judge()
    required = _required_columns(suite for suite, _ in suites)
    tables = {table: frames.get(table, empty_table(names)) for table, names in required.items()}
    lacking = _lacking(tables, required)
    landed = Landed(
        {
            table: tidy(empty_table(required[table]) if table in lacking else frame)
            for table, frame in tables.items()
        },
        context,
    )
    return _outcome(
        1,
        [
            _judge_columns(judge, suite, tables[suite.table], context)
            if suite.table in lacking
            else _judge(judge, suite, prepare(landed, suite.table), context)
            for suite, prepare in suites
        ],
    )


def run_gate_2(
    frames: Frames, *, context: GateContext, suites: BuiltSuites = BUILT_SUITES
) -> GateOutcome:
    """Judge marts and results of a build before it is published.

    Parameters
    ----------
    frames : table ('marts.fct_prices') → all its columns. A table that is missing, or lacks a
        column, blocks.
    context : what the gate knows beside the frames.
    suites : what is judged; the canaries ask for parts of it.
    """
    judge = Judge()
    required = _required_columns(suite for suite, _ in suites)
    tables = {table: frames.get(table, pd.DataFrame()) for table in required}
    lacking = _lacking(tables, required)
    tidied = {table: tidy(frame) for table, frame in tables.items() if table not in lacking}
    return _outcome(
        2,
        [
            _judge_columns(judge, suite, tables[suite.table], context)
            if suite.table in lacking
            else _judge(judge, suite, prepare(tidied[suite.table], context), context)
            for suite, prepare in suites
        ],
    )


def _required_columns(suites: Iterable[Suite]) -> dict[str, tuple[str, ...]]:
    """Each table's required columns, from the claim that says so."""
    return {
        suite.table: claim.rule.columns
        for suite in suites
        for claim in suite.claims
        if isinstance(claim.rule, HasColumns)
    }


def _lacking(tables: Frames, required: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """Tables without all their columns: nothing else about them can be judged."""
    return frozenset(table for table, names in required.items() if set(names) - {*tables[table]})


def _judge(judge: Judge, suite: Suite, frame: pd.DataFrame, context: GateContext) -> Judged:
    frame = frame.reset_index(drop=True)
    findings = judge.validate(suite, frame)
    return (
        check_results(suite, frame, findings, context),
        quarantine_rows(suite, frame, findings, context),
    )


def _judge_columns(judge: Judge, suite: Suite, frame: pd.DataFrame, context: GateContext) -> Judged:
    """Judge only whether the columns are there; suites derived from the table say nothing."""
    claims = tuple(claim for claim in suite.claims if isinstance(claim.rule, HasColumns))
    if not claims:
        return (), ()
    return _judge(judge, replace(suite, claims=claims), frame, context)


def _outcome(gate: int, judged: Sequence[Judged]) -> GateOutcome:
    checks = tuple(result for checked, _ in judged for result in checked)
    return GateOutcome(
        gate=gate,
        results=checks,
        quarantine=tuple(row for _, rows in judged for row in rows),
        blocked=any(result.severity == "block" and not result.success for result in checks),
    )
