"""What happens when a run of a night has ended: tell, give a sign of life, keep its numbers."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from orchestration.alerts.heartbeat import beat
from orchestration.alerts.reporting import report_night
from orchestration.metrics import keep_metrics

if TYPE_CHECKING:
    from orchestration.night import NightRun


def end_of_night(run: "NightRun", step_seconds: Callable[[], Mapping[str, float]]) -> None:
    """Do what follows a run; nothing of this can fail it.

    A night of the past is asked for by a person, who sees what becomes of it: nobody is told.

    Parameters
    ----------
    step_seconds : how long each step took, by name; asked only where metrics are kept.
    """
    if run.ending is not None and run.is_fetching:
        ending = replace(run.ending, run_id=run.run_id)  # another run may have built the night
        report_night(run.settings, ending, is_published=run.status is not None)
        beat(run.settings, ending, is_published=run.status is not None)
    if run.settings.keeps_metrics:
        keep_metrics(run, step_seconds)
