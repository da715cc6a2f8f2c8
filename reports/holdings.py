"""What to hold after a session: weights by symbol and sleeve, limits, and orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from reports.queries import Published, Row
from reports.signals import SignalKey, SignalState

LIMITS: tuple[str, ...] = (
    "symbol", "liquidity", "sector", "stress", "gross", "net", "turnover",
)  # fmt: skip
"""The portfolio's limits in the order in which they act."""

NOTHING = 1e-9  # a weight smaller than this is rounding, not a position

WEIGHT_COLUMNS = (
    "strategy", "symbol", "signal_reason", "desired_weight",
    *(f"{limit}_bite" for limit in LIMITS), "final_weight", "override_reason", "is_stale_input",
    "decided_at", "effective_session", "session_date",
)  # fmt: skip
ORDER_COLUMNS = ("symbol", "side", "quantity_shares", "notional_usd", "expected_cost_usd")


@dataclass(frozen=True)
class Sleeve:
    """One strategy's part of a holding."""

    strategy: str
    desired_weight: float
    final_weight: float
    reason: str
    since: date | None
    override_reason: str
    is_stale_input: bool


@dataclass(frozen=True)
class Holding:
    """A symbol's total over the sleeves, and the order that leads there.

    `previous_weight` is the target of the session before; `bites` are the limits' parts, which
    with `desired_weight` add up to `final_weight`.
    """

    symbol: str
    name: str
    sector: str
    desired_weight: float
    final_weight: float
    previous_weight: float
    bites: Mapping[str, float]
    sleeves: tuple[Sleeve, ...]
    order: Row | None

    @property
    def change(self) -> float:
        """Target weight less the target of the session before."""
        return self.final_weight - self.previous_weight


@dataclass(frozen=True)
class Book:
    """Everything to hold in the session after the night.

    `decided` is the session whose close the weights rest on; None when there are no weights.
    """

    decided: date | None
    effective: date | None
    holdings: tuple[Holding, ...]
    orders: tuple[Row, ...]

    @property
    def gross(self) -> float:
        """Sum of absolute weights."""
        return sum(abs(holding.final_weight) for holding in self.holdings)

    @property
    def net(self) -> float:
        """Sum of weights."""
        return sum(holding.final_weight for holding in self.holdings)


def book(published: Published, night: date | None, states: Mapping[SignalKey, SignalState]) -> Book:
    """The weights decided last, their sleeves and limits, and the orders towards them."""
    sessions = published.rows(
        "analytics.target_weights",
        ["session_date"],
        where="session_date <= coalesce(?, session_date) qualify row_number() over "
        "(partition by session_date order by symbol) = 1",
        order_by="session_date desc",
        parameters=[night],
    )
    orders = tuple(published.rows("analytics.orders", ORDER_COLUMNS, order_by="symbol"))
    if not sessions:
        return Book(None, None, (), orders)
    decided = sessions[0]["session_date"]
    rows = _weights_of(published, decided)
    earlier = _weights_of(published, sessions[1]["session_date"]) if len(sessions) > 1 else []
    previous: dict[str, float] = {}
    for row in earlier:
        previous[row["symbol"]] = previous.get(row["symbol"], 0.0) + _figure(row["final_weight"])
    holdings = _holdings(published, rows, previous, orders, states)
    effective = rows[0]["effective_session"] if rows else None
    return Book(decided, effective, holdings, orders)


def _weights_of(published: Published, session: date) -> list[Row]:
    return published.rows(
        "analytics.target_weights",
        WEIGHT_COLUMNS,
        where="session_date = ?",
        order_by="symbol, strategy",
        parameters=[session],
    )


def _holdings(
    published: Published,
    rows: Sequence[Row],
    previous: Mapping[str, float],
    orders: Sequence[Row],
    states: Mapping[SignalKey, SignalState],
) -> tuple[Holding, ...]:
    names = {
        row["symbol"]: row
        for row in published.rows("marts.dim_instruments", ["symbol", "name", "sector"])
    }
    ordered = {row["symbol"]: row for row in orders}
    by_symbol: dict[str, list[Row]] = {symbol: [] for symbol in {*previous, *ordered}}
    for row in rows:
        by_symbol.setdefault(row["symbol"], []).append(row)
    holdings = [
        Holding(
            symbol=symbol,
            name=names.get(symbol, {}).get("name") or "",
            sector=names.get(symbol, {}).get("sector") or "",
            desired_weight=sum(_figure(row["desired_weight"]) for row in parts),
            final_weight=sum(_figure(row["final_weight"]) for row in parts),
            previous_weight=previous.get(symbol, 0.0),
            bites={limit: sum(_figure(row[f"{limit}_bite"]) for row in parts) for limit in LIMITS},
            sleeves=tuple(_sleeve(row, states) for row in parts),
            order=ordered.get(symbol),
        )
        for symbol, parts in by_symbol.items()
    ]
    kept = [holding for holding in holdings if _matters(holding)]
    return tuple(sorted(kept, key=lambda held: (-abs(held.final_weight), held.symbol)))


def _matters(holding: Holding) -> bool:
    weights = (holding.final_weight, holding.previous_weight, holding.desired_weight)
    return holding.order is not None or any(abs(weight) > NOTHING for weight in weights)


def _sleeve(row: Row, states: Mapping[SignalKey, SignalState]) -> Sleeve:
    state = states.get((row["strategy"], row["symbol"]))
    return Sleeve(
        strategy=row["strategy"],
        desired_weight=_figure(row["desired_weight"]),
        final_weight=_figure(row["final_weight"]),
        # the signal's own reason has the figures; the allocation keeps its code only
        reason=(state.reason if state else "") or row["signal_reason"] or "",
        since=state.since if state else None,
        override_reason=row["override_reason"] or "",
        is_stale_input=bool(row["is_stale_input"]),
    )


def _figure(value: Any) -> float:
    """A weight as a number; a weight that is not there is no position."""
    return float(value) if value is not None else 0.0
