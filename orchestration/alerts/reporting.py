"""Report what became of a run. Nothing here raises: a night never fails because an alert did."""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from orchestration.alerts.alert import RECOVERED, TEST, Alert
from orchestration.alerts.delivery import UNSET, Report, Sender
from orchestration.alerts.of_night import NightEnd
from orchestration.alerts.outbox import REPEATED, Note, Outbox, alone
from orchestration.alerts.webhook import Timing
from orchestration.logs import log_to_file
from orchestration.resources import Settings, clock_of, utc_now
from reports.status import RunStatus
from warehouse.errors import StorageError

log = logging.getLogger("mqp.alerts")

SAME_FAILURE = timedelta(hours=12)
"""A run that fails with the words of an earlier one is not told of again within this time."""


def outbox_folder(settings: Settings) -> Path:
    """Where alerts stand."""
    return settings.home.logs / "alerts"


def report_run(
    settings: Settings,
    *,
    run_id: str,
    night: date | None = None,
    alerts: Sequence[Alert] = (),
    sleep: Callable[[float], None] = time.sleep,
) -> Report:
    """Write a run's alerts into the outbox, and send what is there as one digest.

    Parameters
    ----------
    night : fills the night of alerts that have none.
    alerts : none is fine: what could not be delivered before is sent then.
    sleep : what waits between two attempts.
    """
    named = [replace(one, night=one.night or night) for one in alerts]
    return _guarded(settings, run_id, lambda: _told(settings, run_id, named, sleep))


def report_night(
    settings: Settings,
    status: RunStatus,
    *,
    is_published: bool,
    sleep: Callable[[float], None] = time.sleep,
) -> Report:
    """Tell what became of a night, from what it has recorded.

    Parameters
    ----------
    status : as in `run_status.json`.
    is_published : whether the published file is the work of this run.
    """

    def tell() -> Report:
        end = NightEnd(
            status=status,
            raised_at=utc_now(settings),
            published=settings.home.published if is_published else None,
            tells_clean=settings.alerting.tells_clean,
        )
        return _told(settings, status.run_id, end.alerts(), sleep)

    return _guarded(settings, status.run_id, tell)


def report_failure(
    settings: Settings,
    *,
    run_id: str,
    job: str,
    sentence: str,
    error: BaseException | None = None,
    night: date | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Report:
    """Tell of a run that ended with an exception, unless it has told of itself.

    Parameters
    ----------
    job : what was run, such as `nightly`.
    sentence : what a person reads; the first line counts.
    error : its trace goes to `logs/signal_engine.log` and nowhere else.
    """

    def tell() -> Report:
        now = utc_now(settings)
        alert = Alert(
            severity="error",
            check="run",
            source=job,
            subject=night.isoformat() if night else job,
            message=sentence.strip().partition("\n")[0] or f"{job} failed without saying why",
            run_id=run_id,
            night=night,
            raised_at=now,
            details={"status": "FAILED"},
        ).cleaned(settings.masker)
        known = Outbox(outbox_folder(settings), now=now)
        if known.knows_run(run_id) or _is_told(known, alert):
            return Report("nothing", "It is told already.")
        if error is not None:
            log.error("%s failed: %s", job, alert.message, exc_info=error)
        return _told(settings, run_id, [alert], sleep)

    return _guarded(settings, run_id, tell)


def report_test(
    settings: Settings, *, run_id: str, sleep: Callable[[float], None] = time.sleep
) -> Report:
    """Send a test alert, and with it whatever else waits."""

    def tell() -> Report:
        now = utc_now(settings)
        alert = Alert(
            severity="info",
            check=TEST,
            source="mqp notify",
            subject=run_id,  # a second test is news too
            message=f"A test of the alerts of {settings.world}, at {now:%Y-%m-%d %H:%M:%S} UTC.",
            run_id=run_id,
            raised_at=now,
        )
        if not settings.alerting.webhook_url:  # nothing to test, nothing to keep
            return UNSET
        return _told(settings, run_id, [alert], sleep)

    return _guarded(settings, run_id, tell)


def _is_told(known: Outbox, alert: Alert) -> bool:
    since = alert.raised_at - SAME_FAILURE
    return any(
        one.message == alert.message and one.severity == "error" and one.raised_at >= since
        for one in known.alerts
    )


def _guarded(settings: Settings, run_id: str, tell: Callable[[], Report]) -> Report:
    """Do it with the log open; whatever goes wrong is a line there and no exception."""
    try:
        with ExitStack() as stack:
            with suppress(OSError):  # a disk that takes no log does not keep an alert from leaving
                path = settings.home.logs / "signal_engine.log"
                stack.enter_context(log_to_file(path, run_id, settings.masker.text))
            try:
                report = tell()
            except Exception:
                log.exception("Alerts could not be told.")
                raise
            _say(report)
            return report
    except Exception as err:
        return Report("refused", f"Alerts could not be told ({type(err).__name__}).")


def _say(report: Report) -> None:
    if report.state in ("refused", "uncertain"):
        log.warning("%s", report.sentence)
    elif report.count:
        log.info("%s", report.sentence)


def _told(
    settings: Settings, run_id: str, alerts: Sequence[Alert], sleep: Callable[[float], None]
) -> Report:
    folder, now = outbox_folder(settings), utc_now(settings)
    cleaned = [one.cleaned(settings.masker) for one in alerts]
    with alone(folder, sleep=sleep) as is_alone:
        outbox = Outbox(folder, now=now)
        fresh = unsaid(cleaned, outbox.alerts)
        try:
            outbox.add(fresh)
            if any(one.severity == "error" and one not in fresh for one in cleaned):
                outbox.note(Note("-", REPEATED, (), run_id, now))
        except StorageError as err:  # told all the same, from memory
            log.warning("The outbox cannot be written: %s", err)
        if not is_alone:
            return Report("refused", "Another process is sending: the next run sends.", len(fresh))
        return Sender(settings, outbox, run_id, Timing(clock_of(settings), sleep)).send_all()


def unsaid(alerts: Sequence[Alert], known: Sequence[Alert]) -> list[Alert]:
    """Those alerts that say something new.

    A problem is told once a night (see `Alert.problem`) until the night has recovered. That it has
    is told only where there was something to recover from: any trouble for a clean night, a failure
    for one that is published but degraded.
    """
    fresh: list[Alert] = []
    for alert in alerts:
        before = _open([*known, *fresh], alert.night)
        if alert.check == RECOVERED:
            is_news = any(
                alert.details.get("status") == "CLEAN" or one.details.get("status") == "FAILED"
                for one in before
            )
        else:
            is_news = alert.problem not in {one.problem for one in before}
        if is_news:
            fresh.append(alert)
    return fresh


def _open(known: Sequence[Alert], night: date | None) -> list[Alert]:
    """What was told of a night since it last recovered."""
    told = [one for one in known if one.night == night]
    recovered = [at for at, one in enumerate(told) if one.check == RECOVERED]
    return told[recovered[-1] + 1 :] if recovered else told
