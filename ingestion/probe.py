"""One small request per endpoint: whether the provider answers, and what the plan gives."""

import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from threading import Lock
from typing import Any

from ingestion.capabilities import TODAY, WHOLE_ENDPOINT, Capabilities
from ingestion.database import CacheDatabase
from ingestion.endpoints import ENDPOINTS, HISTORY, Endpoint, Key, ProbeDays
from ingestion.errors import BadPayloadError, EntitlementError, IngestionError
from ingestion.http import HttpClient
from ingestion.night import PROFILES, counted_calls
from ingestion.profile import ProviderProfile, Reply
from ingestion.settings import KEY_VARIABLES, SWITCHES, SourceSettings
from warehouse.sessions import NEW_YORK, new_york_sessions

HISTORY_FIRST = date(2010, 1, 4)
"""Where a night's history begins; an older day proves nothing about a plan."""

PROGRESS_SECONDS = 2.0
MOST_SILENCES = 2
"""So many endpoints without an answer, one after the other, and the rest is not asked."""

OK, NOT_CONFIGURED, NOT_ASKED = "ok", "not configured", "not asked"
_LISTS = ("results", "observations", "data", "t")


@dataclass(frozen=True)
class ProbeResult:
    """One endpoint's answer.

    `state`: ok, not configured, not asked (the provider had failed before), or the class of the
    failure. `detail`: what came, or the provider's own words, without any key.
    """

    provider: str
    state: str
    seconds: float
    detail: str
    endpoint: str


def probe_providers(
    sources: SourceSettings,
    *,
    clock: Callable[[], datetime],
    connect: Callable[..., HttpClient] = HttpClient,
) -> tuple[ProbeResult, ...]:
    """Ask one endpoint of every provider; one that is not configured is told, not asked.

    Raises
    ------
    WorldMismatchError
        If the cache belongs to another world.
    """
    pinged = [endpoint for endpoint in ENDPOINTS if endpoint.is_ping]
    found = probe_endpoints(sources, pinged, clock=clock, connect=connect)
    return tuple(found[endpoint.key] for endpoint in pinged if endpoint.key in found)


def probe_endpoints(
    sources: SourceSettings,
    endpoints: Iterable[Endpoint] = ENDPOINTS,
    *,
    clock: Callable[[], datetime],
    connect: Callable[..., HttpClient] = HttpClient,
    on_progress: Callable[[str], None] | None = None,
) -> Mapping[Key, ProbeResult]:
    """Ask every endpoint once, each provider's one after the other, and remember refusals.

    A refusal is kept in the capability table with its date, and an answer deletes the refusal that
    it disproves. Calls count against the day's quota. After a refused key, a used up quota or two
    silences the rest of that provider is not asked.

    Parameters
    ----------
    on_progress : told one sentence at a time, from any thread but never from two at once.
    connect : makes the HTTP client; tests pass one whose network and time are their own.

    Raises
    ------
    WorldMismatchError
        If the cache belongs to another world.
    """
    todo: dict[str, list[Endpoint]] = {profile.name: [] for profile in PROFILES}
    for endpoint in endpoints:
        if endpoint.provider in todo:
            todo[endpoint.provider].append(endpoint)
    today = clock().astimezone(NEW_YORK).date()
    days = ProbeDays.of(today, new_york_sessions(), first=HISTORY_FIRST)
    with ExitStack() as stack:
        database = stack.enter_context(closing(CacheDatabase(sources.cache_root, sources.world)))
        calls = stack.enter_context(counted_calls(sources, database))
        http = stack.enter_context(
            closing(connect(sources, PROFILES, clock=clock, daily_calls=calls))
        )
        prober = _Prober(sources, http, Capabilities(database), days, clock, on_progress, Lock())
        threads = stack.enter_context(ThreadPoolExecutor(len(PROFILES)))
        walks = threads.map(lambda profile: prober.walk(profile, todo[profile.name]), PROFILES)
        return {key: result for walk in walks for key, result in walk.items()}


@dataclass(frozen=True)
class _Prober:
    sources: SourceSettings
    http: HttpClient
    capabilities: Capabilities
    days: ProbeDays
    clock: Callable[[], datetime]
    on_progress: Callable[[str], None] | None
    lock: AbstractContextManager[bool]

    def walk(self, profile: ProviderProfile, endpoints: list[Endpoint]) -> dict[Key, ProbeResult]:
        """Ask one provider's endpoints in their order, until it is clear that it answers none."""
        found: dict[Key, ProbeResult] = {}
        told_at, silences, stopped = self.http.monotonic(), 0, ""
        once = replace(profile, attempts=1)
        for endpoint in endpoints:
            if stopped:
                late = ProbeResult(profile.name, NOT_ASKED, 0.0, stopped, endpoint.name)
                found[endpoint.key] = late
                continue
            result = found[endpoint.key] = self._ask(once, endpoint)
            silences = silences + 1 if result.state == "transient" else 0
            if result.state in ("auth", "quota") or silences == MOST_SILENCES:
                stopped = f"not asked after: {result.detail}"
            if self.http.monotonic() - told_at >= PROGRESS_SECONDS:
                told_at = self.http.monotonic()
                self._tell(f"{profile.name}: {len(found)} of {len(endpoints)} endpoints asked")
        return found

    def _tell(self, sentence: str) -> None:
        if self.on_progress:
            with self.lock:
                self.on_progress(sentence)

    def _ask(self, profile: ProviderProfile, endpoint: Endpoint) -> ProbeResult:
        name = endpoint.provider
        if not self.sources.can_ask(name):
            wanted = KEY_VARIABLES.get(name) or SWITCHES.get(name, "its base URL")
            return ProbeResult(name, NOT_CONFIGURED, 0.0, f"set {wanted}", endpoint.name)
        params = {key: self.days.filled(value) for key, value in endpoint.params.items()}
        started = self.http.monotonic()
        try:
            reply = self.http.get(profile, self.days.filled(endpoint.target), params=params)
            state, detail = OK, _read(endpoint, reply)
            self._forget(endpoint)
        except IngestionError as error:
            state, detail = error.failure, self.http.masker.text(str(error))
            self._remember(endpoint, error)
        return ProbeResult(name, state, self.http.monotonic() - started, detail, endpoint.name)

    def _forget(self, endpoint: Endpoint) -> None:
        self.capabilities.forget(endpoint.provider, endpoint.remembered_as, endpoint.subject)

    def _remember(self, endpoint: Endpoint, error: IngestionError) -> None:
        """Keep what a plan refuses, as far as the refusal's own words reach."""
        if not isinstance(error, EntitlementError):
            return
        subject = _subject(endpoint, error)
        if subject:
            self.capabilities.remember(
                endpoint.provider,
                endpoint.remembered_as,
                subject,
                at=self.clock(),
                message=self.http.masker.text(str(error)),
            )


def _subject(endpoint: Endpoint, error: EntitlementError) -> str:
    """Whom a refusal is remembered for; empty where the provider's words are not known."""
    if endpoint.subject in (TODAY, HISTORY):
        return endpoint.subject if error.scope == "window" else WHOLE_ENDPOINT
    whole = {"endpoint": WHOLE_ENDPOINT, "period": WHOLE_ENDPOINT, "symbol": endpoint.subject}
    return whole.get(error.scope, "")


def _read(endpoint: Endpoint, reply: Reply) -> str:
    """What an answer holds, in a few words.

    Raises
    ------
    BadPayloadError
        If it has not the shape of the endpoint's answers.
    """
    try:
        return _READINGS[endpoint.reading](reply)
    # an answer of another shape, met by code that reads the right one
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, OverflowError) as err:
        raise BadPayloadError(
            f"{reply.provider} sent an answer of an unexpected shape ({type(err).__name__})"
        ) from err


def _rows(reply: Reply) -> str:
    payload = reply.json()
    if isinstance(payload, dict):
        _refuse_error(reply, payload)
        lists = [payload[name] for name in _LISTS if isinstance(payload.get(name), list)]
        payload = lists[0] if lists else payload
    if isinstance(payload, list):
        return _count(len(payload))
    return f"{len(reply.body):,} bytes"


def _count(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows:,} rows"


def _refuse_error(reply: Reply, payload: Mapping[str, Any]) -> None:
    """Some providers explain an error with status 200."""
    status = payload.get("status")
    if "error" in payload or (isinstance(status, str) and status not in ("OK", "DELAYED")):
        raise BadPayloadError(reply.told)


def _lines(reply: Reply) -> str:
    lines = reply.body.decode("utf-8-sig").splitlines()
    header = lines[0].upper() if lines else ""
    if not header.startswith(("DATE,", "OBSERVATION_DATE,")):
        raise BadPayloadError(f"{reply.provider} sent a file without its header line")
    return _count(len(lines) - 1)


def _quote(reply: Reply) -> str:
    """The age of the last trade; an uncovered symbol is answered with zeros."""
    quote = json.loads(reply.body)
    if not quote["t"]:
        raise BadPayloadError("finnhub sent a quote of zeros: it does not cover the symbol")
    traded_at = datetime.fromtimestamp(quote["t"], UTC)
    hours = (reply.fetched_at - traded_at).total_seconds() / 3600
    return f"quote of {traded_at:%Y-%m-%d %H:%M} UTC, {hours:.1f} h old"


def _first_observation(reply: Reply) -> str:
    rows = reply.json()["observations"]
    return f"begins {rows[0]['date']}" if rows else "no row"


_READINGS: Mapping[str, Callable[[Reply], str]] = {
    "rows": _rows,
    "lines": _lines,
    "quote": _quote,
    "first_observation": _first_observation,
}
