"""Yahoo's chart, unofficial and opt-in: daily bars, splits and dividends in one answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pyarrow as pa

from ingestion.adjustment import SPLIT_ADJUSTED, splits_of, undo_splits
from ingestion.errors import BadPayloadError, IngestionError, NotFoundError
from ingestion.limits import Allowance
from ingestion.profile import ProviderProfile, Reply
from ingestion.responses import ResponseLabel
from ingestion.source import Answer, Source
from ingestion.symbols import path_segment
from ingestion.tables import new_york_day, typed_rows, within
from ingestion.windows import check_days, is_announced, is_finished
from warehouse.sessions import NEW_YORK

BARS, SPLITS, DIVIDENDS = "raw.yahoo__daily_bars", "raw.yahoo__splits", "raw.yahoo__dividends"
SESSION_OPENS = time(9, 30)
_FIELDS = ("open", "high", "low", "close", "volume")


def refusal(reply: Reply) -> IngestionError | None:
    """The error behind an answer; unknown symbols are a 404, throttling is a bare text."""
    if reply.status == 404 or "no data found" in reply.error_text.lower():
        return NotFoundError(f"yahoo has no chart of it ({reply.status})")
    return None


PROFILE = ProviderProfile(
    name="yahoo",
    refusal=refusal,
    # nothing is promised: slowly, and not for long
    allowances=(Allowance(30, 60.0),),
    cooldown_seconds=15.0,
    patience_seconds=90.0,
)


@dataclass(frozen=True)
class Chart:
    """One symbol's chart.

    `bars` are **split-adjusted** and land only after `undo_splits`. `splits`: those since the first
    day asked, up to the day of the fetch. `dividends`: per share as paid.
    """

    bars: pa.Table
    splits: pa.Table
    dividends: pa.Table


def fetch_chart(source: Source, symbol: str, first: date, last: date, *, today: date) -> Chart:
    """Bars of the days asked, and the actions from the first of them until today.

    Splits after the last day asked are in its prices already, so the window always ends today.
    A session without any price is no bar; one price missing is for the gate to judge.
    """
    found: list[Chart] = []

    def parse(reply: Reply) -> Answer:
        result = _result(reply, symbol)
        events = result.get("events") or {}
        rows = _bars(result, symbol, reply)
        check_days([row[1] for row in rows], first, max(last, today), reply)
        done = [row for row in rows if is_finished(row[1], reply)]
        bars = within(typed_rows(BARS, done, reply), "session_date", first, last)
        splits = typed_rows(SPLITS, _splits(events, symbol, reply), reply)
        dividends = undo_splits(
            typed_rows(DIVIDENDS, _dividends(events, symbol, reply), reply),
            splits_of(splits, "numerator", "denominator"),
            dated_by="ex_dividend_date",
            prices=("amount",),
            volumes=(),
        )
        found.append(Chart(bars, splits, dividends))
        return Answer(bars)

    params = {
        "period1": str(_midnight(first)),
        "period2": str(_midnight(max(last, today) + timedelta(days=1))),  # exclusive
        "interval": "1d",
        "events": "div,splits",
    }
    label = ResponseLabel("chart", symbol, first, last)
    source.ask(f"/v8/finance/chart/{wire_symbol(symbol)}", label, parse, params=params)
    return found[-1]


def wire_symbol(symbol: str) -> str:
    """The symbol as Yahoo spells it in a path: BRK.B is BRK-B."""
    return path_segment(symbol.replace(".", "-"))


def _result(reply: Reply, symbol: str) -> Mapping[str, Any]:
    chart = reply.json()["chart"]
    if chart.get("error"):
        raise BadPayloadError("yahoo sent an error in place of a chart")
    result: Mapping[str, Any] = chart["result"][0]
    meta = result["meta"]
    if meta["symbol"] != symbol.replace(".", "-"):
        raise BadPayloadError(f"yahoo sent the chart of another symbol than {symbol}")
    if meta["exchangeTimezoneName"] != "America/New_York":
        raise BadPayloadError(f"yahoo sent {symbol} of an exchange that is not in New York")
    return result


def _bars(result: Mapping[str, Any], symbol: str, reply: Reply) -> list[tuple[Any, ...]]:
    """Rows in which a day occurs once; an empty window has no stamps at all."""
    stamps: Sequence[int] = result.get("timestamp") or []
    if not stamps:
        return []
    quote = result["indicators"]["quote"][0]
    columns = [quote[name] for name in _FIELDS]
    if any(len(column) != len(stamps) for column in columns):
        raise BadPayloadError("yahoo sent arrays of unequal lengths")
    by_day: dict[date, tuple[Any, ...]] = {}
    # the running session may stand twice, as its bar and as its last trade: the bar counts
    for stamp, *values in sorted(zip(stamps, *columns, strict=True), key=_is_on_grid):
        if any(value is not None for value in values[:4]):
            day = new_york_day(stamp * 1000)
            by_day[day] = (symbol, day, *values, SPLIT_ADJUSTED)
    return [by_day[day] for day in sorted(by_day)]


def _is_on_grid(row: tuple[Any, ...]) -> bool:
    """Whether a row is stamped with the opening of its session, as daily bars are."""
    opened = datetime.fromtimestamp(row[0], UTC).astimezone(NEW_YORK).time()
    return opened == SESSION_OPENS


def _splits(events: Mapping[str, Any], symbol: str, reply: Reply) -> list[tuple[Any, ...]]:
    rows = []
    for event in (events.get("splits") or {}).values():
        day = new_york_day(int(event["date"]) * 1000)
        if not (event["numerator"] > 0 and event["denominator"] > 0):
            raise BadPayloadError("yahoo sent a split ratio that is not positive")
        if not is_announced(day, reply):
            rows.append((symbol, day, event["numerator"], event["denominator"]))
    return rows


def _dividends(events: Mapping[str, Any], symbol: str, reply: Reply) -> list[tuple[Any, ...]]:
    paid = [
        (new_york_day(int(event["date"]) * 1000), float(event["amount"]))
        for event in (events.get("dividends") or {}).values()
    ]
    return [(symbol, day, amount) for day, amount in paid if not is_announced(day, reply)]


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())
