"""What may go wrong on the way to a reply: rules, and a script of them that counts requests.

A script is a list of rules; the first that takes a request decides. What each kind does to a reply
is in `ingestion/sandbox/spoiling/`.

| kind             | value (default)                            | what the client meets          |
|------------------|--------------------------------------------|--------------------------------|
| status           | code, or a mapping (500)                   | that status                    |
| timeout          | seconds (30)                               | silence, then a closed line    |
| reset            |                                            | a TCP reset                    |
| slow             | seconds (5)                                | a body that drips              |
| html200          | page title                                 | a web page with status 200     |
| truncated_json   | fraction kept (0.5)                        | a body that stops early        |
| invalid_json     | text                                       | text that is labelled as data  |
| empty200         | text (none)                                | that text with status 200      |
| nan_values       | null or nan (null)                         | newest row without values      |
| duplicate_rows   |                                            | newest row, every story: twice |
| misaligned_dates | weekend or timezone (weekend)              | a day late, or a day early     |
| stale            | date (five sessions ago)                   | a provider that stands still   |
| zero_prices      |                                            | newest row all zero            |
| negative_volume  |                                            | newest row's volume below zero |
| ohlc_violation   |                                            | newest row: high below low     |
| huge_jump        | factor (10)                                | newest row multiplied          |
| key_echo         | status (500)                               | an error that repeats the key  |
| evil_text        | text                                       | hostile text in what is told   |
| foreign_next_url | address (https://foreign.example)          | a next page on another host    |
"""

import re
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import isfinite
from typing import Any

ROW_KINDS = frozenset(
    {
        "nan_values", "duplicate_rows", "misaligned_dates", "stale", "zero_prices",
        "negative_volume", "ohlc_violation", "huge_jump", "evil_text",
    }
)  # fmt: skip
"""Kinds that spoil rows: where a request names no symbol they pick the rows of theirs."""

_CHOICES: dict[str, tuple[str, ...]] = {
    "nan_values": ("null", "nan"),
    "misaligned_dates": ("weekend", "timezone"),
}
_TEXTS = ("html200", "invalid_json", "empty200", "evil_text", "foreign_next_url")
_NUMBERS: dict[str, tuple[float, float]] = {
    "timeout": (0.0, 3600.0),
    "slow": (0.0, 3600.0),
    "truncated_json": (0.0, 1.0),
    "huge_jump": (0.0, 1e9),
    "key_echo": (100, 599),
}
_VALUELESS = ("reset", "duplicate_rows", "zero_prices", "negative_volume", "ohlc_violation")
KINDS: tuple[str, ...] = tuple(
    sorted({"status", "stale", *_CHOICES, *_TEXTS, *_NUMBERS, *_VALUELESS})
)
STATUS_FIELDS = frozenset({"code", "body", "headers", "content_type"})
PROVIDER_NAMES = ("polygon", "finnhub", "fmp", "fred", "fred_graph", "cboe", "yahoo")
_ALIASES = {"massive": "polygon", "fredgraph": "fred_graph"}


class FaultError(ValueError):
    """A rule cannot be meant; one sentence says which of its fields."""


@dataclass(frozen=True)
class FaultRule:
    """Which requests are spoilt, and how.

    Parameters
    ----------
    kind, value : see the table of this module.
    provider : a name of the sandbox; `massive` and `fredgraph` are understood. All if None.
    path_regex : searched in the path with the provider's prefix, such as `eod/full`.
    symbol_regex : searched in each symbol, series or index name of the request.
    after_n : so many matching requests pass first.
    times : then so many are taken; all of them if None.

    Raises
    ------
    FaultError
        A field has a value that cannot be meant.
    """

    kind: str
    value: Any = None
    provider: str | None = None
    path_regex: str | None = None
    symbol_regex: str | None = None
    after_n: int = 0
    times: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise FaultError(f"There is no fault kind {self.kind!r}: use {', '.join(KINDS)}.")
        name = _ALIASES.get(self.provider or "", self.provider)
        if name is not None and name not in PROVIDER_NAMES:
            known = ", ".join(PROVIDER_NAMES)
            raise FaultError(f"There is no provider {self.provider!r}: use {known}.")
        object.__setattr__(self, "provider", name)
        for pattern in ("path_regex", "symbol_regex"):
            _check_pattern(pattern, getattr(self, pattern))
        for count in ("after_n", "times"):
            _check_count(count, getattr(self, count))
        if self.value is not None:
            _check_value(self.kind, self.value)

    def matches(self, provider: str, path: str, symbols: Collection[str]) -> bool:
        """Whether the rule is about such a request, be it its turn or not."""
        if self.provider is not None and self.provider != provider:
            return False
        if self.path_regex is not None and not re.search(self.path_regex, path):
            return False
        if self.symbol_regex is None or (not symbols and self.kind in ROW_KINDS):
            return True
        return any(re.search(self.symbol_regex, symbol) for symbol in symbols)

    def is_aimed_at(self, symbol: str) -> bool:
        """Whether rows of a symbol are to be spoilt."""
        return self.symbol_regex is None or bool(re.search(self.symbol_regex, symbol))

    def number(self, default: float) -> float:
        """The value of a kind that takes a number."""
        return default if self.value is None else float(self.value)

    def text(self, default: str) -> str:
        """The value of a kind that takes text."""
        return default if self.value is None else str(self.value)


@dataclass
class FaultScript:
    """Rules in order, and how many requests each has met; all threads share one."""

    rules: Sequence[FaultRule] = ()
    _met: list[int] = field(init=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._met = [0] * len(self.rules)

    def take(self, provider: str, path: str, symbols: Collection[str]) -> FaultRule | None:
        """The rule that takes a request, if any; a rule after it does not count that request."""
        with self._lock:
            for at, rule in enumerate(self.rules):
                if not rule.matches(provider, path, symbols):
                    continue
                self._met[at] += 1
                turn = self._met[at] - rule.after_n
                if turn > 0 and (rule.times is None or turn <= rule.times):
                    return rule
        return None


def _check_pattern(name: str, pattern: Any) -> None:
    if pattern is None:
        return
    try:
        re.compile(pattern)
    except (re.error, TypeError) as err:
        raise FaultError(f"The rule's {name} {pattern!r} is no regular expression: {err}.") from err


def _check_count(name: str, count: Any) -> None:
    if count is None and name == "times":
        return
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise FaultError(f"The rule's {name} is {count!r}: write a whole number from 0 on.")


def _check_value(kind: str, value: Any) -> None:
    """Refuse a value that its kind cannot use."""
    if kind in _CHOICES and value not in _CHOICES[kind]:
        raise FaultError(f"{kind} takes {' or '.join(_CHOICES[kind])}, found {value!r}.")
    if kind in _TEXTS and not isinstance(value, str):
        raise FaultError(f"{kind} takes a text, found {value!r}.")
    if kind in _NUMBERS and not _is_within(value, *_NUMBERS[kind]):
        lowest, highest = _NUMBERS[kind]
        raise FaultError(f"{kind} takes a number from {lowest:g} to {highest:g}, found {value!r}.")
    if kind in _VALUELESS:
        raise FaultError(f"{kind} takes no value, found {value!r}.")
    if kind == "stale":
        _check_day(value)
    if kind == "status":
        _check_status(value)


def _is_within(value: Any, lowest: float, highest: float) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and isfinite(value) and lowest <= value <= highest


def _check_day(value: Any) -> None:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError) as err:
        raise FaultError(f"stale takes a date such as 2017-05-31, found {value!r}.") from err


def _check_status(value: Any) -> None:
    code = value
    if isinstance(value, Mapping):
        if unknown := set(value) - STATUS_FIELDS:
            known = ", ".join(sorted(STATUS_FIELDS))
            raise FaultError(f"status knows {known}, found {sorted(unknown)[0]!r}.")
        code = value.get("code", 500)
    if not isinstance(code, int) or not _is_within(code, 200, 599):
        raise FaultError(f"status takes a code from 200 to 599, found {code!r}.")
