"""Cboe: whole index histories as files, and delayed quotes for the session just closed."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from ingestion.errors import BadPayloadError, IngestionError, NotFoundError
from ingestion.limits import Allowance
from ingestion.profile import ProviderProfile, Reply
from ingestion.responses import ResponseLabel
from ingestion.source import Answer, Source
from ingestion.symbols import path_segment
from ingestion.tables import empty_table, latest_day, typed_rows, within
from ingestion.windows import check_days
from warehouse.sessions import BAR_READY, NEW_YORK

HISTORY, QUOTES = "raw.cboe__index_history", "raw.cboe__delayed_quotes"
_LONG_AGO = date(1900, 1, 1)
_CONDITIONS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}


def refusal(reply: Reply) -> IngestionError | None:
    """The error behind an answer: a wrong name is a 403 in XML, not a refusal."""
    if reply.status in (403, 404) and b"AccessDenied" in reply.body[:1000]:
        return NotFoundError(f"cboe has no such file ({reply.status})")
    return None


PROFILE = ProviderProfile(name="cboe", refusal=refusal, allowances=(Allowance(60, 60.0),))


def fetch_index_history(
    source: Source, index_name: str, first: date, last: date, *, quoting: Mapping[str, str]
) -> Answer:
    """Index rows of the days asked; nothing, and `is_unchanged`, if the file is the one quoted.

    Parameters
    ----------
    quoting : validators of the file that is already held.
    """

    def parse(reply: Reply) -> Answer:
        if reply.status == 304:
            return Answer(empty_table(HISTORY), validators=quoting, is_unchanged=True)
        lines = reply.csv()
        header = [name.strip().upper() for name in lines[0]] if lines else []
        if header not in (["DATE", "OPEN", "HIGH", "LOW", "CLOSE"], ["DATE", index_name]):
            raise BadPayloadError("cboe sent a file without its header line")
        rows = [_index_row(index_name, line, len(header)) for line in lines[1:] if line]
        today = reply.fetched_at.astimezone(NEW_YORK).date()
        check_days([row[1] for row in rows], _LONG_AGO, today, reply)
        table = within(typed_rows(HISTORY, rows, reply), "session_date", first, last)
        validators = {name: reply.headers[name] for name in _CONDITIONS if name in reply.headers}
        through = latest_day(table, "session_date")
        return Answer(table, observed_through=through, validators=validators)

    path = f"/api/global/us_indices/daily_prices/{path_segment(index_name)}_History.csv"
    headers = {_CONDITIONS[name]: value for name, value in quoting.items()}
    label = ResponseLabel("index_history", index_name, first, last)
    return source.ask(path, label, parse, headers=headers)


def fetch_delayed_quote(source: Source, index_name: str, session: date) -> pa.Table:
    """The index row of a session, none unless its last trade was at 16:15 New York or later."""

    def parse(reply: Reply) -> Answer:
        data = reply.json()["data"]
        traded_at = datetime.fromisoformat(data["last_trade_time"])  # New York wall clock
        if traded_at.date() != session or traded_at.time() < BAR_READY:
            return Answer(empty_table(QUOTES))
        prices = [data.get(name) for name in ("open", "high", "low")]
        row = (index_name, session, *prices, data["close"])
        return Answer(typed_rows(QUOTES, [row], reply))

    path = f"/api/global/delayed_quotes/quotes/_{path_segment(index_name)}.json"
    label = ResponseLabel("delayed_quotes", index_name, session, session)
    return source.ask(path, label, parse).table


def _index_row(index_name: str, line: list[str], width: int) -> tuple[Any, ...]:
    if len(line) != width:
        raise BadPayloadError("cboe sent a line that is cut off")
    values = [_price(text) for text in line[1:]]
    if width == 2:  # one value a day: the close
        values = [None, None, None, *values]
    return index_name, _day(line[0]), *values


def _day(text: str) -> date:
    """MM/DD/YYYY, or ISO in an older copy; a parser that guesses would swap day and month."""
    if "/" in text:
        month, day, year = text.split("/")
        return date(int(year), int(month), int(day))
    return date.fromisoformat(text)


def _price(text: str) -> float | None:
    """A price; blank or NaN is landed as null for the gate to judge."""
    value = float(text) if text.strip() else None
    return None if value is None or value != value else value
