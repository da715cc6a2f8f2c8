"""Raw tables as assets: fetched, landed in the ledger, judged by gate 1; then the build begins."""

from collections.abc import Iterator

import dagster as dg

from orchestration.assets.checks import LANDED, check_results, check_specs
from orchestration.night_resource import NightResource
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


@dg.multi_asset(
    name="landed_rows",
    specs=[
        *(
            dg.AssetSpec(
                key,
                group_name="raw",
                description=DESCRIPTIONS[key.path[-1]],
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
)
def landed_rows(night: NightResource) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Fetch what is missing, land what is new, and judge it."""
    run = night.run
    new_rows = run.ingest()
    gate = run.gate_1()
    results = list(check_results(gate.outcome.results, LANDED))
    for key in RAW_KEYS:
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={
                "new_rows": new_rows.get(".".join(key.path), 0),
                "ledger_version": run.ledger_version,
            },
            check_results=[result for result in results if result.asset_key == key],
        )
    yield dg.MaterializeResult(asset_key=SCORES)
    yield dg.MaterializeResult(
        asset_key=QUARANTINE, metadata={"active": len(gate.active_quarantine)}
    )


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
