"""The few lines that a person reads on the terminal when a night is done."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from textwrap import wrap
from typing import Any

from reports import wording
from reports.account import read_account
from reports.holdings import NOTHING
from reports.night import Night, read_night
from reports.orders import fraction_warning
from reports.queries import Row, open_published
from reports.risk import latest_risk, limits_tonight, scenarios
from reports.signals import SignalChange
from reports.status import RunStatus

WEIGHTS_PER_LINE = 6
SYMBOLS_NAMED = 8
LINE_WIDTH = 110


@dataclass(frozen=True)
class RiskSummary:
    """What the book may lose, and what holds it back.

    `var_95`, historical, and `worst_profit` of the worst scenario: fractions of equity, None where
    not known, as is `equity_usd`. `binding`: limits, each with its subject where it has one.
    """

    var_95: float | None
    worst_scenario: str
    worst_profit: float | None
    equity_usd: float | None
    binding: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Losses in one line, and the limits that bind in another if there are any."""
        parts = []
        if self.var_95 is not None:
            parts.append(f"VaR 95 of the next session {self._amount(self.var_95)}")
        if self.worst_profit is not None:
            amount = self._amount(self.worst_profit)
            parts.append(f"worst stress {self.worst_scenario} {amount}")
        if parts:
            yield from _labelled("Risk", ["; ".join(parts)])
        if self.binding:
            yield from _labelled("Limits", [f"binding: {', '.join(self.binding)}"])

    def _amount(self, fraction: float) -> str:
        usd = "" if self.equity_usd is None else f" ({fraction * self.equity_usd:,.0f} USD)"
        return f"{100 * fraction:.2f} %{usd}"


@dataclass(frozen=True)
class NightSummary:
    """A night in short.

    `weights` are final weights by symbol (0.01 is 1 % of equity), largest first. `orders` lead
    from current holdings to them. `rehearsal`: the incident that was played, None for none.
    """

    night: date
    status: str
    world: str
    reasons: tuple[str, ...]
    effective_session: date | None
    signals: tuple[SignalChange, ...]
    weights: Mapping[str, float]
    orders: tuple[Row, ...]
    rehearsal: str | None = None
    fallbacks: tuple[Mapping[str, Any], ...] = ()
    quotas: tuple[Mapping[str, Any], ...] = ()
    risk: RiskSummary | None = None

    def lines(self, *, report: Path | None) -> Iterator[str]:
        """Lines for a terminal: what happened, what changed, what to hold, where to read more.

        Parameters
        ----------
        report : None where no report is kept.
        """
        mark = wording.world_label(self.world)
        world = f"  {mark.upper()} DATA ({self.world})" if mark else ""
        played = f"  REHEARSAL: {self.rehearsal}" if self.rehearsal else ""
        yield f"Night    {self.night}  {self.status}{world}{played}"
        for sentence in self.reasons:
            yield wording.printable(f"         - {sentence}")
        if self.fallbacks:
            yield from _labelled("Fallback", [_fallback(row) for row in self.fallbacks])
        if alarming := [_quota(row) for row in self.quotas if row["is_alarming"]]:
            yield from _labelled("Quota", alarming)
        yield from _labelled(
            "Signals", [_change(change) for change in self.signals] or ["no change"]
        )
        yield from _labelled("Weights", _weight_lines(self.weights))
        yield from _labelled("Orders", [*_order_lines(self.orders)])
        if self.risk:
            yield from self.risk.lines()
        if report:
            yield f"Report   {report}"


def night_summary(warehouse: Path, status: RunStatus) -> NightSummary:
    """Read what the night decided from the published file.

    Parameters
    ----------
    warehouse : the published file; a missing one gives a summary without decisions.
    """
    with open_published(warehouse) as published:
        night = read_night(published, status)
        risk = _risk(night)
    return NightSummary(
        night=status.night,
        status=status.status,
        world=night.world,
        reasons=status.reasons,
        effective_session=night.book.effective,
        signals=night.changes,
        weights={
            held.symbol: held.final_weight
            for held in night.book.holdings
            if abs(held.final_weight) > NOTHING
        },
        orders=night.book.orders,
        fallbacks=status.fallbacks,
        quotas=status.quotas,
        rehearsal=status.rehearsal,
        risk=risk,
    )


def _risk(night: Night) -> RiskSummary:
    state = latest_risk(night.published, night.session)
    told = [scenario for scenario in scenarios(night.published) if scenario.profit is not None]
    limits = limits_tonight(night.published, night.session)
    return RiskSummary(
        var_95=state["var_95_historical"] if state else None,
        worst_scenario=told[0].name if told else "",
        worst_profit=told[0].profit if told else None,
        equity_usd=read_account(night.published, night.session).equity_usd,
        binding=tuple(
            f"{row['limit_name']} ({row['subject']})" if row["subject"] else row["limit_name"]
            for row in limits
            if row["is_binding"]
        ),
    )


def _labelled(label: str, lines: list[str]) -> Iterator[str]:
    for at, line in enumerate(lines):
        yield wording.printable(f"{label if at == 0 else '':<9}{line}")


def _fallback(row: Mapping[str, Any]) -> str:
    """Who stood in for whom; the provider's words stand in the report and in `run_status.json`."""
    symbols = row["symbols"]
    named = ", ".join(symbols[:SYMBOLS_NAMED])
    if len(symbols) > SYMBOLS_NAMED:
        named += f" and {len(symbols) - SYMBOLS_NAMED} more"
    through = f", data of {row['last_observation']}" if row["last_observation"] else ""
    return (
        f"{row['dataset']} of {named}: {row['served_by']} in place of {row['wanted']} "
        f"({row['failure']}){through}"
    )


def _quota(row: Mapping[str, Any]) -> str:
    return (
        f"{row['provider']}: {row['used']} of {row['limit']} calls of the day are used, "
        f"new ones from {row['resets_at']:%Y-%m-%d %H:%M} UTC"
    )


def _change(change: SignalChange) -> str:
    return (
        f"{change.symbol} {wording.signal(change.old)} -> {wording.signal(change.new)} "
        f"({change.strategy}, {change.reason})"
    )


def _weight_lines(weights: Mapping[str, float]) -> list[str]:
    """Weights in percent, plain ASCII so that a log or a pipe keeps them readable."""
    items = [f"{symbol} {100 * weight:.2f} %" for symbol, weight in weights.items()]
    return [
        "   ".join(items[at : at + WEIGHTS_PER_LINE])
        for at in range(0, len(items), WEIGHTS_PER_LINE)
    ] or ["nothing held"]


def _order_lines(orders: Sequence[Row]) -> Iterator[str]:
    yield from [_order(order) for order in orders] or ["none"]
    warning = fraction_warning(order["quantity_shares"] for order in orders)
    if warning:
        yield from wrap(f"WARNING: {warning}", LINE_WIDTH)


def _order(order: Row) -> str:
    return (
        f"{order['side']} {order['quantity_shares']:,.2f} {order['symbol']}, "
        f"{order['notional_usd']:,.0f} USD, expected cost {order['expected_cost_usd']:,.2f} USD"
    )
