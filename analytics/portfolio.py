"""The portfolio: sleeves scaled to a target volatility, cut by limits, simulated like any book.

Its path depends on itself (drifted holdings, drawdown, realised volatility), so decisions are taken
session by session, on the same session step as the backtests.
"""

from dataclasses import dataclass

import numpy as np

from analytics.allocation import volatility_scale
from analytics.arrays import TRADING_DAYS_PER_YEAR, Bools, Floats
from analytics.backtest import Backtest
from analytics.book import Book
from analytics.covariance import (
    FORECASTS,
    SEED_SESSIONS,
    EwmaCovariance,
    ewma_volatility,
    unit_returns,
)
from analytics.drawdown_stop import DrawdownStop, is_above
from analytics.limit_rules import limit_rules
from analytics.limits import (
    LIMITS,
    Limited,
    apply_limits,
    liquidity_caps,
    orders_sent,
)
from analytics.settings import PortfolioConfig
from analytics.sleeves import SleevePlan

REALISED_SESSIONS = 60
LARGEST_CUTS = 50
"""Of the notional in one decision; each moves the forecast of a book that limits cap less far."""


@dataclass(frozen=True, eq=False)
class Portfolio:
    """D decisions, the first one being that of session `first_decision`.

    Over S symbols: `holding`, `desired`, `final` (D, S), weights of equity at the deciding close;
    `factors` (D, 7, S) of the limits; `is_sent`, `is_frozen` (D, S). Over decisions: `scale`,
    `forecast_volatility_annual` of the unscaled weights, `baseline_volatility_annual`,
    `realised_volatility_annual`, `final_volatility_annual` (forecast of the final weights),
    `equity_usd` (D,); `stop_drawdown` (D,), fall from the peak since the last drawdown stop,
    `is_stopped` (D,), flat because of one; `overrides`: reasons, null where none. `covariance`
    (S, S): per session, what the last decision's forecasts rest on.
    `backtest`: the daily rows, V = 1, one fewer than decisions.
    """

    plan: SleevePlan
    holding: Floats
    desired: Floats
    final: Floats
    factors: Floats
    is_sent: Bools
    is_frozen: Bools
    scale: Floats
    forecast_volatility_annual: Floats
    baseline_volatility_annual: Floats
    realised_volatility_annual: Floats
    final_volatility_annual: Floats
    equity_usd: Floats
    stop_drawdown: Floats
    is_stopped: Bools
    overrides: tuple[str | None, ...]
    covariance: Floats
    backtest: Backtest


def run_portfolio(plan: SleevePlan, config: PortfolioConfig) -> Portfolio:
    """Simulate the portfolio from its first decision to the last session.

    Parameters
    ----------
    plan : what the sleeves want, (T, S).
    config : scale, limits, costs, capital.

    Returns
    -------
    One decision per session, and the daily rows they lead to.

    Notes
    -----
    Timing: the decision of session t uses closes, sleeve targets and the portfolio's own returns
    up to t, and the leverage announced for the session after; it is filled in t+1.
    The scale is 0 until the 60th portfolio session. When the forecast of the final weights or the
    60-session realised volatility is above target, the scale is cut by the larger excess and the
    limits applied once more; and again while the forecast is above target, for what a limit caps
    may still be capped. Beside what is frozen, which no scale moves, once.
    Buying is not held back by cash: the gross limit bounds what may be borrowed, and negative cash
    pays the bill. A frozen symbol keeps its drifted weight.
    """
    return _Simulation(plan, config).run()


class _Simulation:
    """The running state of one portfolio simulation."""

    def __init__(self, plan: SleevePlan, config: PortfolioConfig) -> None:
        market = plan.market
        n_decisions = market.sessions.shape[0] - plan.first_decision
        n_symbols = len(market.symbols)
        self._plan, self._config = plan, config
        self._rules = limit_rules(market.symbols, config)
        self._returns = unit_returns(market)
        self._covariance = EwmaCovariance(n_symbols, FORECASTS[config.volatility_forecast])
        self._book = Book(
            market, config.costs, n_accounts=1, fill=config.fill, capital_usd=config.capital_usd
        )
        self._stop = DrawdownStop(
            fraction=config.limits.drawdown_stop, decisions=config.limits.drawdown_flat_decisions
        )
        self._rows = np.empty((5, n_decisions - 1, 1))
        self._symbol_rows = np.zeros((3, n_decisions, n_symbols))
        self._holding, self._desired, self._final = self._symbol_rows
        self._factors = np.ones((n_decisions, len(LIMITS), n_symbols))
        self._is_sent = np.zeros((n_decisions, n_symbols), dtype=np.bool_)
        self._scale, self._forecast, self._realised, self._equity, self._drawdown = np.full(
            (5, n_decisions), np.nan
        )
        self._is_stopped = np.zeros(n_decisions, dtype=np.bool_)
        self._final_volatility = np.full(n_decisions, np.nan)
        self._overrides: list[str | None] = []

    def run(self) -> Portfolio:
        plan, first = self._plan, self._plan.first_decision
        n_decisions = self._scale.shape[0]
        self._decide(0)
        for d in range(1, n_decisions):
            self._advance(d)
            self._decide(d)
        baseline = np.concatenate([[np.nan], ewma_volatility(plan.unscaled_return[first + 1 :])])
        net, cost, turnover, gross_exposure, net_exposure = self._rows
        return Portfolio(
            plan=plan,
            holding=self._holding,
            desired=self._desired,
            final=self._final,
            factors=self._factors,
            is_sent=self._is_sent,
            is_frozen=plan.is_frozen[first:],
            scale=self._scale,
            forecast_volatility_annual=self._forecast,
            baseline_volatility_annual=baseline,
            realised_volatility_annual=self._realised,
            final_volatility_annual=self._final_volatility,
            equity_usd=self._equity,
            stop_drawdown=self._drawdown,
            is_stopped=self._is_stopped,
            overrides=tuple(self._overrides),
            covariance=self._covariance.matrix,
            backtest=Backtest(
                market=plan.market,
                fill=self._config.fill,
                first_decision=first,
                sessions=np.arange(first + 1, first + n_decisions),
                net_return=net,
                cost_return=cost,
                turnover=turnover,
                gross_exposure=gross_exposure,
                net_exposure=net_exposure,
                final_shares=self._book.shares.copy(),
                fills=self._book.fills(),
            ),
        )

    def _advance(self, d: int) -> None:
        """Fill the orders of decision d-1 and close the session."""
        t = self._plan.first_decision + d
        orders = self._is_sent[d - 1][:, None]
        totals = self._book.advance(t, self._final[d - 1][:, None], orders)
        row = self._rows[:, d - 1]
        row[0], row[1], row[2] = totals.net_return, totals.cost_return, totals.turnover
        row[3], row[4] = totals.gross_exposure, totals.net_exposure
        self._covariance.update(self._returns[t])

    def _decide(self, d: int) -> None:
        """Take the decision of the d-th session, on what is known at its close."""
        t = self._plan.first_decision + d
        config, plan = self._config, self._plan
        leverage, is_frozen = plan.market.fill_leverage[t], plan.is_frozen[t]
        equity = float(self._book.equity_usd[0])
        holding = self._book.value_usd[:, 0] / (equity if equity > 0.0 else 1.0)
        self._holding[d], self._equity[d] = holding, equity
        is_stopped = self._stop.is_flat(equity)
        self._is_stopped[d], self._drawdown[d] = is_stopped, self._stop.drawdown
        scale = 0.0
        reason: str | None = f"warming_up: {d} of {SEED_SESSIONS} sessions"
        if d >= SEED_SESSIONS:
            reason = None
            self._forecast[d] = self._covariance.volatility_annual(plan.desired[t] * leverage)
            scale = volatility_scale(
                float(self._forecast[d]),
                target=config.target_volatility_annual,
                max_leverage=config.max_leverage,
            )
        if d >= REALISED_SESSIONS:
            latest = self._rows[0, d - REALISED_SESSIONS : d, 0]
            self._realised[d] = np.std(latest, ddof=1) * np.sqrt(TRADING_DAYS_PER_YEAR)
        if is_stopped:
            scale, reason = 0.0, self._stop.reason
        limited = self._limit(d, scale, leverage)
        if scale > 0.0 and (excess := self._excess(d, limited.final * leverage)):
            scale, reason, limited = self._cut(d, scale, excess)
        self._scale[d] = scale
        self._final[d], self._factors[d] = limited.final, limited.factors
        if d >= SEED_SESSIONS:
            self._final_volatility[d] = self._covariance.volatility_annual(limited.final * leverage)
        self._overrides.append(reason)
        self._is_sent[d] = orders_sent(
            limited.final,
            holding=holding,
            is_frozen=is_frozen,
            minimum_order=config.minimum_order_weight,
        )

    def _limit(self, d: int, scale: float, leverage: Floats) -> Limited:
        """Scale what the sleeves want and apply the limits."""
        t = self._plan.first_decision + d
        is_frozen = self._plan.is_frozen[t]
        self._desired[d] = np.where(is_frozen, self._holding[d], scale * self._plan.desired[t])
        return apply_limits(
            self._desired[d],
            holding=self._holding[d],
            leverage=leverage,
            liquidity_cap=liquidity_caps(
                self._plan.market.traded_value_usd[t],
                equity_usd=float(self._equity[d]),
                share=self._config.limits.liquidity,
            ),
            is_frozen=is_frozen,
            rules=self._rules,
        )

    def _cut(self, d: int, scale: float, excess: "_Excess") -> tuple[float, str, Limited]:
        """Cut the scale until the forecast is within the target; returns what it comes to."""
        t, target = self._plan.first_decision + d, self._config.target_volatility_annual
        leverage, first = self._plan.market.fill_leverage[t], scale
        can_be_met = not (self._plan.is_frozen[t] & (self._holding[d] != 0.0)).any()
        volatility = excess.volatility_annual
        for _ in range(LARGEST_CUTS if can_be_met else 1):
            scale *= target / volatility
            limited = self._limit(d, scale, leverage)
            volatility = self._covariance.volatility_annual(limited.final * leverage)
            if not is_above(volatility, target):
                break
        reason = f"{excess.name}: {excess.volatility_annual:.4f} above target {target:.4f}"
        return scale, f"{reason}, notional * {scale / first:.4f}", limited

    def _excess(self, d: int, exposures: Floats) -> "_Excess | None":
        """Return which volatility is furthest above target, None where none is."""
        found = [
            _Excess("forecast_volatility", self._covariance.volatility_annual(exposures)),
            _Excess("realised_volatility", float(self._realised[d])),
        ]
        target = self._config.target_volatility_annual
        above = [one for one in found if is_above(one.volatility_annual, target)]
        return max(above, key=lambda one: one.volatility_annual, default=None)


@dataclass(frozen=True)
class _Excess:
    """A volatility above target: `forecast_volatility` of the final book, or `realised_...`."""

    name: str
    volatility_annual: float
