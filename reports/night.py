"""One published night, read once and shared by every part of the report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from reports import wording
from reports.holdings import Book, book
from reports.queries import Published
from reports.signals import (
    SignalChange,
    SignalKey,
    SignalState,
    built_night,
    session_before,
    signal_changes,
    signal_states,
)
from reports.status import RunStatus


@dataclass(frozen=True)
class Night:
    """What the file holds and what the run says about it.

    `session` is the night of the file, which is older than `status.night` when a night failed.
    `states` and `before` are the signals after that session and after the one before it.
    """

    published: Published
    status: RunStatus
    session: date
    world: str
    states: Mapping[SignalKey, SignalState]
    before: Mapping[SignalKey, SignalState]
    book: Book

    @property
    def mark(self) -> str:
        """The word beside every figure that is not of the real market; empty for live."""
        return wording.world_label(self.world)

    @property
    def changes(self) -> tuple[SignalChange, ...]:
        """Signals that differ from the session before."""
        return signal_changes(self.states, self.before)

    @property
    def strategies(self) -> tuple[str, ...]:
        """The strategies with signals or results, the declared three first and always."""
        declared = ("equities", "credit", "volatility")
        found = {strategy for strategy, _ in self.states}
        return (*declared, *sorted(found.difference(declared)))


def read_night(published: Published, status: RunStatus) -> Night:
    """Read the night that the file holds.

    If file and run disagree about the world, the one that is not live counts: simulated figures
    are never shown as real ones.
    """
    session = built_night(published) or status.night
    stored = published.one("ops.build_context", ["world"])["world"]
    world = status.world if stored in (None, "live") else stored
    states = signal_states(published, session)
    earlier = session_before(published, session)
    before = signal_states(published, earlier) if earlier else {}
    return Night(
        published=published,
        status=status,
        session=session,
        world=world,
        states=states,
        before=before,
        book=book(published, session, states),
    )
