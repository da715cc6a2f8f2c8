"""What one night wants of its providers."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class NightInputs:
    """What a night wants: the session, its moment, and every symbol, series and index."""

    night: date
    decided_at: datetime
    bar_symbols: tuple[str, ...]
    news_symbols: tuple[str, ...]
    series_ids: tuple[str, ...]
    index_names: tuple[str, ...]
    first_day: date
    company_symbols: tuple[str, ...] = ()
    intraday_symbols: tuple[str, ...] = ()
    force_refresh: bool = False
    offline: bool = False
