"""The trial registry: every (strategy, parameter set) ever evaluated, once.

It stands in the ledger, and line by line in `data/trials.jsonl`, from which a lost ledger gets it
back. A night and a research command register what they have evaluated before anyone can see the
result. Proofs, replays and dry runs compute on copies and register nothing. No command takes a row
out.
"""

import json
import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from orchestration.provenance import code_hash
from warehouse.connection import Connection
from warehouse.files import LineLog
from warehouse.frames import read_frame
from warehouse.home import Home
from warehouse.ledger import newest_version

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

NIGHT = "night"
LOG = "trials.jsonl"


def known_trials(ledger: Connection, *, before: int | None = None) -> "pd.DataFrame":
    """Read what has been evaluated, all of it or before a version of the ledger.

    A night asks for what came before its own version: what was first evaluated *at* it may have
    come after the night that was built there, and a replay must count what the night counted.
    """
    return read_frame(
        ledger,
        "select strategy, parameters, sharpe_per_session from analytics.trials "
        "where $version is null or first_ledger_version < $version order by strategy, parameters",
        {"version": before},
    )


def register_trials(
    ledger: Connection, trials: "pd.DataFrame", *, home: Home, by: str, at: "datetime"
) -> int:
    """Append what has been evaluated, those that are new; returns how many.

    Parameters
    ----------
    ledger : the home's, open for writing.
    trials : rows of `analytics.trials.trial_rows`; their first ledger version is the newest.
    home : whose log gets the same lines.
    by : `night`, or the command.
    at : the moment of the evaluation.

    Raises
    ------
    StorageError
        The log cannot be written; the ledger then has the rows already.
    """
    plain: Any = trials
    version, code = newest_version(ledger), code_hash()
    new = _append_new(
        ledger,
        [
            {
                "strategy": row.strategy,
                "parameters": row.parameters,
                "variant": row.variant,
                "evaluated_by": by,
                "sharpe_per_session": _told(row.sharpe_per_session),
                "session_count": int(row.session_count),
                "first_ledger_version": version,
                "first_code_hash": code,
                "first_evaluated_at": at.isoformat(),
            }
            for row in plain.itertuples()
        ],
    )
    if new:
        with LineLog(home.data / LOG) as log:
            for row in new:
                log.append(json.dumps(row, sort_keys=True), durable=True)
    return len(new)


def restore_trials(ledger: Connection, home: Home, note: Callable[[str], None]) -> None:
    """Append what the log knows and the ledger lacks.

    `note`: told in one sentence of lines that cannot be read.
    """
    path = home.data / LOG
    if not path.exists():
        note(f"there is no {path}: trials that no published file knows are lost")
        return
    rows, damaged = [], 0
    for line in filter(None, path.read_text(encoding="utf-8", errors="replace").splitlines()):
        try:
            row = json.loads(line)
            _key(row)
        except (ValueError, KeyError, TypeError):
            damaged += 1
        else:
            rows.append(row)
    _append_new(ledger, rows)
    if damaged:
        note(f"{damaged} lines of {path} cannot be read: so many trials may be lost")


def _append_new(ledger: Connection, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Append the first row of each parameter set that the registry lacks; returns those."""
    known = set(ledger.execute("select strategy, parameters from analytics.trials").fetchall())
    new = []
    for row in rows:
        if _key(row) not in known:
            known.add(_key(row))
            columns, marks = ", ".join(row), ", ".join("?" for _ in row)
            ledger.execute(
                f"insert into analytics.trials ({columns}) values ({marks})", list(row.values())
            )
            new.append(row)
    return new


def _key(row: dict[str, Any]) -> tuple[str, str]:
    return row["strategy"], row["parameters"]


def _told(sharpe: Any) -> float | None:
    return float(sharpe) if math.isfinite(sharpe) else None
