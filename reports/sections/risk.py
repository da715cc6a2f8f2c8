"""The risk of the book as last decided: losses to expect, where they come from, and stress."""

from typing import Any

from reports.account import read_account
from reports.night import Night
from reports.sections.coverage import coverage_section
from reports.sections.exposures import exposures_section
from reports.sections.losses import losses_section
from reports.sections.stress import stress_section


def risk_section(night: Night) -> dict[str, Any]:
    """Everything the page shows about risk; parts without data say so.

    Amounts in USD are of the account that the orders are for: a person's, else the simulated one.
    """
    account = read_account(night.published, night.session)
    return {
        "losses": losses_section(night, account),
        "coverage": coverage_section(night),
        "exposures": exposures_section(night),
        "stress": stress_section(night, account),
    }
