"""The ledger and the published file: there, whole, of this world, and of one mind."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from orchestration.health.finding import Finding, named
from orchestration.resources import Settings, utc_now
from warehouse.connection import Connection, connect, read_all
from warehouse.errors import NotPublishedError, WarehouseBusyError, WarehouseError
from warehouse.landing_log import LandingLog, read_log
from warehouse.lock import lock_holder
from warehouse.seal import is_sealed
from warehouse.sessions import new_york_sessions
from warehouse.why.reading import filled

MOST_BYTES_READ = 256 * 1024**2  # a second or less; ten years of nights take a tenth of that
OTHER_WORLD = "set MQP_HOME to another folder, or the settings of the first"
LOST = "move it away, then run `mqp restore --from-responses` (docs/RUNBOOK.md, Lost ledger)"


@dataclass(frozen=True)
class Night:
    """The published file, open for reading, and what it says of itself.

    `due`: the night that could be there by now.
    """

    published: Connection
    night: date
    status: str | None
    ledger_version: int
    world: str
    due: date

    @property
    def is_fresh(self) -> bool:
        """Whether no later night is due."""
        return self.night >= self.due

    def rows(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of a query; `$name` stands for a parameter, without DuckDB importing pandas."""
        return self.published.execute(filled(query, parameters)).fetchall()


@dataclass(frozen=True)
class Unread:
    """Why no published night can be read: `warn` before the first one, `fail` afterwards."""

    state: str
    why: str


@contextmanager
def opened_night(settings: Settings) -> Iterator[Night | Unread]:
    """Open the published file once for all that is looked at."""
    home = settings.home
    was_published = home.published.exists() or any(home.nights.glob("*/"))
    with ExitStack() as stack:
        try:
            published = stack.enter_context(connect(settings.home.published, read_only=True))
            opened: Night | Unread = _read(published, settings)
        except (WarehouseError, duckdb.Error) as err:
            opened = Unread("fail" if was_published else "warn", str(err).splitlines()[0])
        yield opened


def _read(published: Connection, settings: Settings) -> Night:
    row = published.execute(
        "select c.night, (select n.status from ops.nights as n where n.night = c.night "
        "order by n.attempt desc limit 1), c.ledger_version, c.world from ops.build_context as c"
    ).fetchone()
    if row is None or row[0] is None:
        raise NotPublishedError("The published file holds no night: run `mqp nightly`.")
    night, status, version, world = row
    due = _due(published, night, utc_now(settings))
    return Night(published, night, status, version, world, due)


def _due(published: Connection, night: date, now: datetime) -> date:
    """The session that a run would compute now.

    The file knows when the session after its own is ready; only later is the exchange calendar
    needed, whose import takes half of the time that a person waits for.
    """
    try:
        later = (
            "select min(bar_available_at) from ops.exchange_sessions where session_date > $night"
        )
        row = published.execute(filled(later, {"night": night})).fetchone()
    except duckdb.CatalogException:
        row = None
    if row and row[0] and now < row[0]:
        return night
    return new_york_sessions().latest_night(now)


def published_finding(settings: Settings, night: Night | Unread) -> Finding:
    """Whether the published file is whole, of this world, and shows the night that is due."""
    state, detail = _published(settings, night)
    return Finding("warehouse", state, detail, "published")


def _published(settings: Settings, night: Night | Unread) -> tuple[str, str]:
    home = settings.home
    if not is_sealed(home.published):
        from orchestration.repair import damage_of_home  # reads every row, with pandas behind it

        if damage := damage_of_home(home):
            cure = "`mqp nightly` or `mqp replay` builds it again from the ledger"
            return "fail", f"{damage} {cure}"
    if isinstance(night, Unread):
        return night.state, night.why
    if night.world != settings.world:
        other = f"belongs to world '{night.world}', this environment is '{settings.world}'"
        return "fail", f"{other}: {OTHER_WORLD}"
    if not night.is_fresh:
        if late := _overdue(settings, night.night):
            return "fail", late
        return "warn", f"shows night {night.night}; {night.due} is due: run `mqp nightly`"
    return "ok", f"night {night.night}, {night.status}, ledger version {night.ledger_version}"


def _overdue(settings: Settings, night: date) -> str | None:
    """The sentence about a night that a schedule should have published; None without one."""
    from orchestration.overdue import overdue_night
    from orchestration.timetable import load_timetable

    timetable = load_timetable()
    if not timetable.is_on(settings.world):
        return None
    late = overdue_night(
        night, utc_now(settings), timetable=timetable, sessions=new_york_sessions()
    )
    return late.sentence if late else None


def ledger_finding(settings: Settings, night: Night | Unread) -> Finding:
    """Whether the ledger is there, can be read to its end, and has lost no version.

    While a run holds the writer lock it is left alone; nothing is waited for.
    """
    read_version = 0 if isinstance(night, Unread) else night.ledger_version
    state, detail = _ledger(settings, read_version)
    return Finding("ledger", state, detail, "ledger")


def _ledger(settings: Settings, read_version: int) -> tuple[str, str]:
    home = settings.home
    log = read_log(home.raw_responses)
    if not home.ledger.exists():
        if log.landings:
            lost = "gone, though rows have landed here: run `mqp restore --from-responses`"
            return "fail", lost
        return "warn", "not there yet: run `mqp nightly`"
    size = home.ledger.stat().st_size
    told = f"{size / 1024**2:.1f} MiB"
    if holder := lock_holder(home.writer_lock):
        return "ok", f"{told}; process {holder} is writing: looked at when it has finished"
    try:
        with connect(home.ledger, read_only=True) as ledger:
            if size <= MOST_BYTES_READ:
                read_all(ledger)
            state, judged = _judged(ledger, settings, log, read_version)
            return state, f"{told}, {judged}"
    except WarehouseBusyError:
        return "ok", f"{told}; another process has it open: looked at when it has finished"
    except (WarehouseError, duckdb.Error) as err:
        told = str(err).splitlines()[0].removeprefix(home.ledger.name).strip(" .")
        return "fail", f"{home.ledger.name} {told}: {LOST}"


def _judged(
    ledger: Connection, settings: Settings, log: LandingLog, read_version: int
) -> tuple[str, str]:
    """World and newest version, against the environment, the landing log and the published night.

    `read_version`: at which the published night has read the ledger.
    """
    world, begun_at, version = ledger.execute(
        "select world, created_at, (select coalesce(max(ledger_version), 0) from ops.landings) "
        "from ops.world"
    ).fetchone() or (None, None, 0)
    if world != settings.world:
        other = f"belongs to world '{world}', this environment is '{settings.world}'"
        return "fail", f"{other}: {OTHER_WORLD}"
    logged = [entry for entry in log.landings if entry.begun_at == begun_at]
    newest = logged[-1].ledger_version if logged else 0
    if (seen := max(newest, read_version)) > version:
        return "fail", (
            f"ends at version {version}, though version {seen} has landed here: it is an older "
            f"copy; {LOST}"
        )
    if newest < version:
        behind = f"version {version}, and the landing log ends at {newest}"
        return "warn", f"{behind}: the next night writes what it lacks"
    return "ok", f"version {version}"


def quarantine_finding(night: Night | Unread) -> Finding:
    """Whose rows the published night withholds."""
    state, detail = _quarantine(night)
    return Finding("quarantine", state, detail, "quarantine")


def _quarantine(night: Night | Unread) -> tuple[str, str]:
    if isinstance(night, Unread):
        return "warn", "not known without a readable published night"
    try:
        rows = night.rows(
            "select distinct symbol from quality.quarantine where released_at is null order by 1"
        )
    except duckdb.Error:
        return "warn", "the published file does not tell"
    if not rows:
        return "ok", "nothing is withheld"
    symbols = named(str(row[0]) for row in rows)
    return "warn", f"rows of {symbols} are withheld: `mqp quarantine list` says which and why"


def warehouse_findings(settings: Settings, night: Night | Unread) -> Iterator[Finding]:
    """Ledger, published file, and what is withheld of it."""
    yield ledger_finding(settings, night)
    yield published_finding(settings, night)
    yield quarantine_finding(night)
