"""What each plan was seen to refuse, and how many calls of a day are used: kept across runs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from ingestion.database import CacheDatabase
from ingestion.errors import EntitlementError, QuotaError

REFUSAL_LASTS = timedelta(days=7)
"""A refused endpoint or symbol is asked again after a week: plans change, but not every night."""

WHOLE_ENDPOINT = "*"
TODAY = "today"
"""The subject of a plan without today's bars: a fact about the window, not about the endpoint."""

QUOTA_WARNING_FRACTION = 0.8


class Capabilities:
    """The capability table: refusals with their dates."""

    def __init__(self, database: CacheDatabase) -> None:
        self._database = database

    def remember(
        self, provider: str, dataset: str, subject: str, *, at: datetime, message: str
    ) -> None:
        """Record that the plan refuses a dataset, a symbol of it, or its unfinished day."""
        self._database.query(
            "insert or replace into refusals values (?, ?, ?, ?, ?)",
            (provider, dataset, subject, at.isoformat(), message),
        )

    def refusal(
        self, provider: str, dataset: str, subject: str, *, now: datetime
    ) -> EntitlementError | None:
        """The refusal of the subject or of the whole endpoint, if it is younger than a week."""
        rows = self._database.query(
            "select subject, refused_at, message from refusals "
            "where provider = ? and dataset = ? and subject in (?, ?)",
            (provider, dataset, subject, WHOLE_ENDPOINT),
        )
        for found, refused_at, message in rows:
            if now - datetime.fromisoformat(refused_at) < REFUSAL_LASTS:
                scope = {WHOLE_ENDPOINT: "endpoint", TODAY: "window"}.get(found, "symbol")
                # of the same day it reads like the refusal itself, and is told once with it
                day = refused_at[:10]
                since = "" if day == now.date().isoformat() else f" (refused on {day})"
                return EntitlementError(message + since, scope=scope)
        return None

    def forget(self, provider: str, dataset: str, subject: str) -> int:
        """Forget what an answer has just disproved; returns how many refusals went.

        An answer where a refusal stood means another plan, so every other refusal of that dataset
        is in doubt and goes too.
        """
        disproved = self._database.query(
            "select 1 from refusals where provider = ? and dataset = ? and subject in (?, ?)",
            (provider, dataset, subject, subject if subject == TODAY else WHOLE_ENDPOINT),
        )
        if not disproved:
            return 0
        return len(
            self._database.query(
                "delete from refusals where provider = ? and dataset = ? returning 1",
                (provider, dataset),
            )
        )

    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """Every refusal: provider, dataset, subject, moment, message."""
        found = self._database.query("select * from refusals order by 1, 2, 3")
        return [(row[0], row[1], row[2], row[3], row[4]) for row in found]


@dataclass(frozen=True)
class Fact:
    """A standing fact about a provider: from `missing_from` on it has not what was asked."""

    provider: str
    dataset: str
    subject: str
    missing_from: date
    seen_at: datetime
    message: str


def told_together(facts: Iterable[Fact]) -> list[str]:
    """Facts as lines for people; those that differ by their subject alone share one."""
    alike: dict[tuple[date, str, str, str], list[str]] = {}
    for fact in facts:
        key = (fact.seen_at.date(), fact.provider, fact.dataset, fact.message)
        alike.setdefault(key, []).append(fact.subject)
    return [
        f"{day}  {provider} {dataset} of {', '.join(subjects)}: {message}"
        for (day, provider, dataset, message), subjects in alike.items()
    ]


def refusals_together(rows: Iterable[tuple[str, str, str, str, str]]) -> list[str]:
    """Refusals as lines for people; those that differ by their subject alone share one."""
    alike: dict[tuple[str, str, str, str], list[str]] = {}
    for provider, dataset, subject, refused_at, message in rows:
        alike.setdefault((refused_at[:10], provider, dataset, message), []).append(subject)
    return [
        f"{day}  {provider} {dataset}{_whom(subjects)}: {message}"
        for (day, provider, dataset, message), subjects in alike.items()
    ]


def _whom(subjects: list[str]) -> str:
    return "" if subjects == [WHOLE_ENDPOINT] else f" of {', '.join(subjects)}"


class StandingFacts:
    """What is true of a provider for months, and is therefore said once and not every night."""

    def __init__(self, database: CacheDatabase) -> None:
        self._database = database

    def learn(self, fact: Fact) -> bool:
        """Keep a fact; returns whether it is new, which is when a person wants to hear of it.

        A history that ends later than was known is new: it has now lost days that we hold.
        """
        values = (fact.provider, fact.dataset, fact.subject, fact.missing_from.isoformat())
        return bool(
            self._database.query(
                "insert into facts values (?, ?, ?, ?, ?, ?) on conflict do update set "
                "missing_from = excluded.missing_from, seen_at = excluded.seen_at, "
                "message = excluded.message where excluded.missing_from > missing_from returning 1",
                (*values, fact.seen_at.isoformat(), fact.message),
            )
        )

    def disprove(self, provider: str, dataset: str, subject: str, *, begins: date) -> None:
        """Forget a fact once an answer begins where the history was missing."""
        self._database.query(
            "delete from facts where provider = ? and dataset = ? and subject = ? "
            "and missing_from >= ?",
            (provider, dataset, subject, begins.isoformat()),
        )

    def rows(self) -> list[Fact]:
        """Every fact, by provider, dataset and subject."""
        return [
            Fact(
                row[0],
                row[1],
                row[2],
                date.fromisoformat(row[3]),
                datetime.fromisoformat(row[4]),
                row[5],
            )
            for row in self._database.query("select * from facts order by 1, 2, 3")
        ]


@dataclass(frozen=True)
class QuotaUse:
    """How much of a provider's calls of a UTC day is used."""

    provider: str
    used: int
    limit: int
    resets_at: datetime

    @property
    def fraction(self) -> float:
        """Used over allowed."""
        return self.used / self.limit

    @property
    def is_alarming(self) -> bool:
        """Whether four fifths or more are gone."""
        return self.fraction >= QUOTA_WARNING_FRACTION

    @property
    def sentence(self) -> str:
        """The use for people."""
        return (
            f"{self.provider}: {self.used} of {self.limit} calls of the day are used "
            f"({100 * self.fraction:.0f} %), new ones from {self.resets_at:%Y-%m-%d %H:%M} UTC"
        )


class DailyCalls:
    """The persisted count of calls per provider and UTC day."""

    def __init__(self, database: CacheDatabase) -> None:
        self._database = database

    def spend(self, provider: str, day: date, *, limit: int) -> None:
        """Count one call.

        Raises
        ------
        QuotaError
            If the day's calls are already used up.
        """
        rows = self._database.query(
            "insert into daily_calls values (?, ?, 1) on conflict (provider, day) "
            "do update set calls = calls + 1 where calls < ? returning calls",
            (provider, day.isoformat(), limit),
        )
        if not rows:
            raise QuotaError(f"{provider}: the {limit} calls of {day} (UTC) are used up")

    def exhaust(self, provider: str, day: date, *, limit: int) -> None:
        """Take the provider's word that nothing is left today."""
        self._database.query(
            "insert into daily_calls values (?, ?, ?) on conflict (provider, day) "
            "do update set calls = excluded.calls",
            (provider, day.isoformat(), limit),
        )

    def spent(self, provider: str, day: date) -> int:
        """How many calls of the day are used."""
        rows = self._database.query(
            "select calls from daily_calls where provider = ? and day = ?",
            (provider, day.isoformat()),
        )
        return int(rows[0][0]) if rows else 0

    def use(self, provider: str, now: datetime, *, limit: int) -> QuotaUse:
        """The present day's use and the moment at which a new day begins."""
        day = now.astimezone(UTC).date()
        tomorrow = datetime.combine(day + timedelta(days=1), time(), UTC)
        return QuotaUse(provider, self.spent(provider, day), limit, tomorrow)

    def rows(self) -> list[tuple[str, str, int]]:
        """Every count: provider, UTC day, calls; the newest day first."""
        found = self._database.query("select * from daily_calls order by day desc, provider")
        return [(row[0], row[1], int(row[2])) for row in found]
