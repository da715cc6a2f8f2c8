"""Whether a night is overdue: two and a half hours after its last step, exchange sessions only."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from orchestration.alerts.alert import Alert
from orchestration.timetable import GRACE
from warehouse.sessions import NEW_YORK, Sessions


class NightTimes(Protocol):
    """A timetable, as far as this needs one."""

    def published_by(self, night: date, sessions: Sessions) -> datetime:
        """The UTC moment of a night's last step."""


@dataclass(frozen=True)
class Overdue:
    """A night that should stand by now.

    `due_at`: when it became overdue. `last_finished`: the latest night that was published, None
    before there is one.
    """

    night: date
    due_at: datetime
    last_finished: date | None

    @property
    def sentence(self) -> str:
        """What is missing since when, and what to do."""
        latest = self.last_finished or "none"
        return (
            f"Night {self.night} is overdue since {self.due_at:%Y-%m-%d %H:%M} UTC "
            f"({self.due_at.astimezone(NEW_YORK):%H:%M} New York), the latest is {latest}: run "
            "`mqp nightly`, and see with `mqp health` why the schedule did not."
        )

    def as_alert(self, *, run_id: str, now: datetime) -> Alert:
        """What a watcher of the schedule hands to `report_run`: told once a night."""
        return Alert(
            severity="error",
            check="overdue",
            source="schedule",
            subject=self.night.isoformat(),
            message=self.sentence,
            run_id=run_id,
            night=self.night,
            raised_at=now,
        )


def overdue_night(
    last_finished: date | None, now: datetime, *, timetable: NightTimes, sessions: Sessions
) -> Overdue | None:
    """The latest night that should stand at a moment and does not; None where all is well.

    Parameters
    ----------
    last_finished : the latest published night, None for none.
    now : aware of its zone.
    timetable : when a night's last step is.
    """
    night = sessions.session_on_or_before(now.astimezone(NEW_YORK).date())
    while (due_at := timetable.published_by(night, sessions) + GRACE) > now:
        night = sessions.previous_session(night)
    if last_finished is not None and last_finished >= night:
        return None
    return Overdue(night, due_at, last_finished)
