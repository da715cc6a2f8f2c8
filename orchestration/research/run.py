"""An ad-hoc research run: one variant on a scratch build, registered as a trial, then shown.

The published night is never touched, and the ledger only by the trial's row. That row is written
before the result is: who has seen a number has tried.
"""

import hashlib
import json
import math
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.build import read_analytics_inputs, write_tables
from orchestration.configuration import Configuration, recorded_configuration
from orchestration.errors import NightError, UsageError
from orchestration.rebuild import Moment, Rebuilder, rebuilding
from orchestration.replay.nights import PublishedNight, latest_published_night
from orchestration.research.variants import AskedVariant
from orchestration.resources import Settings, utc_now
from orchestration.trials import all_trials, register_trials
from warehouse.connection import connect
from warehouse.context import Member
from warehouse.frames import read_frame
from warehouse.ledger import opened_ledger, refuse_other_world
from warehouse.lock import writer_lock
from warehouse.sessions import new_york_sessions

if TYPE_CHECKING:
    import pandas as pd

    from analytics.costs import TradingCosts
    from analytics.inputs import AnalyticsInputs
    from analytics.research import Answer, Question

MODELS = (
    *("+fct_prices", "+fct_signals", "+int_macro_as_of", "+int_fund_leverage"),
    *("dim_variants", "stg_exchange__sessions"),
)
"""What the results of one variant start from, and everything above it."""
INTRADAY_MODELS = ("+fct_intraday_signals", "+int_intraday_prices_adjusted")
INTRADAY_FRAMES = {
    "bars": "select * from intermediate.int_intraday_prices_adjusted "
    "where symbol = $symbol order by bar_interval, bar_end_at",
    "signals": "select * from marts.fct_intraday_signals "
    "where symbol = $symbol and variant = $variant order by bar_end_at",
    "hours": "select session_date, open_at, close_at from staging.stg_exchange__sessions "
    "order by session_date",
}
INTRADAY_SYMBOL = "SPY"
PERIOD = re.compile(r"(\d+)(d|w|mo|y)")
UNITS = {"d": "days", "w": "weeks", "mo": "months", "y": "years"}
LISTED_SYMBOLS = 3


@dataclass(frozen=True)
class Asked:
    """What a research command was asked for.

    `members`: to evaluate instead of the night's universe, with their dates; empty for it.
    `period`: such as 6mo or 3y, back from the latest night, or `max`. `cost_bps`: all trading
    costs together, None for the configured ones. `split`: share of the period that trains, None for
    no comparison.
    `asked_by`: the command, for the registry. `bars_of`: whose intraday bars, where the strategy
    reads such.
    """

    variant: AskedVariant
    asked_by: str
    members: tuple[Member, ...] = ()
    period: str = "max"
    benchmark: str = "SPY"
    cost_bps: float | None = None
    split: float | None = None
    bars_of: str | None = None

    @property
    def models(self) -> tuple[str, ...]:
        """dbt's selection words for what the answer starts from."""
        return MODELS if self.bars_of is None else (*MODELS, *INTRADAY_MODELS)

    def told_apart(self, recorded: Configuration) -> "Asked":
        """The same question without what the night does anyway: it is no trial of its own."""
        members = () if set(self.members) == set(recorded.universe.members) else self.members
        usual = 10_000.0 * recorded.portfolio.costs.trading_fraction
        is_usual = self.cost_bps is not None and math.isclose(self.cost_bps, usual, rel_tol=1e-9)
        return replace(self, members=members, cost_bps=None if is_usual else self.cost_bps)

    @property
    def extras(self) -> Mapping[str, Any]:
        """What makes it a trial of its own besides the variant's parameters."""
        found = dict(self.variant.extras)
        if self.members:
            found["members"] = sorted(_member_text(member) for member in self.members)
        if self.cost_bps is not None:
            found["cost_bps"] = self.cost_bps
        if self.bars_of not in (None, INTRADAY_SYMBOL):
            found["symbol"] = self.bars_of
        return found

    @property
    def stem(self) -> str:
        """What its files are called: the same question, the same names, and no other question."""
        parts = [self.variant.strategy, self.variant.name]
        parts += [] if self.bars_of is None else [self.bars_of]
        symbols = sorted({member.symbol for member in self.members})
        if symbols:
            more = f"-and-{len(symbols) - LISTED_SYMBOLS}" if len(symbols) > LISTED_SYMBOLS else ""
            parts.append("-".join(symbols[:LISTED_SYMBOLS]) + more)
        parts += ["proxy"] if self.variant.variables else []
        parts += [] if self.cost_bps is None else [f"{self.cost_bps:g}bps"]
        parts += [] if self.period == "max" else [self.period]
        parts += [] if self.benchmark == INTRADAY_SYMBOL else [f"vs-{self.benchmark}"]
        if self.extras or self.benchmark != INTRADAY_SYMBOL:  # what a name cannot tell exactly
            told = json.dumps([self.extras, self.benchmark], sort_keys=True)
            parts.append(hashlib.sha256(told.encode()).hexdigest()[:6])
        return re.sub(r"[^A-Za-z0-9_-]", "-", "_".join(parts))


def _member_text(member: Member) -> str:
    """A member with the dates inside which it counts, if it has some."""
    dates = (member.from_date, member.to_date)
    return " ".join([member.symbol, *("" if day is None else f"{day}" for day in dates)]).rstrip()


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
            night, trials = latest_published_night(ledger), all_trials(ledger)
        recorded = recorded_configuration(night.configuration)
        asked = asked.told_apart(recorded)
        configuration = _configuration(recorded, asked)
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
    from analytics.errors import AnalyticsError
    from analytics.research import Question

    asked = ready.asked
    question = Question(
        strategy=asked.variant.strategy,
        variant=asked.variant.name,
        first_day=ready.first_day,
        benchmark=asked.benchmark,
        split=asked.split,
    )
    try:
        found = _evaluated(ready, question)
    except AnalyticsError as err:
        raise UsageError(f"{str(err)[:1].upper()}{str(err)[1:]}.") from err
    home, now = settings.home, utc_now(settings)
    with (
        writer_lock(home.writer_lock, announce=say),
        opened_ledger(home.ledger, settings.world, now=now) as ledger,
    ):
        register_trials(ledger, found.trial, home=home, by=asked.asked_by, at=now)
    write_tables(ready.file, {f"analytics.{name}": frame for name, frame in found.tables.items()})
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


def first_day_of(period: str, night: date) -> date | None:
    """Read a period such as 90d, 6mo or 3y, back from a night; None for `max`.

    Raises
    ------
    UsageError
        It is none.
    """
    if period == "max":
        return None
    found = PERIOD.fullmatch(period)
    if found is None or int(found[1]) == 0:
        raise UsageError(f"--period is '{period}': write 90d, 26w, 6mo, 3y or max.")
    import pandas as pd

    try:
        back: Any = {UNITS[found[2]]: int(found[1])}
        first = pd.Timestamp(night) - pd.DateOffset(**back)
    except (OverflowError, ValueError, pd.errors.OutOfBoundsDatetime):
        return None
    day: date = first.date()
    return day


def _configuration(configured: Configuration, asked: Asked) -> Configuration:
    """The night's configuration with the members and the costs that were asked for."""
    universe, portfolio = configured.universe, configured.portfolio
    if asked.members:
        universe = replace(universe, name="watchlist", members=asked.members)
    if asked.cost_bps is not None:
        portfolio = replace(portfolio, costs=_scaled(portfolio.costs, asked.cost_bps))
    return replace(configured, universe=universe, portfolio=portfolio)


def _scaled(costs: "TradingCosts", total_bps: float) -> "TradingCosts":
    """The same costs in another size; the borrow fee stays."""
    if not 0.0 <= total_bps < 10_000.0:
        raise UsageError(f"--cost-bps is {total_bps:g}: take at least 0 and below 10000.")
    parts = (costs.commission_bps, costs.half_spread_bps, costs.slippage_bps)
    if sum(parts) == 0.0:
        return replace(costs, slippage_bps=total_bps)
    commission, half_spread, slippage = (part * total_bps / sum(parts) for part in parts)
    return replace(
        costs, commission_bps=commission, half_spread_bps=half_spread, slippage_bps=slippage
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
