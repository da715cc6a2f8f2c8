"""Raw tables as assets: fetched, landed in the ledger, judged by gate 1; then the build begins."""

from collections.abc import Iterator

import dagster as dg

from orchestration.assets.checks import LANDED, check_results, check_specs
from orchestration.assets.policy import NIGHTLY
from orchestration.night_resource import NightResource
from orchestration.steps import PART_OF, land_part
from warehouse.availability import RAW_TABLES

DESCRIPTIONS: dict[str, str] = {
    "polygon__daily_bars": "Raw bars of Massive (Polygon). One row per symbol, session, version.",
    "polygon__splits": "Splits of Massive (Polygon). One row per symbol, execution date, version.",
    "polygon__dividends": "Cash dividends of Massive (Polygon). One row per payment and version.",
    "polygon__news": "News of Massive (Polygon). One row per story, symbol and version.",
    "fmp__daily_prices": "Raw prices of FMP, the fallback. One row per symbol, session, version.",
    "fmp__splits": "Splits of FMP. One row per symbol, execution date and version.",
    "fmp__dividends": "Dividends of FMP. One row per symbol, ex-date and version.",
    "finnhub__company_news": "Company news of Finnhub. One row per story, symbol and version.",
    "polygon__intraday_bars": "Minute and hour bars of Massive. One row per symbol, bar, version.",
    "polygon__news_sentiment": "Massive's own reading of stories. One row per story and version.",
    "fmp__news": "News of FMP. One row per story, symbol and version.",
    "fmp__fundamentals": "Statements and ratios of FMP. One row per figure and version.",
    "fmp__profiles": "Company profiles of FMP. One row per symbol and version.",
    "fmp__treasury_rates": "Treasury rates of FMP. One row per maturity, date and version.",
    "finnhub__news_sentiment": "Finnhub's own scores. One row per symbol, fetch day, version.",
    "finnhub__daily_candles": "Daily candles of Finnhub. One row per symbol, session, version.",
    "finnhub__intraday_bars": "Intraday candles of Finnhub. One row per symbol, bar, version.",
    "finnhub__splits": "Splits of Finnhub. One row per symbol, date and version.",
    "finnhub__dividends": "Dividends of Finnhub. One row per symbol, ex-date and version.",
    "finnhub__fundamentals": "Basic financials of Finnhub. One row per figure and version.",
    "yahoo__daily_bars": "Daily bars of Yahoo's chart. One row per symbol, session, version.",
    "yahoo__splits": "Splits of Yahoo's chart. One row per symbol, date and version.",
    "yahoo__dividends": "Dividends of Yahoo's chart. One row per symbol, ex-date, version.",
    "fred__observations": "FRED series. One row per series, observation date and version.",
    "cboe__index_history": "Cboe index files. One row per index, session and version.",
    "cboe__delayed_quotes": "Cboe quotes after the close. One row per index, session and version.",
}
SCORES = dg.AssetKey(["raw", "mqp__headline_scores"])
RAW_KEYS = [dg.AssetKey(table.name.split(".")) for table in RAW_TABLES]
CONTEXT_TABLES: dict[str, str] = {
    "build_context": "The build's moment, ledger version, world and hashes. One row per build.",
    "exchange_sessions": "Sessions of the exchange up to the next one. One row per session.",
    "availability_rules": "From when each dataset counts as known. One row per table and series.",
    "universe_members": "The configured universe. One row per member and range of dates.",
}
QUARANTINE = dg.AssetKey(["quality", "quarantine"])
LATE = "late_inputs"
"""Metadata of what has landed: how many required inputs of the night, of all, it still lacks."""
MOST_RETRIES, RETRY_SECONDS = 2, 120
"""Of a step whose provider failed in passing. A night does not wait: it goes on, DEGRADED."""


@dg.multi_asset(
    name="landed_rows",
    specs=[
        *(
            dg.AssetSpec(
                key,
                group_name="raw",
                description=DESCRIPTIONS[key.path[-1]],
                freshness_policy=NIGHTLY,
                kinds={key.path[-1].split("__")[0]},
            )
            for key in RAW_KEYS
        ),
        dg.AssetSpec(
            SCORES, group_name="raw", description="Our scores. One row per headline and method."
        ),
        dg.AssetSpec(
            QUARANTINE,
            group_name="raw",
            description="What gate 1 withholds, and releases. One row per event.",
        ),
    ],
    check_specs=check_specs(LANDED),
    can_subset=True,
)
def landed_rows(
    context: dg.AssetExecutionContext, night: NightResource
) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Fetch what is missing, land what is new, and judge it.

    All tables are the beginning of a night. Some of them are a step ahead of it, which asks for
    those only; see `orchestration/steps.py`.
    """
    run, chosen = night.run, context.selected_asset_keys
    if chosen == {*RAW_KEYS, SCORES, QUARANTINE}:
        new_rows = run.ingest()
        gate = run.gate_1()
        results, late = gate.outcome.results, sum(item.is_late for item in run.freshness)
        version, withheld = run.ledger_version, len(gate.active_quarantine)
    else:
        landed = land_part(run, {PART_OF[".".join(key.path)] for key in chosen - {QUARANTINE}})
        if landed.is_worth_another_try and context.retry_number < MOST_RETRIES:
            raise dg.RetryRequested(max_retries=MOST_RETRIES, seconds_to_wait=RETRY_SECONDS)
        new_rows, version, withheld = landed.new_rows, landed.ledger_version, None
        results, late = landed.results, len(landed.late)
    judged = list(check_results(results, LANDED))
    for key in (key for key in (*RAW_KEYS, SCORES) if key in chosen):
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={
                "night": run.night.isoformat(),
                "new_rows": new_rows.get(".".join(key.path), 0),
                "ledger_version": version,
                LATE: late,
            },
            check_results=[
                result
                for result in judged
                if result.asset_key == key and _key_of(result) in context.selected_asset_check_keys
            ],
        )
    if QUARANTINE in chosen:
        yield dg.MaterializeResult(asset_key=QUARANTINE, metadata={"active": withheld})


def _key_of(result: dg.AssetCheckResult) -> dg.AssetCheckKey:
    asset = dg.AssetKey.from_coercible(result.asset_key or [])
    return dg.AssetCheckKey(asset, str(result.check_name))


@dg.multi_asset(
    name="build_context",
    specs=[
        dg.AssetSpec(
            ["ops", name],
            deps=[*RAW_KEYS, SCORES, QUARANTINE],
            group_name="ops",
            description=text,
        )
        for name, text in CONTEXT_TABLES.items()
    ],
)
def build_context(night: NightResource) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Start the private build at one ledger version and one moment."""
    context = night.run.begin_build()
    for name in CONTEXT_TABLES:
        yield dg.MaterializeResult(
            asset_key=["ops", name],
            metadata={
                "night": context.night.isoformat(),
                "as_of_at": context.as_of_at.isoformat(),
                "ledger_version": context.ledger_version,
            },
        )
