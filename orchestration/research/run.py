"""An ad-hoc research run: one variant on a scratch build, registered as a trial, then shown.

The published night is never touched, and the ledger only by the trial's row. That row is written
before the result is: who has seen a number has tried.
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import duckdb

from orchestration.build import read_analytics_inputs, write_tables
from orchestration.configuration import Configuration, recorded_configuration
from orchestration.errors import NightError, UsageError
from orchestration.rebuild import Moment, Rebuilder, rebuilding
from orchestration.replay.nights import PublishedNight, latest_published_night
from orchestration.research.question import Asked, configuration_of, first_day_of
from orchestration.resources import Settings, utc_now
from orchestration.trials import known_trials, register_trials
from warehouse.connection import connect
from warehouse.frames import read_frame
from warehouse.ledger import opened_ledger, refuse_other_world
from warehouse.lock import writer_lock
from warehouse.sessions import new_york_sessions

if TYPE_CHECKING:
    import pandas as pd

    from analytics.inputs import AnalyticsInputs
    from analytics.research import Answer, Question

INTRADAY_FRAMES = {
    "bars": "select * from intermediate.int_intraday_prices_adjusted "
    "where symbol = $symbol order by bar_interval, bar_end_at",
    "signals": "select * from marts.fct_intraday_signals "
    "where symbol = $symbol and variant = $variant order by bar_end_at",
    "hours": "select session_date, open_at, close_at from staging.stg_exchange__sessions "
    "order by session_date",
}


@dataclass(frozen=True, eq=False)
class Ready:
    """A scratch build with everything an answer needs; nothing has been evaluated yet.

    `file`: the build; `night`: whose data it holds; `first_day`: where the period begins.
    `universe`: whose members are traded, empty where the strategy has its own funds. `symbols`:
    what may be held.
    """

    asked: Asked
    file: Path
    night: PublishedNight
    inputs: "AnalyticsInputs"
    parameters: str
    first_day: date | None
    universe: str
    symbols: Sequence[str] = field(default=())


@contextmanager
def prepared(settings: Settings, asked: Asked, say: Callable[[str], None]) -> Iterator[Ready]:
    """Build what a question needs in a scratch folder, which is deleted at the end.

    Raises
    ------
    UsageError
        A symbol that the warehouse does not hold, or a period that cannot be read.
    NightError
        No night has been published yet, or dbt reports an error.
    """
    refuse_other_world(settings.home.ledger, settings.home.published, settings.world)
    _refuse_unknown_symbols(settings, asked)
    sessions = new_york_sessions()
    with (
        tempfile.TemporaryDirectory(prefix="mqp-research-") as folder,
        rebuilding(settings.home, settings.world, sessions, announce=say) as rebuilder,
    ):
        with connect(rebuilder.ledger, read_only=True) as ledger:
            night, trials = latest_published_night(ledger), known_trials(ledger)
        recorded = recorded_configuration(night.configuration)
        asked = asked.told_apart(recorded)
        configuration = configuration_of(asked, recorded)
        first_day = first_day_of(asked.period, night.night)
        say(f"Building the signals of {asked.variant.name} as of night {night.night}.")
        file = _build(rebuilder, night, configuration, asked, Path(folder) / "quant.duckdb")
        inputs, parameters = _inputs(file, night, configuration, asked, trials)
        yield Ready(
            asked=asked,
            file=file,
            night=night,
            inputs=inputs,
            parameters=parameters,
            first_day=first_day,
            universe=configuration.universe.name if asked.variant.strategy == "equities" else "",
            symbols=_traded(inputs, configuration, asked),
        )


def answer(settings: Settings, ready: Ready, say: Callable[[str], None]) -> "Answer":
    """Evaluate, register the trial in the ledger, and put the results into the scratch build.

    Raises
    ------
    UsageError
        The variant has decided nothing in the period, or the split leaves too little of it.
    """
    from analytics.research import Question

    asked = ready.asked
    question = Question(
        strategy=asked.variant.strategy,
        variant=asked.variant.name,
        first_day=ready.first_day,
        benchmark=asked.benchmark,
        split=asked.split,
    )
    return counted(
        settings, ready.file, lambda: _evaluated(ready, question), by=asked.asked_by, say=say
    )


class Evaluated(Protocol):
    """What an evaluation gives: the trial's row for the registry, and tables of `analytics`."""

    @property
    def trial(self) -> "pd.DataFrame": ...  # noqa: D102
    @property
    def tables(self) -> "dict[str, pd.DataFrame]": ...  # noqa: D102


Found = TypeVar("Found", bound=Evaluated)


def counted(
    settings: Settings,
    file: Path,
    evaluate: Callable[[], Found],
    *,
    by: str,
    say: Callable[[str], None],
) -> Found:
    """Evaluate, register the trial before anybody sees the result, and write it to a scratch file.

    Parameters
    ----------
    file : the scratch build that gets the tables.
    by : the command.
    say : told when another run holds the writer lock.

    Raises
    ------
    UsageError
        What is asked cannot be evaluated.
    """
    from analytics.errors import AnalyticsError

    try:
        found = evaluate()
    except AnalyticsError as err:
        raise UsageError(f"{str(err)[:1].upper()}{str(err)[1:]}.") from err
    home, now = settings.home, utc_now(settings)
    with (
        writer_lock(home.writer_lock, announce=say),
        opened_ledger(home.ledger, settings.world, now=now) as ledger,
    ):
        register_trials(ledger, found.trial, home=home, by=by, at=now)
    write_tables(file, {f"analytics.{name}": frame for name, frame in found.tables.items()})
    return found


def _evaluated(ready: Ready, question: "Question") -> "Answer":
    """Run the strategy on its sessions, or on the bars that it reads."""
    asked = ready.asked
    if asked.bars_of is None:
        from analytics.research import run_research

        return run_research(ready.inputs, question)
    from analytics.intraday_research import IntradayFrames, run_intraday_research

    names = {"symbol": asked.bars_of, "variant": asked.variant.name}
    with connect(ready.file, read_only=True) as build:
        frames = {
            name: read_frame(build, sql, {key: names[key] for key in names if f"${key}" in sql})
            for name, sql in INTRADAY_FRAMES.items()
        }
    return run_intraday_research(
        ready.inputs, IntradayFrames(**frames), question, symbol=asked.bars_of
    )


def _refuse_unknown_symbols(settings: Settings, asked: Asked) -> None:
    if not settings.home.published.exists():
        raise NightError("No night has been published yet: run `mqp nightly` first.")
    wanted = {*(member.symbol for member in asked.members), asked.benchmark}
    if asked.bars_of is not None:
        _refuse_symbol_without_bars(settings, asked.bars_of)
    with connect(settings.home.published, read_only=True) as published:
        known = published.execute("select symbol from marts.dim_instruments").fetchall()
    held = {row[0] for row in known}
    unknown = sorted(wanted - held)
    if unknown:
        raise UsageError(
            f"The warehouse has no bars of {', '.join(unknown)}: add "
            f"{'it' if len(unknown) == 1 else 'them'} to the universe file and run `mqp nightly`."
        )


def _refuse_symbol_without_bars(settings: Settings, symbol: str) -> None:
    with connect(settings.home.published, read_only=True) as published:
        try:
            known = published.execute(
                "select distinct symbol from intermediate.int_intraday_bars_reconciled order by 1"
            ).fetchall()
        except duckdb.CatalogException:
            known = []
    held = [row[0] for row in known]
    if symbol not in held:
        listed = ", ".join(held) or "none"
        raise UsageError(
            f"The warehouse has no intraday bars of {symbol} (it has: {listed}): add it to "
            "'intraday' in the universe file and run `mqp nightly`."
        )


def _build(
    rebuilder: Rebuilder,
    night: PublishedNight,
    configuration: Configuration,
    asked: Asked,
    target: Path,
) -> Path:
    moment = Moment(
        night=night.night,
        ledger_version=night.ledger_version,
        recorded_at=night.as_of_at,
        configuration=configuration,
        attempt=night.attempt,
    )
    return rebuilder.build_variant(moment, target, asked.variant, select=asked.models)


def _inputs(
    file: Path,
    night: PublishedNight,
    configuration: Configuration,
    asked: Asked,
    trials: "pd.DataFrame",
) -> tuple["AnalyticsInputs", str]:
    from analytics.inputs import AnalyticsInputs

    frames = read_analytics_inputs(file)
    frames["variants"], parameters = _with_extras(frames["variants"], asked)
    given: dict[str, Any] = {**frames}
    inputs = AnalyticsInputs(
        **given,
        portfolio_config=configuration.portfolio,
        night=night.night,
        trials=trials,
    )
    return inputs, parameters


def _traded(
    inputs: "AnalyticsInputs", configuration: Configuration, asked: Asked
) -> tuple[str, ...]:
    """What the variant may hold: the members, the strategy's funds, or the symbol of the bars."""
    if asked.bars_of is not None:
        return (asked.bars_of,)
    if asked.variant.strategy == "equities":
        return configuration.universe.member_symbols
    signals = inputs.signals
    own = signals[signals["strategy"] == asked.variant.strategy]
    return tuple(sorted(own["symbol"].unique()))


def _with_extras(variants: "pd.DataFrame", asked: Asked) -> "tuple[pd.DataFrame, str]":
    """The variant's row alone, its parameters completed by what else was asked for."""
    own = variants["strategy"] == asked.variant.strategy
    row = variants[own & (variants["variant"] == asked.variant.name)].copy()
    parameters = str(row["parameters"].iloc[0])
    if asked.extras:
        content = {**json.loads(parameters), **asked.extras}
        parameters = json.dumps(content, sort_keys=True, separators=(",", ":"))
        row["parameters"] = parameters
    return row, parameters
