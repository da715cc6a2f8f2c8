"""The night as a Dagster resource: one writer lock and one state per run."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import dagster as dg
from pydantic import PrivateAttr

from orchestration.alerts.end_of_night import end_of_night
from orchestration.alerts.reporting import report_failure
from orchestration.dagster_home import forget_old_runs, step_seconds
from orchestration.logs import log_to_file
from orchestration.moments import past_moment
from orchestration.night import NightOptions, NightRun
from orchestration.presence import present
from orchestration.resources import Settings, load_settings
from warehouse.disk import prepare_home
from warehouse.lock import writer_lock

log = logging.getLogger("mqp.night")


class HomeResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The home of a run and its settings; the run logs there and is seen to live.

    Everything comes from the environment; see `orchestration/resources.py`.
    """

    _settings: Settings = PrivateAttr()

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["HomeResource"]:
        """Read the settings; log and presence end with the run."""
        settings = load_settings()
        prepare_home(settings.home)
        with seen_run(settings, _run_id(context)):
            self._settings = settings
            yield self

    @property
    def settings(self) -> Settings:
        """What the environment decides about this run."""
        return self._settings


class NightResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Holds the writer lock for the length of a run and carries the night from step to step.

    Everything else comes from the environment; see `orchestration/resources.py`.
    """

    as_of: str = ""
    force_refresh: bool = False
    offline: bool = False
    rehearse: str = ""
    _night: NightRun = PrivateAttr()

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["NightResource"]:
        """Wait for the lock, then make the night; both end with the run."""
        settings = load_settings()
        prepare_home(settings.home)
        run_id = _run_id(context)
        with (
            seen_run(settings, run_id),
            self._told(settings, run_id, context.instance),
            writer_lock(settings.home.writer_lock, announce=log.info),
        ):
            if context.instance:
                forget_old_runs(context.instance, settings.home)
            self._night = NightRun(
                settings=settings,
                options=NightOptions(
                    as_of=past_moment(self.as_of) if self.as_of else None,
                    force_refresh=self.force_refresh,
                    offline=self.offline,
                    rehearse=self.rehearse,
                ),
                run_id=run_id,
            )
            yield self

    @contextmanager
    def _told(
        self, settings: Settings, run_id: str, instance: dg.DagsterInstance | None
    ) -> Iterator[None]:
        """Tell how the run ended, once it holds no lock any more."""
        try:
            yield
        except Exception as err:  # no night could begin
            if not self.as_of:
                report_failure(settings, run_id=run_id, job="nightly", sentence=str(err), error=err)
            raise
        end_of_night(self._night, partial(step_seconds, instance, run_id))

    @property
    def run(self) -> NightRun:
        """The night of this run."""
        return self._night


@contextmanager
def seen_run(settings: Settings, run_id: str) -> Iterator[None]:
    """Log to the home's file and be seen to live there."""
    with (
        log_to_file(settings.home.logs / "signal_engine.log", run_id, settings.masker.text),
        present(settings.home, run_id),
    ):
        yield


def _run_id(context: dg.InitResourceContext) -> str:
    return context.run.run_id if context.run else "-"
