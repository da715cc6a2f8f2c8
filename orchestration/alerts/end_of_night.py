"""What happens when a run of tonight's night has ended: tell, and give a sign of life."""

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestration.alerts.heartbeat import beat
from orchestration.alerts.reporting import report_night

if TYPE_CHECKING:
    from orchestration.night import NightRun


def end_of_night(run: "NightRun") -> None:
    """Tell what became of a run; nothing of this can fail it."""
    if run.ending is None:
        return
    ending = replace(run.ending, run_id=run.run_id)  # another run may have built the night
    report_night(run.settings, ending, is_published=run.status is not None)
    beat(run.settings, ending, is_published=run.status is not None)
