"""`mqp notify`: whether the webhook works, and what nobody has been told of."""

from dataclasses import asdict
from uuid import uuid4

import typer

from orchestration.alerts.alert import Alert
from orchestration.alerts.delivery import WEBHOOK
from orchestration.alerts.outbox import DELIVERED, Outbox
from orchestration.alerts.reporting import outbox_folder, report_test
from orchestration.resources import Settings, load_settings, utc_now

EXIT_CODES = {DELIVERED: 0, "unset": 2}
EXIT_UNDELIVERED = 1


def test_command(*, as_json: bool) -> int:
    """Send a test alert; exit code 0 delivered, 1 not, 2 no webhook is configured."""
    settings = load_settings()
    report = report_test(settings, run_id=str(uuid4()))
    if as_json:
        from orchestration.cli import print_json

        print_json(asdict(report))
    elif report.state == DELIVERED:
        typer.echo(report.sentence)
    else:
        typer.echo(f"mqp: {report.sentence}", err=True)
    return EXIT_CODES.get(report.state, EXIT_UNDELIVERED)


def show_command(*, as_json: bool) -> int:
    """Print what stands in the outbox and nobody has been told of for certain."""
    settings = load_settings()
    outbox = Outbox(outbox_folder(settings), now=utc_now(settings))
    undelivered = [(one, state) for one in outbox.alerts if (state := _state(outbox, one))]
    if as_json:
        from orchestration.cli import print_json

        rows = [{**one.as_row(), "state": state} for one, state in undelivered]
        print_json({"webhook_is_set": bool(settings.alerting.webhook_url), "undelivered": rows})
        return 0
    for one, state in undelivered:
        about = f"{one.raised_at:%Y-%m-%d %H:%M} UTC  {one.severity:<8}{one.check}"
        typer.echo(f"{about}: {one.message}")
        typer.echo(f"    {state}")
    typer.echo(_summary(settings, outbox, len(undelivered)))
    return 0


def _state(outbox: Outbox, alert: Alert) -> str:
    """Why an alert is not delivered for certain; empty where it is, or is too old to be sent."""
    notes = [note for note in outbox.sendings if alert.id in note.alerts]
    if alert.id in {one.id for one in outbox.waiting()}:
        return f"waiting{f': {notes[-1].reason}' if notes and notes[-1].reason else ''}"
    is_delivered = any(note.state == DELIVERED for note in notes)
    return "" if is_delivered or not notes else "may have arrived, the sending was cut off"


def _summary(settings: Settings, outbox: Outbox, undelivered: int) -> str:
    told = (
        f"Alerts of the last week: {len(outbox.alerts)}, of which {undelivered} not delivered for "
        "certain"
    )
    if not settings.alerting.webhook_url:
        return f"{told}. {WEBHOOK} is not set: nobody is told."
    return f"{told}. The next run sends what waits; `mqp notify --test` sends it now."
