"""Two configurations side by side: are they alike, one with the other's limits, what was edited."""

import json
from collections.abc import Iterator
from typing import Any

from orchestration.configuration import Configuration, recorded_configuration
from warehouse.context import Member

LIMIT_SECTIONS = ("limits", "funds", "sectors", "shocks")
"""Keys of `config/portfolio.yaml` that say how far the portfolio may go."""

NAMED_EDITS = 8
NOT_THERE = object()


def is_alike(one: Configuration, other: Configuration) -> bool:
    """Whether two configurations give the same weights, however their files are written.

    What a person holds decides on orders alone.
    """
    return is_same_universe(one, other) and one.portfolio == other.portfolio


def is_same_universe(one: Configuration, other: Configuration) -> bool:
    """Whether the models of two configurations read the same members and benchmark."""

    def members(configuration: Configuration) -> set[Member]:
        return set(configuration.universe.members)

    return members(one) == members(other) and one.universe.benchmark == other.universe.benchmark


def with_limits_of(configuration: Configuration, other: Configuration) -> Configuration:
    """A configuration with the limits of another one, and with what they are measured by.

    Raises
    ------
    UsageError
        The two do not go together.
    """
    content, lender = json.loads(configuration.snapshot), json.loads(other.snapshot)
    portfolio = {
        name: value for name, value in content["portfolio"].items() if name not in LIMIT_SECTIONS
    }
    portfolio |= {
        name: lender["portfolio"][name] for name in LIMIT_SECTIONS if name in lender["portfolio"]
    }
    return recorded_configuration(json.dumps({**content, "portfolio": portfolio}, sort_keys=True))


def edits_between(before: str, after: str) -> tuple[str, ...]:
    """Say which keys differ between two snapshots of a configuration.

    Parameters
    ----------
    before, after : canonical JSON, as recorded in `ops.configs`.

    Returns
    -------
    One text per key, `limits.single_stock 0.1 → 0.05`; the first eight, and how many more.
    """
    old, new = json.loads(before), json.loads(after)
    edits = [*_edits("", old.get("portfolio"), new.get("portfolio"))]
    edits += _edits("universe", old.get("universe"), new.get("universe"))
    edits += _traded_since(old.get("holdings") or {}, new.get("holdings") or {})
    more = len(edits) - NAMED_EDITS
    return (*edits[:NAMED_EDITS], *([f"{more} more"] if more > 0 else []))


def _traded_since(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Name the holdings that are not what they were: they change nearly every night."""
    old, new = before.get("shares", {}), after.get("shares", {})
    names = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    names += ["CASH"] if before.get("cash_usd") != after.get("cash_usd") else []
    return [f"holdings of {', '.join(names)}"] if names else []


def _edits(path: str, before: Any, after: Any) -> Iterator[str]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            inside = f"{path}.{name}" if path else name
            yield from _edits(inside, before.get(name, NOT_THERE), after.get(name, NOT_THERE))
    elif isinstance(before, list) and isinstance(after, list):
        gone = [f"-{_said(item)}" for item in before if item not in after]
        came = [f"+{_said(item)}" for item in after if item not in before]
        yield f"{path} {' '.join([*came, *gone]) or 'in another order'}"
    else:
        yield f"{path} {_said(before)} \u2192 {_said(after)}"


def _said(value: Any) -> str:
    if value is NOT_THERE:
        return "(default)"
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
