"""Whose orders a portfolio run sizes: what is held now belongs to the latest close only."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.errors import NightError
from orchestration.holdings import load_holdings
from orchestration.resources import Settings, utc_now
from orchestration.universe import Universe
from warehouse.sessions import new_york_sessions

if TYPE_CHECKING:
    from analytics.holdings import Holdings


@dataclass(frozen=True)
class AskedAccount:
    """`holdings`: None for the simulated book. `warnings`: what to know of it, in sentences."""

    holdings: "Holdings | None"
    warnings: tuple[str, ...] = ()


def account_of(
    settings: Settings, named: Path | None, *, universe: Universe, night: date
) -> AskedAccount:
    """Read what orders on a published night start from.

    Parameters
    ----------
    settings : with the configured holdings file and the clock.
    named : a file that was asked for by name; None for the configured one.
    universe : of the night.
    night : that is published.

    Raises
    ------
    NightError
        A file was asked for by name, and a session has closed since the night.
    UsageError
        The file is wrong, in one sentence.

    Notes
    -----
    On an older night the configured file is not opened: nobody knows what was held then, and the
    session that its orders were for has begun.
    """
    latest = new_york_sessions().latest_night(utc_now(settings))
    if night >= latest:
        file = named or settings.holdings
        held = None if file is None else load_holdings(file, priced=universe.bar_symbols)
        return AskedAccount(held)
    if named is not None:
        raise NightError(
            f"{named} says what is held after the close of {latest}, but the published night is "
            f"{night}: run `mqp nightly` first, then ask again."
        )
    ignored = f"; {settings.holdings} is ignored" if settings.holdings else ""
    warning = (
        f"The published night is {night}, and {latest} has closed since: the orders are old ones "
        f"of the simulated book{ignored}. Run `mqp nightly` for those of {latest}."
    )
    return AskedAccount(None, (warning,))
