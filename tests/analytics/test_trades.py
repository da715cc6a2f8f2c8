"""Trades out of fills, worked by hand."""

import numpy as np
import pytest

from analytics.backtest import run_backtest
from analytics.costs import TradingCosts
from analytics.trades import list_trades
from tests.analytics.toy import NAN, one_variant, toy_market

WORDS = ("trend_down", "stop")
FREE = TradingCosts(0.0, 0.0, 0.0, 0.0)


def near(value):
    return pytest.approx(value, rel=1e-12, abs=1e-15)


def trades_of(market, targets, costs=None, code=0):
    run = run_backtest(market, targets, costs=costs)
    reasons = np.full(targets.shape, code)
    return list_trades(run, reasons=reasons, reason_names=WORDS, costs=costs)


def test_open_trade_is_marked_at_the_last_close():
    market = toy_market({"A": [100, 100, 150]})
    trades = trades_of(market, one_variant({"A": [0.5] * 3}, market))
    assert trades["exited"].tolist() == [-1]
    assert trades["exit_reason"].isna().all()
    assert trades["exit_price_usd"].isna().all()
    assert trades["net_return"].tolist() == near([0.5 - 0.0005])


def test_additions_count_in_what_was_bought_to_open():
    # free: 2,500 at 100; then 0.5 of 1,000,000 at 100 = 5,000 held, 2,500 more at open 200;
    # sold at 200: profit 2,500 x 100 over 250,000 + 500,000
    market = toy_market({"A": [100, 100, 200, 200]}, opens={"A": [100, 100, 200, 200]})
    trades = trades_of(market, one_variant({"A": [0.25, 0.5, 0.0, 0.0]}, market), costs=FREE)
    assert trades["net_return"].tolist() == near([250_000 / 750_000])


def test_reduction_keeps_the_trade_open():
    market = toy_market({"A": [100, 100, 100, 120]})
    trades = trades_of(market, one_variant({"A": [0.5, 0.25, 0.25, 0.25]}, market), costs=FREE)
    # 5,000 bought, 2,500 sold flat, 2,500 marked 20 higher: 50,000 over 500,000
    assert trades["net_return"].tolist() == near([0.1])


def test_exit_that_waited_keeps_the_reason_of_its_decision():
    market = toy_market({"A": [100, 100, 100, NAN, 100]})
    targets = one_variant({"A": [0.5, 0.5, 0.0, 0.0, 0.0]}, market)
    reasons = np.array([0, 0, 1, 1, 0]).reshape(5, 1, 1)
    run = run_backtest(market, targets)
    trades = list_trades(run, reasons=reasons, reason_names=WORDS)
    assert trades["exit_reason"].tolist() == ["stop"]
    assert trades["exited"].tolist() == [4]


def test_profits_of_trades_are_the_profit_of_the_book():
    # without interest and shorts: sum of profit = change of equity, trade by trade
    rng = np.random.default_rng(11)
    closes = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, (50, 2)), axis=0))
    market = toy_market({"A": closes[:, 0], "B": closes[:, 1]})
    targets = np.repeat(rng.choice([0.0, 0.2, 0.4], size=(10, 2, 1)), 5, axis=0)
    run = run_backtest(market, targets)
    trades = list_trades(run, reasons=np.zeros(targets.shape, dtype=int), reason_names=WORDS)
    fills = run.fills
    bought = np.maximum(fills.shares_after - fills.shares_before, 0.0) * fills.price_usd
    total = 0.0
    for trade in trades.itertuples():
        last = trade.exited if trade.exited >= 0 else 50
        own = (fills.symbol == trade.symbol) & (fills.session >= trade.entered)
        total += trade.net_return * bought[own & (fills.session <= last)].sum()
    equity = 1_000_000 * np.prod(1 + run.net_return[:, 0])
    assert total == pytest.approx(equity - 1_000_000, rel=1e-9)


def test_no_fill_gives_no_trade():
    market = toy_market({"A": [100.0] * 3})
    assert trades_of(market, one_variant({"A": [0.0] * 3}, market)).empty
