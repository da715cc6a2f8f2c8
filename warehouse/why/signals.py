"""The signal that is in force: of variants other than the default only changes are stored."""

from datetime import date

from warehouse.why.node import OF_SLEEVE, Node
from warehouse.why.reading import Reader, Row

SIDES = {1: "long", 0: "flat", -1: "short"}
SIGNALS = "marts.fct_signals"


def signal_in_force(
    reader: Reader, strategy: str, variant: str, symbol: str, session: date
) -> Node:
    """The newest stored signal row of a variant, with its own words."""
    row = signal_row(reader, strategy, variant, symbol, session)
    if row is None:
        return Node("signal", None, says=f"{variant} has not decided on {symbol} yet")
    return Node(
        "signal",
        row["signal"],
        says=in_words(row, session),
        relation=SIGNALS,
        available_at=row["decided_at"],
        children=(Node("weight at that signal", row["target_weight"], OF_SLEEVE),),
    )


def signal_row(
    reader: Reader, strategy: str, variant: str, symbol: str, session: date
) -> Row | None:
    """The row of `marts.fct_signals` that holds on a session."""
    return reader.row(
        "select * from marts.fct_signals where strategy = $strategy and variant = $variant "
        "and symbol = $symbol and session_date <= $session order by session_date desc limit 1",
        strategy=strategy,
        variant=variant,
        symbol=symbol,
        session=session,
    )


def in_words(row: Row | None, session: date) -> str:
    """Side, event and reason; since when, where the row is older than the session."""
    if row is None:
        return "no decision yet"
    parts = [SIDES.get(row["signal"], str(row["signal"]))]
    if row["session_date"] < session:
        parts.append(f"unchanged since {row['session_date']}")
    elif row["event"]:
        parts.append(f"event {row['event']}")
    return f"{', '.join(parts)}; {row['reason']}"
