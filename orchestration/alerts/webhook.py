"""One message to one URL: https only, no redirects, few retries, an end to every wait.

The URL is a credential. No error keeps the text of another library's error, which holds it, and
nothing of an answer is repeated but a word that looks like one of Slack's.
"""

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

import requests
import urllib3
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_result,
    stop_after_attempt,
    stop_before_delay,
    wait_exponential_jitter,
)

from ingestion.http import USER_AGENT
from ingestion.origins import is_loopback
from ingestion.verdict import retry_after_seconds
from orchestration.alerts.outbox import DELIVERED, REFUSED, UNCERTAIN

ATTEMPTS = 3
LONGEST_SECONDS = 60.0
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
EXCHANGE_SECONDS = 20.0
"""An answer that comes byte by byte never runs into the socket's own time-out."""

PLAIN = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
PASSING_STATUSES = frozenset({408, 425, 429})
GATEWAY_STATUSES = frozenset({502, 504})
"""A gateway that got no answer does not know whether its message arrived, and nor do we."""

_WORD = re.compile(rb"[a-z][a-z_]{2,40}")
_backoff = wait_exponential_jitter(initial=1.0, max=8.0, jitter=1.0)


@dataclass(frozen=True)
class Message:
    """What to send where; `body` None asks with GET, as a heartbeat does."""

    variable: str
    url: str = field(repr=False)
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Answer:
    """How a sending ended.

    `state`: `delivered`, `refused` (certainly not taken) or `uncertain` (it may have arrived).
    `reason`: why it was not delivered, in words that follow a colon. `is_passing`: worth a retry,
    after `wait_seconds` where the receiver named a time.
    """

    state: str
    reason: str = ""
    is_passing: bool = False
    wait_seconds: float = 0.0


@dataclass(frozen=True)
class Timing:
    """Time as an argument: the clock that dates are compared with, and what waits for a retry."""

    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep


def url_problem(variable: str, url: str) -> str | None:
    """Why a URL cannot be used, without showing it; None where it can."""
    try:
        split = urlsplit(url)
        host, _ = split.hostname, split.port
    except ValueError:
        host = None
    if not host or split.scheme not in ("http", "https"):
        return f"{variable} is not a URL: write https://HOST/PATH"
    if split.scheme == "http" and not is_loopback(url):
        return f"{variable} is not encrypted: write https:// (http is for this machine only)"
    return None


def send(message: Message, timing: Timing) -> Answer:
    """Send a message, again after a passing refusal; never longer than a minute, and no error."""
    if problem := url_problem(message.variable, message.url):
        return Answer(REFUSED, problem)
    retrying = Retrying(
        stop=stop_after_attempt(ATTEMPTS) | stop_before_delay(LONGEST_SECONDS),
        wait=_seconds_before_retry,
        retry=retry_if_result(lambda answer: answer.is_passing),
        sleep=timing.sleep,
        retry_error_callback=_last_answer,
    )
    answer: Answer = retrying(_bounded_exchange, message, timing)
    return answer


def _bounded_exchange(message: Message, timing: Timing) -> Answer:
    """One exchange that ends in time even if the receiver drips its answer."""
    answers: list[Answer] = []
    thread = threading.Thread(
        target=lambda: answers.append(_exchange(message, timing)), daemon=True
    )
    thread.start()
    thread.join(EXCHANGE_SECONDS)
    if answers:
        return answers[0]
    return Answer(UNCERTAIN, f"it did not finish its answer in {EXCHANGE_SECONDS:.0f} s")


def _exchange(message: Message, timing: Timing) -> Answer:
    # its lines show whole URLs
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    try:
        with requests.Session() as session:
            session.trust_env = False  # proxies and netrc: only one place reads the environment
            with session.request(
                "GET" if message.body is None else "POST",
                message.url,
                data=message.body,
                headers={**PLAIN, **message.headers},
                timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as response:
                return _verdict(response, timing)
    # the texts of these errors hold the whole URL: only their kind is told
    except (requests.ConnectTimeout, requests.exceptions.SSLError) as err:
        return Answer(REFUSED, f"it cannot be reached ({type(err).__name__})", is_passing=True)
    except requests.Timeout:
        return Answer(UNCERTAIN, f"it did not answer within {ANSWER_SECONDS:.0f} s")
    except requests.ConnectionError as err:
        if _was_never_connected(err):
            return Answer(REFUSED, "it cannot be reached", is_passing=True)
        return Answer(UNCERTAIN, "it broke the connection off")
    except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError, OSError) as err:
        return Answer(UNCERTAIN, f"the sending failed ({type(err).__name__})")


def _was_never_connected(err: requests.ConnectionError) -> bool:
    cause = err.args[0] if err.args else None
    reason = getattr(cause, "reason", None)
    return isinstance(reason, urllib3.exceptions.NewConnectionError)


def _verdict(response: requests.Response, timing: Timing) -> Answer:
    """What a status means; PROVIDERS has Slack's words for the refusals."""
    status = response.status_code
    if 200 <= status < 300:
        return Answer(DELIVERED)
    if 300 <= status < 400:
        return Answer(REFUSED, "it redirects, and redirects are not followed: set the final URL")
    told = f"it answered {status}{_word(response)}"
    if status in GATEWAY_STATUSES:
        return Answer(UNCERTAIN, told)
    wait = retry_after_seconds(response.headers, timing.clock()) or 0.0
    return Answer(REFUSED, told, status in PASSING_STATUSES or status >= 500, wait)


def _word(response: requests.Response) -> str:
    """Slack's name of a refusal, such as `no_service`; nothing else of a body is repeated."""
    try:
        body: bytes = response.raw.read1(200)
    except (OSError, ValueError, urllib3.exceptions.HTTPError):
        return ""
    found = _WORD.fullmatch(body.strip())
    return f" ({found[0].decode()})" if found else ""


def _seconds_before_retry(state: RetryCallState) -> float:
    answer: Answer = state.outcome.result() if state.outcome else Answer(REFUSED)
    return max(float(_backoff(state)), answer.wait_seconds)


def _last_answer(state: RetryCallState) -> Answer:
    answer: Answer = state.outcome.result() if state.outcome else Answer(REFUSED)
    return answer
