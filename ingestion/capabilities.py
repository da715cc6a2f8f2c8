"""What each plan was seen to refuse, and how many calls of a day are used: kept across runs."""

from datetime import date, datetime, timedelta

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
                return EntitlementError(f"{message} (refused on {refused_at[:10]})", scope=scope)
        return None

    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """Every refusal: provider, dataset, subject, moment, message."""
        found = self._database.query("select * from refusals order by 1, 2, 3")
        return [(row[0], row[1], row[2], row[3], row[4]) for row in found]


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
