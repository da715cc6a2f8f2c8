"""What a tired person reads first: can I trust this, what do I hold, what changed."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from reports import wording
from reports.difference import Difference
from reports.holdings import LIMITS, NOTHING, Holding
from reports.night import Night
from reports.performance import metrics
from reports.risk import limits_tonight
from reports.signals import SignalChange
from reports.sparks import weight_bar

OWN_OVERRIDES = ("quarantined", "no_bar", "not_tradable", "short_history")
SHOWN_CHANGE = 0.00005  # what two decimals of a percentage point can show
SHOWN_WEIGHT_CHANGE = 0.0005  # 0.05 percentage points; smaller is drift of the scale


def banner(night: Night) -> dict[str, str] | None:
    """Describe data that are not of the live market, or a rehearsed incident; None for live."""
    found = world_banner(night.world)
    if found is None or not night.status.rehearsal:
        return found
    return {
        **found,
        "title": f"REHEARSAL: {night.status.rehearsal} · {found['title']}",
        "text": f"The failures of this night were made on purpose. {found['text']}",
    }


def world_banner(world: str) -> dict[str, str] | None:
    """Describe data that are not of the live market; None for live."""
    if wording.is_replayed(world):
        return {
            "title": "REPLAYED DATA",
            "text": "A provider's address was replaced, so these prices may be old or invented. "
            "Nothing here is advice about tomorrow's market.",
            "world": world,
        }
    if wording.is_simulated(world):
        return {
            "title": "SIMULATED DATA",
            "text": "Prices, news and spreads are invented by the built-in sandbox. No figure on "
            "this page is evidence of anything about a real market.",
            "world": world,
        }
    return None


def overview(night: Night, difference: Difference | None = None) -> dict[str, Any]:
    """Everything above the fold; what changed is measured against what was published, if it is."""
    largest = max((abs(held.final_weight) for held in night.book.holdings), default=0.0)
    holdings = [_holding(held, largest) for held in night.book.holdings]
    return {
        "verdict": _verdict(night),
        "headline": _headline(night),
        "no_weights": _no_weights(night),
        "holdings": bool(holdings),
        "groups": [
            ("Trade", [held for held in holdings if held["order"]]),
            ("Keep", [held for held in holdings if not held["order"]]),
        ],
        "split": _split(night),
        "orders": night.book.orders,
        "order_total": sum(abs(order["notional_usd"] or 0.0) for order in night.book.orders),
        "order_cost": sum(order["expected_cost_usd"] or 0.0 for order in night.book.orders),
        "since": difference.earlier.night if difference else None,
        "signal_changes": _signal_changes(difference) if difference else night.changes,
        "weight_changes": _weight_changes(night, difference),
        "distrust": list(_distrust(night)),
    }


def _verdict(night: Night) -> str:
    status = night.status
    if status.status == "FAILED":
        if night.session != status.night:
            return (
                f"The night of {status.night} was not published. Everything below is the last "
                f"published night, {night.session}."
            )
        return "This night was not published: what follows must not be acted upon."
    if status.status == "CLEAN":
        return "Every required input arrived on time, and nothing is quarantined."
    return "Published, with reservations:"


def _headline(night: Night) -> str:
    book = night.book
    if book.decided is None:
        return ""
    held = [holding for holding in book.holdings if abs(holding.final_weight) > NOTHING]
    if not held:
        return "Hold nothing: every target weight is zero."
    return (
        f"Hold {wording.count(len(held), 'position')}: "
        f"{wording.percent(book.gross, 1)} of equity gross, {wording.percent(book.net, 1)} net."
    )


def _split(night: Night) -> list[dict[str, Any]]:
    """Gross weight by sleeve: which idea the money follows."""
    sleeves: dict[str, float] = {}
    for held in night.book.holdings:
        for part in held.sleeves:
            sleeves[part.strategy] = sleeves.get(part.strategy, 0.0) + abs(part.final_weight)
    largest = max(sleeves.values(), default=0.0)
    return [
        {"strategy": wording.strategy(name), "bar": weight_bar(gross, largest), "gross": gross}
        for name, gross in sleeves.items()
    ]


def _no_weights(night: Night) -> str:
    if night.book.decided is None:
        return (
            "There are no target weights yet: the portfolio needs sixty sessions of its own "
            "returns before it holds anything, or this night did not compute it."
        )
    return ""


def _holding(held: Holding, largest: float) -> dict[str, Any]:
    return {
        "symbol": held.symbol,
        "name": held.name,
        "weight": held.final_weight,
        "bar": weight_bar(held.final_weight, largest),
        "change": held.change if abs(held.change) >= SHOWN_CHANGE else 0.0,
        "order": held.order,
        "sleeves": [
            {
                "strategy": wording.strategy(sleeve.strategy),
                "reason": sleeve.reason,
                "since": sleeve.since,
                "weight": sleeve.final_weight,
                "override": sleeve.override_reason if _is_own(sleeve.override_reason) else "",
            }
            for sleeve in held.sleeves
        ],
        "limits": _limit_words(held),
    }


def _is_own(override: str) -> bool:
    """Whether an override is about one symbol rather than about the whole book."""
    return override.partition(":")[0] in OWN_OVERRIDES


def _limit_words(held: Holding) -> str:
    bites = [
        f"{limit} {wording.points(held.bites[limit])}"
        for limit in LIMITS
        if abs(held.bites[limit]) > NOTHING
    ]
    return "limits: " + ", ".join(bites) if bites else ""


def _signal_changes(difference: Difference) -> tuple[SignalChange, ...]:
    return tuple(
        SignalChange(row.strategy, row.symbol, row.before or 0, row.after or 0, row.reason)
        for row in difference.signals
    )


def _weight_changes(night: Night, difference: Difference | None) -> list[tuple[str, float]]:
    """Symbols whose target moved by what matters, the largest move first."""
    changes: dict[str, float] = {}
    if difference is None:
        changes = {held.symbol: held.change for held in night.book.holdings}
    else:
        for row in difference.weights:
            changes[row.symbol] = changes.get(row.symbol, 0.0) + row.change
    moved = [pair for pair in changes.items() if abs(pair[1]) >= SHOWN_WEIGHT_CHANGE]
    return sorted(moved, key=lambda pair: -abs(pair[1]))


def _distrust(night: Night) -> Iterator[str]:
    """Sentences that say which figures to doubt, the most serious first."""
    book = night.book
    if night.status.status == "FAILED":
        yield "Everything below: the run of this night failed."
    if book.decided is not None and book.decided != night.session:
        yield f"The weights were decided on {book.decided}, not on {night.session}."
    for row in night.status.quarantined:
        yield (
            f"{row.get('symbol')}: {row.get('dataset')} of {_range(row)} is withheld "
            f"({row.get('reason')}). The target stays frozen and no order is sent."
        )
    yield from _late_inputs(night)
    frozen = sorted(
        held.symbol
        for held in book.holdings
        if abs(held.final_weight) > NOTHING and any(part.is_stale_input for part in held.sleeves)
    )
    if frozen:
        yield f"Held without a new decision, for want of tonight's data: {', '.join(frozen)}."
    overrides = {part.override_reason for held in book.holdings for part in held.sleeves}
    for text in sorted(override for override in overrides if override and not _is_own(override)):
        detail = wording.reason_detail(text)
        figures = f" ({detail})" if detail else ""
        yield f"The allocation was overridden: {wording.reason(text)}{figures}."
    yield from _limits(night)
    yield from _weak_evidence(night)


def _limits(night: Night) -> Iterator[str]:
    """Limits that hold the book back, and those that could not be measured."""
    for row in limits_tonight(night.published, night.session):
        if row["is_binding"]:
            of = f" ({row['subject']})" if row["subject"] else ""
            yield f"The limit {row['limit_name']}{of} binds: the book is not what the sleeves want."
        if row["note"]:
            yield f"The limit {row['limit_name']} does not cover all: {row['note']}."


def _range(row: Mapping[str, Any]) -> str:
    first, last = wording.day(row.get("first_date")), wording.day(row.get("last_date"))
    return first if first == last else f"{first} to {last}"


def _late_inputs(night: Night) -> Iterator[str]:
    """Late inputs that the run's own reasons do not name already, one sentence per dataset."""
    late: dict[tuple[str, bool], list[str]] = {}
    said = " ".join(night.status.reasons)
    for row in night.status.freshness:
        symbol = str(row.get("symbol"))
        kind = str(row.get("dataset")), bool(row.get("is_required"))
        if row.get("age_sessions") != 0 and not re.search(rf"\b{re.escape(symbol)}\b", said):
            late.setdefault(kind, []).append(symbol)
    for (dataset, is_required), symbols in sorted(late.items()):
        weight = "" if is_required else ", not required"
        yield f"{dataset.capitalize()} late or missing{weight}: {', '.join(symbols)}. See Inputs."


def _weak_evidence(night: Night) -> Iterator[str]:
    universe = night.published.one("ops.universe", ["name", "has_dates"])
    if universe["has_dates"] is False:
        yield (
            f"The universe {universe['name']} was chosen with today's knowledge: its backtest "
            "holds survivors and flatters."
        )
    if wording.is_simulated(night.world):
        return  # a Sharpe ratio of an invented market is no evidence, weak or strong
    for strategy in night.strategies:
        estimate = metrics(night.published, strategy).get("walk_forward", {}).get("sharpe")
        if estimate and estimate.lower is not None and estimate.lower <= 0:
            yield (
                f"{wording.strategy(strategy)}: the interval of its walk-forward Sharpe ratio "
                "includes zero; luck alone could explain it."
            )
