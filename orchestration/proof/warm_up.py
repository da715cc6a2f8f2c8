"""How many sessions of history a feature needs before its value stops depending on its start."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time
from pathlib import Path

from orchestration.errors import NightError
from orchestration.proof.verdict import WarmUp
from orchestration.rebuild import Moment, Rebuilder
from warehouse.comparison import FLOATS, quoted
from warehouse.connection import Connection, connect, quoted_path
from warehouse.sessions import Sessions

FEATURE_TABLES = (
    "marts.fct_equity_features",
    "marts.fct_sentiment",
    "marts.fct_spreads",
    "marts.fct_term_structure",
)
LANES = ("symbol", "spread_source")
LATER_START = 1 / 3
"""Where the second history starts, as a fraction of the whole one."""


def measure_warm_up(
    rebuilder: Rebuilder, moment: Moment, whole: Path, scratch: Path, sessions: Sessions
) -> tuple[WarmUp, ...]:
    """Build once more without the first third of history and see when each feature agrees.

    Parameters
    ----------
    whole : a finished build with all of history.
    scratch : where the second build goes.

    Notes
    -----
    Adjusted prices start from the first stored close, so what is named `_usd` differs by a factor
    from history to history: it is compared per adjusted close of its session. Agreement is within
    1e-9 relative.
    """
    start = _start(whole)
    rebuilder.build(
        replace(moment, known_since=sessions.at(start, time.min)),
        scratch,
        with_analytics=False,
    )
    with connect(whole, read_only=True) as connection:
        connection.execute(f"attach '{quoted_path(scratch)}' as short (read_only)")
        found = [
            _column_warm_up(connection, relation, column)
            for relation in FEATURE_TABLES
            for column in _columns(connection, relation)
        ]
    return tuple(found)


def _start(whole: Path) -> date:
    with connect(whole, read_only=True) as connection:
        row = connection.execute(
            f"select quantile_disc(session_date, {LATER_START}) from "
            "(select distinct session_date from marts.fct_prices)"
        ).fetchone()
    if row is None or row[0] is None:
        raise NightError("There are no prices: run `mqp nightly` first.")
    start: date = row[0]
    return start


def _columns(connection: Connection, relation: str) -> Sequence[str]:
    rows = connection.execute(f"describe {relation}").fetchall()
    return [name for name, kind, *_ in rows if kind in FLOATS]


def _column_warm_up(connection: Connection, relation: str, column: str) -> WarmUp:
    """Sessions from a lane's first row in the short history to its last disagreement."""
    names = [row[0] for row in connection.execute(f"describe {relation}").fetchall()]
    keys = [name for name in LANES if name in names]
    lanes = f"partition by {', '.join(keys)}" if keys else ""
    matched = " and ".join(f"s.{key} = w.{key}" for key in [*keys, "session_date"])
    is_priced = column.endswith("_usd") and "symbol" in names
    name = quoted(column)
    value, price = f"{{side}}.{name}", ""
    if is_priced:
        value += " / {side}p.adjusted_close_usd"
        price = " ".join(
            f"left join {catalogue}marts.fct_prices as {side}p "
            f"on {side}.symbol = {side}p.symbol and {side}.session_date = {side}p.session_date"
            for side, catalogue in (("s", "short."), ("w", ""))
        )
    short, whole = value.format(side="s"), value.format(side="w")
    differs = (
        f"{short} is distinct from {whole} and not coalesce(abs({short} - {whole}) "
        f"<= 1e-9 * greatest(abs({short}), abs({whole})), false)"
    )
    row = connection.execute(
        f"""
        with numbered as (
            select *, row_number() over ({lanes} order by session_date) as session_rank,
                count(*) over ({lanes}) as session_count
            from short.{relation}
        )
        select coalesce(max(s.session_rank) filter ({differs}), 0),
            max(s.session_count),
            bool_or(s.session_rank = s.session_count and ({differs}))
        from numbered as s inner join {relation} as w on {matched} {price}
        """
    ).fetchone()
    needed, observed, is_open = row or (0, 0, False)
    unit = "per adjusted close" if is_priced else "as it is"
    return WarmUp(relation, column, None if is_open else int(needed) + 1, int(observed or 0), unit)
