"""The configured universe: which symbols, and from when to when they count."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ingestion.errors import SymbolError
from ingestion.symbols import checked_symbol
from orchestration.errors import UsageError
from orchestration.yaml_file import read_yaml
from warehouse.context import Member

STRATEGY_SYMBOLS = ("HYG", "LQD", "SVXY", "VXX", "AGG", "TLT")
DEFAULT_INTRADAY = ("SPY",)
STRATEGY_FUNDS = {"credit": ("HYG", "LQD"), "volatility": ("SVXY", "VXX")}
REQUIRED_FUNDS = tuple(symbol for funds in STRATEGY_FUNDS.values() for symbol in funds)


@dataclass(frozen=True)
class Universe:
    """The members of a universe file, its benchmark, and the symbols with intraday bars."""

    name: str
    benchmark: str
    members: tuple[Member, ...]
    intraday_symbols: tuple[str, ...] = DEFAULT_INTRADAY

    @property
    def member_symbols(self) -> tuple[str, ...]:
        """Distinct member symbols in alphabetical order."""
        return tuple(sorted({member.symbol for member in self.members}))

    @property
    def bar_symbols(self) -> tuple[str, ...]:
        """Every symbol whose daily bars a night needs, in alphabetical order."""
        return tuple(sorted({*self.member_symbols, self.benchmark, *STRATEGY_SYMBOLS}))

    def required_symbols(self, night: date) -> tuple[str, ...]:
        """Symbols without whose bar of the night the night is not clean."""
        counting = {
            member.symbol
            for member in self.members
            if (member.from_date is None or member.from_date <= night)
            and (member.to_date is None or night <= member.to_date)
        }
        return tuple(sorted(counting | set(REQUIRED_FUNDS)))


def load_universe(path: Path) -> Universe:
    """Read and check a universe file.

    Raises
    ------
    UsageError
        Not YAML, no members, an impossible symbol, or dates the wrong way round; one sentence that
        names file, entry and what was expected.
    """
    return parse_universe(read_yaml(path), file=str(path), default_name=path.stem)


def parse_universe(content: Any, *, file: str, default_name: str = "universe") -> Universe:
    """Check a universe that has been read: from a file, or from the record of a night.

    Raises
    ------
    UsageError
        As `load_universe`; `file` is named in the sentence.
    """
    if not isinstance(content, Mapping) or not content.get("members"):
        raise UsageError(f"{file} lists no members: add a 'members' list of symbols.")
    if not isinstance(content["members"], list):
        raise UsageError(f"{file}: 'members' must be a list of symbols.")
    intraday = content.get("intraday", list(DEFAULT_INTRADAY))
    if not isinstance(intraday, list):
        raise UsageError(f"{file}: 'intraday' must be a list of symbols, which may be empty: [].")
    members = tuple(_member(file, entry) for entry in content["members"])
    return Universe(
        name=str(content.get("name") or default_name),
        benchmark=_symbol(file, content.get("benchmark") or "SPY"),
        members=members,
        intraday_symbols=tuple(dict.fromkeys(_symbol(file, entry) for entry in intraday)),
    )


def _member(file: str, entry: Any) -> Member:
    if isinstance(entry, Mapping):
        unknown = set(entry) - {"symbol", "from", "to"}
        if unknown:
            raise UsageError(f"{file}: member {dict(entry)} has the unknown key '{min(unknown)}'.")
        first, last = _day(file, entry, "from"), _day(file, entry, "to")
        if first and last and last < first:
            raise UsageError(f"{file}: {entry.get('symbol')} counts to {last}, before its {first}.")
        return Member(_symbol(file, entry.get("symbol")), first, last)
    return Member(_symbol(file, entry))


def _symbol(file: str, value: Any) -> str:
    # YAML reads ON, NO and Y as booleans; such tickers must be quoted
    if isinstance(value, bool):
        raise UsageError(f"{file}: a symbol such as ON or NO must be in quotes.")
    try:
        return checked_symbol(str(value or "").strip())
    except SymbolError as err:
        raise UsageError(f"{file}: {err}.") from err


def _day(file: str, entry: Mapping[str, Any], key: str) -> date | None:
    value = entry.get(key)
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as err:
        raise UsageError(
            f"{file}: '{key}' of {entry.get('symbol')} is '{value}': write YYYY-MM-DD."
        ) from err
