"""Cboe's keyless files: whole index histories as CSV, and delayed quotes."""

import hashlib
import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from ingestion.sandbox.catalogue import INDEX_STARTS
from ingestion.sandbox.view import FILE_READY, IndexRow
from ingestion.sandbox.wire.http import Reply, Request, json_reply, text_reply
from warehouse.sessions import BAR_READY

FILE = re.compile(r"/api/global/us_indices/daily_prices/(\w+)_History\.csv")
QUOTE = re.compile(r"/api/global/delayed_quotes/quotes/_(\w+)\.json")
SINGLE_COLUMN = ("VVIX",)
DENIED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
)


def answer_cboe(request: Request) -> Reply:
    """Serve an index file or a quote; a wrong name is a 403 in XML, as at the real host."""
    file, quote = FILE.fullmatch(request.path), QUOTE.fullmatch(request.path)
    if file and file[1] in INDEX_STARTS:
        return _file(request, file[1])
    if quote and quote[1] in INDEX_STARTS:
        rows = request.view.index_rows(quote[1], ready=BAR_READY)
        if len(rows) > 1:
            return _quote(request, quote[1], rows[-2], rows[-1])
    return text_reply(DENIED, 403, "application/xml")


def _file(request: Request, name: str) -> Reply:
    rows = request.view.index_rows(name)
    is_single = name in SINGLE_COLUMN
    lines = [f"DATE,{name}" if is_single else "DATE,OPEN,HIGH,LOW,CLOSE"]
    for row in rows:
        prices = (row.close,) if is_single else row[1:]
        lines.append(f"{row.day:%m/%d/%Y}," + ",".join(f"{price:.6f}" for price in prices))
    body = ("\n".join(lines) + "\n").encode()
    last_day = rows[-1].day if rows else request.view.first_day
    modified = request.view.market.sessions.at(last_day, FILE_READY)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Last-Modified": format_datetime(modified, usegmt=True)}
    if _is_unchanged(request, etag, modified):
        return Reply(b"", 304, "text/csv", headers)
    return Reply(body, 200, "text/csv", headers)


def _is_unchanged(request: Request, etag: str, modified: datetime) -> bool:
    """RFC 9110: a tag, when sent, decides alone."""
    if "if-none-match" in request.headers:
        return etag in request.headers["if-none-match"]
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        moment = parsedate_to_datetime(since)
    except ValueError:
        return False
    return moment.replace(tzinfo=moment.tzinfo or UTC) >= modified


def _quote(request: Request, name: str, before: IndexRow, last: IndexRow) -> Reply:
    """The last finished session as a quote: `last_trade_time` is New York time, `timestamp` UTC."""
    change = last.close - before.close
    data = {
        "symbol": f"^{name}",
        "security_type": "index",
        "exchange_id": 5,
        "current_price": last.close,
        "price_change": round(change, 4),
        "price_change_percent": round(100 * change / before.close, 4),
        "open": last.open,
        "high": last.high,
        "low": last.low,
        "close": last.close,
        "prev_day_close": before.close,
        "volume": 0,
        "last_trade_time": f"{last.day.isoformat()}T{BAR_READY.isoformat()}",
        "tick": "no_change",
    }
    timestamp = f"{request.view.now.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    return json_reply({"timestamp": timestamp, "data": data, "symbol": f"_{name}"})
