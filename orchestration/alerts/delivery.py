"""From the outbox to the webhook: what is sent, in which order, and what is noted of it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from orchestration.alerts.alert import Alert
from orchestration.alerts.alerting import SHAPES
from orchestration.alerts.outbox import (
    BEGUN,
    DELIVERED,
    REFUSED,
    UNCERTAIN,
    Note,
    Outbox,
    is_uncertain,
    times_uncertain,
)
from orchestration.alerts.shapes import Digest, headers_of, json_body, slack_body
from orchestration.alerts.webhook import Answer, Message, Timing, send, url_problem
from orchestration.resources import Settings
from warehouse.errors import StorageError

log = logging.getLogger("mqp.alerts")

WEBHOOK = "ALERT_WEBHOOK_URL"
MOST_SLACK_SENDINGS = 2
"""Slack posts a message again that it has already: one repetition, then it is left alone."""


@dataclass(frozen=True)
class Report:
    """What became of the alerts of a run.

    `state`: `nothing` to tell, `delivered`, `refused` or `uncertain` (kept for the next run), or
    `unset` (kept, because no webhook is configured). `sentence` says it to people.
    """

    state: str
    sentence: str
    count: int = 0


UNSET = Report("unset", f"Nobody is told of a night that goes wrong: set {WEBHOOK} in .env.")


@dataclass(frozen=True)
class Sender:
    """Sends digests of one outbox for one run."""

    settings: Settings
    outbox: Outbox
    run_id: str
    timing: Timing

    def send_all(self) -> Report:
        """Repeat what may have arrived, then send all that waits as one digest.

        Nothing overtakes: what cannot be delivered now ends the run's sending.
        """
        alerting = self.settings.alerting
        if not alerting.webhook_url:
            return _unset(len(self._waiting))
        if alerting.shape and alerting.shape not in SHAPES:
            wrong = f"ALERT_WEBHOOK_SHAPE is '{alerting.shape}': set it to slack or json"
            return _ended(Answer(REFUSED, wrong), len(self._waiting))
        sent, answer = 0, Answer(DELIVERED)
        for identity, notes in list(self.outbox.digests.items()):
            if not is_uncertain(notes):
                continue
            if alerting.is_slack and times_uncertain(notes) >= MOST_SLACK_SENDINGS:
                continue
            alerts = self._alerts(notes[0].alerts)
            answer = self._send(alerts, identity, first=notes[0])
            sent += len(alerts)
            if answer.state != DELIVERED:
                return _ended(answer, sent + len(self._waiting))
        if waiting := self._waiting:
            answer = self._send(waiting, str(uuid4()))
            sent += len(waiting)
        return _ended(answer, sent)

    @property
    def _waiting(self) -> list[Alert]:
        return self.outbox.waiting(self.run_id)

    def _alerts(self, identities: Sequence[str]) -> list[Alert]:
        known = {one.id: one for one in self.outbox.alerts}
        return [known[identity] for identity in identities if identity in known]

    def _send(self, alerts: Sequence[Alert], identity: str, *, first: Note | None = None) -> Answer:
        """Send one digest; a repeated one has the very words of its `first` sending."""
        if not alerts:
            return Answer(DELIVERED)
        alerting, now = self.settings.alerting, self.timing.clock()
        digest = Digest(
            id=identity,
            sent_at=first.at if first else now,
            alerts=alerts,
            run_id=first.run_id if first else self.run_id,
            world=self.settings.world,
            banner=self.settings.banner,
            outbox="logs/alerts",
            is_repeated=alerting.is_slack and first is not None,
        )
        body = slack_body(digest) if alerting.is_slack else json_body(digest)
        headers = headers_of(identity, body, alerting.secret)
        message = Message(WEBHOOK, alerting.webhook_url, body, headers)
        if problem := url_problem(message.variable, message.url):
            return Answer(REFUSED, problem)
        self._note(digest, BEGUN)
        answer = send(message, self.timing)
        self._note(digest, answer.state, answer.reason)
        return answer

    def _note(self, digest: Digest, state: str, reason: str = "") -> None:
        note = Note(
            digest=digest.id,
            state=state,
            alerts=tuple(one.id for one in digest.alerts),
            run_id=digest.run_id,
            at=digest.sent_at if state == BEGUN else self.timing.clock(),
            reason=reason,
        )
        try:
            self.outbox.note(note)
        except StorageError as err:  # better told twice than not at all
            log.warning("The outbox cannot be written, the alert is sent all the same: %s", err)


def _unset(waiting: int) -> Report:
    if not waiting:
        return UNSET
    kept = f"{_alerts(waiting)} kept in logs/alerts and nobody told: set {WEBHOOK} in .env."
    return Report("unset", kept, waiting)


def _ended(answer: Answer, count: int) -> Report:
    if not count:
        return Report("nothing", "There is nothing to tell.")
    if answer.state == DELIVERED:
        return Report(DELIVERED, f"{_alerts(count)} delivered.", count)
    if answer.state == UNCERTAIN:
        kept = f"{_alerts(count)} may not have arrived; the next run sends again"
    else:
        kept = f"{_alerts(count)} not delivered; kept in logs/alerts, and the next run sends again"
    return Report(answer.state, f"{kept}: {answer.reason}.", count)


def _alerts(count: int) -> str:
    return "1 alert" if count == 1 else f"{count} alerts"
