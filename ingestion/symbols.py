"""Symbols, series and index names are checked before they touch a path or a URL."""

import re
from urllib.parse import quote

from ingestion.errors import SymbolError

LONGEST_SYMBOL = 24
"""The longest ticker, series or index name seen at any provider has 19 characters."""

_SYMBOL = re.compile(r"\^?[A-Za-z0-9](?:[.\-=_]?[A-Za-z0-9])*")


def checked_symbol(symbol: str) -> str:
    """Return the symbol unchanged, its case included, if it is one.

    Raises
    ------
    SymbolError
        If the text is empty, too long, or holds anything but letters, digits, single inner `.`,
        `-`, `=`, `_` and a leading `^`.
    """
    if not symbol:
        raise SymbolError("a symbol is empty: expected a ticker such as AAPL, BRK.B or ^VIX")
    if len(symbol) > LONGEST_SYMBOL:
        raise SymbolError(
            f"a symbol has {len(symbol)} characters ({symbol[:12]!r}…): at most {LONGEST_SYMBOL}"
        )
    if not _SYMBOL.fullmatch(symbol):
        raise SymbolError(f"{symbol!r} is not a symbol: expected one such as AAPL, BRK.B or ^VIX")
    return symbol


def path_segment(symbol: str) -> str:
    """The checked symbol as one segment of a URL's path."""
    return quote(checked_symbol(symbol), safe="")
