"""`mqp keys`: how long each key has been in use, and the review of a provider's usage page."""

from dataclasses import asdict

import typer

from ingestion.masking import one_line
from orchestration.commands.text_tables import table_lines
from orchestration.errors import UsageError
from orchestration.key_hygiene import USAGE_REVIEW, KeyState, exposure_of, key_states
from orchestration.key_record import read_key_record, record_review
from orchestration.resources import env_file, load_settings, utc_now


def list_command(*, as_json: bool) -> int:
    """Print every provider's dates; never anything of a key."""
    settings = load_settings()
    record, now = read_key_record(settings.home), utc_now(settings)
    states = key_states(settings.api_keys, record, now=now)
    if as_json:
        from orchestration.cli import print_json

        print_json([asdict(state) | {"detail": state.sentence} for state in states])
        return 0
    columns = ("provider", "in use since", "days", "due", "what")
    for line in table_lines(columns, [_row(state) for state in states]):
        typer.echo(line)
    if exposure := exposure_of(env_file(settings.home)):
        typer.echo(f"{exposure}.")
    return 0


def reviewed_command(provider: str) -> int:
    """Record a look at a provider's usage page, today."""
    if provider not in USAGE_REVIEW:
        raise UsageError(
            f"'{one_line(provider, length=40)}' has no usage to review: "
            f"name {' or '.join(USAGE_REVIEW)}."
        )
    settings = load_settings()
    record_review(settings.home, provider, now=utc_now(settings))
    days = USAGE_REVIEW[provider].days
    typer.echo(f"Noted: the usage of {provider} was reviewed; again in {days} days.")
    return 0


def _row(state: KeyState) -> tuple[str, ...]:
    dated = (state.first_seen, state.age_days, state.due)
    since, days, due = ("-" if value is None else str(value) for value in dated)
    return state.provider, since, days, due, state.sentence
