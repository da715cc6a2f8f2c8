"""What a run asked, got and missed: rows of `ops.fetches`, lines of the log, problems to show."""

import json
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ingestion.errors import IngestionError
from ingestion.masking import Masker, one_line
from warehouse.files import LineLog, writing_failures

MOST_NAMED_SYMBOLS = 30
LARGEST_LOG_BYTES, LOGS_KEPT = 20 * 1024 * 1024, 5


@dataclass(frozen=True)
class Fetch:
    """One request, or one reuse of the cache: a row of `ops.fetches` without its run.

    `outcome` is the column `class` (a word that Python keeps for itself): ok, empty, transient,
    quota, entitlement, auth, bad_payload or not_modified.
    """

    provider: str
    dataset: str
    symbol: str
    window_start: date | None
    window_end: date | None
    outcome: str
    row_count: int
    response_hash: str | None
    duration_seconds: float
    attempts: int
    served_from: str
    requested_at: datetime
    detail: str | None

    def as_row(self) -> dict[str, Any]:
        """The columns of `ops.fetches` except `run_id`, in their order."""
        return {"class" if name == "outcome" else name: value for name, value in vars(self).items()}


@dataclass(frozen=True)
class Problem:
    """Something that did not go as planned, in one sentence and without any key.

    `failure` is the class of the error tree. `symbol` is `*` for all that were asked for, and may
    name several. `is_degrading`: a required answer is missing, or comes from before.
    """

    provider: str
    dataset: str
    symbol: str
    failure: str
    message: str
    is_degrading: bool


class Journal:
    """Collects fetches and problems of a run and appends a JSON line for each to the log.

    A response whose line is in the log is acknowledged: it is on the disk, also after a kill or a
    power cut. Beyond 20 MB the log begins a new file; five old ones are kept.
    """

    def __init__(
        self, log_path: Path, masker: Masker, *, run_id: str, clock: Callable[[], datetime]
    ) -> None:
        _roll(log_path)
        self._log = LineLog(log_path)
        self._masker, self._run_id, self._clock = masker, run_id, clock
        self._lock = threading.Lock()
        self._fetches: list[Fetch] = []
        self._problems: list[Problem] = []

    def __enter__(self) -> Self:
        """Use the journal until the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the log."""
        self._log.__exit__(kind, error, trace)

    @property
    def fetches(self) -> tuple[Fetch, ...]:
        """Every request and reuse so far."""
        return tuple(self._fetches)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem so far, equal ones of several symbols told once."""
        return tuple(_told_once(self._problems))

    def record(self, fetch: Fetch) -> None:
        """Keep one fetch and append its line to the log."""
        is_fine = fetch.outcome in ("ok", "empty", "not_modified")
        with self._lock:
            self._fetches.append(fetch)
            self._append({"level": "INFO" if is_fine else "WARN", **fetch.as_row()})

    def report(
        self,
        provider: str,
        dataset: str,
        symbol: str,
        error: IngestionError | str,
        *,
        failure: str = "",
        is_degrading: bool,
    ) -> None:
        """Keep one problem; `failure` is taken from the error where there is one."""
        if isinstance(error, IngestionError):
            failure = failure or error.failure
        problem = Problem(
            provider=provider,
            dataset=dataset,
            symbol=symbol,
            failure=failure,
            message=self.sentence(str(error)),
            is_degrading=is_degrading,
        )
        with self._lock:
            if problem not in self._problems:
                self._problems.append(problem)
                told = {"requested_at": self._clock(), "problem": vars(problem)}
                self._append({"level": "WARN", **told})

    def _append(self, line: dict[str, Any]) -> None:
        line = {"run_id": self._run_id, **line}
        self._log.append(self._masker.text(json.dumps(line, default=str)))

    def sentence(self, text: str) -> str:
        """The text as one masked line."""
        return one_line(self._masker.text(text), length=1000)


def _roll(path: Path) -> None:
    """Begin a new log when the present one is large; a run that still writes keeps its own."""
    with suppress(FileNotFoundError):
        if path.stat().st_size < LARGEST_LOG_BYTES:
            return
    with writing_failures(path):
        for number in range(LOGS_KEPT, 0, -1):
            older = path.with_name(f"{path.name}.{number - 1}") if number > 1 else path
            with suppress(FileNotFoundError):
                older.replace(path.with_name(f"{path.name}.{number}"))


def _told_once(problems: Iterable[Problem]) -> list[Problem]:
    """Problems that differ by their symbol only, as one that names the symbols."""
    groups: dict[tuple[Any, ...], list[str]] = {}
    for problem in problems:
        same = (problem.provider, problem.dataset, problem.failure, problem.message)
        groups.setdefault((*same, problem.is_degrading), []).append(problem.symbol)
    return [
        Problem(provider, dataset, named(symbols), failure, message, is_degrading)
        for (provider, dataset, failure, message, is_degrading), symbols in groups.items()
    ]


def named(symbols: Sequence[str], *, most: int = MOST_NAMED_SYMBOLS) -> str:
    """The symbols in one text, the first ones by name."""
    shown = ", ".join(symbols[:most])
    more = len(symbols) - most
    return f"{shown} and {more} more" if more > 0 else shown
