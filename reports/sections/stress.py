"""Tonight's book under assumed shocks and through stretches of history, the worst first."""

import math
from collections.abc import Sequence
from typing import Any

from reports.account import Account
from reports.bars import Axis, Tick, axis_of, signed_bar
from reports.night import Night
from reports.queries import Row
from reports.risk import Scenario, limits_tonight, scenarios

CONTRIBUTORS = 3
KINDS = (("shock", "Assumed shocks"), ("window", "Stretches of history, held through"))


def stress_section(night: Night, account: Account) -> dict[str, Any]:
    """One row per scenario with its loss, what made it, and what it says nothing of."""
    found = scenarios(night.published)
    limited = _limited(night)
    bound = limited["bound"] if limited else None
    worst = next((scenario for scenario in found if scenario.profit is not None), None)
    axis = axis_of([*(scenario.profit for scenario in found), None if bound is None else -bound])
    groups = [
        {
            "label": label,
            "rows": [
                _row(scenario, account, axis, limited)
                for scenario in found
                if scenario.kind == kind
            ],
        }
        for kind, label in KINDS
    ]
    return {
        "groups": [group for group in groups if group["rows"]],
        "account": account.name,
        "worst": worst,
        "worst_usd": account.usd(worst.profit) if worst else None,
        "limited": limited["subject"] if limited else "",
        "bound": bound,
        "has_uncovered": any(scenario.uncovered for scenario in found),
    }


def _limited(night: Night) -> Row | None:
    """The stress limit of the night, which names the scenario that it binds, where it is known."""
    for row in limits_tonight(night.published, night.session):
        if row["limit_name"] == "stress" and row["subject"] and row["bound"] is not None:
            return row
    return None


def _row(scenario: Scenario, account: Account, axis: Axis, limited: Row | None) -> dict[str, Any]:
    is_limited = limited is not None and limited["subject"] == scenario.name
    ticks = [Tick(-limited["bound"], "bound")] if is_limited and limited else []
    profit = scenario.profit
    return {
        "name": scenario.name,
        "first": scenario.first_date,
        "last": scenario.last_date,
        "profit": profit,
        "usd": account.usd(profit),
        "bar": signed_bar(axis, profit, ticks),
        "bound": limited["bound"] if is_limited and limited else None,
        "parts": [row for row in scenario.rows if row["profit_return"]][:CONTRIBUTORS],
        "uncovered": [row["symbol"] for row in scenario.uncovered],
        "uncovered_exposure": _exposure(scenario.uncovered),
    }


def _exposure(rows: Sequence[Row]) -> float:
    return math.fsum(abs(row["exposure"] or 0.0) for row in rows)
