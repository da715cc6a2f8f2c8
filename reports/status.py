"""What became of a night, in the form that the report, `run_status.json` and the terminal share."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True)
class RunStatus:
    """One attempt at one night.

    Attributes
    ----------
    status : ``CLEAN``, ``DEGRADED`` or ``FAILED``.
    reasons : sentences that say why the night is not clean.
    quarantined : one mapping per withheld range: dataset, symbol, first_date, last_date, reason.
    freshness : one mapping per input: dataset, symbol, provider, last_observation,
        expected_observation, age_sessions, is_required, served_from.
    requests : requests sent over the network, by provider.
    fallbacks : one mapping per group of symbols that their first provider did not serve: dataset,
        symbols, wanted, served_by, failure, last_observation, age_sessions, is_degrading, sentence.
    quotas : one mapping per provider with calls per day: provider, used, limit, fraction,
        resets_at, is_alarming.
    rehearsal : the incident that was played on purpose, None on an ordinary night.
    ledger_bytes : size of the ledger's file when the attempt ended, None without one.
    orders : from which holdings and how many, what they leave in cash, and why some are smaller or
        none: holdings (`file` or `simulated`), count, equity_usd, cash_usd, planned_cash_usd,
        problem, warnings. None where the night did not come so far.
    """

    night: date
    status: str
    attempt: int
    run_id: str
    world: str
    as_of_at: datetime
    started_at: datetime
    finished_at: datetime | None
    ledger_version: int
    code_hash: str
    config_hash: str
    reasons: tuple[str, ...] = ()
    quarantined: tuple[Mapping[str, Any], ...] = ()
    freshness: tuple[Mapping[str, Any], ...] = ()
    requests: Mapping[str, int] | None = None
    manifest_hash: str | None = None
    fallbacks: tuple[Mapping[str, Any], ...] = ()
    quotas: tuple[Mapping[str, Any], ...] = ()
    rehearsal: str | None = None
    ledger_bytes: int | None = None
    orders: Mapping[str, Any] | None = None

    def to_json(self) -> str:
        """Strict JSON with ISO dates and UTC moments; keys in the order of the class."""
        return json.dumps(asdict(self), default=_plain, indent=2, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; later versions may have added keys."""
        stored = json.loads(text)
        found = {field.name: stored[field.name] for field in fields(cls) if field.name in stored}
        for name in ("as_of_at", "started_at", "finished_at"):
            found[name] = datetime.fromisoformat(found[name]) if found[name] else None
        return cls(
            **{
                **found,
                "night": date.fromisoformat(found["night"]),
                "reasons": tuple(found["reasons"]),
                "quarantined": tuple(with_dates(row) for row in found["quarantined"]),
                "freshness": tuple(with_dates(row) for row in found["freshness"]),
                "fallbacks": tuple(with_dates(row) for row in found.get("fallbacks", ())),
                "quotas": tuple(
                    {**row, "resets_at": datetime.fromisoformat(row["resets_at"])}
                    for row in found.get("quotas", ())
                ),
            }
        )


def read_run_status(path: Path) -> RunStatus:
    """Read `run_status.json` back.

    Parameters
    ----------
    path : a file that `RunStatus.to_json` wrote; later versions may have added keys.
    """
    return RunStatus.from_json(path.read_text(encoding="utf-8"))


def with_dates(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON keeps it, its dates dates again."""
    is_date = {"first_date", "last_date", "last_observation", "expected_observation"}
    return {
        name: date.fromisoformat(value) if name in is_date and value else value
        for name, value in row.items()
    }


def _plain(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"run_status.json cannot hold a {type(value).__name__}")
