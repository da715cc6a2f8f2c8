"""What becomes of one request: a reply, and how the connection carries it."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Literal

from ingestion.sandbox.faults import ROW_KINDS, FaultRule
from ingestion.sandbox.spoiling.answers import replaced_reply
from ingestion.sandbox.spoiling.documents import Row, read_document
from ingestion.sandbox.spoiling.rows import is_aimed_at, spoil_rows
from ingestion.sandbox.wire.http import Reply, Request
from warehouse.sessions import NEW_YORK

Ending = Literal["whole", "no_answer", "reset", "drip"]
Answer = Callable[[Request], Reply]

STALE_SESSIONS = 5
CONDITIONS = ("if-none-match", "if-modified-since")
_ENDINGS: dict[str, tuple[Ending, float]] = {
    "timeout": ("no_answer", 30.0),
    "reset": ("reset", 0.0),
    "slow": ("drip", 5.0),
}
_NAMED_IN_PATH = re.compile(
    r"/ticker/([^/]+)/|/daily_prices/(\w+)_History\.csv|/quotes/_(\w+)\.json|/chart/([^/]+)"
)
_NAMED_IN_QUERY = ("symbol", "symbols", "ticker", "ticker.any_of", "series_id", "id")


@dataclass(frozen=True)
class Outcome:
    """A reply and its fate.

    `ending`: `whole` is sent at once; `no_answer` keeps silent for `seconds` and hangs up; `reset`
    breaks the connection; `drip` spreads the body over `seconds`. `fault`: the kind that was
    applied, None if the request was served as it should be.
    """

    reply: Reply
    ending: Ending = "whole"
    seconds: float = 0.0
    fault: str | None = None

    @property
    def status(self) -> int | None:
        """The status that the client sees; None where it gets no answer."""
        return None if self.ending in ("no_answer", "reset") else self.reply.status


def asked_symbols(path: str, query: Mapping[str, str]) -> frozenset[str]:
    """The symbols, series or indices that a request names; none for the whole market."""
    named = [text for found in _NAMED_IN_PATH.findall(path) for text in found if text]
    for name in _NAMED_IN_QUERY:
        named += query.get(name, "").split(",")
    return frozenset(filter(None, named))


def spoilt(
    rule: FaultRule, provider: str, request: Request, symbols: frozenset[str], answer: Answer
) -> Outcome:
    """What a rule makes of a request that it has taken.

    Parameters
    ----------
    symbols : those that the request names.
    answer : serves the request as it should be.
    """
    # what is spoilt has no validators in common with what the client holds
    headers = {name: text for name, text in request.headers.items() if name not in CONDITIONS}
    request = replace(request, headers=headers)
    if rule.kind in _ENDINGS:
        ending, seconds = _ENDINGS[rule.kind]
        return Outcome(answer(request), ending, rule.number(seconds), rule.kind)
    if len(symbols) == 1:
        rule = replace(rule, symbol_regex=None)  # all rows are of the symbol that was aimed at
    reply = answer(request)
    if rule.kind == "stale":
        reply = _standing_still(rule, request, reply, answer)
    elif rule.kind not in ROW_KINDS:
        reply = replaced_reply(rule, request, reply, provider)
    elif document := read_document(reply):
        reply = _rewritten(reply, document.write(spoil_rows(rule, document)))
    return Outcome(reply, fault=rule.kind)


def _standing_still(rule: FaultRule, request: Request, fresh: Reply, answer: Answer) -> Reply:
    """The answer of a past day; where many symbols are asked for, only the aimed ones' rows."""
    view = request.view
    day = view.market.sessions.previous_session(view.today, STALE_SESSIONS)
    if rule.value is not None:
        day = date.fromisoformat(rule.value)
    moment = min(view.now, datetime.combine(day, time.max, NEW_YORK))
    old = answer(replace(request, view=replace(view, now=moment)))
    document, earlier = read_document(fresh), read_document(old)
    if rule.symbol_regex is None or document is None:
        return old
    rows: list[Row] = [row for row in document.rows if not is_aimed_at(rule, row)]
    rows += [row for row in (earlier.rows if earlier else ()) if is_aimed_at(rule, row)]
    return _rewritten(fresh, document.write(rows))


def _rewritten(reply: Reply, body: bytes) -> Reply:
    """The reply with another body; a validator changes with it, as it does at a real host."""
    headers = dict(reply.headers)
    if "ETag" in headers:
        headers["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return replace(reply, body=body, headers=headers)
