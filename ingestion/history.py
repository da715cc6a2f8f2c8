"""Histories that providers forget: measured on their answers, and never followed by ours."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from ingestion.capabilities import Fact, StandingFacts
from ingestion.journal import Journal
from ingestion.tables import earliest_day, within
from warehouse.availability import RAW_TABLES

LEAST_KEPT_FRACTION = 0.9
"""An answer with fewer of the rows that we hold has lost some; single corrections are normal."""

LATE_START_DAYS = 14
"""A history that begins so much later than the asked day is worth a remark."""

DATE_COLUMNS: dict[str, str] = {table.name: table.date_column for table in RAW_TABLES}
LICENSED_PREFIX, LICENSED_WORDS = "BAML", "FRED keeps the last three years of ICE spreads"
KEPT = "what we hold is kept"
WHOLE_FILES = frozenset({"raw.cboe__index_history"})
"""Answered with everything whatever the days asked for."""

SNAPSHOTS = frozenset({"raw.cboe__delayed_quotes"})
"""Answered with the present alone: a session that is over is in the file."""


@dataclass(frozen=True)
class Question:
    """What was asked of whom: the feed's names, the symbol and the days."""

    provider: str
    dataset: str
    table: str
    symbol: str
    first: date
    last: date


class HistoryWatch:
    """Compares every answer with the rows held, and says what the provider has no more.

    Rows are merged by key whatever it finds. A history that begins late is a standing fact: it is
    said when it is first seen and then shown by `mqp doctor`. Rows missing inside a history are
    said whenever an answer lacks them.
    """

    def __init__(
        self, facts: StandingFacts, journal: Journal, clock: Callable[[], datetime]
    ) -> None:
        self._facts, self._journal, self._clock = facts, journal, clock

    def compare(self, asked: Question, held: pa.Table, answer: pa.Table) -> None:
        """Judge an answer against the rows held before it; answers of moments are left alone."""
        column = DATE_COLUMNS[asked.table]
        if asked.table in SNAPSHOTS:
            return
        if not pa.types.is_date32(answer.schema.field(column).type) or not answer.num_rows:
            return
        begins, began = earliest_day(answer, column), earliest_day(held, column)
        if begins is None:
            return
        if began is None:
            self._judge_first_load(asked, begins)
        elif asked.first <= began or asked.table in WHOLE_FILES:
            self._judge_history(asked, held, answer, begins, began)
        else:
            days = (column, asked.first, asked.last)
            self._judge_rows(asked, within(held, *days), within(answer, *days))

    def _judge_first_load(self, asked: Question, begins: date) -> None:
        if (begins - asked.first).days > LATE_START_DAYS:
            self._learn(asked, asked.first, f"history begins {begins}, asked was {asked.first}")
        else:
            self._facts.disprove(asked.provider, asked.dataset, asked.symbol, begins=begins)

    def _judge_history(
        self, asked: Question, held: pa.Table, answer: pa.Table, begins: date, began: date
    ) -> None:
        if begins > began:
            told = f"history begins {begins} now and we hold it from {began} on"
            self._learn(asked, began, f"{told}, {KEPT}")
            return
        self._facts.disprove(asked.provider, asked.dataset, asked.symbol, begins=begins)
        self._judge_rows(asked, held, answer)

    def _judge_rows(self, asked: Question, held: pa.Table, answer: pa.Table) -> None:
        """Whether rows that we hold inside the asked days have gone."""
        if answer.num_rows < LEAST_KEPT_FRACTION * held.num_rows:
            self._tell(
                asked,
                f"sent {answer.num_rows} rows from {asked.first} to {asked.last} where we hold "
                f"{held.num_rows}: history shrank, {KEPT}",
            )

    def _learn(self, asked: Question, missing_from: date, told: str) -> None:
        is_licensed = asked.symbol.startswith(LICENSED_PREFIX)
        why = LICENSED_WORDS if is_licensed else "listed later, or outside the plan"
        fact = Fact(
            provider=asked.provider,
            dataset=asked.dataset,
            subject=asked.symbol,
            missing_from=missing_from,
            seen_at=self._clock(),
            message=f"{told}: {why}",
        )
        if self._facts.learn(fact):
            self._tell(asked, fact.message)

    def _tell(self, asked: Question, told: str) -> None:
        self._journal.report(
            asked.provider,
            asked.dataset,
            asked.symbol,
            told,
            failure="entitlement",
            is_degrading=False,
        )
