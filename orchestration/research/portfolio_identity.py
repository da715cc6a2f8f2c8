"""What makes two portfolio runs the same trial, and what makes them the same files.

Either is built from checked settings, never from how a file spells them: 10 and 10.0, another order
of keys or names, or a return seen at another leverage, are the same settings.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from orchestration.holdings import holdings_content

if TYPE_CHECKING:
    from analytics.holdings import Holdings
    from analytics.settings import PortfolioConfig

WITHOUT_EFFECT = ("orders", "stress_windows")
"""Settings that change no path: no part of what makes a trial."""
LONG_LISTS = ("funds", "sectors", "shocks")
FIXED = "fixed"


def parameters_of(config: "PortfolioConfig") -> str:
    """Tell a parameter set from others: all that can move the path, as JSON.

    Parameters
    ----------
    config : checked settings.

    Returns
    -------
    JSON with sorted keys, its long lists as one hash. Equal for settings that are equal.

    Notes
    -----
    It is only ever compared as a whole, so that trials which an earlier release spelled otherwise
    stay as they are recorded.
    """
    told = _plain(config)
    told = {name: value for name, value in told.items() if name not in WITHOUT_EFFECT}
    told["strategies"] = sorted(told["strategies"])  # which of them, in any order
    if config.method != FIXED:
        del told["fixed_weights"]  # read by no other method
    lists = {name: told.pop(name) for name in LONG_LISTS}
    told["lists"] = _digest(_json(lists), 12)
    return _json(told)


def file_stem(config: "PortfolioConfig", holdings: "Holdings | None") -> str:
    """What the files of a run are called: another name for everything that changes their content.

    Parameters
    ----------
    config : checked settings.
    holdings : what is held; None for the simulated book.

    Returns
    -------
    `portfolio_{trial}_{account}`: a hash of what makes the trial, and one of what the trial does
    not know of, so that two accounts have files of their own.
    """
    account = {name: _plain(getattr(config, name)) for name in WITHOUT_EFFECT}
    account["holdings"] = None if holdings is None else holdings_content(holdings)
    return f"portfolio_{_digest(parameters_of(config), 8)}_{_digest(_json(account), 8)}"


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def _json(content: Any) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    """Settings in JSON's own kinds; what has no order of its own is sorted."""
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value + 0.0  # -0.0 is 0.0
    return value.isoformat() if isinstance(value, date) else value
