"""Two nights as a chain of states, each differing from the one before in one factor only.

::

    night A as published
      ▼ code              A with the present code
      ▼ revised rows      A at B's ledger version, with B's record of gate 1
      ▼ configuration     with B's universe, sleeves, costs, target, but A's limits
      ▼ limits            with B's limits
      ▼ new sessions      night B with the present code
      ▼ code              night B as published

Nothing is computed twice: a state whose inputs are those of another one is that state, and what B's
computation says of A's session is A at B's ledger version.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from analytics.errors import ConfigurationError
from orchestration.build import compute_analytics, write_tables
from orchestration.configuration import Configuration, recorded_configuration
from orchestration.difference.configurations import is_alike, is_same_universe, with_limits_of
from orchestration.difference.nights import ComparedNight
from orchestration.difference.states import Results, State, read_state
from orchestration.errors import UsageError
from orchestration.rebuild import Moment
from warehouse.connection import Connection, connect, quoted_path
from warehouse.revisions import has_lost_rows, is_unrevised
from warehouse.sessions import Sessions

FACTOR_ORDER = (
    "code", "revised_rows", "configuration", "limits", "new_sessions", "code",
)  # fmt: skip
"""What is swapped between the states of a chain; the code stands at both ends."""

Build = Callable[[Moment, Path], Path]


@dataclass(frozen=True)
class Tools:
    """What a chain works with.

    `ledger`: open for reading. `published`: a whole file of the later night, None where it is not
    at hand. `build`: builds a night into a file. `scratch`: a folder for files that nobody keeps.
    `say`: told what takes long, sentence by sentence.
    """

    ledger: Connection
    sessions: Sessions
    present_code: str
    published: Path | None
    build: Build
    scratch: Path
    say: Callable[[str], None]


@dataclass(frozen=True)
class Chain:
    """The states in the order of `FACTOR_ORDER`, one more than factors.

    `last`: the later night's results as published. `notes`: what could not be told apart.
    """

    states: tuple[State, ...]
    last: Results
    notes: tuple[str, ...] = ()


def chain_of(earlier: ComparedNight, later: ComparedNight, tools: Tools) -> Chain:
    """Read or compute every state between two nights.

    Raises
    ------
    UsageError
        The present release does not accept the later night's configuration.
    NightError
        A build fails.
    """
    return _Links(earlier, later, tools).chain()


def allocate_again(source: Path, night: date, configuration: Configuration, target: Path) -> Path:
    """Compute the results of a night from the models of a file that may end later.

    Parameters
    ----------
    source : a whole file of this universe that ends with the night, or after it.
    target : the file to write; it holds the results, the signals and the bill. It is returned.

    Raises
    ------
    ConfigurationError
        The configuration lacks what a traded symbol needs.
    """
    results = compute_analytics(source, night, configuration.portfolio)
    with connect(target) as connection:
        connection.execute(f"attach '{quoted_path(source)}' as models (read_only)")
        for name in ("marts.fct_signals", "intermediate.int_macro_as_of"):
            connection.execute(f"create schema {name.split('.')[0]}")
            connection.execute(f"create table {name} as from models.{name}")
        connection.execute("detach models")
    write_tables(target, results.tables())
    return target


class _Links:
    """The work on one chain; A is the earlier night, B the later one."""

    def __init__(self, earlier: ComparedNight, later: ComparedNight, tools: Tools) -> None:
        self._a, self._b, self._tools = earlier, later, tools
        self._wanted = recorded_configuration(later.recorded.configuration)
        self._notes: list[str] = []
        self._files = 0
        self._end: Results

    def chain(self) -> Chain:
        first, begin = self._sides(self._a, None)
        last, end = self._sides(self._b, self._tools.published)
        self._end = end or last
        published = self._of_a(first)
        if begin is None:
            start = self._of_a(self._end)
            between = (start, start, start)
        else:
            start = published if begin is first else self._of_a(begin)
            between = self._between(start)
        after = self._of_b(self._end)
        final = after if self._end is last else self._of_b(last)
        states = (published, start, *between, after, final)
        return Chain(states, last, tuple(self._notes))

    def _sides(self, night: ComparedNight, whole: Path | None) -> tuple[Results, Results | None]:
        """A night as it was published, and as the present code sees it."""
        source = whole or night.folder
        recorded = night.recorded
        if source is not None and recorded.code_hash == self._tools.present_code:
            published = Results(source, night.night)
            return published, published
        try:
            configuration = recorded_configuration(recorded.configuration)
        except UsageError as err:
            if source is None:
                raise
            self._notes.append(
                f"The present release does not accept the configuration of night {night.night}: "
                f"what rows, configuration and limits did stands under code. {err}"
            )
            return Results(source, night.night), None
        why = "the code has changed since" if source else "its results are not kept any more"
        self._tools.say(f"Building night {night.night} again: {why}.")
        present = self._built(
            Moment(night.night, recorded.ledger_version, recorded.as_of_at, configuration)
        )
        if has_lost_rows(self._tools.ledger, recorded.ledger_version):
            self._notes.append(
                f"Rows that night {night.night} had read were purged since (`ops.tombstones`): "
                "built again it lacks them, and what they did stands under code."
            )
        if source is None:
            self._notes.append(
                f"The results of night {night.night} are not kept any more: they were rebuilt "
                "from the ledger with the present code."
            )
            return present, present
        return Results(source, night.night), present

    def _between(self, start: State) -> tuple[State, State, State]:
        """Night A with revised rows, then with B's configuration too, then with its limits too."""
        before = recorded_configuration(self._a.recorded.configuration)
        revised = start if self._is_unrevised() else self._of_a(self._at(before))
        if is_alike(before, self._wanted):
            return revised, revised, revised
        try:
            mixed = with_limits_of(self._wanted, before)
            configured = revised if is_alike(mixed, before) else self._of_a(self._at(mixed))
        except (UsageError, ConfigurationError) as err:
            self._notes.append(
                "The new configuration does not go with the old limits: what the limits did "
                f"stands under configuration. {err}"
            )
            limited = self._of_a(self._end)
            return revised, limited, limited
        is_limited = is_alike(mixed, self._wanted)
        return revised, configured, configured if is_limited else self._of_a(self._end)

    def _is_unrevised(self) -> bool:
        a, b = self._a.recorded, self._b.recorded
        return is_unrevised(
            self._tools.ledger,
            a.ledger_version,
            b.ledger_version,
            decided_at=a.as_of_at,
            recorded=(a.as_of_at, b.as_of_at),
        )

    def _at(self, configuration: Configuration) -> Results:
        """Night A at B's ledger version, by the cheapest way there is."""
        if is_alike(configuration, self._wanted):
            return self._end
        night = self._a.night
        if self._end.is_whole and is_same_universe(configuration, self._wanted):
            self._tools.say(f"Allocating night {night} with another configuration.")
            file = allocate_again(self._end.source, night, configuration, self._next_file())
            return Results(file, night)
        self._tools.say(f"Building night {night} with another configuration.")
        b = self._b.recorded
        return self._built(Moment(night, b.ledger_version, b.as_of_at, configuration))

    def _built(self, moment: Moment) -> Results:
        return Results(self._tools.build(moment, self._next_file()), moment.night)

    def _next_file(self) -> Path:
        self._files += 1
        return self._tools.scratch / f"state_{self._files}.duckdb"

    def _of_a(self, results: Results) -> State:
        return self._read(results, self._a)

    def _of_b(self, results: Results) -> State:
        return self._read(results, self._b)

    def _read(self, results: Results, side: ComparedNight) -> State:
        return read_state(results, side.night, self._tools.sessions, self._wanted.portfolio)
