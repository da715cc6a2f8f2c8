"""The night's risk as the warehouse tells it: limits, forecasts of loss, and stress."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reports.holdings import LIMITS
from reports.queries import Published, Row

BOUNDS = ("leverage", *LIMITS, "drawdown")
"""Everything that can hold the book back, in the order in which it acts."""

LIMIT_COLUMNS = (
    "session_date", "limit_name", "subject", "wanted", "used", "bound", "is_binding", "note",
)  # fmt: skip
FORECASTS = tuple(
    f"{measure}_{level}_{kind}"
    for kind in ("historical", "parametric")
    for level in ("95", "99")
    for measure in ("var", "es")
)
STATE = ("session_date", *FORECASTS, "drawdown", "beta_spy", "stale_gross_share")


@dataclass(frozen=True)
class Scenario:
    """What the book does in one scenario.

    `profit` : of equity, negative for a loss; None where the scenario covers nothing of the book.
    `rows` : of `analytics.stress_results`, largest part first.
    """

    name: str
    kind: str
    first_date: date | None
    last_date: date | None
    rows: tuple[Row, ...]

    @property
    def profit(self) -> float | None:
        """Sum of what is known of the parts."""
        known = [row["profit_return"] for row in self.rows if row["profit_return"] is not None]
        return math.fsum(known) if known else None

    @property
    def uncovered(self) -> tuple[Row, ...]:
        """Symbols held of which the scenario says nothing."""
        return tuple(row for row in self.rows if row["profit_return"] is None)


def limits_tonight(published: Published, session: date) -> list[Row]:
    """What each limit allowed, wanted and used with the last decisions, in the order of acting."""
    rows = published.latest("analytics.limit_usage", LIMIT_COLUMNS, session, order_by="limit_name")
    known = {name: at for at, name in enumerate(BOUNDS)}
    return sorted(rows, key=lambda row: known.get(row["limit_name"], len(known)))


def latest_risk(published: Published, session: date) -> Row | None:
    """Forecasts and state of the book as last decided; None before there is any."""
    rows = published.latest("analytics.risk_daily", STATE, session, order_by="session_date")
    return rows[0] if rows else None


def scenarios(published: Published) -> list[Scenario]:
    """Every scenario of the night, the worst first, and those that cover nothing last."""
    columns = ("scenario", "kind", "symbol", "exposure", "profit_return", "first_date", "last_date")
    grouped: dict[tuple[str, str], list[Row]] = {}
    for row in published.rows("analytics.stress_results", columns, order_by="scenario, symbol"):
        grouped.setdefault((row["scenario"], row["kind"]), []).append(row)
    found = [
        Scenario(name, kind, rows[0]["first_date"], rows[0]["last_date"], _largest_first(rows))
        for (name, kind), rows in grouped.items()
    ]
    return sorted(found, key=lambda scenario: _badness(scenario.profit))


def _badness(profit: float | None) -> float:
    return math.inf if profit is None else profit


def _largest_first(rows: Sequence[Row]) -> tuple[Row, ...]:
    return tuple(sorted(rows, key=lambda row: (-abs(row["profit_return"] or 0.0), row["symbol"])))
