"""Tables of the account, the limits and the risk for a published file, by hand where they can be.

The book: AAPL 8 % long, SVXY 12 % long, HYG 5 % short; every sum below can be checked by eye.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from tests.reports.market import SLEEVES, Market, days, moments, nulls

Columns = dict[str, Any]
VAR_95, VAR_99 = 0.004, 0.006  # of equity
USAGE = (
    # limit, subject, wanted, used, bound, binding, note
    ("leverage", None, 1.5, 1.5, 2.0, False, None),
    ("symbol", "SVXY", 0.19, 0.12, 0.12, True, None),
    ("liquidity", "AAPL", 0.08, 0.08, 31.5, False, "no volume known: HYG"),
    ("sector", "Information Technology", 0.08, 0.08, 0.30, False, None),
    ("stress", "february_2018", 0.1139, 0.1139, 0.25, False, None),
    ("gross", None, 0.25, 0.25, 2.0, False, None),
    ("net", None, 0.15, 0.15, 1.5, False, None),
    ("turnover", None, 0.93, 0.93, 1.0, False, None),
    ("drawdown", None, 0.03, 0.03, 0.25, False, None),
)
MEASURES = (
    "long_weight", "short_weight", "gross_exposure", "net_exposure", "beta_spy",
    "volatility_contribution_annual", "es_95_contribution", "stale_exposure",
)  # fmt: skip
AAPL = (0.08, 0.0, 0.08, 0.08, 0.09, 0.010, 0.0012, 0.0)
SVXY = (0.12, 0.0, 0.12, 0.12, 0.15, 0.040, 0.0060, 0.0)
HYG = (0.0, -0.05, 0.05, -0.05, -0.015, -0.002, -0.0002, 0.0)
FUNDS = (0.12, -0.05, 0.17, 0.07, 0.135, 0.038, 0.0058, 0.0)
BOOK = (0.20, -0.05, 0.25, 0.15, 0.225, 0.048, 0.0070, 0.0)
EXPOSURES = (
    ("symbol", "AAPL", AAPL), ("symbol", "SVXY", SVXY), ("symbol", "HYG", HYG),
    ("strategy", "equities", AAPL), ("strategy", "volatility", SVXY), ("strategy", "credit", HYG),
    ("sector", "Information Technology", AAPL), ("sector", "Funds", FUNDS),
    ("total", "portfolio", BOOK),
)  # fmt: skip
STRESS = (
    # sums: -0.11388, -0.16626, -0.0014 with 0.12 not covered
    ("february_2018", "shock", "AAPL", 0.08, -0.00528),
    ("february_2018", "shock", "SVXY", 0.12, -0.1092),
    ("february_2018", "shock", "HYG", -0.05, 0.0006),
    ("crisis_2008", "shock", "AAPL", 0.08, -0.04416),
    ("crisis_2008", "shock", "SVXY", 0.12, -0.1392),
    ("crisis_2008", "shock", "HYG", -0.05, 0.0171),
    ("brexit_2016", "window", "AAPL", 0.08, -0.0024),
    ("brexit_2016", "window", "SVXY", 0.12, None),
    ("brexit_2016", "window", "HYG", -0.05, 0.001),
)
HOLDINGS = (
    # symbol, shares, price, final, planned, reason; an account of 1,000,000 USD
    ("AAPL", 500.0, 140.0, 0.08, 0.08, None),
    ("SVXY", 800.0, 150.0, 0.12, 0.12, None),
    ("HYG", -600.0, 85.0, -0.05, -0.051, "minimum_order"),
    ("CASH", 861_000.0, 1.0, None, 0.850995, None),
)
TRACKING = {
    "sessions": 440.0, "target_volatility": 0.10, "realised_volatility": 0.112,
    "realised_over_target": 1.12, "unbound_share": 0.75, "untouched_share": 0.44,
    "bound_share_leverage": 0.20, "bound_share_symbol": 0.06, "bound_share_gross": 0.0,
    "cut_share_forecast_volatility": 0.0, "cut_share_realised_volatility": 0.31,
    "qlike_forecast": -9.13, "bias_forecast": 1.20, "qlike_baseline": -8.96, "bias_baseline": 1.25,
}  # fmt: skip
TESTS = {
    # measure, sample: sessions, exceedances, promised, p-values
    ("var_95_historical", "full"): (400, 21, 20.0, (0.82, 0.60, 0.85)),
    ("var_95_historical", "1y"): (252, 22, 12.6, (0.011, 0.02, 0.004)),
    ("var_95_historical", "3y"): (400, 21, 20.0, (None, None, None)),
    ("var_99_historical", "full"): (250, 9, 2.5, (0.001, 0.30, 0.003)),
    ("var_95_parametric", "full"): (400, 6, 20.0, (0.0002, 0.70, 0.001)),
    ("var_99_parametric", "full"): (400, 4, 4.0, (1.0, 0.01, 0.04)),
}
TEST_NAMES = ("kupiec", "christoffersen_independence", "christoffersen_conditional")


def account_tables(night: np.datetime64) -> dict[str, Columns]:
    price = {symbol: price for symbol, _, price, *_ in HOLDINGS}
    values = {symbol: shares * price[symbol] for symbol, shares, *_ in HOLDINGS}
    k = len(HOLDINGS)
    holdings = {"symbol": list(price), "is_simulated": [True] * k,
                "quantity_shares": [row[1] for row in HOLDINGS],
                "price_usd": list(price.values()), "value_usd": list(values.values()),
                "current_weight": [value / 1e6 for value in values.values()],
                "final_weight": pa.array([row[3] for row in HOLDINGS], pa.float64()),
                "planned_weight": [row[4] for row in HOLDINGS],
                "reason": pa.array([row[5] for row in HOLDINGS], pa.string()),
                "price_date": pa.array([None if row[0] == "CASH" else night.astype(object)
                                        for row in HOLDINGS], pa.date32())}  # fmt: skip
    return {"analytics.holdings": holdings}


def sleeve_table(market: Market) -> Columns:
    return {"strategy": list(SLEEVES), "session_date": days(np.repeat(market.dates[-1], 3)),
            "method": ["risk_parity"] * 3, "weight": [0.25, 0.55, 0.20],
            "equal_weight": [1 / 3] * 3, "applied_weight": [0.30, 0.45, 0.25],
            "volatility_annual": [0.11, 0.04, 0.19], "variance_share": [0.36, 0.24, 0.40],
            "reason": pa.array(["costs_more_than_it_gains: the weights before stay"] * 3),
            "effective_session": days(np.repeat(market.dates[-1] + 3, 3))}  # fmt: skip


def limit_table(market: Market) -> Columns:
    names = ("limit_name", "subject", "wanted", "used", "bound", "is_binding", "note")
    table = {name: [row[at] for row in USAGE] for at, name in enumerate(names)}
    text = {name: pa.array(table[name], pa.string()) for name in ("subject", "note")}
    return {**table, **text, "session_date": days(np.repeat(market.dates[-1], len(USAGE)))}


def tracking_table() -> Columns:
    periods = {"full": 1.0, "2016": 0.5, "2017": 0.9}
    rows = [
        (period, metric, value * share if metric == "realised_over_target" else value)
        for period, share in periods.items()
        for metric, value in TRACKING.items()
    ]
    return {name: [row[at] for row in rows] for at, name in enumerate(("period", "metric",
                                                                       "value"))}  # fmt: skip


def daily_table(market: Market, net: np.ndarray) -> Columns:
    """Known from the second session on; constant forecasts."""
    n, equity = len(net), np.cumprod(1 + net)
    known = np.arange(n) > 0
    table = {"session_date": days(market.dates), "drawdown": equity / np.maximum.accumulate(equity)
             - 1, "beta_spy": np.full(n, 0.225), "stale_gross_share": np.zeros(n),
             "decided_at": moments(market.dates)}  # fmt: skip
    for kind, size in (("historical", 1.0), ("parametric", 0.9)):
        for level, loss in (("95", VAR_95), ("99", VAR_99)):
            table[f"var_{level}_{kind}"] = np.full(n, size * loss)
            table[f"es_{level}_{kind}"] = np.full(n, 1.25 * size * loss)
            beyond = pa.array(net < -size * loss, mask=~known)
            table[f"is_var_{level}_{kind}_exceeded"] = beyond
    return table


def tests_table() -> Columns:
    rows = [
        (measure, sample, test, *counts, p)
        for (measure, sample), (*counts, p_values) in TESTS.items()
        for test, p in zip(TEST_NAMES, p_values, strict=True)
    ]
    names = ("measure", "sample", "test", "n_sessions", "exceedances", "expected_exceedances",
             "p_value")  # fmt: skip
    table = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    return {**table, "p_value": pa.array(table["p_value"], pa.float64())}


def exposure_table() -> Columns:
    table: Columns = {
        "dimension": [row[0] for row in EXPOSURES],
        "name": [row[1] for row in EXPOSURES],
    }
    return table | {name: [row[2][at] for row in EXPOSURES] for at, name in enumerate(MEASURES)}


def stress_table() -> Columns:
    names = ("scenario", "kind", "symbol", "exposure", "profit_return")
    table = {name: [row[at] for row in STRESS] for at, name in enumerate(names)}
    is_window = [row[1] == "window" for row in STRESS]
    dates = {
        name: pa.array([np.datetime64(day, "D").astype(object) if window else None
                        for window in is_window], pa.date32())
        for name, day in (("first_date", "2016-06-23"), ("last_date", "2016-06-27"))
    }  # fmt: skip
    return {**table, **dates, "profit_return": nulls(np.array(table["profit_return"], float))}


def risk_tables(market: Market, net: np.ndarray) -> dict[str, Columns]:
    """Everything that the portfolio and risk sections rest on beside the portfolio's own tables."""
    return {
        **account_tables(market.dates[-1]),
        "analytics.sleeve_weights": sleeve_table(market),
        "analytics.limit_usage": limit_table(market),
        "analytics.portfolio_tracking": tracking_table(),
        "analytics.risk_daily": daily_table(market, net),
        "analytics.risk_tests": tests_table(),
        "analytics.risk_exposures": exposure_table(),
        "analytics.stress_results": stress_table(),
    }
