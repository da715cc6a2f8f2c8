"""Limits: how much of each is used, what would have been wanted, and what each took."""

from typing import Any

from reports import wording
from reports.bars import Axis, Piece, Tick, bar
from reports.holdings import LIMITS, NOTHING
from reports.night import Night
from reports.queries import Row
from reports.risk import limits_tonight

REACH = Axis(0.0, 1.3)  # shares of the bound that a bar shows: past it, how far is in the figures
MANY = 10.0  # times the equity
CLOSE = 0.9  # share of the bound from which on a limit is worth a look


def limits_section(night: Night) -> dict[str, Any]:
    """Usage of every limit with the last decisions, and what each took of every weight."""
    rows = [_usage(row) for row in limits_tonight(night.published, night.session)]
    return {
        "rows": rows,
        "decided": rows[0]["session_date"] if rows else None,
        "binding": [row["name"].lower() for row in rows if row["is_binding"]],
        "notes": [row["note"] for row in rows if row["note"]],
        "took": _took(night),
    }


def _usage(row: Row) -> dict[str, Any]:
    form = wording.times if row["limit_name"] == "leverage" else _weight
    used, wanted = _share(row, "used"), _share(row, "wanted")
    is_binding = bool(row["is_binding"])
    return {
        **row,
        "name": wording.bound(row["limit_name"]),
        "measure": wording.BOUNDS.get(row["limit_name"], ("", ""))[1],
        "is_binding": is_binding,
        "state": _state(used, is_binding=is_binding),
        "bar": _bar(used, wanted, is_binding=is_binding),
        "share": used,
        **{f"{name}_text": form(row[name]) for name in ("used", "wanted", "bound")},
    }


def _weight(value: float | None) -> str:
    """A weight; where a fund's volume bears many times the account, no digits are told."""
    return wording.percent(value, 2 if value is None or value < MANY else 0)


def _state(used: float | None, *, is_binding: bool) -> str:
    if is_binding:
        return "binding"
    if used is None:
        return "not measured"
    return "close" if used >= CLOSE else ""


def _bar(used: float | None, wanted: float | None, *, is_binding: bool) -> Any:
    pieces = [] if used is None else [Piece(0.0, used, "full" if is_binding else "main")]
    ticks = [Tick(1.0, "bound")]
    if used is not None and wanted is not None and wanted > used + NOTHING:
        pieces.append(Piece(used, wanted, "taken"))
        ticks.append(Tick(wanted, "wanted"))
    return bar(REACH, pieces, ticks)


def _share(row: Row, name: str) -> float | None:
    """Share of the bound, None where either is not known; a bound of nothing has none."""
    value, most = row[name], row["bound"]
    if wording.is_missing(value) or wording.is_missing(most) or most <= 0.0:
        return None
    return float(value / most)


def _took(night: Night) -> dict[str, Any]:
    """Desired weight, each limit's part and final weight, symbol by symbol and in total."""
    acted = [
        limit
        for limit in LIMITS
        if any(abs(held.bites[limit]) > NOTHING for held in night.book.holdings)
    ]
    rows = [
        {
            "symbol": held.symbol,
            "desired": held.desired_weight,
            "bites": [held.bites[limit] for limit in acted],
            "final": held.final_weight,
        }
        for held in night.book.holdings
        if acted and any(abs(held.bites[limit]) > NOTHING for limit in acted)
    ]
    return {"acted": acted, "rows": rows, "names": LIMITS}
