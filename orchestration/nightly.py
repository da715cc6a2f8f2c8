"""Run the nightly job in this process against the home's own Dagster instance."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from orchestration.alerts.reporting import report_failure
from orchestration.dagster_home import opened_instance, prepare_dagster_home
from orchestration.errors import CommandError
from orchestration.gate_worker import gate_worker
from orchestration.manifest import copy_project_memory
from orchestration.record import is_published_by
from orchestration.resources import Settings
from warehouse.disk import prepare_home, refusal_behind
from warehouse.errors import WarehouseError
from warehouse.files import copy_database
from warehouse.home import Home
from warehouse.lock import writer_lock


@dataclass(frozen=True)
class NightOutcome:
    """How a nightly run ended: `reason` says why it did not succeed, `stands` what stands now."""

    success: bool
    reason: str = ""
    stands: str = ""

    @property
    def sentence(self) -> str:
        """Both, for people."""
        return f"{self.stands}: {self.reason}"


def run_nightly(
    settings: Settings, options: Mapping[str, Any], *, debug: bool = False
) -> NightOutcome:
    """Execute every step of the nightly job; the run shows in Dagster's UI afterwards.

    Parameters
    ----------
    settings : of this process; the job reads the same environment.
    options : the fields of `NightResource`.
    debug : raise what a step raises instead of reporting it.
    """
    run_id = str(uuid4())
    try:
        outcome = _outcome(settings, options, run_id, debug=debug)
    except Exception as err:
        if not options.get("as_of"):
            sentence = str(err) or type(err).__name__
            report_failure(settings, run_id=run_id, job="nightly", sentence=sentence, error=err)
        raise
    if not (outcome.success or options.get("as_of")):
        # as a rule the run has told of itself; not where it never came to a night
        report_failure(settings, run_id=run_id, job="nightly", sentence=outcome.reason)
    return outcome


def _outcome(
    settings: Settings, options: Mapping[str, Any], run_id: str, *, debug: bool
) -> NightOutcome:
    home = settings.home
    prepare_home(home)
    try:
        reason = _executed(settings, options, run_id, debug=debug)
    except (CommandError, WarehouseError):
        raise
    except Exception as err:
        # Dagster's own records may be what the disk refuses, at any moment of the night
        told = refusal_behind(home.root, str(err))
        if debug or told is None:
            raise
        reason = str(told)
    if reason is None:
        return NightOutcome(True)
    if is_published_by(home, run_id):
        return NightOutcome(False, reason, "the night is published, but a later step failed")
    return NightOutcome(False, reason, "the night FAILED and published nothing")


def _executed(
    settings: Settings, options: Mapping[str, Any], run_id: str, *, debug: bool
) -> str | None:
    """Let Dagster execute the job; returns the first error's sentence, None without one."""
    prepare_dagster_home(settings.home)
    gate_worker()  # imports on the other core while this process does its own
    with warnings.catch_warnings():
        # Dagster marks parts of its own API as beta; nothing that a user of ours could act on
        warnings.simplefilter("ignore")
        from orchestration.definitions import defs

        output = (settings.home.logs / "dagster.log").open("a", encoding="utf-8")
        # dbt's own lines are for the file; people are told by the product's log
        with output, redirect_stdout(output), opened_instance(settings.home) as instance:
            result = defs.resolve_job_def("nightly").execute_in_process(
                instance=instance,
                run_id=run_id,
                raise_on_error=debug,
                run_config={
                    "resources": {"night": {"config": dict(options)}},
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                },
            )
    return None if result.success else first_error(result.all_events)


@contextmanager
def scratch_home(settings: Settings) -> Iterator[Home]:
    """A throw-away copy of the home for a dry run: ledger, cache and dbt's parse cache.

    Nothing that a dry run fetches or computes comes back into the real home.
    """
    folder = Path(tempfile.mkdtemp(prefix="mqp-dry-run-"))
    try:
        home = Home(folder)
        home.make_folders()
        with writer_lock(settings.home.writer_lock):
            copy_database(settings.home.ledger, home.ledger)
            copy_project_memory(settings.home, home)
            if settings.cache_root.is_dir():
                shutil.copytree(settings.cache_root, home.data / "cache", dirs_exist_ok=True)
        yield home
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def first_error(events: Any) -> str:
    """The innermost message of the first failure of a run, without its class name."""
    for event in events:
        error = getattr(event.event_specific_data, "error", None)
        if error is None:
            continue
        while error.cause is not None:
            error = error.cause
        message = _first_line(error.message)
        head, _, rest = message.partition(": ")
        return rest if rest and "." in head and " " not in head else message
    return "The run failed without saying why; see logs/signal_engine.log."


def _first_line(said: object) -> str:
    return str(said).strip().partition("\n")[0] or "unknown"
