"""Yahoo's chart: split-adjusted daily bars, nulls now and then, and a last row that comes twice."""

import re
from datetime import date, datetime, timedelta

import numpy as np

from ingestion.sandbox.bars import Bars, chained_bars
from ingestion.sandbox.streams import Integers, stream
from ingestion.sandbox.view import View
from ingestion.sandbox.wire.adjusted import (
    bars_so_far,
    dividend_factors,
    shares_since,
    split_adjusted,
)
from ingestion.sandbox.wire.columns import object_text, raw_reply, value_array
from ingestion.sandbox.wire.http import Reply, Request, json_reply, not_found
from warehouse.sessions import NEW_YORK

CHART = re.compile(r"/v8/finance/chart/([^/]+)")
RANGES = {
    "1d": 0, "5d": 6, "1mo": 30, "3mo": 91, "6mo": 182, "1y": 365, "2y": 730, "5y": 1826,
    "10y": 3652,
}  # fmt: skip
"""Calendar days before today."""

NULL_ROWS_PER_BAR = 1 / 400
DECIMALS = 6
OPENING_SECONDS = (9 * 60 + 30) * 60  # after midnight; no session begins on a clock change


def answer_yahoo(request: Request) -> Reply:
    """Serve a chart of daily bars; every refusal has the envelope of an answer."""
    asked = CHART.fullmatch(request.path)
    if asked is None:
        return not_found()
    symbol = _listed_name(request.view, asked[1])
    if symbol is None:
        return _refused(404, "Not Found", "No data found, symbol may be delisted")
    if request.query.get("interval", "1d") != "1d":
        return _refused(422, "Unprocessable Entity", "The sandbox has the interval 1d only")
    try:
        first, last = _window(request)
    except ValueError:
        return _refused(422, "Unprocessable Entity", "Invalid input: period1, period2 or range")
    return _chart(request, asked[1], symbol, first, last)


def _refused(status: int, code: str, description: str) -> Reply:
    error = {"code": code, "description": description}
    return json_reply({"chart": {"result": None, "error": error}}, status)


def _listed_name(view: View, asked: str) -> str | None:
    """Class shares have a hyphen here, whichever way the sandbox's list spells them."""
    if "." in asked:
        return None
    spellings = (asked, asked.replace("-", "."))
    return next((name for name in spellings if name in view.listed), None)


def _window(request: Request) -> tuple[int, int]:
    """Epoch seconds between which a bar's stamp lies, the second left out."""
    query, view = request.query, request.view
    if "period1" in query or "period2" in query:
        return int(query.get("period1", "0")), int(query.get("period2", view.now.timestamp() + 1))
    length = query.get("range", "1d")
    if length == "max":
        first = view.first_day
    elif length == "ytd":
        first = view.today.replace(month=1, day=1)
    elif length in RANGES:
        first = view.today - timedelta(days=RANGES[length])
    else:
        raise ValueError(length)
    start = datetime(first.year, first.month, first.day, tzinfo=NEW_YORK)
    return int(start.timestamp()), int(view.now.timestamp()) + 1


def _chart(request: Request, asked: str, symbol: str, first: int, last: int) -> Reply:
    view = request.view
    bars, stamps = _rows(view, symbol, first, last)
    members = {}
    payload: dict[str, object] = {"meta": _meta(view, asked, symbol)}
    if len(stamps):
        members["timestamp"] = value_array(stamps)
        if events := _events(view, symbol, stamps, request.query.get("events", "")):
            payload["events"] = events
        members["indicators"] = _indicators(view, symbol, bars)
    else:
        payload["indicators"] = {"quote": [{}], "adjclose": [{}]}
    result = object_text(payload, members)
    return raw_reply(f'{{"chart":{{"result":[{result}],"error":null}}}}')


def _rows(view: View, symbol: str, first: int, last: int) -> tuple[Bars, Integers]:
    """Split-adjusted bars and their stamps, the session in progress included."""
    raw = bars_so_far(view, symbol, _day(first), _day(last))
    bars = split_adjusted(view, symbol, raw)
    stamps = view.market.midnights[bars.at] + OPENING_SECONDS
    inside = (stamps >= first) & (stamps < last)
    bars, stamps = bars.chosen(inside), stamps[inside]
    if len(stamps) and bars.at[-1] > view.latest_bar:
        # the row of a session in progress comes twice, once stamped with the moment of the answer
        bars = chained_bars([bars, bars.chosen(slice(-1, None))])
        stamps = np.append(stamps, int(view.now.timestamp()))
    return bars, stamps


def _day(stamp: int) -> date:
    """The New York date of a stamp, within the years that dates can have."""
    latest = 32_503_680_000  # the year 3000
    return datetime.fromtimestamp(min(max(stamp, 0), latest), NEW_YORK).date()


def _opening(view: View, at: int) -> int:
    return int(view.market.midnights[at]) + OPENING_SECONDS


def _indicators(view: View, symbol: str, bars: Bars) -> str:
    """Prices as columns; now and then a whole row is null."""
    chance = stream(view.market.seed, symbol, "yahoo gaps").random(len(view.market.days))
    shown = np.where(chance[bars.at] < NULL_ROWS_PER_BAR, np.nan, 1.0)
    columns = {
        "open": bars.open * shown,
        "high": bars.high * shown,
        "low": bars.low * shown,
        "close": bars.close * shown,
        "volume": bars.volume * shown,
    }
    quote = {name: value_array(column) for name, column in columns.items()}
    paid_out = dividend_factors(view, symbol, bars.at)
    adjusted = value_array(np.round(columns["close"] * paid_out, DECIMALS))
    return f'{{"quote":[{object_text({}, quote)}],"adjclose":[{{"adjclose":{adjusted}}}]}}'


def _meta(view: View, asked: str, symbol: str) -> dict[str, object]:
    listed = view.market.history(symbol).instrument
    offset = view.now.astimezone(NEW_YORK).utcoffset() or timedelta()
    meta: dict[str, object] = {
        "currency": "USD",
        "symbol": asked,
        "exchangeName": "SBX",
        "instrumentType": "EQUITY" if listed.kind == "stock" else "ETF",
        "gmtoffset": int(offset.total_seconds()),
        "timezone": view.now.astimezone(NEW_YORK).tzname(),
        "exchangeTimezoneName": NEW_YORK.key,
        "dataGranularity": "1d",
    }
    recent = view.bars(symbol, view.today - timedelta(days=14), view.today)
    if recent and recent[-1].close is not None:
        closed_at = view.market.hours(recent[-1].at)[1]
        meta["regularMarketPrice"] = recent[-1].close
        meta["regularMarketTime"] = int(closed_at.timestamp()) + 1
    return meta


def _events(view: View, symbol: str, stamps: Integers, asked: str) -> dict[str, object]:
    """Actions of the shown sessions by their stamps, dividends in today's shares."""
    kinds = asked.replace("|", ",").split(",")
    shown = set(stamps.tolist())
    dividends: dict[str, dict[str, float]] = {}
    if "div" in kinds:
        for paid in view.dividends(symbol):
            stamp = _opening(view, paid.at)
            if stamp in shown:
                amount = paid.cash_usd / shares_since(view, symbol, paid.at)
                # payments of one day are one event here
                amount += dividends.get(str(stamp), {}).get("amount", 0.0)
                dividends[str(stamp)] = {"amount": round(amount, DECIMALS), "date": stamp}
    splits = {
        str(_opening(view, split.at)): {
            "date": _opening(view, split.at),
            "numerator": float(split.shares_after),
            "denominator": float(split.shares_before),
            "splitRatio": f"{split.shares_after}:{split.shares_before}",
        }
        for split in (view.splits(symbol) if "splits" in kinds else [])
        if _opening(view, split.at) in shown
    }
    found: dict[str, object] = {}
    if dividends:
        found["dividends"] = dividends
    if splits:
        found["splits"] = splits
    return found
