"""Backtests, walk-forward, allocation and orders: the Python results on top of the marts."""

from collections.abc import Iterator

import dagster as dg

from orchestration.night_resource import NightResource

TABLES: dict[str, str] = {
    "walk_forward_windows": "Which variant governed when. One row per strategy and window.",
    "backtest_positions": "What was filled. One row per strategy, variant, symbol and session.",
    "backtest_daily": "Returns, costs and exposures. One row per strategy, variant and session.",
    "backtest_trades": "Round trips at raw prices. One row per trade.",
    "backtest_metrics": "Performance figures. One row per strategy, variant, sample and metric.",
    "sleeve_weights": "How much each strategy gets. One row per session and strategy.",
    "target_weights": "Desired weight, limits, final weight. One row per session, sleeve, symbol.",
    "portfolio_daily": "The portfolio's path, scale and volatility. One row per session.",
    "orders": "From holdings to target, for the next session. One row per symbol.",
    "holdings": "What orders start from, and why some are none. One row per symbol, and the cash.",
    "limit_usage": "How close the book came to each limit. One row per decision and limit.",
    "portfolio_tracking": "Target against outcome, share untouched. One row per period, metric.",
    "risk_daily": "VaR and ES forecasts, exceedances, drawdown, beta. One row per session.",
    "risk_tests": "Kupiec and Christoffersen tests. One row per measure, sample and test.",
    "risk_exposures": "Tonight's book and its risk, split. One row per dimension and name.",
    "stress_results": "Tonight's book under stress. One row per scenario, kind and symbol.",
    "record_daily": "What recorded decisions earned, beside the backtest. One row per session.",
    "record_metrics": "The record summed up. One row per metric.",
}
"""In the order in which they follow from each other."""
ANALYTICS_KEYS = [dg.AssetKey(["analytics", name]) for name in TABLES]
METADATA: dict[str, dict[str, str]] = {
    # a fill is decided the session before, and its price is known in its own
    "backtest_positions": {"prove_moment": "available_at"},
}
INPUT_KEYS = [
    dg.AssetKey(["marts", "fct_prices"]),
    dg.AssetKey(["marts", "fct_signals"]),
    dg.AssetKey(["intermediate", "int_macro_as_of"]),
    dg.AssetKey(["intermediate", "int_fund_leverage"]),
    dg.AssetKey(["staging", "stg_exchange__sessions"]),
    dg.AssetKey(["ops", "universe_members"]),
]


@dg.multi_asset(
    name="backtests_and_allocation",
    specs=[
        dg.AssetSpec(
            key,
            deps=INPUT_KEYS,
            group_name="analytics",
            description=TABLES[key.path[-1]],
            kinds={"python", "duckdb"},
            metadata=METADATA.get(key.path[-1], {}),
        )
        for key in ANALYTICS_KEYS
    ],
)
def backtests_and_allocation(
    night: NightResource,
) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Run every declared variant, choose walk-forward, allocate to the target volatility."""
    frames = night.run.analyse()
    for name in TABLES:
        yield dg.MaterializeResult(
            asset_key=["analytics", name],
            metadata={"dagster/row_count": len(frames[f"analytics.{name}"])},
        )
