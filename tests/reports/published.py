"""A published file with plausible rows, in the columns of the public warehouse."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tests.reports.market import (
    NIGHT,
    SLEEVES,
    Market,
    days,
    following,
    moments,
    nulls,
    rolling_mean,
)
from tests.reports.published_risk import risk_tables
from warehouse.connection import connect

EQUITY_VARIANTS = tuple(
    f"{style}_{mode}"
    for style in ("balanced", "conservative", "aggressive")
    for mode in ("position", "event")
)
VARIANTS = {
    "equities": EQUITY_VARIANTS,
    "credit": ("zscore_percentile", "zscore", "momentum_ratio", "zscore_z1.5"),
    "volatility": ("contango", "backwardation", "both", "contango_v25"),
    "benchmark": ("spy", "sixty_forty", "equal_weight", "equal_sleeves"),
    "portfolio": ("default",),
}
LIMITS = ("symbol", "sector", "stress", "gross", "net", "turnover")
Columns = dict[str, Any]


def price_tables(market: Market) -> dict[str, Columns]:
    n, k = market.close.shape
    dates = np.repeat(market.dates, k)
    symbols = list(market.symbols) * n
    flat = {"symbol": symbols, "session_date": days(dates)}
    closes = market.close.ravel()
    prices = {**flat, "close_usd": closes, "adjusted_close_usd": closes,
              "total_return": market.returns.ravel(), "volume_shares": np.full(n * k, 1e6),
              "provider": ["polygon"] * (n * k), "available_at": moments(dates)}  # fmt: skip
    features = {**flat, "sma_20_usd": nulls(market.sma20.ravel()),
                "sma_50_usd": nulls(market.sma50.ravel()),
                "rsi_14": 50 + 15 * market.rng.standard_normal(n * k),
                "sentiment_3d": market.rng.normal(0.05, 0.1, n * k),
                "available_at": moments(dates)}  # fmt: skip
    instruments = {"symbol": list(market.symbols), "name": [f"{s} Inc." for s in market.symbols],
                   "asset_class": ["equity"] * k, "sector": ["Technology"] * k}  # fmt: skip
    return {"marts.fct_prices": prices, "marts.fct_equity_features": features,
            "marts.dim_instruments": instruments}  # fmt: skip


def market_tables(market: Market) -> dict[str, Columns]:
    n, dates = len(market.dates), market.dates
    gap = market.hy - market.ig
    mean = rolling_mean(gap[:, None], 60)[:, 0]
    share = np.argsort(np.argsort(market.hy)) / (n - 1)
    spreads = {"session_date": days(dates), "spread_source": ["oas"] * n, "hy_oas_pct": market.hy,
               "ig_oas_pct": market.ig, "hy_ig_spread_pct": gap,
               "spread_zscore": nulls((gap - mean) / gap.std()),
               "hy_oas_percentile": share, "credit_stress": 2 * share - 1}  # fmt: skip
    ratio = market.vix / market.vix3m
    state = np.where(ratio <= 0.98, "contango", np.where(ratio >= 1.02, "backwardation", "flat"))
    term = {"session_date": days(dates), "vix9d": 0.9 * market.vix, "vix": market.vix,
            "vix3m": market.vix3m, "vix6m": market.vix3m + 1.5, "vvix": 80 + market.vix,
            "vix_vix3m_ratio": ratio, "term_structure": state}  # fmt: skip
    return {"marts.fct_spreads": spreads, "marts.fct_term_structure": term}


def signal_table(market: Market) -> Columns:
    """The default variant has every session; the others the sessions where the target changed."""
    pieces: list[Columns] = []
    for strategy in ("equities", "credit", "volatility"):
        for number, variant in enumerate(VARIANTS[strategy]):
            symbols, weights = market.positions(strategy, number)
            for at, symbol in enumerate(symbols):
                target = weights[:, at]
                before = np.r_[0.0, target[:-1]]
                keep = np.ones(len(target), bool) if number == 0 else target != before
                keep[0] = True
                event = np.where((target != 0) & (before == 0), "enter",
                                 np.where((target == 0) & (before != 0), "exit", ""))  # fmt: skip
                reason = np.where(event == "exit", "trend_down: sma20 101.20, sma50 102.90",
                                  np.where(target != 0, "hold: entered at 80.00; weight 1/20",
                                           "flat: close 80.00, rsi14 71.2"))  # fmt: skip
                pieces.append({"strategy": strategy, "variant": variant, "symbol": symbol,
                               "session_date": market.dates[keep], "signal": np.sign(target[keep]),
                               "event": event[keep], "target_weight": target[keep],
                               "reason": reason[keep]})  # fmt: skip
    sizes = [len(piece["session_date"]) for piece in pieces]
    dates = np.concatenate([piece["session_date"] for piece in pieces])
    joined = {name: np.repeat([piece[name] for piece in pieces], sizes)
              for name in ("strategy", "variant", "symbol")}  # fmt: skip
    joined |= {name: np.concatenate([piece[name] for piece in pieces])
               for name in ("target_weight", "reason")}  # fmt: skip
    signals = np.concatenate([piece["signal"] for piece in pieces]).astype("int8")
    events = np.concatenate([piece["event"] for piece in pieces])
    return {**joined, "session_date": days(dates), "signal": signals,
            "event": pa.array([event or None for event in events], pa.string()),
            "decided_at": moments(dates), "effective_session": days(following(dates))}  # fmt: skip


def backtest_tables(market: Market) -> dict[str, Columns]:
    n, daily, metrics = len(market.dates), [], []
    for strategy, variants in VARIANTS.items():
        names = ("walk_forward", *variants) if strategy in SLEEVES else variants
        for number, variant in enumerate(names):
            gross, gross_exposure, turnover = returns_of(market, strategy, number)
            cost = 0.0005 * turnover
            daily.append((strategy, variant, gross - cost, gross, cost, turnover, gross_exposure))
            metrics += metrics_of(strategy, variant, gross - cost, gross)
    table = {
        "strategy": np.repeat([row[0] for row in daily], n),
        "variant": np.repeat([row[1] for row in daily], n),
        "session_date": days(np.tile(market.dates, len(daily))),
    }
    names = ("net_return", "gross_return", "cost_return", "turnover", "gross_exposure")
    table |= {name: np.concatenate([row[at + 2] for row in daily]) for at, name in enumerate(names)}
    keys = ("strategy", "variant", "sample", "metric", "value", "lower", "upper")
    return {"analytics.backtest_daily": table | {"net_exposure": table["gross_exposure"]},
            "analytics.backtest_metrics":
                {key: [row[at] for row in metrics] for at, key in enumerate(keys)}}  # fmt: skip


def returns_of(market: Market, strategy: str, variant: int) -> tuple[np.ndarray, ...]:
    n = len(market.dates)
    if strategy == "benchmark":
        return (0.8**variant) * market.returns[:, market.column("SPY")], np.ones(n), np.zeros(n)
    if strategy == "portfolio":
        parts = [returns_of(market, sleeve, 0) for sleeve in SLEEVES]
        return tuple(sum(column) / 3 for column in zip(*parts, strict=True))
    symbols, weights = market.positions(strategy, variant)
    own = market.returns[:, [market.column(symbol) for symbol in symbols]]
    held = np.vstack([0 * weights[:1], weights[:-1]])
    turnover = np.abs(np.diff(held, axis=0, prepend=0 * held[:1])).sum(axis=1)
    return (held * own).sum(axis=1), np.abs(held).sum(axis=1), turnover


def metrics_of(strategy: str, variant: str, net: np.ndarray, gross: np.ndarray) -> list[tuple]:
    sharpe = float(np.sqrt(252) * net.mean() / (net.std() or 1.0))
    equity = np.cumprod(1 + net)
    values = {"cagr": equity[-1] ** (252 / len(net)) - 1,
              "gross_cagr": np.prod(1 + gross) ** (252 / len(net)) - 1,
              "volatility_annual": net.std() * np.sqrt(252), "sharpe": sharpe,
              "gross_sharpe": sharpe + 0.1, "sortino": 1.4 * sharpe, "hit_rate": 0.53,
              "max_drawdown": (equity / np.maximum.accumulate(equity)).min() - 1,
              "turnover_annual": 9.4, "var_95": 0.012, "es_95": 0.018}  # fmt: skip
    return [(strategy, variant, "full", metric, float(value),
             sharpe - 0.9 if metric == "sharpe" else None,
             sharpe + 0.9 if metric == "sharpe" else None)
            for metric, value in values.items()]  # fmt: skip


def portfolio_tables(market: Market) -> dict[str, Columns]:
    gross, exposure, turnover = returns_of(market, "portfolio", 0)
    n, dates = len(market.dates), market.dates
    realised = np.sqrt(rolling_mean((gross**2)[:, None], 60)[:, 0] * 252)
    forecast = np.clip(np.nan_to_num(realised, nan=0.06), 0.02, None) * 0.95
    scale = np.minimum(0.10 / forecast, 2.0)
    daily = {"session_date": days(dates), "net_return": gross - 0.0005 * turnover,
             "gross_return": gross, "cost_return": 0.0005 * turnover, "turnover": turnover,
             "gross_exposure": exposure, "net_exposure": 0.7 * exposure, "scale": scale,
             "forecast_volatility_annual": forecast,
             "realised_volatility_annual": nulls(realised),
             "equity_usd": 1e6 * np.cumprod(1 + gross), "decided_at": moments(dates)}  # fmt: skip
    pieces = []
    for sleeve in SLEEVES:
        symbols, weights = market.positions(sleeve, 0)
        pieces += [
            (sleeve, symbol, weights[:, at] * scale / 3) for at, symbol in enumerate(symbols)
        ]
    desired = np.concatenate([piece[2] for piece in pieces])
    bite = np.clip(desired, -0.12, 0.12) - desired
    targets = {"strategy": np.repeat([piece[0] for piece in pieces], n),
               "symbol": np.repeat([piece[1] for piece in pieces], n),
               "session_date": days(np.tile(dates, len(pieces))), "desired_weight": desired,
               "signal_reason": ["hold: entered at 80.00; weight 1/20"] * len(desired),
               **{f"{limit}_bite": bite if limit == "symbol" else 0 * bite for limit in LIMITS},
               "final_weight": desired + bite,
               "override_reason": pa.nulls(len(desired), pa.string()),
               "is_stale_input": np.zeros(len(desired), bool),
               "decided_at": moments(np.tile(dates, len(pieces))),
               "effective_session": days(following(np.tile(dates, len(pieces))))}  # fmt: skip
    moved = {piece[1]: 1.1e6 * (final[-1] - final[-2])
             for piece, final in zip(pieces, (desired + bite).reshape(-1, n), strict=True)
             if abs(final[-1] - final[-2]) > 0.0025}  # fmt: skip
    last = {symbol: market.close[-1, market.column(symbol)] for symbol in moved}
    orders = {"symbol": pa.array(moved, pa.string()),
              "side": pa.array(["buy" if usd > 0 else "sell" for usd in moved.values()]),
              "quantity_shares": [abs(usd) / last[symbol] for symbol, usd in moved.items()],
              "notional_usd": [abs(usd) for usd in moved.values()],
              "expected_cost_usd": [0.0005 * abs(usd) for usd in moved.values()],
              "price_usd": list(last.values()),
              "reason": pa.nulls(len(moved), pa.string())}  # fmt: skip
    starts = np.array([dates[0], dates[n // 2]])
    windows = {"strategy": ["equities"] * 2, "window": ["2016H1", "2016H2"],
               "session_date": days(starts),
               "variant": ["balanced_position", "aggressive_position"]}  # fmt: skip
    return {"analytics.portfolio_daily": daily, "analytics.target_weights": targets,
            "analytics.orders": orders, "analytics.walk_forward_windows": windows}  # fmt: skip


def record_tables(market: Market, count: int = 25) -> dict[str, Columns]:
    """The last `count` sessions recorded but one: the backtest less half a basis point a day."""
    gross, exposure, turnover = returns_of(market, "portfolio", 0)
    backtest = (gross - 0.0005 * turnover)[-count:]
    dates = market.dates[-count - 1 :]
    own = backtest - 5e-5 * (1 + 0.1 * np.cos(np.arange(count)))
    is_recorded = np.arange(count) != 3
    notes = ["begins with cash", None, None, f"night {dates[3]} is not in the record (missed)"]
    daily = {"session_date": days(dates[1:]), "net_return": own, "backtest_net_return": backtest,
             "difference_return": own - backtest, "equity_usd": 1e6 * np.cumprod(1 + own),
             "turnover": turnover[-count:], "gross_exposure": exposure[-count:],
             "is_recorded_night": is_recorded,
             "decision_night": days(np.where(is_recorded, dates[:-1], dates[2])),
             "code_hash": ["old"] * 5 + ["c0de"] * (count - 5), "config_hash": ["c0f1"] * count,
             "restated_rows": [2] * 5 + [0] * (count - 5),
             "decision_difference_weight": [0.01] * 5 + [0.0] * (count - 5),
             "note": pa.array((notes + [None] * count)[:count], pa.string())}  # fmt: skip
    apart = (own - backtest)[1:]
    metrics = {"sessions": count, "nights_recorded": count - 1, "nights_not_recorded": 1,
               "nights_missed": 1, "nights_decided_otherwise": 4, "code_versions": 2,
               "configurations": 1, "cumulative_return": np.prod(1 + own) - 1,
               "backtest_cumulative_return": np.prod(1 + backtest) - 1,
               "mean_difference_return": apart.mean(),
               "mean_difference_return_se": apart.std(ddof=1) / np.sqrt(count - 1)}  # fmt: skip
    decisions = {"night": days(market.dates[-1:]), "symbol": ["SVXY"], "final_weight": [0.12]}
    return {"analytics.record_daily": daily, "analytics.decisions": decisions,
            "analytics.record_metrics": {
                "metric": list(metrics),
                "value": pa.array(map(float, metrics.values()), pa.float64())}}  # fmt: skip


def ledger_tables() -> dict[str, Columns]:
    """Two landings: years of history, then a night of three rows."""
    return {"ops.landed_rows": {
                "ledger_version": [6, 6, 7, 7],
                "table_name": ["raw.polygon__daily_bars", "raw.finnhub__company_news"] * 2,
                "row_count": [5_000, 900, 2, 1]},
            "ops.ledger_tables": {
                "table_name": ["raw.polygon__daily_bars", "raw.finnhub__company_news"],
                "row_count": [5_002, 901]}}  # fmt: skip


def run_tables(market: Market, world: str) -> dict[str, Columns]:
    stamp = pa.array([datetime(2017, 6, 30, 20, 30, tzinfo=UTC)], pa.timestamp("us", "UTC"))
    context = {"night": pa.array([NIGHT]), "as_of_at": stamp, "ledger_version": [7],
               "world": [world], "code_hash": ["c0de"], "config_hash": ["c0f1"]}  # fmt: skip
    checks = {"night": pa.array([NIGHT] * 3), "attempt": [1] * 3, "gate": [1, 1, 2],
              "suite": ["bars", "bars", "marts"],
              "expectation": ["closes_are_positive", "no_missing_trading_days", "signals_in_range"],
              "table_name": ["raw.polygon__daily_bars"] * 2 + ["marts.fct_signals"],
              "success": [True, False, True], "unexpected_count": [0, 1, 0],
              "severity": ["quarantine", "warn", "block"],
              "detail": [None, "one session missing", None]}  # fmt: skip
    canaries = {"night": pa.array([NIGHT] * 3), "is_caught": [True, True, False]}
    calendar = np.r_[market.dates, following(market.dates[-1:])]
    sessions = {"session_date": days(calendar), "previous_session_date": days(
        np.busday_offset(calendar, -1)), "decided_at": moments(calendar)}  # fmt: skip
    before = NIGHT - timedelta(days=1)
    nights = {"night": pa.array([before, NIGHT, NIGHT]), "attempt": [1, 1, 2],
              "ledger_version": [6, 7, 7], "ledger_bytes": [15_000_000, 15_200_000, 15_262_144],
              "status": ["CLEAN", "FAILED", "DEGRADED"], "run_id": ["run-0", "run-1", "run-2"],
              "finished_at": pa.array([stamp[0]] * 3), "manifest_hash": ["aaa", None, "abc"],
              "reasons": ["[]", "[]", '["VIX3M is one session late"]']}  # fmt: skip
    return {"ops.build_context": context, "ops.nights": nights, "ops.exchange_sessions": sessions,
            "quality.validation_results": checks, "quality.canaries": canaries,
            "ops.universe": {"name": ["core_equities"], "benchmark": ["SPY"],
                             "has_dates": [False]}}  # fmt: skip


def write_published(path: Path, market: Market, *, world: str) -> None:
    """Write every table of the file."""
    tables = {
        **price_tables(market),
        **market_tables(market),
        "marts.fct_signals": signal_table(market),
        **backtest_tables(market),
        **(portfolio := portfolio_tables(market)),
        **risk_tables(market, portfolio["analytics.portfolio_daily"]["net_return"]),
        **record_tables(market),
        **ledger_tables(),
        **run_tables(market, world),
    }
    with connect(path) as connection:
        for schema in ("marts", "analytics", "quality", "ops"):
            connection.execute(f"create schema {schema}")
        for name, columns in tables.items():
            connection.register("rows_in", pa.table(columns))
            connection.execute(f"create table {name} as select * from rows_in")
            connection.unregister("rows_in")
