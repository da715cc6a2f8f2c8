"""What one computation says of one session: weights and how they came about, signals, figures."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.allocation import volatility_scale
from analytics.attribution import Decided
from analytics.headline import HEADLINE_METRICS, headline_metrics
from analytics.limits import LIMITS
from reports.queries import Published, Row
from reports.signals import SignalKey, SignalState, signal_states
from warehouse.connection import Connection, connect
from warehouse.frames import read_frame
from warehouse.kept_tables import opened_results
from warehouse.sessions import Sessions

if TYPE_CHECKING:
    from analytics.settings import PortfolioConfig

PORTFOLIO = "portfolio"
BOOK_FIGURES = ("scale", "forecast_volatility_annual")
PATHS = "variant = 'walk_forward' or strategy = 'portfolio'"
"""The paths that headline figures are of, among the rows of `backtest_daily` and its metrics."""

WEIGHT_COLUMNS = (
    "strategy", "symbol", "sleeve_weight", "sleeve_target_weight", "desired_weight",
    *(f"{limit}_bite" for limit in LIMITS), "final_weight", "override_reason",
)  # fmt: skip

WeightKey = tuple[str, str]  # strategy, symbol
MetricKey = tuple[str, str]  # subject, metric


@dataclass(frozen=True)
class Results:
    """The tables of one computation, which ends with `night`.

    `source`: a whole database file, or the folder of a night.
    """

    source: Path
    night: date

    @property
    def is_whole(self) -> bool:
        """Whether every table is there, the models too."""
        return self.source.is_file()

    @contextmanager
    def opened(self) -> Iterator[Connection]:
        """Open the tables for reading, under the names of the published file."""
        with (
            connect(self.source, read_only=True)
            if self.is_whole
            else opened_results(self.source) as connection
        ):
            yield connection


@dataclass(frozen=True)
class State:
    """One session as one computation sees it.

    `decided`: strategy and symbol to how the weight came about. `overrides`: to the reason why it
    was not decided like the others. `book`: an empty row of the whole book's scale. `override`:
    why that scale is not what the forecast asks for. `metrics`: subject and name to value, None
    where the figure does not exist.
    """

    decided: Mapping[WeightKey, Decided]
    overrides: Mapping[WeightKey, str]
    signals: Mapping[SignalKey, SignalState]
    metrics: Mapping[MetricKey, float | None]
    book: Decided
    override: str

    @property
    def weights(self) -> dict[WeightKey, float]:
        """Strategy and symbol to final weight."""
        return {key: row.final for key, row in self.decided.items()}

    @property
    def sleeve_weights(self) -> dict[str, float]:
        """Strategy to its weight in the portfolio."""
        return {strategy: row.sleeve_weight for (strategy, _), row in self.decided.items()}


def read_state(
    results: Results, session: date, sessions: Sessions, portfolio: "PortfolioConfig"
) -> State:
    """Read one session from a computation that ends with it, or with a later one.

    Parameters
    ----------
    results : the computation.
    session : its own night or an earlier session. What the computation says of the earlier session
        is what the night of that session says at the same ledger version, since no row of the past
        depends on what came after it (`mqp prove`).
    portfolio : its target and leverage say what scale a forecast asks for.
    """
    with results.opened() as connection:
        published = Published(connection)
        row = _book_row(published, session)
        book = _book(row, portfolio)
        rows = published.rows(
            "analytics.target_weights",
            WEIGHT_COLUMNS,
            where="session_date = ?",
            order_by="strategy, symbol",
            parameters=[session],
        )
        if session == results.night:
            metrics = _own_metrics(published)
        else:
            metrics = _metrics_until(connection, published, session, sessions)
        for name in BOOK_FIGURES:
            metrics[PORTFOLIO, name] = _number(row.get(name))
        return State(
            decided={(each["strategy"], each["symbol"]): _decided(each, book) for each in rows},
            overrides={
                (each["strategy"], each["symbol"]): each["override_reason"] or "" for each in rows
            },
            signals=signal_states(published, session),
            metrics=metrics,
            book=book,
            override=row.get("override_reason") or "",
        )


def orders_of(results: Results) -> list[Row]:
    """The orders of a computation's own night."""
    with results.opened() as connection:
        return Published(connection).rows(
            "analytics.orders", ["symbol", "side", "current_weight", "final_weight"]
        )


def _book_row(published: Published, session: date) -> Row:
    rows = published.rows(
        "analytics.portfolio_daily",
        (*BOOK_FIGURES, "override_reason"),
        where="session_date = ?",
        parameters=[session],
    )
    return rows[0] if rows else {}


def _book(row: Row, portfolio: "PortfolioConfig") -> Decided:
    """Scale and override of a session; without a row it is the first decision, which holds none."""
    scale = _number(row.get("scale")) or 0.0
    forecast = _number(row.get("forecast_volatility_annual"))
    if forecast is None:
        return Decided(scale=1.0, override=scale)
    asked = volatility_scale(
        forecast,
        target=portfolio.target_volatility_annual,
        max_leverage=portfolio.max_leverage,
    )
    return Decided(scale=asked, override=scale / asked)


def _decided(row: Row, book: Decided) -> Decided:
    return replace(
        book,
        target=_number(row["sleeve_target_weight"]) or 0.0,
        sleeve_weight=_number(row["sleeve_weight"]) or 0.0,
        desired=_number(row["desired_weight"]) or 0.0,
        bites={limit: _number(row[f"{limit}_bite"]) or 0.0 for limit in LIMITS},
        final=_number(row["final_weight"]) or 0.0,
    )


def _own_metrics(published: Published) -> dict[MetricKey, float | None]:
    rows = published.rows(
        "analytics.backtest_metrics",
        ["strategy", "metric", "value"],
        where=f"sample = 'full' and ({PATHS}) and metric in (select unnest(?))",
        order_by="strategy, metric",
        parameters=[list(HEADLINE_METRICS)],
    )
    return {(row["strategy"], row["metric"]): _number(row["value"]) for row in rows}


def _metrics_until(
    connection: Connection, published: Published, session: date, sessions: Sessions
) -> dict[MetricKey, float | None]:
    """Compute the headline figures of a later computation's paths, as of a session."""
    import numpy as np

    if not published.has("analytics.backtest_daily"):
        return {}  # an earlier release did not keep them
    daily = read_frame(
        connection,
        f"select * from analytics.backtest_daily where ({PATHS}) and session_date <= ? "
        "order by strategy, session_date",
        [session],
    )
    if daily.empty:
        return {}
    macro = read_frame(
        connection, "select session_date, bill_3m_pct from intermediate.int_macro_as_of"
    )
    first = sessions.previous_session(daily["session_date"].min().date())
    days = np.array(sessions.between(first, session), dtype="datetime64[D]")
    found = headline_metrics(daily, macro, sessions=days, until=session)
    return {key: _number(value) for key, value in found.items()}


def _number(value: Any) -> float | None:
    """A finite number, or None: NaN is how a frame says that there is none."""
    if value is None or value != value:
        return None
    return float(value)
