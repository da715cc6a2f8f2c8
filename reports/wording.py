"""Numbers, dates and codes as a person reads them.

Numbers use a true minus sign and a narrow no-break space before the unit; the unknown is a dash.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from markupsafe import Markup, escape

from warehouse.sessions import NEW_YORK

MINUS = "\u2212"
NARROW = "\u202f"
DASH = "\u2013"
STEERING = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
"""Control characters but tab and line ends, and direction marks; read alike by `re` and Arrow."""

REASONS: Mapping[str, str] = {
    "enter": "entered",
    "hold": "held",
    "flat": "flat",
    "stop": "stopped out",
    "trend_down": "trend turned down",
    "sentiment": "news sentiment too low",
    "rsi": "RSI too high",
    "event_over": "event trade over",
    "quarantined": "frozen, data quarantined",
    "no_bar": "frozen, no bar",
    "middle_band": "back at the middle band",
    "session_end": "session's end",
    "no_later_bar": "no later bar in the session",
    "oversold": "oversold",
    "overbought": "overbought",
    "short_history": "not held yet, too little history",
    "z_crossed": "z-score crossed zero",
    "reversed": "reversed",
    "term_structure": "term structure changed",
    "not_tradable": "not tradable",
    "warming_up": "warming up",
    "drawdown_stop": "drawdown stop",
    "forecast_volatility": "forecast volatility above target",
    "realised_volatility": "realised volatility above target",
    "costs_more_than_it_gains": "the change would cost more than it gains",
}
"""Codes that the warehouse writes, in words; any other code is shown as it is."""

ORDER_REASONS: Mapping[str, str] = {
    "minimum_order": "the change is too small to send, and waits",
    "minimum_trade": "what is left is below minimum_trade_usd",
    "limit": "smaller: a limit binds this account",
    "cash": "cut: there is not enough cash",
    "whole_shares": "rounded down to whole shares",
    "unmanaged": "unmanaged: no strategy has a target for it, so it is left alone",
    "no_price": "no price is known, so the account's worth is not either",
    "no_bar": "no bar of tonight: no order",
    "frozen": "no new decision tonight: no order",
    "short_history": "too young for a target: what is held stays",
    "warming_up": "the portfolio is warming up: what is held stays",
}
"""Why an order is smaller than the target asks, or missing."""

BOUNDS: Mapping[str, tuple[str, str]] = {
    "leverage": ("Leverage", "scale of the sleeves"),
    "symbol": ("Symbol", "leverage \u00d7 weight of one symbol"),
    "liquidity": ("Liquidity", "weight of one symbol; the bound is its share of daily volume"),
    "sector": ("Sector", "weights of one sector's stocks"),
    "stress": ("Stress", "loss in the limited scenario"),
    "gross": ("Gross", "leverage \u00d7 weight, longs and shorts added"),
    "net": ("Net", "leverage \u00d7 weight, shorts subtracted"),
    "turnover": ("Turnover", "weight that the night's orders move"),
    "drawdown": ("Drawdown", "below the peak since the last stop"),
}
"""Limits, in words, and what each is measured in."""

SIGNALS: Mapping[int, str] = {1: "Long", 0: "Flat", -1: "Short"}

EVENTS: Mapping[str, str] = {"enter": "entered", "exit": "left"}

STRATEGIES: Mapping[str, str] = {
    "equities": "Equities",
    "credit": "Credit",
    "volatility": "Volatility",
    "intraday": "Intraday",
    "portfolio": "Portfolio",
    "benchmark": "Benchmark",
}

VARIANTS: Mapping[str, str] = {
    "walk_forward": "Walk-forward",
    "spy": "SPY",
    "sixty_forty": "60/40",
    "equal_weight": "Equal weight",
    "equal_sleeves": "Sleeves 1/N",
    "as_published": "As published",
}


def is_missing(value: object) -> bool:
    """Whether there is nothing to show: None, NaN or an infinity."""
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def number(value: Any, digits: int = 2, *, signed: bool = False) -> str:
    """A plain number with thousands separators; zero never carries a sign."""
    if is_missing(value):
        return DASH
    text = f"{abs(float(value)):,.{digits}f}"
    if not any(figure in text for figure in "123456789"):
        return text
    if value < 0:
        return MINUS + text
    return f"+{text}" if signed else text


def percent(value: Any, digits: int = 2, *, signed: bool = False) -> str:
    """A fraction as a percentage: 0.0125 is 1.25 %."""
    if is_missing(value):
        return DASH
    return f"{number(100 * float(value), digits, signed=signed)}{NARROW}%"


def points(value: Any, digits: int = 2) -> str:
    """A difference of two weights in percentage points, with its sign."""
    if is_missing(value):
        return DASH
    return f"{number(100 * float(value), digits, signed=True)}{NARROW}pp"


def basis_points(value: Any, digits: int = 1, *, signed: bool = True) -> str:
    """A small fraction in hundredths of a percent: 0.0001 is 1 bp."""
    if is_missing(value):
        return DASH
    return f"{number(10_000 * float(value), digits, signed=signed)}{NARROW}bp"


def usd(value: Any, digits: int = 0, *, signed: bool = False) -> str:
    """An amount of money."""
    return DASH if is_missing(value) else f"{number(value, digits, signed=signed)}{NARROW}USD"


def day(value: Any) -> str:
    """An exchange date, 2017-06-30."""
    if is_missing(value):
        return DASH
    return value.date().isoformat() if isinstance(value, datetime) else str(value)


def long_day(value: date | None) -> str:
    """An exchange date in a sentence: Friday 30 June 2017."""
    return DASH if value is None else f"{value:%A} {value.day} {value:%B %Y}"


def moment(value: datetime | None) -> str:
    """A UTC moment with the wall clock of New York beside it."""
    if value is None:
        return DASH
    stamp = value if value.tzinfo else value.replace(tzinfo=UTC)
    there = stamp.astimezone(NEW_YORK)
    here = stamp.astimezone(UTC)
    universal = f"{here:%H:%M}" if here.date() == there.date() else f"{here:%Y-%m-%d %H:%M}"
    return f"{there:%Y-%m-%d %H:%M} New York ({universal} UTC)"


def without_steering(text: str) -> str:
    """A text in which nothing steers a terminal or turns the direction of a page: it shows as ?."""
    return re.sub(STEERING, "?", text)


def printable(line: str) -> str:
    """A line without control characters: text from outside must not steer the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in line)


def count(how_many: int, noun: str, plural: str | None = None) -> str:
    """A count with its noun: 1 order, 3 orders."""
    return f"{how_many:,} {noun if how_many == 1 else plural or noun + 's'}"


def reason(text: Any) -> str:
    """What a reason says first, in words: `stop: close 94.1 <= ...` is "stopped out"."""
    code = str(text or "").partition(": ")[0]
    return REASONS.get(code, code if " " in code else code.replace("_", " "))


def reason_detail(text: Any) -> str:
    """The figures that a reason carries after its code; may be empty."""
    return str(text or "").partition(": ")[2]


def full_reason(text: Any) -> str:
    """A reason in words and its figures: "stopped out: close 94.1 <= 95.0"."""
    detail = reason_detail(text)
    return f"{reason(text)}: {detail}" if detail else reason(text)


def order_reason(text: Any) -> str:
    """Why an order is small or missing; any other text is shown as it is."""
    return ORDER_REASONS.get(str(text or ""), str(text or ""))


def bound(code: str) -> str:
    """A limit's name."""
    return BOUNDS.get(code, (code.replace("_", " ").capitalize(), ""))[0]


def times(value: Any, digits: int = 2) -> str:
    """A multiple, with the sign for times."""
    return DASH if is_missing(value) else f"{number(value, digits)}{NARROW}\u00d7"


def signal(value: Any) -> str:
    """Long, Flat or Short."""
    return DASH if is_missing(value) else SIGNALS.get(int(value), str(value))


def strategy(code: str) -> str:
    """A strategy's name in a heading."""
    return STRATEGIES.get(code, code.replace("_", " ").capitalize())


def variant(code: str) -> str:
    """A variant's name; declared variants keep the name that people script against."""
    return VARIANTS.get(code, code)


def breakable(name: str) -> Markup:
    """A name in code form that may break after its underscores."""
    return escape(name).replace("_", Markup("_<wbr>"))


def is_simulated(world: str) -> bool:
    """Whether the figures come from the simulated market (an unknown world is taken for one)."""
    return world != "live" and not is_replayed(world)


def is_replayed(world: str) -> bool:
    """Whether the providers' addresses were replaced, so that the data may be old or invented."""
    return world.startswith("custom:")


def world_label(world: str) -> str:
    """The words that mark every figure of a world that is not live; empty for live."""
    if world == "live":
        return ""
    return "replayed" if is_replayed(world) else "simulated"
