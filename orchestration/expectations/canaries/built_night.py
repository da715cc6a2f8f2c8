"""The canaries' quiet quarter as it was built: marts and results in which nothing is wrong.

Two stocks, the credit pair and SVXY; one row per default variant, symbol and session.
"""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from orchestration.expectations.canaries.landed_night import DAYS, SESSIONS

NEXT = dict(pairwise(SESSIONS))
TONIGHT = DAYS[-1]
TOMORROW = NEXT[TONIGHT]
LATE = pd.Timestamp("2018-03-29 20:30:01", tz="UTC")  # a second after the decision
TARGETS = {
    ("equities", "balanced_position", "AAA"): 0.05,
    ("equities", "balanced_position", "BBB"): 0.05,
    ("credit", "zscore_percentile", "HYG"): 0.5,
    ("credit", "zscore_percentile", "LQD"): -0.5,
    ("volatility", "contango", "SVXY"): 0.5,
}
SYMBOLS = tuple(symbol for _, _, symbol in TARGETS)
LIMITS = ("symbol", "sector", "stress", "gross", "net", "turnover")


def at_new_york(day: pd.Timestamp, clock: str) -> pd.Timestamp:
    """A New York wall-clock moment as UTC."""
    return pd.Timestamp(f"{day.date()} {clock}", tz="America/New_York").tz_convert("UTC")


def per_session(**columns: object) -> pd.DataFrame:
    """One row per session with the moment its bars are known."""
    available = [at_new_york(day, "16:15") for day in DAYS]
    return pd.DataFrame({"session_date": DAYS, **columns, "available_at": available})


def per_symbol(frame: pd.DataFrame) -> pd.DataFrame:
    """The same rows for every symbol."""
    return pd.concat([frame.assign(symbol=symbol) for symbol in SYMBOLS], ignore_index=True)


def prices() -> pd.DataFrame:
    """Closes that rise by a thousandth a day."""
    close = 100.0 * 1.001 ** np.arange(len(DAYS))
    returns = np.concatenate([[np.nan], close[1:] / close[:-1] - 1.0])
    adjusted = {f"adjusted_{name}_usd": close for name in ("open", "high", "low", "close")}
    return per_symbol(per_session(close_usd=close, total_return=returns, **adjusted))


def features() -> pd.DataFrame:
    """The same ordinary figures in every row."""
    return per_symbol(
        per_session(
            sma_20_usd=100.0,
            sma_50_usd=100.0,
            rsi_14=50.0,
            atr_14_usd=1.0,
            volatility_20_annual=0.2,
            momentum_12_1_return=0.1,
            sentiment_3d=0.0,
            earnings_yield=0.05,
            return_on_equity=0.18,
        )
    )


def spreads() -> pd.DataFrame:
    """Spreads of both sources; the proxy has no yields of its own."""
    figures = {"spread_zscore": 0.5, "hy_oas_percentile": 0.25, "credit_stress": -0.5}
    oas = per_session(
        spread_source="oas", hy_oas_pct=3.5, ig_oas_pct=1.25, hy_ig_spread_pct=2.25, **figures
    )
    proxy = per_session(
        spread_source="price_proxy",
        hy_oas_pct=np.nan,
        ig_oas_pct=np.nan,
        hy_ig_spread_pct=0.3,
        **figures,
    )
    return pd.concat([oas, proxy], ignore_index=True)


def signals() -> pd.DataFrame:
    """One target per default variant and symbol, entered on the first day."""
    rows = [
        {
            "strategy": strategy,
            "variant": variant,
            "symbol": symbol,
            "session_date": day,
            "signal": int(np.sign(weight)),
            "event": "enter" if day == DAYS[0] else None,
            "target_weight": weight,
            "reason": "holding",
            "decided_at": at_new_york(day, "16:30"),
            "effective_session": NEXT[day],
        }
        for (strategy, variant, symbol), weight in TARGETS.items()
        for day in DAYS
    ]
    return pd.DataFrame(rows)


def disagreements() -> pd.DataFrame:
    """Closes of AAA that a second provider tells a thousandth higher, which is within bounds."""
    return per_session(
        dataset="daily_bars", symbol="AAA", field="close_usd", chosen_provider="polygon",
        chosen_value=100.0, other_provider="fmp", other_value=100.1, difference=100.1 - 100.0,
        difference_fraction=(100.1 - 100.0) / 100.0, is_beyond_tolerance=False,
        choice_rule="the first of Polygon and FMP",
    )  # fmt: skip


def backtests() -> pd.DataFrame:
    """A thousandth a day after costs, for every default variant."""
    keys = sorted({(strategy, variant) for strategy, variant, _ in TARGETS})
    days = per_session(
        net_return=0.001,
        cost_return=0.0001,
        gross_return=0.001 + 0.0001,
        turnover=0.1,
        gross_exposure=0.9,
        net_exposure=0.5,
    ).drop(columns="available_at")
    return pd.concat(
        [days.assign(strategy=strategy, variant=variant) for strategy, variant in keys],
        ignore_index=True,
    )


def target_weights() -> pd.DataFrame:
    """Every sleeve at a third; the symbol limit takes half of the SVXY sleeve."""
    frame = signals()[["strategy", "symbol", "session_date", "decided_at", "effective_session"]]
    desired = np.array([TARGETS[key] for key in TARGETS for _ in DAYS]) / 3.0
    bite = np.where(frame["symbol"] == "SVXY", -desired / 2.0, 0.0)
    bites: dict[str, Any] = {f"{limit}_bite": 0.0 for limit in LIMITS}
    return frame.assign(
        desired_weight=desired,
        **bites | {"symbol_bite": bite},
        final_weight=desired + bite,
        override_reason=None,
        is_stale_input=False,
    )


def portfolio() -> pd.DataFrame:
    """A scaled book with a realised volatility from its sixtieth session on."""
    return per_session(
        net_return=0.001,
        scale=1.5,
        forecast_volatility_annual=0.07,
        realised_volatility_annual=[np.nan] * 59 + [0.1] * (len(DAYS) - 59),
        decided_at=[at_new_york(day, "16:30") for day in DAYS],
    ).drop(columns="available_at")


def orders() -> pd.DataFrame:
    """Each trades a hundredth of the equity; the last one is rounded down to whole shares."""
    symbols = ["AAA", "LQD", "HYG", "CCC", "DDD", "EEE", "FFF", "GGG"]
    is_sale = [symbol == "LQD" for symbol in symbols]
    sign = np.where(is_sale, -1.0, 1.0)
    return pd.DataFrame(
        {
            "symbol": symbols,
            "side": np.where(is_sale, "sell", "buy"),
            "quantity_shares": 10.0,
            "notional_usd": 1000.0,
            "expected_cost_usd": 0.5,
            "current_weight": sign * 0.04,
            "final_weight": [*(sign * 0.05)[:-1], 0.0504],
            "planned_weight": sign * 0.05,
            "price_usd": 100.0,
            "reason": [*[None] * 7, "whole_shares"],
        }
    )


def risk() -> pd.DataFrame:
    """Forecasts from the start on, the rarer ones from the tenth session."""
    late = [np.nan] * 9 + [1.0] * (len(DAYS) - 9)
    return per_session(
        **{
            "var_95_historical": 0.010, "es_95_historical": 0.015,
            "var_99_historical": np.array(late) * 0.020, "es_99_historical": np.array(late) * 0.025,
            "var_95_parametric": 0.011, "es_95_parametric": 0.014,
            "var_99_parametric": 0.016, "es_99_parametric": 0.018,
        },
        is_var_95_historical_exceeded=False,
        drawdown=-0.05,
        beta_spy=np.nan,
        stale_gross_share=[np.nan] * 9 + [0.2] * (len(DAYS) - 9),
        decided_at=[at_new_york(day, "16:30") for day in DAYS],
    ).drop(columns="available_at")  # fmt: skip


def risk_tests() -> pd.DataFrame:
    """Too few sessions for three years of them."""
    samples, tests = ("1y", "3y"), ("kupiec", "christoffersen_independence")
    return pd.DataFrame(
        [
            ("var_95_historical", sample, test, 252, 12, 12.6, *found)
            for sample, found in zip(samples, ((0.03, 0.86), (np.nan, np.nan)), strict=True)
            for test in tests
        ],
        columns=[
            "measure", "sample", "test", "n_sessions", "exceedances", "expected_exceedances",
            "statistic", "p_value",
        ],
    ).assign(decided_at=at_new_york(DAYS[-1], "16:30"))  # fmt: skip


def risk_exposures() -> pd.DataFrame:
    """AAA long, HYG short; one strategy is short 0.1 of AAA against the other; no beta is known."""
    parts = {
        ("symbol", "AAA"): (0.3, 0.0), ("symbol", "HYG"): (0.0, -0.2),
        ("strategy", "credit"): (-0.1, -0.2), ("strategy", "equities"): (0.4, 0.0),
        ("sector", "Energy"): (0.3, 0.0), ("sector", "Funds"): (0.0, -0.2),
        ("total", "portfolio"): (0.3, -0.2),
    }  # fmt: skip
    return pd.DataFrame(
        [
            {
                "dimension": dimension,
                "name": name,
                "long_weight": long,
                "short_weight": short,
                "gross_exposure": long - short,
                "net_exposure": long + short,
                "beta_spy": np.nan,
                "volatility_contribution_annual": 0.1 * (long + short),
                "es_95_contribution": 0.05 * (long + short),
                "stale_exposure": 0.0,
            }
            for (dimension, name), (long, short) in parts.items()
        ]
    ).assign(decided_at=at_new_york(DAYS[-1], "16:30"), effective_session=NEXT[DAYS[-1]])


def stress() -> pd.DataFrame:
    """A shock that knows both symbols, a window that knows only one."""
    rows = [
        ("crash", "shock", "AAA", 0.3, -0.1, 0.3 * -0.1, pd.NaT, pd.NaT),
        ("crash", "shock", "HYG", -0.2, -0.05, -0.2 * -0.05, pd.NaT, pd.NaT),
        ("brexit", "window", "AAA", 0.3, -0.02, 0.3 * -0.02, DAYS[3], DAYS[8]),
        ("brexit", "window", "HYG", -0.2, np.nan, np.nan, DAYS[3], DAYS[8]),
    ]
    names = ("scenario", "kind", "symbol", "exposure", "shock_return", "profit_return",
             "first_date", "last_date")  # fmt: skip
    return pd.DataFrame(rows, columns=list(names)).assign(
        decided_at=at_new_york(DAYS[-1], "16:30"), effective_session=NEXT[DAYS[-1]]
    )


def first_tables() -> dict[str, pd.DataFrame]:
    """The tables that decisions and risk rest on; `result_night.py` adds the others."""
    shapes = {"vix9d": 14.0, "vix": 15.0, "vix3m": 20.0, "vix6m": 21.0, "vvix": 90.0}
    return {
        "marts.fct_prices": prices(),
        "marts.fct_equity_features": features(),
        "marts.fct_sentiment": per_symbol(
            per_session(sentiment_score=0.2, article_count=2, sentiment_3d=0.1)
        ),
        "marts.fct_spreads": spreads(),
        "marts.fct_term_structure": per_session(
            **shapes, vix_vix3m_ratio=0.75, term_structure="contango"
        ),
        "marts.fct_signals": signals(),
        "marts.fct_provider_disagreements": disagreements(),
        "analytics.backtest_daily": backtests(),
        "analytics.target_weights": target_weights(),
        "analytics.portfolio_daily": portfolio(),
        "analytics.orders": orders(),
        "analytics.risk_daily": risk(),
        "analytics.risk_tests": risk_tests(),
        "analytics.risk_exposures": risk_exposures(),
        "analytics.stress_results": stress(),
    }
