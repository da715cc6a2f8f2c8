"""Answers made by hand to what the dashboard asks beyond the published file."""

from datetime import date

from reports.dashboard.answers import Answers, Branch, NoAnswerError, Reasons
from reports.difference import Difference
from tests.reports.test_difference import DIFFERENCE


def why(symbol: str, session: date) -> Reasons:
    if session.weekday() > 4:
        raise NoAnswerError(f"{session} is no session of the exchange.")
    quoted = Branch((("<script>alert(1)</script>", "italic"), ("\nfetched", "dim")))
    root = Branch(((f"final weight of {symbol}", "bold"), ("  12 %", "")), (quoted,))
    return Reasons(
        (f"{symbol} on {session}",), Branch((), (root,)), responses=2, lost=1, is_sound=False
    )


def stored_difference(earlier: date, later: date) -> Difference | None:
    return None


def difference(earlier: date, later: date) -> Difference:
    assert earlier < later
    return DIFFERENCE


ANSWERS = Answers(why, stored_difference, difference)
