"""Fills: what changed hands in a simulation, kept session by session."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from analytics.arrays import Bools, Floats, Ints
from analytics.market import Market

Fill = Literal["next_open", "next_close"]


@dataclass(frozen=True, eq=False)
class Fills:
    """Every fill of a simulation, in the order of sessions; every array (F,).

    `session`, `symbol`, `account`: indices. `shares_before`, `shares_after`, `price_usd` in
    adjusted units, `raw_price_usd` as traded, `target_weight` that was filled. `is_forced`: closed
    because the symbol stopped trading (or the account had lost everything), not by a target.
    """

    session: Ints
    symbol: Ints
    account: Ints
    shares_before: Floats
    shares_after: Floats
    price_usd: Floats
    raw_price_usd: Floats
    target_weight: Floats
    is_forced: Bools


class FillLog:
    """The fills of a book, kept session by session and joined at the end."""

    def __init__(self, market: Market, fill: Fill, n_accounts: int) -> None:
        prices = market.open_usd if fill == "next_open" else market.close_usd
        # without a bar only a forced close can happen, and that is at the last close
        self.prices_usd: Floats = np.where(market.has_bar, prices, market.mark_usd)
        self._raw_usd = market.raw_open_usd if fill == "next_open" else market.raw_close_usd
        self._raw_mark_usd, self._n_accounts = market.raw_mark_usd, n_accounts
        self._sessions: list[int] = []
        self._columns: list[list[npt.NDArray[Any]]] = [
            [np.empty(0, dtype=kind)] for kind in (int, float, float, float, bool)
        ]

    def record(self, f: int, *columns: npt.NDArray[Any]) -> None:
        """Keep what was filled at session f.

        Parameters
        ----------
        f : index of the session.
        columns : of each fill its place in the flat (S, V), shares before and after, target
            weight, and whether it was forced; kept, not copied.
        """
        self._sessions.append(f)
        for column, values in zip(self._columns, columns, strict=True):
            column.append(values)

    def fills(self) -> Fills:
        """Join the sessions, without the orders that changed nothing."""
        lengths = [len(cells) for cells in self._columns[0][1:]]
        session = np.repeat(np.array(self._sessions, dtype=np.int64), lengths)
        columns = [session, *map(np.concatenate, self._columns)]
        is_change = columns[2] != columns[3]
        if not is_change.all():
            columns = [column[is_change] for column in columns]
        session, cells, before, after, target, is_forced = columns
        symbol = cells // self._n_accounts
        at = session * self.prices_usd.shape[1] + symbol  # in a flat (T, S)
        raw_price = self._raw_usd.take(at)
        return Fills(
            session=session,
            symbol=symbol,
            account=cells - symbol * self._n_accounts,
            shares_before=before,
            shares_after=after,
            price_usd=self.prices_usd.take(at),
            raw_price_usd=np.where(np.isnan(raw_price), self._raw_mark_usd.take(at), raw_price),
            target_weight=target,
            is_forced=is_forced,
        )
