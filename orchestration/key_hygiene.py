"""Which keys are due for replacement, whose usage nobody has looked at, and who can read `.env`."""

import logging
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from stat import S_IMODE

from ingestion.settings import KEY_VARIABLES
from orchestration.key_record import KeyRecord, remember_keys, stand_in
from orchestration.resources import Settings, env_file
from warehouse.sessions import NEW_YORK

log = logging.getLogger("mqp.keys")

ROTATION: Mapping[str, timedelta] = {
    "finnhub": timedelta(days=90),
    "fmp": timedelta(days=90),
    "fred": timedelta(days=365),
}
"""After how long a key is replaced: what a leak that nobody noticed is worth, against the work."""

USAGE_REVIEW: Mapping[str, timedelta] = {"polygon": timedelta(days=31)}
"""Whose usage page shows calls that are not ours, and how often somebody looks."""

OTHERS = 0o077


@dataclass(frozen=True)
class KeyState:
    """One provider's key, without the key.

    `problem`: why what is set is no key, None if it may be one. `first_seen`: the first night that
    used it (it may be older), `age_days` since then; None before. `due`: the day on which it is to
    be replaced, or its usage to be looked at; None where neither is asked for or no night has seen
    it.
    """

    provider: str
    variable: str
    is_set: bool
    problem: str | None
    first_seen: date | None
    age_days: int | None
    last_review: date | None
    due: date | None
    is_overdue: bool

    @property
    def sentence(self) -> str:
        """Since when it is in use, and what is to be done about that."""
        if not self.is_set:
            return f"{self.variable} is not set"
        if self.problem:
            return f"{self.variable} {self.problem}: replace it in .env, or remove the line"
        if self.first_seen is None:
            return f"{self.variable} has not been used by a night yet: its age counts from then"
        since = f"{self.variable} is in use since {self.first_seen}"
        if self.provider in USAGE_REVIEW:
            return f"{since}; {self._review_sentence}"
        if not self.is_overdue:
            return f"{since}" + (f"; to be replaced on {self.due}" if self.due else "")
        days = ROTATION[self.provider].days
        return (
            f"{since} and was to be replaced on {self.due} (every {days} days): make a new one at "
            "the provider, put it into .env, then delete the old one there"
        )

    @property
    def _review_sentence(self) -> str:
        looked = f"usage last reviewed {self.last_review}" if self.last_review else "never reviewed"
        if not self.is_overdue:
            return f"{looked}, again on {self.due}"
        return (
            f"{looked}, due on {self.due}: look on the provider's usage page for calls that are "
            f"not yours, then `mqp keys reviewed {self.provider}`"
        )


def key_states(
    api_keys: Mapping[str, str], record: KeyRecord, *, now: datetime
) -> tuple[KeyState, ...]:
    """The state of every provider's key, set or not.

    Parameters
    ----------
    api_keys : provider to key, as the environment has them.
    record : of the home.
    now : UTC; days are those of New York.
    """
    today = now.astimezone(NEW_YORK).date()
    return tuple(
        _state(provider, api_keys.get(provider), record, today) for provider in KEY_VARIABLES
    )


def look_after_keys(settings: Settings, *, now: datetime) -> None:
    """Note which keys a night uses for the first time, and warn when others can open `.env`."""
    if exposure := exposure_of(env_file(settings.home)):
        log.warning("%s.", exposure)
    if settings.is_sandbox:
        return
    for provider in remember_keys(settings.home, settings.api_keys, now=now):
        log.info("%s is used for the first time: its age counts from now.", KEY_VARIABLES[provider])


def _state(provider: str, key: str | None, record: KeyRecord, today: date) -> KeyState:
    problem = stand_in(key) if key else None
    seen = _day(record.first_seen(provider, key)) if key and problem is None else None
    reviewed = _day(record.last_review(provider))
    due = None
    if seen and provider in ROTATION:
        due = seen + ROTATION[provider]
    elif seen and provider in USAGE_REVIEW:
        due = max(seen, reviewed or seen) + USAGE_REVIEW[provider]
    return KeyState(
        provider=provider,
        variable=KEY_VARIABLES[provider],
        is_set=bool(key),
        problem=problem,
        first_seen=seen,
        age_days=max(0, (today - seen).days) if seen else None,
        last_review=reviewed,
        due=due,
        is_overdue=due is not None and today >= due,
    )


def _day(moment: datetime | None) -> date | None:
    return moment.astimezone(NEW_YORK).date() if moment else None


def exposure_of(path: Path) -> str | None:
    """Who besides its owner can open a file with keys, and the command that ends it; None if none.

    A file that is not there exposes nothing.
    """
    if not path.exists() or not S_IMODE(path.stat().st_mode) & OTHERS:
        return None
    return (
        f"{path} can be opened by others than its owner: run `chmod 600 {shlex.quote(str(path))}`"
    )
