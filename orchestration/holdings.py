"""`config/holdings.csv`: what a person really holds, checked whole before anything is fetched."""

import csv
import io
import math
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from analytics.holdings import CASH, Holdings
from ingestion.errors import SymbolError
from ingestion.symbols import checked_symbol
from orchestration.errors import UsageError

HEADER = ("symbol", "quantity_shares")
MOST_BYTES = 1_000_000
MOST_SHARES = 1e12
LONGEST_QUOTE = 40

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
# float() takes more than people mean: 1_000, Arabic digits, nan, infinity


def load_holdings(path: Path, *, priced: Collection[str]) -> Holdings:
    """Read and check a holdings file.

    Parameters
    ----------
    path : a CSV file with the header `symbol,quantity_shares`; one row per symbol, negative for a
        short, and the row `CASH` with the dollars.
    priced : the symbols whose bars the night asks for.

    Raises
    ------
    UsageError
        The file cannot be read or one row of it is wrong: one sentence that names file, line, value
        and what is allowed. Nothing of the file is used then.

    Notes
    -----
    A byte-order mark, either line end, blank lines, quoted cells, spaces around cells, any case and
    quantities of 0 are no mistakes.
    """
    rows = _checked_rows(path, _text(path), {symbol.upper(): symbol for symbol in priced})
    quantities = {symbol: quantity for symbol, quantity in rows if quantity != 0.0}
    cash = quantities.pop(CASH, 0.0)
    if cash <= 0.0 and not any(quantity > 0.0 for quantity in quantities.values()):
        raise UsageError(
            f"{path}: the account must be worth more than 0, got {cash:g} in cash and no shares "
            "that are held long."
        )
    return Holdings(cash, quantities)


def holdings_content(holdings: Holdings) -> dict[str, Any]:
    """What the record of a night keeps of the holdings."""
    return {"cash_usd": holdings.cash_usd, "shares": dict(sorted(holdings.shares.items()))}


def recorded_holdings(content: Mapping[str, Any] | None) -> Holdings | None:
    """Read the holdings that a night recorded; a night without any, or before there were, has none.

    Parameters
    ----------
    content : as made by `holdings_content`.
    """
    return None if content is None else Holdings(content["cash_usd"], content["shares"])


def _text(path: Path) -> str:
    try:
        if path.is_dir():
            raise UsageError(f"{path} must be a CSV file, and is a directory.")
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise UsageError(f"{path} must have at most {MOST_BYTES:,} bytes, got {size:,}.")
        content = path.read_bytes()
    except OSError as err:
        raise UsageError(f"{path} cannot be read: {err.strerror or err}.") from err
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        line = content[: err.start].count(b"\n") + 1
        raise UsageError(
            f"{path}, line {line}: the file must be UTF-8, got the byte {content[err.start]:#04x}."
        ) from err


def _checked_rows(path: Path, text: str, known: Mapping[str, str]) -> list[tuple[str, float]]:
    """Read symbol and quantity of every row, the header and the cash checked too."""
    rows = _filled_rows(path, text)
    line, header = next(rows, (1, []))
    if tuple(cell.lower() for cell in header) != HEADER:
        _refuse(path, line, "the header", ",".join(HEADER), ",".join(header))
    found: list[tuple[str, float]] = []
    lines: dict[str, int] = {}
    for line, row in rows:
        if len(row) != len(HEADER):
            _refuse(path, line, "a row", "a symbol and a quantity", ",".join(row))
        symbol = _symbol(path, line, row[0], known)
        if symbol in lines:
            _refuse(path, line, "a symbol", f"listed once, not on line {lines[symbol]} too", row[0])
        lines[symbol] = line
        found.append((symbol, _quantity(path, line, row[1])))
    if CASH not in lines:
        raise UsageError(
            f"{path}: a row {CASH},<dollars> must say what is held in cash, 0 included, got none "
            f"in {len(found)} row(s)."
        )
    return found


def _filled_rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and stripped cells of each row that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield reader.line_num, cells
    except csv.Error as err:
        raise UsageError(
            f"{path}, line {reader.line_num}: the row must be valid CSV, got one with {err}."
        ) from err


def _symbol(path: Path, line: int, cell: str, known: Mapping[str, str]) -> str:
    name = cell.upper()
    if name == CASH:
        return CASH
    try:
        checked_symbol(name)
    except SymbolError:
        _refuse(path, line, "a symbol", f"a ticker such as AAPL, or {CASH}", cell)
    if name not in known:
        allowed = (
            "one whose prices the night asks for (a member or the benchmark of the universe file, "
            "or a strategy's fund)"
        )
        _refuse(path, line, "a symbol", allowed, cell)
    return known[name]


def _quantity(path: Path, line: int, cell: str) -> float:
    quantity = float(cell) if _NUMBER.fullmatch(cell) else math.nan
    if not abs(quantity) <= MOST_SHARES:
        allowed = f"a plain number from -{MOST_SHARES:g} to {MOST_SHARES:g}, without separators"
        _refuse(path, line, HEADER[1], allowed, cell)
    return quantity


def _refuse(path: Path, line: int, what: str, allowed: str, value: str) -> NoReturn:
    shown = value if len(value) <= LONGEST_QUOTE else f"{value[:LONGEST_QUOTE]}…"
    raise UsageError(f"{path}, line {line}: {what} must be {allowed}, got {shown!r}.")
