"""What is asked: of which subject, of which strategy, of which session's decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from warehouse.errors import QuestionError
from warehouse.why.reading import Decision, Reader

PORTFOLIO = "portfolio"
MOST_NAMES = 40


@dataclass(frozen=True)
class Question:
    """One subject on one session: a symbol, a strategy's name, or `portfolio`.

    `strategies`: the sleeves of a symbol that are asked about; the one strategy of a strategy.
    """

    subject: str
    decision: Decision
    strategies: tuple[str, ...] = ()

    @property
    def is_symbol(self) -> bool:
        """Whether a symbol is asked about."""
        return self.subject != PORTFOLIO and (self.subject,) != self.strategies


def resolve(reader: Reader, subject: str, night: date | None, strategy: str | None) -> Question:
    """Find what a person means.

    Parameters
    ----------
    reader : the published file.
    subject : a symbol (any case), a strategy or `portfolio`.
    night : a session of the published history; the published night by default.
    strategy : only this sleeve of the symbol.

    Raises
    ------
    QuestionError
        There is no such subject, or no such decision: one sentence that says what there is.
    """
    decision = _decision(reader, night)
    strategies = tuple(
        row["strategy"]
        for row in reader.rows(
            "select distinct strategy from marts.fct_signals union "
            "select distinct strategy from analytics.target_weights order by strategy"
        )
    )
    topics = (PORTFOLIO, *strategies)
    if subject.lower() in topics:
        if strategy:
            raise QuestionError(
                f"--strategy chooses among the sleeves of a symbol: leave it out with {subject}."
            )
        topic = subject.lower()
        return Question(topic, decision, () if topic == PORTFOLIO else (topic,))
    return _about_symbol(reader, subject, decision, strategy, topics)


def _decision(reader: Reader, night: date | None) -> Decision:
    published = reader.row(
        "select night, (select min(session_date) from analytics.target_weights) as first_session "
        "from ops.build_context"
    )
    if published is None or published["first_session"] is None:
        raise QuestionError(
            "The published night holds no decision yet: run `mqp nightly` on more history."
        )
    last, first = published["night"], published["first_session"]
    session = night or last
    if session > last:
        raise QuestionError(
            f"{session} lies after the published night, {last}: ask for a session up to it, "
            "or run `mqp nightly` once a later one has closed."
        )
    row = reader.row(
        "select session_date, decided_at, next_session_date from ops.exchange_sessions "
        "where session_date = $session",
        session=session,
    )
    if row is None:
        raise QuestionError(f"{session} is no session of the exchange{_beside(reader, session)}.")
    if session < first:
        raise QuestionError(
            f"Nothing was decided on {session}: the published decisions begin on {first}."
        )
    return Decision(session, row["decided_at"], row["next_session_date"], last)


def _beside(reader: Reader, day: date) -> str:
    """Name the sessions before and after a day that is none."""
    row = reader.row(
        "select max(session_date) filter (where session_date < $day) as before, "
        "min(session_date) filter (where session_date > $day) as after "
        "from ops.exchange_sessions",
        day=day,
    )
    known = [str(each) for each in (row or {}).values() if each is not None]
    if len(known) == 1:
        return f": the nearest one is {known[0]}"
    return f": those beside it are {' and '.join(known)}" if known else ""


def _about_symbol(
    reader: Reader,
    subject: str,
    decision: Decision,
    strategy: str | None,
    topics: Sequence[str],
) -> Question:
    if strategy and strategy not in topics[1:]:
        raise QuestionError(f"There is no strategy '{strategy}': it can be {_listed(topics[1:])}.")
    held = reader.rows(
        "select symbol, strategy, min(session_date) as first_session "
        "from analytics.target_weights group by all order by all"
    )
    symbol = _spelled(subject, [row["symbol"] for row in held])
    sleeves = {row["strategy"]: row["first_session"] for row in held if row["symbol"] == symbol}
    if not sleeves:
        others = sorted({row["symbol"] for row in held if strategy in (None, row["strategy"])})
        raise QuestionError(
            f"No sleeve of the portfolio trades '{subject}': ask about {_listed(others)}, "
            f"or about {_listed(topics)}."
        )
    if strategy and strategy not in sleeves:
        raise QuestionError(
            f"{strategy} does not trade {symbol}: leave --strategy out, or say "
            f"{_listed(sorted(sleeves))}."
        )
    asked = {name: day for name, day in sleeves.items() if strategy in (None, name)}
    begun = tuple(name for name, day in asked.items() if day <= decision.session)
    if not begun:
        raise QuestionError(
            f"Nothing was decided about {symbol} on {decision.session}: "
            f"its decisions begin on {min(asked.values())}."
        )
    return Question(symbol, decision, begun)


def _spelled(subject: str, symbols: Sequence[str]) -> str:
    """The symbol in its own case; an exact match wins."""
    if subject in symbols:
        return subject
    return next((name for name in symbols if name.lower() == subject.lower()), subject)


def _listed(names: Sequence[str]) -> str:
    shown = list(names[:MOST_NAMES])
    if len(names) > MOST_NAMES:
        shown[-1] = f"{len(names) - MOST_NAMES + 1} others"
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} or {shown[-1]}"
