"""One night, step by step. Dagster's assets call these steps in order; the policy lives here.

fetch → land → gate 1 → begin the build → (dbt) → analytics → gate 2 → publish → report

How it ends, published or failed, is in `orchestration/publication.py`.
"""

import logging
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from threading import Thread
from typing import TYPE_CHECKING, Any

from ingestion.night import Collected
from orchestration.build import compute_analytics, write_tables
from orchestration.canaries import release_canaries
from orchestration.configuration import Configuration, night_configuration
from orchestration.errors import NightError, UsageError
from orchestration.findings import outage_sentence
from orchestration.finished import discard_finished
from orchestration.freshness import Freshness, measure_freshness
from orchestration.gates import Gate, NightScope, check_build, check_landed
from orchestration.inputs import Fetching, fetch_inputs, land_inputs, night_inputs
from orchestration.key_hygiene import look_after_keys
from orchestration.lost_record import refuse_lost_ledger
from orchestration.market import open_market
from orchestration.order_summary import OrderSummary, summed_up
from orchestration.past_decisions import past_decisions
from orchestration.provenance import code_hash
from orchestration.publication import (
    finish_killed_run,
    finish_night,
    publish_finished,
    publish_night,
    record_failed_night,
    report_night,
)
from orchestration.record import (
    catch_up_with_published,
    next_attempt,
    published_night,
    record_missed_sessions,
)
from orchestration.rehearsal import begin_rehearsal, rehearsal_rules, remark_held_night
from orchestration.repair import repair_published
from orchestration.resources import Settings, clock_of, utc_now
from orchestration.restraint import restraint_sentences
from orchestration.result_tests import judge_results
from orchestration.steps import narrowed
from orchestration.trials import NIGHT, known_trials, register_trials
from orchestration.universe import Universe
from reports.status import RunStatus
from warehouse.availability import SESSION_OPENS
from warehouse.connection import Connection
from warehouse.context import BuildContext, begin_build
from warehouse.ledger import Landing, newest_version, opened_ledger, refuse_other_world
from warehouse.publish import Manifest
from warehouse.sessions import Sessions, new_york_sessions

if TYPE_CHECKING:
    import pandas as pd

    from analytics.settings import PortfolioConfig
    from orchestration.expectations.canaries.judging import CanaryResult

log = logging.getLogger("mqp.night")


@dataclass(frozen=True)
class NightOptions:
    """How a night was asked for.

    `as_of`: a moment in the past whose night is built from the ledger, without fetching; None means
    now. `rehearse`: the incident that the sandbox's providers play, empty for none.
    """

    as_of: datetime | None = None
    force_refresh: bool = False
    offline: bool = False
    rehearse: str = ""


@dataclass
class NightRun:
    """The state of one run of one night, from the first request to the report.

    The steps are meant to be called in the order in which they stand here. Nothing that a reader
    can see changes before `publish`. `status` is that of the night it published, `failed` what
    became of it where a step failed, also after publication.
    """

    settings: Settings
    options: NightOptions
    run_id: str
    started_at: datetime = field(init=False)
    sessions: Sessions = field(init=False)
    configuration: Configuration = field(init=False)
    night: date = field(init=False)
    attempt: int = field(init=False, default=0)
    collected: Collected | None = None
    landing: Landing | None = None
    gates: list[Gate] = field(default_factory=list)
    freshness: tuple[Freshness, ...] = ()
    quarantined: tuple[Mapping[str, Any], ...] = ()
    orders: OrderSummary | None = None
    manifest: Manifest | None = None
    is_finished: bool = False
    status: RunStatus | None = None
    failed: RunStatus | None = None
    canaries: "Future[tuple[CanaryResult, ...]] | None" = None

    def __post_init__(self) -> None:
        options = self.options
        if options.rehearse:
            is_past, offline = options.as_of is not None, options.offline
            self.settings = begin_rehearsal(
                self.settings, options.rehearse, is_past=is_past, offline=offline
            )
        self.started_at = utc_now(self.settings)
        home = self.settings.home
        refuse_other_world(home.ledger, home.published, self.settings.world)
        refuse_lost_ledger(home)
        self.sessions = new_york_sessions()
        self.configuration = night_configuration(
            self.settings, as_of=options.as_of, now=self.started_at
        )
        self.night = self.sessions.latest_night(options.as_of or self.started_at)
        self._refuse_impossible_moments()
        if options.rehearse:
            remark_held_night(self.night, published_night(self.settings.home))

    @property
    def ending(self) -> RunStatus | None:
        """What became of the run; None where it neither published nor failed."""
        return self.failed or self.status

    @property
    def universe(self) -> Universe:
        """The configured symbols."""
        return self.configuration.universe

    @property
    def portfolio(self) -> "PortfolioConfig":
        """The configured portfolio."""
        return self.configuration.portfolio

    @property
    def decided_at(self) -> datetime:
        """The moment of the night's decision: nothing known later is read."""
        return self.sessions.decided_at(self.night)

    @property
    def is_fetching(self) -> bool:
        """Whether this run asks the providers; a night of the past is built from the ledger."""
        return self.options.as_of is None

    # --- the steps ------------------------------------------------------------------------------

    def ingest(self) -> Mapping[str, int]:
        """Fetch and land; returns the number of new rows per raw table."""
        self.settings.home.make_folders()
        finish_killed_run(self.settings.home)
        discard_finished(self.settings.home)
        repair_published(self.settings)
        with self.open_ledger() as ledger:
            catch_up_with_published(ledger, self.settings.home)
            self.attempt = next_attempt(ledger, self.night)
            if self.is_fetching:
                record_missed_sessions(
                    ledger,
                    self.night,
                    self.sessions,
                    run_id=self.run_id,
                    world=self.settings.world,
                    now=self.started_at,
                )
        if self.is_fetching:
            look_after_keys(self.settings, now=self.started_at)
            self.collected = self.fetch()
            for use in self.collected.quotas:
                if use.is_alarming:
                    log.warning("Quota: %s.", use.sentence)
        with self.open_ledger() as ledger:
            if self.collected is not None:
                self.landing = land_inputs(
                    ledger,
                    self.collected,
                    self.sessions,
                    run_id=self.run_id,
                    now=utc_now(self.settings),
                    raw_responses=self.settings.home.raw_responses,
                )
            else:
                self.landing = Landing(newest_version(ledger), {}, {})
        new_rows = sum(self.landing.new_rows.values())
        log.info(f"Landed {new_rows:,} new rows; ledger version {self.landing.ledger_version}.")
        if self.landing.ledger_version == 0:
            raise NightError(
                f"No provider delivered anything to build on. {self._problem_summary()}"
            )
        return self.landing.new_rows

    def gate_1(self) -> Gate:
        """Check what has landed; withhold bad rows, and measure how fresh every input is."""
        with self.open_ledger() as ledger:
            gate = check_landed(ledger, self.scope, ledger_version=self.ledger_version)
            self.freshness = self.measured_freshness(ledger)
        self.gates.append(gate)
        self.quarantined = gate.active_quarantine
        log.info(gate.sentence)
        for row in self.quarantined:
            log.error("%s is quarantined: %s", row["symbol"], row["reason"])
        if gate.is_blocked:
            raise NightError(f"Gate 1 refuses the landed rows: {gate.blocking_sentence}")
        if all(item.last_observation is None for item in self.freshness):
            raise NightError(f"There is no usable input at all. {self._problem_summary()}")
        return gate

    def begin_build(self) -> BuildContext:
        """Start the private build: its moment, ledger version, universe and calendar."""
        configuration = self.configuration
        context = BuildContext(
            night=self.night,
            as_of_at=self.decided_at,
            ledger_version=self.ledger_version,
            world=self.settings.world,
            code_hash=code_hash(),
            config_hash=configuration.config_hash,
            universe_name=self.universe.name,
            benchmark=self.universe.benchmark,
            members=self.universe.members,
            recorded_at=self.decided_at if self.is_fetching else self.started_at,
        )
        with self.open_ledger() as ledger:
            ledger.execute(
                "insert into ops.configs select ?, ? "
                "where ? not in (select config_hash from ops.configs)",
                [context.config_hash, configuration.snapshot, context.config_hash],
            )
        begin_build(self.settings.home.build, context, self.sessions)
        self.canaries = release_canaries()
        Thread(target=_import_ahead, daemon=True).start()
        log.info("Building features and signals with dbt.")
        return context

    def analyse(self) -> "dict[str, pd.DataFrame]":
        """Backtest, allocate and size orders on the finished models."""
        log.info("Running backtests and the allocation.")
        with self.open_ledger() as ledger:
            past = past_decisions(ledger, self.night, self.decided_at, self.ledger_version)
            trials = known_trials(ledger, before=self.ledger_version)
        results = compute_analytics(
            self.settings.home.build,
            self.night,
            self.portfolio,
            past,
            holdings=self.configuration.holdings,
            trials=trials,
        )
        with self.open_ledger() as ledger:  # who can see a result has tried
            register_trials(
                ledger, results.trials, home=self.settings.home, by=NIGHT, at=self.started_at
            )
        frames = results.tables()
        write_tables(self.settings.home.build, frames)
        holdings, orders = frames["analytics.holdings"], frames["analytics.orders"]
        self.orders = summed_up(holdings, orders, night=self.night)
        for sentence in self.orders.warnings if self.orders else ():
            log.warning("%s", sentence)
        held_back = frames["analytics.limit_usage"], frames["analytics.target_weights"]
        for sentence in restraint_sentences(*held_back):
            log.info("%s", sentence)
        return frames

    def gate_2(self) -> Gate:
        """Check models and results before anybody sees them, and that every check is alive."""
        from orchestration.expectations.canaries.judging import canary_sentence

        home = self.settings.home
        canaries = (self.canaries or release_canaries()).result()
        gate = check_build(home.build, self.scope, judge_results(home), canaries)
        self.gates.append(gate)
        log.info(canary_sentence(canaries))
        log.info(gate.sentence)
        return gate

    def publish(self) -> Manifest:
        """Complete the build with its record, hash it, and swap it in.

        A run that has built nothing publishes the build that another has finished.

        Raises
        ------
        NightError
            A gate refuses the night, or a step of it is missing; the old night stays.
        """
        makes_it = self.gates and not self.is_finished
        self.manifest = publish_night(self) if makes_it else publish_finished(self)
        return self.manifest

    def finish(self) -> Manifest:
        """Complete the build with its record and leave it to be published later.

        Raises
        ------
        NightError
            As `publish`.
        """
        if self.manifest is None:
            self.manifest, self.is_finished = finish_night(self), True
        return self.manifest

    def report(self) -> None:
        """Write what people open, from the published file."""
        report_night(self)

    def record_failure(self, sentence: str) -> None:
        """Remember that this attempt failed, in the ledger, the report and `run_status.json`."""
        record_failed_night(self, sentence)

    # --- what the steps share -------------------------------------------------------------------

    @property
    def ledger_version(self) -> int:
        """The version at which this night reads the ledger."""
        if self.landing is None:
            raise NightError("Nothing has been landed in this run: start the whole nightly job.")
        return self.landing.ledger_version

    @property
    def scope(self) -> NightScope:
        """What the gates must know about this night."""
        return NightScope(
            night=self.night,
            attempt=self.attempt,
            sessions=self.sessions,
            universe=self.universe,
            portfolio=self.portfolio,
            is_fetching=self.is_fetching,
        )

    def open_ledger(self) -> AbstractContextManager[Connection]:
        """Open this home's ledger for writing, for as short as possible."""
        return opened_ledger(
            self.settings.home.ledger, self.settings.world, now=utc_now(self.settings)
        )

    def measured_freshness(self, ledger: Connection) -> tuple[Freshness, ...]:
        """How new every input of this night is."""
        return measure_freshness(
            ledger,
            self.night,
            self.sessions,
            bar_symbols=self.universe.bar_symbols,
            required_symbols=self.universe.required_symbols(self.night),
        )

    def fetch(self, parts: Collection[str] | None = None) -> Collected:
        """Ask the providers, for some parts only or for all; the sandbox's server runs meanwhile.

        `parts`: names of `orchestration.steps.PARTS`.
        """
        symbols, faults = self.universe.bar_symbols, rehearsal_rules(self.options.rehearse)
        with open_market(
            self.settings, now=self.started_at, symbols=symbols, faults=faults
        ) as reached:
            fetching = Fetching(
                sources=reached.source_settings(),
                clock=clock_of(self.settings),
                say=log.info,
                force_refresh=self.options.force_refresh,
                offline=self.options.offline,
                run_id=self.run_id,
            )
            wanted = night_inputs(self.night, self.universe, self.sessions, fetching)
            return fetch_inputs(wanted if parts is None else narrowed(wanted, parts), fetching)

    @property
    def is_recordable(self) -> bool:
        """Whether its decisions enter the record: they must precede the open they are for."""
        return self.is_fetching and self.is_before_open_after(self.night)

    def is_before_open_after(self, night: date) -> bool:
        """Whether the session that a night decides has not opened yet."""
        opens = self.sessions.at(self.sessions.next_session(night), SESSION_OPENS)
        return utc_now(self.settings) < opens

    def _refuse_impossible_moments(self) -> None:
        """No night of the future, and no later night replaced because a clock is wrong."""
        if self.options.as_of is not None and self.options.as_of > self.started_at:
            raise UsageError(
                f"--as-of lies in the future: it is {self.started_at:%Y-%m-%d %H:%M} UTC now."
            )
        latest = published_night(self.settings.home)
        if self.is_fetching and latest is not None and self.night < latest:
            raise NightError(
                f"The clock says {self.started_at:%Y-%m-%d %H:%M} UTC but night {latest} is "
                "already published: correct the clock, or build the older night with --as-of."
            )

    def _problem_summary(self) -> str:
        collected = self.collected
        return outage_sentence(collected.fetches, collected.problems) if collected else ""


def _import_ahead() -> None:
    """Import what the steps after dbt need while this process waits for dbt's."""
    import orchestration.pages  # noqa: F401
