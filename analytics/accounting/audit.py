"""An independent accountant: every return again, from what was filled and what prices were.

It shares no code with the engine: it knows positions, prices, bills and decisions as tables, and
the rules of DESIGN sections 6 and 7. A proof by rebuilding cannot see a decision that is filled in
its own session, for no later data is used; here such a fill has no decision behind it.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from analytics.accounting.books import AccountingRules, Audit, Books, Objection
from analytics.accounting.decisions import decided_targets
from analytics.accounting.market import Array, PriceGrid, to_moments

TOLERANCE = 1e-9
ACCOUNT = ["strategy", "variant"]
EXAMPLES_SHOWN = 3
DAILY_COLUMNS = (
    "net_return",
    "cost_return",
    "gross_return",
    "turnover",
    "gross_exposure",
    "net_exposure",
)


def audit_books(books: Books, rules: AccountingRules) -> Audit:
    """Recompute every account's daily rows from its fills, and ask each fill for its reason.

    Returns
    -------
    The audit. A fill must carry the price at which its session opened (or closed), be sized with
    the equity and the closes of the decision before it, and fill what had been decided then.

    Notes
    -----
    Agreement is within 1e-9, relative above one. Missing data: a symbol without a bar is marked at
    its last close and can only be closed, at that close.
    """
    market = PriceGrid(books)
    objections: list[Objection] = []
    fills = {names: rows for names, rows in books.positions.groupby(ACCOUNT, sort=True)}  # noqa: C416
    n_rows = 0
    for key, daily in books.daily.groupby(ACCOUNT, sort=True):
        strategy, variant = map(str, key)
        own = fills.pop(key, books.positions.iloc[:0])
        account = _Account(strategy, variant, own, daily, market, rules)
        objections += account.objections(decided_targets(books, market, strategy, variant))
        n_rows += len(daily)
    for key, rows in fills.items():
        strategy, variant = map(str, key)
        objections.append(
            Objection(
                "analytics.backtest_positions",
                "fills without any daily row",
                strategy,
                variant,
                len(rows),
                (str(rows.iloc[0]["effective_session"].date()),),
            )
        )
    return Audit(
        books.daily.groupby(ACCOUNT).ngroups, len(books.positions), n_rows, tuple(objections)
    )


class _Account:
    """One strategy's variant: what it held after each session, and what that earned."""

    def __init__(
        self,
        strategy: str,
        variant: str,
        fills: pd.DataFrame,
        daily: pd.DataFrame,
        market: PriceGrid,
        rules: AccountingRules,
    ) -> None:
        self._name = (strategy, variant)
        self._market, self._rules = market, rules
        self._fills = fills.sort_values(["effective_session", "symbol"], ignore_index=True)
        self._daily = daily.sort_values("session_date", ignore_index=True)
        self._session = market.session(self._fills["effective_session"])
        self._symbol = market.column(self._fills["symbol"])
        self._rows = market.session(self._daily["session_date"])
        self._equity_before = np.full(len(self._fills), np.nan)
        self._found = self._recompute()

    def objections(self, decided: Array | None) -> list[Objection]:
        """Everything that is wrong; `decided` (T, S): the target as of each session's decision."""
        found = [self._wrong_daily_rows()]
        if len(self._fills):
            found += [
                self._wrong_times(),
                self._wrong_prices(),
                self._wrong_sizes(),
                self._wrong_targets(decided),
            ]
        return [objection for objection in found if objection is not None]

    def _recompute(self) -> Array:
        """Daily rows (R, 6) from fills alone, session after session."""
        market, rules = self._market, self._rules
        capital = rules.capital_usd.get(self._name[0], rules.default_capital_usd)
        shares, price = (
            self._fills[name].to_numpy(dtype=float) for name in ("shares", "fill_price_usd")
        )
        held = np.zeros(len(market.symbols))
        value = np.zeros(len(market.symbols))
        cash = equity = capital
        result = np.full((len(self._rows), len(DAILY_COLUMNS)), np.nan)
        first, last = np.searchsorted(self._session, [self._rows, self._rows + 1])
        for row, f in enumerate(self._rows.tolist()):
            days = (market.days[f] - market.days[f - 1]).astype("timedelta64[D]").astype(float)
            interest = cash * market.bill[f - 1] / 100.0 * days / 365.0
            borrow = -value[value < 0.0].sum() * rules.borrow_fraction * days / 360.0
            traded = 0.0
            for fill in range(first[row], last[row]):
                symbol = self._symbol[fill]
                change = (shares[fill] - held[symbol]) * price[fill]
                traded += abs(change)
                cash -= change
                held[symbol] = shares[fill]
                self._equity_before[fill] = equity
            cost = traded * rules.trading_fraction + borrow
            cash += interest - cost
            value = np.where(held != 0.0, held * market.mark[f], 0.0)
            closing = cash + value.sum()
            if equity <= 0.0:  # an account that has lost everything stays empty
                result[row] = 0.0
                continue
            net, costs = closing / equity - 1.0, cost / equity
            exposure = closing if closing > 0.0 else 1.0
            result[row] = (
                net,
                costs,
                net + costs,
                traded / equity,
                np.abs(value).sum() / exposure,
                (value * market.leverage[f]).sum() / exposure,
            )
            equity = closing
        return result

    def _wrong_daily_rows(self) -> Objection | None:
        said = self._daily[list(DAILY_COLUMNS)].to_numpy(dtype=float)
        wrong = ~_agree(self._found, said)
        rows = np.flatnonzero(wrong.any(axis=1))

        def told(row: int) -> str:
            column = int(np.flatnonzero(wrong[row])[0])
            return (
                f"{self._daily['session_date'][row].date()}: {DAILY_COLUMNS[column]} is "
                f"{said[row, column]:.12g}, the fills and prices give "
                f"{self._found[row, column]:.12g}"
            )

        return self._objection(
            "analytics.backtest_daily", "does not follow from its fills", rows, told
        )

    def _wrong_times(self) -> Objection | None:
        """A fill is decided at the decision of the session before it, never in its own."""
        decided = to_moments(self._fills["decided_at"])
        before = self._market.decided[np.maximum(self._session - 1, 0)]
        wrong = np.flatnonzero((self._session < 1) | (decided != before))
        return self._objection(
            "analytics.backtest_positions",
            "not decided at the session before the fill",
            wrong,
            lambda row: f"{self._told(row)}: decided at {self._fills['decided_at'][row]}",
        )

    def _wrong_prices(self) -> Objection | None:
        market = self._market
        prices = market.open if self._rules.fill == "next_open" else market.close
        at = (self._session, self._symbol)
        has_bar = np.isfinite(market.close[at])
        expected = np.where(has_bar, prices[at], market.mark[at])
        said = self._fills["fill_price_usd"].to_numpy(dtype=float)
        is_closing = self._fills["shares"].to_numpy(dtype=float) == 0.0
        wrong = np.flatnonzero(~_agree(said, expected) | (~has_bar & ~is_closing))
        name = self._rules.fill.removeprefix("next_")
        return self._objection(
            "analytics.backtest_positions",
            f"not filled at the session's {name}",
            wrong,
            lambda row: f"{self._told(row)}: {said[row]:.10g}, the {name} is {expected[row]:.10g}",
        )

    def _is_forced(self) -> Array:
        """Fills that close what stopped trading, which no target asked for."""
        at = (self._session, self._symbol)
        is_gone = ~np.isfinite(self._market.close[at])
        forced: Array = is_gone & (self._fills["shares"].to_numpy(dtype=float) == 0.0)
        return forced

    def _wrong_sizes(self) -> Objection | None:
        target = self._fills["target_weight"].to_numpy(dtype=float)
        price = self._market.mark[self._session - 1, self._symbol]
        with np.errstate(invalid="ignore", divide="ignore"):
            expected = np.where(target == 0.0, 0.0, target * self._equity_before / price)
        said = self._fills["shares"].to_numpy(dtype=float)
        wrong = np.flatnonzero(~_agree(said, expected) & ~self._is_forced())
        return self._objection(
            "analytics.backtest_positions",
            "not sized with the equity and close of its decision",
            wrong,
            lambda row: (
                f"{self._told(row)}: {said[row]:.10g} shares, expected {expected[row]:.10g}"
            ),
        )

    def _wrong_targets(self, decided: Array | None) -> Objection | None:
        if decided is None:
            return None
        said = self._fills["target_weight"].to_numpy(dtype=float)
        expected = np.nan_to_num(decided[self._session - 1, self._symbol])
        wrong = np.flatnonzero(~_agree(said, expected) & ~self._is_forced())
        return self._objection(
            "analytics.backtest_positions",
            "filled what had not been decided by then",
            wrong,
            lambda row: f"{self._told(row)}: {said[row]:.10g}, decided was {expected[row]:.10g}",
        )

    def _told(self, row: int) -> str:
        return f"{self._fills['symbol'][row]} {self._fills['effective_session'][row].date()}"

    def _objection(
        self, table: str, rule: str, rows: Array, told: Callable[[int], str]
    ) -> Objection | None:
        if len(rows) == 0:
            return None
        examples = tuple(told(int(row)) for row in rows[:EXAMPLES_SHOWN])
        return Objection(table, rule, *self._name, len(rows), examples)


def _agree(one: Array, other: Array) -> Array:
    """Within 1e-9, relative above one; what is unknown on both sides agrees."""
    scale = np.maximum(1.0, np.maximum(np.abs(one), np.abs(other)))
    with np.errstate(invalid="ignore"):
        close = np.abs(one - other) <= TOLERANCE * scale
    agreed: Array = close | (np.isnan(one) & np.isnan(other))
    return agreed
