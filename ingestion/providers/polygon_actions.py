"""Massive's splits and dividends: many symbols in one answer, by the present path or the old one.

The old path is deprecated and serves where the present one is missing (404) or not in the plan. It
names its fields alike, knows no list of symbols and pages by a thousand rows at most.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from ingestion.errors import BadPayloadError
from ingestion.profile import Reply
from ingestion.providers.polygon import EVERYTHING, ask_pages, envelope, next_page, row_fault
from ingestion.responses import ResponseLabel
from ingestion.source import Answer, Source
from ingestion.tables import day_of, merged, typed_rows
from ingestion.windows import is_announced

SPLITS, DIVIDENDS = "raw.polygon__splits", "raw.polygon__dividends"
SYMBOLS_PER_REQUEST = 100  # keeps the address below 1,000 characters
ROWS_PER_PAGE, OLD_ROWS_PER_PAGE = "5000", "1000"
SAME_SPLIT_DAYS = 10
"""The old path repeats a split under an earlier date (SHOP 2022-06-22 and, really, 06-29)."""


@dataclass(frozen=True)
class ActionKind:
    """Splits or dividends: where they land, how their day is called, what else is read of a row."""

    name: str
    table: str
    date_column: str
    values: Callable[[Mapping[str, Any]], tuple[Any, ...]]


def _split_values(row: Mapping[str, Any]) -> tuple[Any, ...]:
    if not (row["split_from"] > 0 and row["split_to"] > 0):
        raise ValueError("a split ratio is not positive")
    return row["split_from"], row["split_to"]


def _dividend_values(row: Mapping[str, Any]) -> tuple[Any, ...]:
    kind = row.get("distribution_type") or row.get("dividend_type")  # CD, SC, ... on the old path
    return str(row["id"]), float(row["cash_amount"]), row.get("currency"), kind


KINDS: dict[str, ActionKind] = {
    "splits": ActionKind("splits", SPLITS, "execution_date", _split_values),
    "dividends": ActionKind("dividends", DIVIDENDS, "ex_dividend_date", _dividend_values),
}


def fetch_actions(
    source: Source,
    dataset: str,
    symbols: Sequence[str],
    first: date,
    last: date,
    *,
    is_market_wide: bool = False,
    is_old_path: bool = False,
) -> Answer:
    """Splits or dividends of many symbols; announced ones are left out.

    Parameters
    ----------
    dataset : a key of `KINDS`.
    first, last : New York dates; the last one keeps most of what is announced out of a market-wide
        answer.
    is_market_wide : ask for all symbols of the exchange at once and keep the wanted ones, which is
        cheaper for the tails of many symbols than naming them.
    is_old_path : ask the deprecated path.

    Returns
    -------
    The rows, and the symbols whose rows were not usable.
    """
    kind, wanted = KINDS[dataset], frozenset(symbols)
    tables: list[pa.Table] = []
    refused: dict[str, str] = {}

    def parse(reply: Reply) -> Answer:
        payload, rows = envelope(reply)
        if not is_market_wide and any(row["ticker"] not in wanted for row in rows):
            raise BadPayloadError(f"polygon sent {dataset} of a symbol not asked for")
        done = []
        rows = [row for row in rows if row["ticker"] in wanted]
        for row in _without_repeats(rows) if is_old_path and dataset == "splits" else rows:
            try:
                day = day_of(row[kind.date_column], reply)
                if day < first:
                    raise ValueError(f"a row of {day}, asked was from {first} on")
                if not is_announced(day, reply):
                    done.append((row["ticker"], day, *kind.values(row)))
            except (KeyError, TypeError, ValueError, BadPayloadError) as err:
                refused[row["ticker"]] = f"unusable row in {dataset}, {row_fault(err)}"
        done = [row for row in done if row[0] not in refused]
        return Answer(
            typed_rows(kind.table, done, reply),
            next_url=next_page(payload),
            refused=dict(refused),
        )

    path = f"/v3/reference/{dataset}" if is_old_path else f"/stocks/v1/{dataset}"
    for part, filters in _questions(symbols, is_market_wide, is_old_path):
        params = {**filters, **_window(kind, first, last, is_old_path)}
        label = ResponseLabel(
            dataset, part[0] if len(part) == 1 else EVERYTHING, first, symbols=tuple(part)
        )
        tables.extend(page.table for page in ask_pages(source, path, params, label, parse))
    return Answer(merged(kind.table, tables), refused=refused)


def _questions(
    symbols: Sequence[str], is_market_wide: bool, is_old_path: bool
) -> Iterator[tuple[Sequence[str], dict[str, str]]]:
    """The symbols of each request and how it names them."""
    if is_market_wide:
        yield symbols, {}
    elif is_old_path:
        for symbol in symbols:
            yield [symbol], {"ticker": symbol}
    else:
        for start in range(0, len(symbols), SYMBOLS_PER_REQUEST):
            part = symbols[start : start + SYMBOLS_PER_REQUEST]
            yield part, {"ticker.any_of": ",".join(part)}


def _window(kind: ActionKind, first: date, last: date, is_old_path: bool) -> dict[str, str]:
    column = kind.date_column
    days = {f"{column}.gte": first.isoformat(), f"{column}.lte": last.isoformat()}
    if is_old_path:
        # the real date of a split that is repeated may lie ahead
        days[f"{column}.lte"] = (last + timedelta(days=SAME_SPLIT_DAYS)).isoformat()
        return {**days, "sort": column, "order": "asc", "limit": OLD_ROWS_PER_PAGE}
    return {**days, "sort": f"{column}.asc", "limit": ROWS_PER_PAGE}


def _without_repeats(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Splits less those that the same answer repeats a few days later: the later one is real."""

    def split(row: Mapping[str, Any]) -> tuple[Any, ...]:
        return row["ticker"], row.get("split_from"), row.get("split_to")

    days: dict[tuple[Any, ...], list[date]] = {}
    for row in rows:
        days.setdefault(split(row), []).append(date.fromisoformat(row["execution_date"]))

    def is_repeated(row: Mapping[str, Any]) -> bool:
        day = date.fromisoformat(row["execution_date"])
        latest = day + timedelta(days=SAME_SPLIT_DAYS)
        return any(day < other <= latest for other in days[split(row)])

    return [row for row in rows if not is_repeated(row)]
