"""What an explanation reads with: the published file, and the settings it was built with."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from warehouse.connection import Connection

Row = Mapping[str, Any]


class Limits(Protocol):
    """The risk limits of `config/portfolio.yaml`, as far as they are told."""

    @property
    def liquidity(self) -> float: ...  # noqa: D102
    @property
    def sector(self) -> float: ...  # noqa: D102 (named like the key of the file)
    @property
    def max_stress_loss(self) -> float: ...  # noqa: D102
    @property
    def stress_scenario(self) -> str: ...  # noqa: D102
    @property
    def gross(self) -> float: ...  # noqa: D102
    @property
    def net(self) -> float: ...  # noqa: D102
    @property
    def turnover(self) -> float: ...  # noqa: D102
    @property
    def drawdown_stop(self) -> float: ...  # noqa: D102
    @property
    def drawdown_flat_decisions(self) -> int: ...  # noqa: D102


class BookSettings(Protocol):
    """The portfolio's settings as the night was built with them."""

    @property
    def capital_usd(self) -> float: ...  # noqa: D102 (named like the key of the file)
    @property
    def target_volatility_annual(self) -> float: ...  # noqa: D102
    @property
    def max_leverage(self) -> float: ...  # noqa: D102
    @property
    def minimum_order_weight(self) -> float: ...  # noqa: D102
    @property
    def limits(self) -> Limits: ...  # noqa: D102
    def sector_of(self, symbol: str) -> str | None: ...  # noqa: D102
    def symbol_cap(self, symbol: str) -> float: ...  # noqa: D102


@dataclass(frozen=True)
class Reader:
    """One open published file and what else a reason needs.

    `variables`: the numbers named in `dbt_project.yml`. `most_responses`, `most_stories`: how many
    of the newest stored responses are listed for one group of rows, and stories for one session.
    """

    connection: Connection
    book: BookSettings
    variables: Mapping[str, Any]
    most_responses: int = 3
    most_stories: int = 5

    def rows(self, query: str, **parameters: Any) -> list[Row]:
        """The rows of a query by column; `$name` stands for a parameter.

        Parameters are written into the query: DuckDB's own make it import pandas, which takes
        longer than everything else here together.
        """
        cursor = self.connection.execute(filled(query, parameters))
        columns = [column[0] for column in cursor.description or []]
        return [dict(zip(columns, map(_known, row), strict=True)) for row in cursor.fetchall()]

    def row(self, query: str, **parameters: Any) -> Row | None:
        """The first row of a query, or None."""
        found = self.rows(query, **parameters)
        return found[0] if found else None

    def number(self, name: str) -> float:
        """A variable of the dbt project."""
        return float(self.variables[name])

    def count(self, name: str) -> int:
        """A variable of the dbt project that counts something."""
        return int(self.variables[name])

    def text(self, name: str) -> str:
        """A variable of the dbt project that names something."""
        return str(self.variables[name])


@dataclass(frozen=True)
class Decision:
    """The decision that is explained: one session of the published file."""

    session: date
    decided_at: datetime
    effective_session: date
    night: date

    @property
    def is_tonight(self) -> bool:
        """Whether it is the decision of the published night itself."""
        return self.session == self.night


def filled(query: str, parameters: Mapping[str, Any]) -> str:
    """The query with every `$name` replaced by its parameter as an SQL literal."""
    return re.sub(r"\$(\w+)", lambda match: literal(parameters[match[1]]), query)


def literal(value: Any) -> str:
    """A plain value as SQL that means exactly it."""
    if value is None:
        return "null"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(literal, value)) + "]::varchar[]"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, datetime):
        return f"timestamptz '{value.isoformat()}'"
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    if isinstance(value, bool | int):
        return repr(value).lower()
    if isinstance(value, float):
        return f"{value!r}::double"  # without the cast a decimal
    raise TypeError(f"no SQL literal for a {type(value).__name__}")


def _known(value: Any) -> Any:
    """A value that JSON can carry: what is not a number is not known."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
