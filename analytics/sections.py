"""The user's file, section by section: a value is read, or refused in one sentence."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal, NoReturn, cast

from analytics.errors import ConfigurationError
from analytics.settings import StressWindow

WINDOW = "a list of two dates like 2015-08-17, the first before the last"


class Section:
    """One mapping of the file, which knows where it stands."""

    def __init__(self, file: str, path: str, parsed: object, *, is_strict: bool) -> None:
        self._file, self._path, self.is_strict = file, path, is_strict
        if parsed is None:
            parsed = {}
        if not isinstance(parsed, Mapping):
            raise ConfigurationError(
                f"{file}: {path or 'the file'} must be a mapping, got {parsed!r}"
            )
        self._values = cast(Mapping[object, object], parsed)

    def fail(self, key: str, value: object, allowed: str) -> NoReturn:
        """Refuse a value in one sentence."""
        raise ConfigurationError(
            f"{self._file}: {self._name(key)} must be {allowed}, got {value!r}"
        )

    def names(self) -> tuple[str, ...]:
        """Return the keys, all of which must be text."""
        for key in self._values:
            if not isinstance(key, str):
                self.fail(str(key), key, "text (put the name in quotes)")
            if self.is_strict and not key.strip():
                raise ConfigurationError(
                    f"{self._file}: every key of {self._path or 'the file'} must be a name that is "
                    f"not blank, got {key!r}"
                )
        return cast(tuple[str, ...], tuple(self._values))

    def refuse_others(self, *allowed: str) -> None:
        """Refuse keys that mean nothing here."""
        for key in self.names():
            if key not in allowed:
                raise ConfigurationError(
                    f"{self._file}: {self._name(key)} is not known; allowed: {', '.join(allowed)}"
                )

    def require(self, *keys: str, default: float | str | None = None) -> None:
        """Refuse a strict file that lacks a key."""
        for key in keys:
            if self.is_strict and key not in self._values:
                told = default if default is None or isinstance(default, str) else f"{default:g}"
                hint = "" if told is None else f"; as shipped it is {told}"
                raise ConfigurationError(f"{self._file}: {self._name(key)} is missing{hint}")

    def is_section(self, key: str) -> bool:
        """Whether the value is a mapping."""
        return isinstance(self._values.get(key), Mapping)

    def section(self, key: str, *allowed: str) -> "Section":
        """Return the mapping under a key; an empty one when it is left out."""
        section = Section(
            self._file, self._name(key), self._values.get(key), is_strict=self.is_strict
        )
        if allowed:
            section.refuse_others(*allowed)
        return section

    def number(
        self,
        key: str,
        default: float,
        low: float,
        high: float,
        *,
        kind: Literal["number", "whole number"] = "number",
    ) -> float:
        """Return a number within its range."""
        self.require(key, default=default)
        value = self._values.get(key, default)
        allowed = f"a {kind} from {low:g} to {high:g}"
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(key, value, allowed)
        if not low <= value <= high or (kind == "whole number" and value != int(value)):
            self.fail(key, value, allowed)
        return float(value)

    def choice(self, key: str, default: str, allowed: Sequence[str]) -> str:
        """Return one of the allowed words."""
        self.require(key, default=default)
        value = self._values.get(key, default)
        if value not in allowed:
            self.fail(key, value, f"one of {', '.join(allowed) or '(none are defined)'}")
        return str(value)

    def switch(self, key: str, *, default: bool) -> bool:
        """Return true or false, which YAML also writes yes, no, on and off."""
        self.require(key, default=str(default).lower())
        value = self._values.get(key, default)
        if not isinstance(value, bool):
            self.fail(key, value, "true or false")
        return value

    def symbols(self, key: str) -> tuple[str, ...]:
        """Return a list of distinct names."""
        value = self._values.get(key)
        if value is None or not (value or self.is_strict):  # as an earlier release took them
            value = []
        if isinstance(value, str) or not isinstance(value, Sequence):
            self.fail(key, value, "a list of names")
        for name in value:
            # YAML reads ON, NO and Y as booleans
            if not isinstance(name, str):
                self.fail(key, name, "a list of names (put a name in quotes)")
            if self.is_strict and not name.strip():
                self.fail(key, name, "a list of names, none of them blank")
        if len(set(value)) != len(value):
            self.fail(key, value, "a list without repetitions")
        return tuple(value)

    def window(self, key: str) -> StressWindow:
        """Return two dates, the first before the last."""
        value = self._values.get(key)
        if isinstance(value, str) or not isinstance(value, Sequence) or len(value) != 2:
            self.fail(key, value, WINDOW)
        first, last = (_day(each) for each in value)
        if first is None or last is None or first >= last:
            self.fail(key, [str(each) for each in value], WINDOW)
        return StressWindow(first, last)

    def _name(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key


def _day(value: object) -> date | None:
    """Read a date: YAML's own, or the text that the record of a night keeps of it."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        return None
    return day if day.isoformat() == value else None
