"""dbt inside this process: the project is read once and then built as often as asked.

A night starts dbt in a process of its own, through Dagster. Proofs, replays and differences build
many times in a row, where starting and parsing would take longer than the models.
"""

import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.build import dbt_arguments, dbt_environment
from orchestration.errors import NightError
from orchestration.manifest import is_current, mark_as_current
from warehouse.home import Home

MODELS_ONLY = ("seed", "model")
"""What a build makes: no tests, which a night runs once."""
KEY_TESTS = ("grain", "unique")
MEMORY = "partial_parse.msgpack"
NOWHERE = Home(Path("nowhere"))
"""For reading the project, which opens no file: dbt reads all of it once more where the files of
the profile lie elsewhere than the last time."""
QUIETLY = ("--quiet", "--log-level", "none", "--log-level-file", "none")
"""What fails is in the result; dbt would write every event's line before it decides to drop it."""


@dataclass(frozen=True)
class Model:
    """One model of the project, as dbt's manifest tells it.

    `relation`: schema and name. `file`: its path in the project. `meta`: what its YAML says under
    `meta`. `parents`: relations of the models and seeds it reads. `key`: the columns of its first
    `grain` or `unique` test, empty without one.
    """

    relation: str
    file: str
    meta: Mapping[str, Any]
    parents: tuple[str, ...]
    key: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tested:
    """What dbt says of one data test.

    `relations`: schema and name of the sources it reads, in the test's own order. `failures`: rows
    that it found; `query` finds them again, empty when it could not run. `problem`: why it could
    not, in dbt's words, else empty. `is_warning`: its failure is told and changes nothing.
    """

    name: str
    description: str
    relations: tuple[str, ...]
    failures: int
    query: str
    problem: str = ""
    is_warning: bool = False


class DbtSession:
    """A parsed project, bound to one scratch home; it holds this process's dbt adapter.

    Parameters
    ----------
    home : the scratch home.
    threads : how many models are built at a time, and how many threads DuckDB uses for each; what
        the profile says and all cores when left out.

    Raises
    ------
    NightError
        The project does not parse, or a model fails; the sentence names what dbt says of it.
    """

    def __init__(self, home: Home, *, threads: int | None = None) -> None:
        from dbt.cli.main import dbtRunner

        self._home, self._threads = home, threads
        home.make_folders()
        self._runner = dbtRunner
        self._manifest: Any = _remembered(home)
        if self._manifest is None:
            with _environment_of(NOWHERE):
                parse = ["parse", *_limits(threads), *QUIETLY, *dbt_arguments(home)]
                parsed = dbtRunner().invoke(parse)
            if not parsed.success:
                raise NightError(f"The dbt project cannot be read: {_said(parsed.exception)}")
            self._manifest = parsed.result
            mark_as_current(home)  # or the asset graph would have it read once more

    @property
    def models(self) -> tuple[Model, ...]:
        """Every enabled model of the project, a user's own included, in order of name."""
        nodes = self._manifest.nodes
        relations = {name: f"{node.schema}.{node.name}" for name, node in nodes.items()}
        keys = self._keys()
        return tuple(
            sorted(
                (
                    Model(
                        relation=relations[name],
                        file=node.original_file_path,
                        meta=dict(node.config.meta or {}),
                        parents=tuple(
                            relations[parent]
                            for parent in node.depends_on.nodes
                            if parent in relations
                        ),
                        key=keys.get(name, ()),
                    )
                    for name, node in nodes.items()
                    if str(node.resource_type) == "model"
                ),
                key=lambda model: model.relation,
            )
        )

    def _keys(self) -> dict[str, tuple[str, ...]]:
        """Model id to the columns that its tests say name a row."""
        found: dict[str, tuple[str, ...]] = {}
        for node in self._manifest.nodes.values():
            test = getattr(node, "test_metadata", None)
            if test is None or test.name not in KEY_TESTS:
                continue
            columns = test.kwargs.get("columns") or [test.kwargs.get("column_name")]
            found.setdefault(str(node.attached_node), tuple(map(str, columns)))
        return found

    def build(
        self,
        select: Sequence[str] = (),
        *,
        kinds: Sequence[str] = MODELS_ONLY,
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        """Build seeds and models (no tests) into the home's build file.

        Parameters
        ----------
        select : dbt's own selection words; everything when empty.
        kinds : what is built of it.
        variables : that differ from the project's.
        """
        chosen = ("--select", *select) if select else ()
        limits = _limits(self._threads, variables)
        done = self._done(("build", *only(kinds), *chosen, *limits))
        if not done.success:
            raise NightError(f"dbt cannot build: {_failures(done)}")

    def test(self, select: Sequence[str]) -> tuple[Tested, ...]:
        """Run data tests on the home's build file.

        Parameters
        ----------
        select : dbt's own selection words.

        Returns
        -------
        What each test found, in order of name.

        Raises
        ------
        NightError
            dbt ran none of them.
        """
        done = self._done(("test", "--select", *select, *_limits(self._threads)))
        rows = getattr(done.result, "results", None) or []
        if not rows:
            raise NightError(f"dbt has tested nothing: {_said(done.exception)}")
        relations = {
            name: f"{source.schema}.{source.name}"
            for name, source in self._manifest.sources.items()
        }
        outcomes = (_tested(row, relations) for row in rows if _is_test(row))
        return tuple(sorted(outcomes, key=lambda outcome: outcome.name))

    def _done(self, words: Sequence[str]) -> Any:
        """Let dbt do something in the home."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        arguments = [*words, *QUIETLY, "--no-write-json", *dbt_arguments(self._home)]
        try:
            with _environment_of(self._home):
                return self._runner(manifest=self._manifest).invoke(arguments)
        finally:
            # or the next command would find this one's file still open
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
            logging.getLogger("dbt").handlers.clear()


def only(kinds: Sequence[str]) -> tuple[str, ...]:
    """Words of the command line that select kinds of resources."""
    return tuple(word for kind in kinds for word in ("--resource-type", kind))


def _remembered(home: Home) -> Any:
    """The project as dbt read it last, where it has not changed since; None otherwise.

    A night has read it with the profile's files in its home, and dbt would not accept that here.
    """
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder
    from dbt.version import __version__

    if not is_current(home):
        return None
    try:
        packed = (home.dbt_target / MEMORY).read_bytes()
        manifest = Manifest.from_msgpack(packed, decoder=extended_mashumuro_decoder)
    except Exception:  # none, damaged, or another release's: whatever its decoder says of that
        return None
    if manifest.metadata.dbt_version != __version__ or manifest.env_vars:
        return None  # what a user's model takes from the environment may be another now
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]
    return manifest


def _limits(threads: int | None, variables: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """Words of the command line that set dbt's threads and, by a variable, DuckDB's."""
    given = dict(variables or {})
    if threads is not None:
        given["duckdb_threads"] = threads
    words = ("--vars", json.dumps(given)) if given else ()
    return words if threads is None else ("--threads", str(threads), *words)


@contextmanager
def _environment_of(home: Home) -> Iterator[None]:
    """Point dbt to a home; afterwards this process belongs to its own home again."""
    before = dict(os.environ)
    os.environ.update(dbt_environment(home))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _failures(done: Any) -> str:
    results = getattr(done.result, "results", None) or []
    failed = [
        f"{row.node.name} ({' '.join(str(row.message).split())})"
        for row in results
        if str(row.status) in ("error", "fail")
    ]
    return "; ".join(failed[:3]) or _said(done.exception)


def _is_test(row: Any) -> bool:
    return str(row.node.resource_type) == "test"


def _tested(row: Any, relations: Mapping[str, str]) -> Tested:
    node, status = row.node, str(row.status)
    has_run = status in ("pass", "fail", "warn")
    return Tested(
        name=node.name,
        description=node.description,
        relations=tuple(
            relations[parent] for parent in node.depends_on.nodes if parent in relations
        ),
        failures=int(row.failures or 0) if has_run else 0,
        query=str(node.compiled_code or "") if has_run else "",
        problem="" if has_run else " ".join(str(row.message or status).split()),
        is_warning=str(node.config.severity).lower() == "warn",
    )


def _said(problem: BaseException | None) -> str:
    text = " ".join(str(problem).split()) if problem else "dbt did not say why"
    return text[:600]
