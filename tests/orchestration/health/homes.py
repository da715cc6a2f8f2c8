"""A home in which nothing is wrong, made by hand in the shapes that a night leaves behind."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from ingestion.cache import Cache
from ingestion.database import CacheDatabase
from orchestration.health.examine import ALL, examine
from orchestration.health.finding import Finding
from orchestration.resources import Settings, load_settings
from reports.status import RunStatus
from tests.warehouse.test_ledger import bars, put
from warehouse.backup.manifest import MANIFEST, BackupManifest, State, write_manifest
from warehouse.connection import connect
from warehouse.home import Home
from warehouse.landing_log import append_to_log
from warehouse.ledger import open_ledger
from warehouse.seal import seal

WORLD = "sandbox:7"
NIGHT = date(2024, 6, 28)
NOW = datetime(2024, 6, 28, 22, 30, tzinfo=UTC)
SESSIONS = [date(2024, 6, day) for day in (20, 21, 24, 25, 26, 27, 28)] + [date(2024, 7, 1)]
FUNDS = {"credit": ("HYG", "LQD"), "volatility": ("SVXY", "VXX")}
MEMBERS = ("AAPL", "KO")
DEFAULTS = {
    "equities": "balanced_position",
    "credit": "zscore_percentile",
    "volatility": "contango",
    "intraday": "rare_5m",
}

RUNS = """
create table daemon_heartbeats (
    id integer primary key, daemon_type varchar(255) not null, daemon_id varchar(255),
    timestamp timestamp not null, body text, unique (daemon_type)
);
"""
SCHEDULES = """
create table instigators (
    id integer primary key, selector_id varchar(255), repository_selector_id varchar(255),
    status varchar(63), instigator_type varchar(63), instigator_body text
);
create table job_ticks (
    id integer primary key, job_origin_id varchar(255), selector_id varchar(255),
    status varchar(63), type varchar(63), timestamp timestamp, tick_body text
);
insert into instigators (status, instigator_type) values ('STOPPED', 'SENSOR'),
    ('RUNNING', 'SCHEDULE');
insert into job_ticks (status, type, timestamp) values
    ('FAILURE', 'SCHEDULE', '2024-06-27 21:35:00.000000'),
    ('SUCCESS', 'SCHEDULE', '2024-06-28 21:35:00.000000');
"""
"""The tables of Dagster 1.13, as `.schema` shows them, without what nobody reads here."""


def healthy_home(root: Path) -> Home:
    """Ledger, responses, published night, cache, daemon, status and backup, all of one night."""
    home = Home(root)
    home.make_folders()
    _ledger(home)
    publish(home)
    _cache(home)
    for name, script in (("history/runs.db", RUNS), ("schedules/schedules.db", SCHEDULES)):
        path = home.dagster / name
        path.parent.mkdir(parents=True)
        with closing(sqlite3.connect(path)) as database:
            database.execute("pragma journal_mode = wal")
            database.executescript(script)
    beat(home, NOW - timedelta(seconds=40))
    say_status(home)
    back_up(home, NOW - timedelta(days=1))
    return home


def settings_of(home: Home, *, now: datetime = NOW) -> Settings:
    """The settings of a run in this home."""
    loaded = load_settings({"MQP_HOME": str(home.root), "MQP_SOURCES": "sandbox"})
    return replace(loaded, pinned_now=now)


def findings(
    home: Home, component: str = ALL, *, now: datetime = NOW
) -> dict[tuple[str, str], Finding]:
    """What is found, by component and check: each pair once."""
    every = list(examine(settings_of(home, now=now), component))
    by_name = {(each.component, each.check): each for each in every}
    assert len(by_name) == len(every)
    return by_name


def _ledger(home: Home) -> None:
    with connect(home.ledger) as ledger:
        open_ledger(ledger, WORLD, now=NOW)
        put(ledger, NOW, polygon__daily_bars=bars([("KO", NIGHT, 63.0)], fetched_at=NOW))
        append_to_log(ledger, home.raw_responses)
    stored = home.raw_responses / "polygon" / NIGHT.isoformat() / "aa-12345678.gz"
    stored.parent.mkdir(parents=True)
    stored.touch()  # of a response only the name is looked at


def land_again(home: Home) -> None:
    """Land a second version, and log it."""
    with connect(home.ledger) as ledger:
        put(ledger, NOW, polygon__daily_bars=bars([("KO", NIGHT, 64.0)], fetched_at=NOW))
        append_to_log(ledger, home.raw_responses)


def publish(home: Home, *changes: str) -> None:
    """Make the published file, with some statements more, and seal it."""
    home.published.unlink(missing_ok=True)
    traded = [(s, f) for s, funds in FUNDS.items() for f in funds]
    traded += [("equities", symbol) for symbol in MEMBERS]
    symbols = ", ".join(f"'{symbol}'" for _, symbol in traded)
    days = ", ".join(f"date '{day}'" for day in SESSIONS)
    signals = ", ".join(
        f"('{strategy}', '{DEFAULTS[strategy]}', '{symbol}')" for strategy, symbol in traded
    )
    defaults = ", ".join(f"('{strategy}', '{name}', true)" for strategy, name in DEFAULTS.items())
    night, moment = f"date '{NIGHT}'", "timestamptz '2024-06-28 20:30:00+00'"
    with connect(home.published) as built:
        for schema in ("ops", "marts", "quality", "intermediate"):
            built.execute(f"create schema {schema}")
        for statement in (
            f"create table ops.build_context as select {night} as night, {moment} as as_of_at, "
            f"1 as ledger_version, '{WORLD}' as world",
            f"create table ops.nights as select {night} as night, 1 as attempt, 'CLEAN' as status",
            "create table ops.exchange_sessions as select d as session_date, "
            f"d + interval '20 hours 15 minutes' as bar_available_at from unnest([{days}]) as t(d)",
            "alter table ops.exchange_sessions alter bar_available_at type timestamptz",
            f"create table ops.universe_members as select unnest({list(MEMBERS)}) as symbol, "
            "null::date as from_date, null::date as to_date",
            "create table quality.quarantine (symbol varchar, released_at timestamptz)",
            f"create table marts.fct_prices as select unnest([{symbols}]) as symbol, "
            f"{night} as session_date",
            "create table intermediate.int_symbol_sessions_spanned as select symbol, "
            "session_date, true as is_decided, false as is_ended, null::varchar as freeze_reason "
            "from marts.fct_prices",
            f"create table marts.dim_variants as from (values {defaults}) "
            "as t(strategy, variant, is_default)",
            "create table marts.fct_signals as select strategy, variant, symbol, "
            f"{night} as session_date, 0.5 as target_weight from (values {signals}) "
            "as t(strategy, variant, symbol)",
            f"create table marts.fct_sentiment as select {night} as session_date, "
            "3 as article_count",
            "create table marts.fct_spreads as select date '2024-06-27' as session_date, "
            "'oas' as spread_source, timestamptz '2024-06-28 13:00:00+00' as available_at",
            f"create table marts.fct_term_structure as select {night} as session_date, "
            "12.4 as vix, 14.1 as vix3m",
            f"create table marts.fct_intraday_signals as select {night} as session_date, "
            "'SPY' as symbol, 'rare_5m' as variant, 1 as signal, "
            "timestamptz '2024-06-28 20:00:00+00' as bar_end_at",
            *changes,
        ):
            built.execute(statement)
    seal(home.published)


def _cache(home: Home) -> None:
    root = home.data / "cache"
    database = CacheDatabase(root, WORLD)
    for symbol in ("AAPL", "KO"):
        Cache(root, database).write(
            "polygon", "daily_bars", symbol, pa.table({"close": [1.0]}),
            start=NIGHT, end=NIGHT, updated_at=NOW,
        )  # fmt: skip
    database.close()


def beat(home: Home, moment: datetime) -> None:
    """Write the daemon's sign of life, as Dagster does: UTC without saying so."""
    with closing(sqlite3.connect(home.dagster / "history" / "runs.db")) as runs, runs:
        runs.execute(
            "insert or replace into daemon_heartbeats (daemon_type, timestamp) values (?, ?)",
            ("SCHEDULER", moment.replace(tzinfo=None).isoformat(" ", "microseconds")),
        )


def say_status(home: Home, status: str = "CLEAN", reasons: tuple[str, ...] = ()) -> None:
    """Write `run_status.json`."""
    said = RunStatus(
        night=NIGHT, status=status, attempt=1, run_id="run", world=WORLD, as_of_at=NOW,
        started_at=NOW, finished_at=NOW, ledger_version=1, code_hash="c", config_hash="f",
        reasons=reasons,
    )  # fmt: skip
    (home.reports / "run_status.json").write_text(said.to_json())


def back_up(home: Home, moment: datetime, root: Path | None = None) -> Path:
    """Leave the manifest of a backup, in the home's own folder or in `root`; returns its path."""
    folder = (root or home.root / "backups") / f"{moment:%Y-%m-%dT%H-%M-%SZ}"
    folder.mkdir(parents=True)
    write_manifest(folder, BackupManifest(moment, "c", State(WORLD, NOW, 1, {}), {}))
    return folder / MANIFEST
