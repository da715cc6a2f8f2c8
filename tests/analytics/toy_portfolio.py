"""Portfolios of two sleeves on three random walks."""

import numpy as np

from analytics.backtest import run_backtest
from analytics.frames import Calendar
from analytics.market import build_market
from analytics.portfolio import run_portfolio
from analytics.settings import LimitSettings, PortfolioConfig, Shock
from analytics.sleeves import Sleeve, plan_sleeves
from tests.analytics.toy import weekdays

SYMBOLS = ("A", "B", "C")
LOOSE = LimitSettings(
    single_stock=9.0, etf=9.0, sector=9.0, max_stress_loss=1.0, stress_scenario="s", gross=9.0,
    net=9.0, turnover=9.0, drawdown_stop=1.0,
)  # fmt: skip
CONFIG = PortfolioConfig(
    strategies=("one", "two"),
    limits=LOOSE,
    shocks={"s": Shock(-0.05, {})},
    minimum_order_weight=0.0,
)


def random_market(n_sessions=200, seed=0, scale=0.01, gaps=(), quarantined=()):
    rng = np.random.default_rng(seed)
    closes = 100 * np.exp(np.cumsum(rng.normal(0, scale, (n_sessions, 3)), axis=0))
    for rows, column in gaps:
        closes[rows, column] = np.nan
    is_quarantined = np.zeros(closes.shape, dtype=bool)
    for rows, column in quarantined:
        closes[rows, column] = np.nan
        is_quarantined[rows, column] = True
    return build_market(
        sessions=weekdays(n_sessions),
        symbols=SYMBOLS,
        open_usd=closes,
        close_usd=closes,
        is_quarantined=is_quarantined,
    )


def sleeve(name, market, targets, symbols=("A", "B"), frozen=None):
    own = market.select(symbols)
    weights = np.broadcast_to(np.asarray(targets, dtype=float), own.has_bar.shape).copy()
    is_frozen = np.zeros(weights.shape, dtype=bool)
    if frozen is not None:
        is_frozen[frozen] = True
    return Sleeve(
        name=name,
        symbols=tuple(symbols),
        targets=weights,
        is_frozen=is_frozen,
        is_quarantined=np.zeros_like(is_frozen),
        backtest=run_backtest(own, weights[:, :, None]),
        reasons=np.zeros(weights.shape, dtype=np.int64),
        reason_names=("enter",),
    )


def simulate(market, sleeves, config=CONFIG, month_first=()):
    is_first = np.isin(np.arange(len(market.sessions)), month_first)
    return run_portfolio(
        plan_sleeves(market, sleeves, is_month_first=is_first, config=config), config
    )


def two_sleeves(market, **kwargs):
    return [
        sleeve("one", market, [0.6, 0.2], **kwargs),
        sleeve("two", market, [0.5, -0.5], symbols=("B", "C")),
    ]


def calendar_of(market):
    days = market.sessions
    following = np.append(days[1:], days[-1] + 1)
    decided = days.astype("datetime64[us]") + np.timedelta64(20 * 60 + 30, "m")
    months, n = days.astype("datetime64[M]"), len(days)
    is_first = np.append(False, months[1:] != months[:-1])
    return Calendar(days, following, decided, is_first, np.zeros(n, dtype=bool))
