"""Credit spreads as a decision knew them: which source, its level, z-score and percentile."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from warehouse.why.node import Node
from warehouse.why.reading import Reader, Row
from warehouse.why.spread_values import JOINED, SOURCE_WORDS, spread_node


@dataclass(frozen=True)
class Window:
    """The trailing rows that a spread was measured against, as they stood when it was known.

    `spreads`: the newest of them, for the z-score, oldest first. `level_count`, `levels_below`: how
    many rows there are for the percentile, and in how many the level is at most the newest.
    """

    spreads: Sequence[float]
    level_count: int
    levels_below: int


def joined_spread(reader: Reader, session: date) -> Row | None:
    """The spread that the session's decision read."""
    return reader.row(
        "select * from intermediate.int_spreads_joined_as_of where session_date = $session",
        session=session,
    )


def stress_node(reader: Reader, session: date) -> Node | None:
    """Credit stress of a decision, from the percentile down to the two observations."""
    joined = joined_spread(reader, session)
    if joined is None:
        return None
    measured = _measured(reader, joined)
    window = _window(reader, joined)
    return Node(
        "credit stress",
        joined["credit_stress"],
        says="2 x percentile - 1, from -1 (calm) to 1 (stress)",
        relation=JOINED,
        available_at=joined["available_at"],
        check=None
        if joined["hy_oas_percentile"] is None
        else 2.0 * joined["hy_oas_percentile"] - 1.0,
        children=(
            percentile_node(joined, window),
            spread_node(reader, joined, measured),
        ),
    )


def credit_inputs(reader: Reader, session: date) -> tuple[Node, ...]:
    """What the spread rules of the credit strategy read: z-score, percentile, spread."""
    joined = joined_spread(reader, session)
    if joined is None:
        most = reader.count("spread_max_age_sessions")
        says = f"neither source has a row of the last {most} sessions"
        return (Node("spread", None, says=says, relation=JOINED),)
    measured = _measured(reader, joined)
    window = _window(reader, joined)
    return (
        _zscore_node(joined, window),
        percentile_node(joined, window),
        spread_node(reader, joined, measured),
        *_other_source(reader, joined),
    )


def percentile_node(joined: Row, window: Window) -> Node:
    """The share of the trailing rows at or below the newest level."""
    return Node(
        "percentile",
        joined["hy_oas_percentile"],
        "share of rows",
        "of the trailing rows, the share whose high-yield level is at most the newest one",
        relation=JOINED,
        available_at=joined["available_at"],
        equation=None if joined["hy_oas_percentile"] is None else "quotient",
        children=(
            Node("rows at or below", window.levels_below, "rows", is_term=True),
            Node("trailing rows", window.level_count, "rows", is_term=True),
        ),
    )


def _zscore_node(joined: Row, window: Window) -> Node:
    """How many deviations the newest spread lies from the mean of its window."""
    what, value, spreads = "z-score", joined["spread_zscore"], window.spreads
    if value is None or len(spreads) < 2:
        return Node(what, value, says="not known: its window is not full", relation=JOINED)
    mean = math.fsum(spreads) / len(spreads)
    newest = joined["hy_ig_spread_pct"]
    difference = Node(
        "spread less its mean",
        newest - mean,
        equation="difference",
        is_term=True,
        children=(
            Node("spread", newest, relation=JOINED, is_term=True),
            Node(f"mean of {len(spreads)} rows", mean, is_term=True),
        ),
    )
    deviation = Node(f"deviation of {len(spreads)} rows", statistics.stdev(spreads), is_term=True)
    return Node(
        what,
        value,
        "deviations",
        relation=JOINED,
        available_at=joined["available_at"],
        equation="quotient",
        children=(difference, deviation),
    )


def _other_source(reader: Reader, joined: Row) -> tuple[Node, ...]:
    """The source that was not used, as it stood at the decision."""
    other = "price_proxy" if joined["spread_source"] == "oas" else "oas"
    row = reader.row(
        "select * from marts.fct_spreads where spread_source = $other "
        "and available_at <= $decided_at order by session_date desc limit 1",
        other=other,
        decided_at=joined["decided_at"],
    )
    if row is None:
        return (Node(f"not used: {other}", None, says="it has no row yet"),)
    z, share = row["spread_zscore"], row["hy_oas_percentile"]
    says = f"{SOURCE_WORDS[other]} of {row['session_date']}"
    says += f", z {z:.2f}" if z is not None else ", no z-score"
    says += f", percentile {share:.2f}" if share is not None else ", no percentile"
    return (
        Node(
            f"not used: {other}",
            row["hy_ig_spread_pct"],
            "%" if other == "oas" else "log points",
            says,
            relation="marts.fct_spreads",
            available_at=row["available_at"],
        ),
    )


def _measured(reader: Reader, joined: Row) -> Row | None:
    return reader.row(
        "select * from intermediate.int_spreads_measured "
        "where spread_source = $source and session_date = $observed",
        source=joined["spread_source"],
        observed=joined["observed_date"],
    )


def _window(reader: Reader, joined: Row) -> Window:
    """The trailing rows as they stood when the newest was first known."""
    if joined["spread_source"] == "oas":
        query = """
            with days as (
                select session_date, row_number() over (order by session_date desc) as place
                from intermediate.int_oas_paired
                where session_date <= $observed and version_number = 1
                order by place limit $most
            )
            select session_date, place, arg_max(hy_oas_pct, version_number) as level,
                arg_max(hy_ig_spread_pct, version_number) as spread
            from intermediate.int_oas_paired inner join days using (session_date)
            where available_at <= $known_at
            group by session_date, place
        """
    else:
        query = """
            select session_date, hy_ig_spread_pct as level, hy_ig_spread_pct as spread,
                row_number() over (order by session_date desc) as place
            from intermediate.int_price_proxy_measured
            where session_date <= $observed and available_at <= $known_at
            order by session_date desc limit $most
        """
    rows = reader.rows(
        query,
        observed=joined["observed_date"],
        known_at=joined["available_at"],
        most=reader.count("spread_percentile_rows"),
    )
    rows = sorted(rows, key=lambda row: row["session_date"])
    levels = [row["level"] for row in rows]
    return Window(
        spreads=[
            row["spread"] for row in rows if row["place"] <= reader.count("spread_zscore_rows")
        ],
        level_count=len(levels),
        levels_below=sum(level <= levels[-1] for level in levels),
    )
