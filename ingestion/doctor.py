"""`mqp doctor`'s examination: what each plan gives, what is left of it, and what would help."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from ingestion.advice import Findings, advise
from ingestion.cache import Cache
from ingestion.capabilities import Capabilities, DailyCalls, Fact, StandingFacts
from ingestion.chains import CHAINS
from ingestion.database import CacheDatabase
from ingestion.endpoints import ENDPOINTS, Endpoint
from ingestion.http import HttpClient
from ingestion.limits import allowance_per_minute
from ingestion.night import PROFILES, counted_calls
from ingestion.origins import is_loopback
from ingestion.probe import NOT_ASKED, NOT_CONFIGURED, OK, ProbeResult, probe_endpoints
from ingestion.profile import ProviderProfile
from ingestion.settings import SourceSettings

Answered = Mapping[tuple[str, str], datetime]
"""Provider and dataset to the moment of the last good answer over the network."""

PLAN_WORDS: Mapping[str, str] = {
    OK: "yes",
    "entitlement": "no",
    "auth": "key refused",
    "quota": "quota used up",
    "transient": "no answer",
    "empty": "not found",
    NOT_CONFIGURED: "not probed",
    NOT_ASKED: "not probed",
}


@dataclass(frozen=True)
class EndpointReport:
    """One line of the examination; `last_answer_at`: before this examination."""

    provider: str
    endpoint: str
    dataset: str
    state: str
    plan_says: str
    quota_left: str
    last_answer_at: datetime | None
    cost: str


@dataclass(frozen=True)
class Diagnosis:
    """What the examination found.

    `chains`: dataset to its providers in their order, each with whether it can be asked. `refusals`
    remembered, oldest days included: provider, dataset, subject, moment, message. `facts`: what
    providers lack for good. `is_healthy`: no configured key is refused, and every required dataset
    has a provider.
    """

    endpoints: tuple[EndpointReport, ...]
    chains: Mapping[str, tuple[tuple[str, bool], ...]]
    refusals: tuple[tuple[str, str, str, str, str], ...]
    facts: tuple[Fact, ...]
    advice: tuple[str, ...]
    is_healthy: bool


def diagnose(
    sources: SourceSettings,
    *,
    clock: Callable[[], datetime],
    answered: Answered,
    is_morning: bool,
    connect: Callable[..., HttpClient] = HttpClient,
    on_progress: Callable[[str], None] | None = None,
) -> Diagnosis:
    """Probe every endpoint once and say what it means.

    Parameters
    ----------
    answered : last good answers that the record of fetches knows; the cache may know later ones.
    is_morning : whether the schedule runs the night on the morning after.
    on_progress : told one sentence at a time.

    Raises
    ------
    WorldMismatchError
        If the cache belongs to another world.
    """
    results = probe_endpoints(sources, clock=clock, connect=connect, on_progress=on_progress)
    found = Findings(
        results=results,
        has_key=sources.can_ask,
        is_morning=is_morning,
        is_simulated=sources.world.startswith("sandbox:"),
    )
    with closing(CacheDatabase(sources.cache_root, sources.world)) as database:
        known = _latest(answered, Cache(sources.cache_root, database))
        with counted_calls(sources, database) as calls:
            quotas = {
                profile.name: _quota_left(profile, sources, calls, clock()) for profile in PROFILES
            }
        return Diagnosis(
            endpoints=tuple(
                _report(endpoint, results[endpoint.key], quotas, known)
                for endpoint in ENDPOINTS
                if endpoint.key in results
            ),
            chains={
                dataset: tuple((feed.provider, sources.can_ask(feed.provider)) for feed in feeds)
                for dataset, feeds in CHAINS.items()
            },
            refusals=tuple(Capabilities(database).rows()),
            facts=tuple(StandingFacts(database).rows()),
            advice=advise(found),
            is_healthy=not found.refused_keys() and not found.unserved(),
        )


def _report(
    endpoint: Endpoint,
    result: ProbeResult,
    quotas: Mapping[str, str],
    answered: Answered,
) -> EndpointReport:
    said = PLAN_WORDS.get(result.state, "unreadable")
    return EndpointReport(
        provider=endpoint.provider,
        endpoint=endpoint.name,
        dataset=endpoint.serves or endpoint.dataset,
        state=result.state,
        plan_says=f"{said}: {result.detail.removeprefix(f'{endpoint.provider} answered ')}",
        quota_left=quotas[endpoint.provider] if result.state != NOT_CONFIGURED else "-",
        last_answer_at=answered.get((endpoint.provider, endpoint.dataset)),
        cost=endpoint.cost,
    )


def _latest(answered: Answered, cache: Cache) -> Answered:
    """The later of what the record of fetches and the cache know."""
    known = dict(answered)
    for entry in cache.entries():
        key = (entry.provider, entry.dataset)
        known[key] = max(known.get(key, entry.updated_at), entry.updated_at)
    return known


def _quota_left(
    profile: ProviderProfile,
    sources: SourceSettings,
    calls: DailyCalls,
    now: datetime,
) -> str:
    """What may still be asked: the day's count, or how fast the provider may be called."""
    rate = sources.rates.get(profile.name)
    if rate is not None:
        allowance = allowance_per_minute(rate)
        return f"{allowance.calls} per {allowance.seconds:.0f} s (as configured)"
    if is_loopback(sources.base_urls.get(profile.name, "")):
        return "not counted on the loopback"
    if profile.calls_per_day is not None:
        today = calls.use(profile.name, now, limit=profile.calls_per_day)
        return f"{today.limit - today.used} of {today.limit} until {today.resets_at:%H:%M} UTC"
    return " and ".join(f"{a.calls} per {a.seconds:.0f} s" for a in profile.allowances)
