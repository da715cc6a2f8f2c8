"""Which providers can be asked, what is lost without the others, and how old their keys are."""

from collections.abc import Iterator
from datetime import datetime

from ingestion.settings import KEY_VARIABLES
from orchestration.health.finding import Finding
from orchestration.key_hygiene import exposure_of, key_states
from orchestration.key_record import LOG, read_key_record
from orchestration.resources import Settings, env_file

WITHOUT: dict[str, str] = {
    "polygon": "no 5-minute bars; daily bars, splits and dividends come from FMP, whose free plan "
    "has sample names only",
    "finnhub": "company news comes from Polygon or FMP, without its scores of the news",
    "fmp": "company figures come from Finnhub, which has fewer; no profiles; nobody stands in for "
    "Polygon's daily bars",
    "fred": "credit spreads come from FRED's keyless file, which is often slow or refused",
}
"""What a night lacks, and who is asked instead, while a provider's key is not set."""


def source_findings(settings: Settings) -> Iterator[Finding]:
    """Whether each provider's key is set; the simulated market needs none."""
    if settings.is_sandbox:
        yield Finding("sources", "ok", f"simulated market, world {settings.world}", "world")
        return
    for provider, variable in KEY_VARIABLES.items():
        if provider in settings.api_keys:
            yield Finding("sources", "ok", f"{variable} is set", provider)
        else:
            lost = f"{variable} is not set: {WITHOUT[provider]}"
            yield Finding("sources", "warn", lost, provider)


def key_findings(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Ages of the keys in use, and whether others can open `.env`."""
    path = env_file(settings.home)
    if exposure := exposure_of(path):
        yield Finding("keys", "warn", exposure, "env_file")
    elif path.exists():
        yield Finding("keys", "ok", f"only its owner can open {path}", "env_file")
    if settings.is_sandbox:
        return
    record = read_key_record(settings.home)
    for state in key_states(settings.api_keys, record, now=now):
        if state.is_set:
            is_good = not (state.problem or state.is_overdue)
            yield Finding("keys", "ok" if is_good else "warn", state.sentence, state.provider)
    if record.unreadable:
        lost = f"{record.unreadable} lines of data/{LOG} are damaged: ages may begin too late"
        yield Finding("keys", "warn", lost, "record")
