"""Is every input as new as it can be tonight? Ages count sessions, from the data's own date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from warehouse.connection import Connection
from warehouse.sessions import Sessions

OAS_SERIES = ("BAMLH0A0HYM2", "BAMLC0A0CM")
BILL_SERIES = "DGS3MO"
SERIES = (*OAS_SERIES, BILL_SERIES)
INDEX_NAMES = ("VIX", "VIX9D", "VIX3M", "VIX6M", "VVIX")
REQUIRED_INDEXES = ("VIX", "VIX3M")


@dataclass(frozen=True)
class Freshness:
    """The newest observation of one input against the newest it could have.

    `age_sessions` counts sessions between the two; None when nothing is stored at all.
    """

    dataset: str
    symbol: str
    provider: str
    last_observation: date | None
    expected_observation: date
    age_sessions: int | None
    is_required: bool

    @property
    def is_late(self) -> bool:
        """Whether a required input lacks its expected last observation."""
        return self.is_required and self.age_sessions != 0

    @property
    def sentence(self) -> str:
        """What is missing, in plain words."""
        if self.last_observation is None:
            return (
                f"{self.dataset} of {self.symbol}: nothing stored, {self.expected_observation} due"
            )
        return (
            f"{self.dataset} of {self.symbol} ends {self.last_observation}, "
            f"{self.age_sessions} session(s) before the {self.expected_observation} that was due"
        )


@lru_cache(maxsize=64)
def bond_market_is_closed(day: date) -> bool:
    """Whether ICE and the Federal Reserve publish nothing although the exchange is open.

    Columbus Day and Veterans Day are federal holidays on which stocks trade.
    """
    from pandas.tseries.holiday import USFederalHolidayCalendar

    return bool(len(USFederalHolidayCalendar().holidays(start=day, end=day)))


def expected_observation(series: str, night: date, sessions: Sessions) -> date:
    """The newest observation of a FRED series that the night's decision can know.

    Spreads of a session are known at 09:00 of the next one, rates at 18:00 of the next one, which
    is after that session's decision.
    """
    day = sessions.previous_session(night, 1 if series in OAS_SERIES else 2)
    while bond_market_is_closed(day):
        day = sessions.previous_session(day)
    return day


def measure_freshness(
    connection: Connection,
    night: date,
    sessions: Sessions,
    *,
    bar_symbols: Sequence[str],
    required_symbols: Sequence[str],
) -> tuple[Freshness, ...]:
    """Newest usable observation of every input of a night, from the ledger.

    Parameters
    ----------
    connection : the ledger. Only rows knowable at the night's decision count; a bar without a close
        does not.
    night : the session.
    """
    decided_at = sessions.decided_at(night)
    found: list[Freshness] = []

    def add(dataset: str, symbol: str, expected: date, is_required: bool, sql: str) -> None:
        row = connection.execute(sql, [symbol, decided_at]).fetchone()
        last, provider = row if row else (None, "-")
        age = None if last is None else max(0, len(sessions.between(last, expected)) - 1)
        if last is not None and not sessions.is_session(last):
            age = len(sessions.between(last, expected))
        found.append(Freshness(dataset, symbol, provider, last, expected, age, is_required))

    for symbol in bar_symbols:
        add("daily bars", symbol, night, symbol in required_symbols, _BARS)
    for name in INDEX_NAMES:
        add("index closes", name, night, name in REQUIRED_INDEXES, _INDEXES)
    for series in SERIES:
        expected = expected_observation(series, night, sessions)
        add("macro", series, expected, series in OAS_SERIES, _SERIES)
    return tuple(found)


def _newest(*sources: tuple[str, str, str, str, str]) -> str:
    """SQL for the newest observation over tables that hold the same fact, best provider first."""
    parts = [
        f"select {day} as observed, '{provider}' as provider, {rank} as rank from {table} "
        f"where {key} = $1 and available_at <= $2 and {value} is not null and not isnan({value})"
        for rank, (provider, table, key, day, value) in enumerate(sources)
    ]
    union = " union all ".join(parts)
    return f"select observed, provider from ({union}) order by observed desc, rank limit 1"


_BARS = _newest(
    ("polygon", "raw.polygon__daily_bars", "symbol", "session_date", "close"),
    ("fmp", "raw.fmp__daily_prices", "symbol", "session_date", "close"),
    ("finnhub", "raw.finnhub__daily_candles", "symbol", "session_date", "close"),
    ("yahoo", "raw.yahoo__daily_bars", "symbol", "session_date", "close"),
)
_INDEXES = _newest(
    ("cboe", "raw.cboe__index_history", "index_name", "session_date", "close"),
    ("cboe quote", "raw.cboe__delayed_quotes", "index_name", "session_date", "close"),
)
_SERIES = _newest(("fred", "raw.fred__observations", "series_id", "observed_date", "value"))
