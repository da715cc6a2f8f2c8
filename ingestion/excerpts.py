"""The record of one day in a provider's response, as the provider wrote it.

Every provider has its own shape, but all of them date their records: with an ISO date, with a
moment in seconds or milliseconds, or in parallel arrays of which one holds the moments. That is
enough to find a record again without its parser, and what is shown is what came in.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import orjson

from ingestion.masking import one_line
from ingestion.profile import Reply
from warehouse.sessions import NEW_YORK

LONGEST = 240
"""Characters: a bar, a story's headline and stamp, a dividend."""

_SYMBOL_KEYS = ("T", "ticker", "symbol")
_LATEST = 4_102_444_800  # 2100 in seconds: a larger number counts milliseconds
_SECONDS_PER_DAY = 86_400


@dataclass(frozen=True)
class _Stamps:
    """How a record of a day is dated: as ISO text, or with a moment in seconds of New York's day.

    Finnhub stamps daily candles with midnight UTC, everybody else with a moment in New York.
    """

    text: str
    utc_midnight: float
    begins: float
    ends: float

    @classmethod
    def of(cls, day: date) -> "_Stamps":
        """The stamps of a New York date."""
        begins, ends = (
            datetime.combine(each, time(), NEW_YORK).timestamp()
            for each in (day, day + timedelta(days=1))
        )
        return cls(day.isoformat(), datetime.combine(day, time(), UTC).timestamp(), begins, ends)

    def fit(self, value: Any) -> bool:
        """Whether a value dates its record so."""
        if isinstance(value, str):
            return value.startswith(self.text)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        seconds = value / 1000 if value > _LATEST else value
        if seconds % _SECONDS_PER_DAY == 0:
            return bool(seconds == self.utc_midnight)
        return bool(self.begins <= seconds < self.ends)


def record_of(reply: Reply, *, day: date, symbol: str, story_id: str | None = None) -> str | None:
    """The first record of a response that is about a day, on one line.

    Parameters
    ----------
    reply : a stored response.
    day : New York date of the record.
    symbol : where records name their symbol they must name this one.
    story_id : where given, the record with this id is meant, whatever its date.

    Returns
    -------
    JSON of the record's plain values or the line of a CSV file, keys and control characters
    removed, shortened; None where no record is found.
    """
    try:
        payload = _decoded(reply.body)
    except (ValueError, RecursionError):
        return _line_of(reply.body, day)
    if story_id is not None:
        found = next((item for item in _records(payload) if _has_id(item, story_id)), None)
    else:
        stamps = _Stamps.of(day)
        dated = [item for item in _records(payload) if _is_about(item, stamps, symbol)]
        # an envelope may carry the same date as the record in it, and less beside it
        found = _slice_of(payload, stamps) or max(
            dated, key=lambda item: len(_plain(item)), default=None
        )
    if found is None:
        return None
    return one_line(json.dumps(_plain(found), ensure_ascii=False), length=LONGEST)


def _decoded(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return json.loads(body)  # it knows no NaN, which providers send


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if not isinstance(value, dict | list)}


def _records(payload: Any) -> Iterator[dict[str, Any]]:
    """Every object of a document, from the outside in."""
    if isinstance(payload, dict):
        yield payload
        for value in payload.values():
            yield from _records(value)
    elif isinstance(payload, list):
        for value in payload:
            if isinstance(value, dict | list):
                yield from _records(value)


def _has_id(record: dict[str, Any], story_id: str) -> bool:
    return any(str(value) == story_id for value in record.values() if isinstance(value, str | int))


def _is_about(record: dict[str, Any], stamps: "_Stamps", symbol: str) -> bool:
    # Cboe marks its indices: ^VIX, _VIX
    named = {str(record[key]).lstrip("^_") for key in _SYMBOL_KEYS if key in record}
    if named and symbol not in named:
        return False
    return any(map(stamps.fit, record.values()))


def _slice_of(payload: Any, stamps: "_Stamps") -> dict[str, Any] | None:
    """One position of parallel arrays (Yahoo's chart, Finnhub's candles)."""
    for record in _records(payload):
        for key in ("t", "timestamp"):
            moments = record.get(key)
            if not isinstance(moments, list):
                continue
            at = next((i for i, moment in enumerate(moments) if stamps.fit(moment)), None)
            if at is not None:
                return {
                    name: values[at]
                    for part in _records(record)
                    for name, values in part.items()
                    if isinstance(values, list) and len(values) == len(moments)
                }
    return None


def _line_of(body: bytes, day: date) -> str | None:
    """The line of a CSV file that begins with the day."""
    written = {day.isoformat(), f"{day:%m/%d/%Y}"}
    for line in body.decode("utf-8-sig", "replace").splitlines():
        if line.partition(",")[0].strip() in written:
            return one_line(line, length=LONGEST)
    return None
