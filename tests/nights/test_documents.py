"""Every command of the documents that operators hold in their hands is run: here, or by a test.

A command without a place in these tables fails, and so does a place without a command. Dates and
files that stand for the reader's own are those of the small night.
"""

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.nights.shown_elsewhere import SHOWN_BY
from tests.quick_command import quick_mqp
from tests.written_commands import ROOT, Written, written_commands
from warehouse.connection import connect
from warehouse.home import Home

DOCUMENTS = tuple(
    f"docs/{name}.md" for name in ("RUNBOOK", "dr_checklist", "release_checklist", "research")
)
STANDS_FOR = {"2026-11-20": "2024-06-28", "SYMBOL": "AAPL"}

ENDS_WITH = {
    "mqp health": 0,
    "mqp health --component credit": 0,
    "mqp health --component equities": 0,
    "mqp health --component warehouse": 0,
    "mqp ping": 0,
    "mqp doctor": 0,
    "mqp keys": 0,
    "mqp keys reviewed polygon": 0,
    "mqp notify": 0,
    "mqp notify --test": 2,  # no webhook is set
    "mqp cache show": 0,
    "mqp cache purge --provider polygon --symbol AAPL": 0,
    "mqp cache purge": 2,  # of whom is not said
    "mqp cache purge --with-history": 2,
    "mqp quarantine list": 0,
    "mqp sentiment": 0,
    "mqp sentiment --recompute": 0,
    "mqp diff": 2,  # there is no earlier night
    "mqp diff --json": 2,
    "mqp diff 2026-11-20": 2,
    "mqp diff 2026-11-18 2026-11-20": 2,
    "mqp why": 0,
    "mqp why AAPL": 0,
    "mqp why SYMBOL": 0,
    "mqp why AAPL --all": 0,
    "mqp why AAPL --json": 0,
    "mqp why AAPL 2026-11-20": 0,
    "mqp why 2026-11-20": 0,
    "mqp why HYG --strategy credit": 0,
    "mqp why credit": 0,
    "mqp why portfolio": 0,
    "mqp nightly --rehearse list": 0,
    "mqp portfolio --dry-run": 0,
    "mqp portfolio --target-vol": 2,  # of which one
    "mqp backup": 0,
    "mqp report --format csv,json,html --output FOLDER": 0,
}
"""Commands that are run here, with the exit code that a whole night of a simulated market gives."""

SHELL = {
    "export MQP_HOME=~/mqp-rehearsal MQP_SOURCES=sandbox",
    "source .venv/bin/activate",
    "chmod 600 .env",
    "mv warehouse/ledger.duckdb warehouse/ledger.damaged",
    "mv data/dagster data/dagster.damaged",
    "truncate -s 100K warehouse/ledger.duckdb",
    "cat logs/metrics/metrics_*.jsonl | tail -n 1 | python3 -m json.tool",
    "cp backups/2026-11-20T22-30-00Z/data/raw/fmp/2026-11-20/31e39cd7.gz data/raw/fmp/2026-11-20/",
}
"""Run by a shell in a folder in which the files that they name stand."""

FILES = (
    *(".env", ".venv/bin/activate", "warehouse/ledger.duckdb", "data/raw/fmp/2026-11-20/other"),
    "data/dagster/runs.db",
    *("logs/metrics/metrics_20261120.jsonl",),
    "backups/2026-11-20T22-30-00Z/data/raw/fmp/2026-11-20/31e39cd7.gz",
)

WRITTEN = {
    written.text: written for document in DOCUMENTS for written in written_commands(document)
}


def is_query(written: Written) -> bool:
    return written.words[:2] == ["mqp", "sql"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, small_night: Callable[[Path], Path]) -> Path:
    return small_night(tmp_path_factory.mktemp("documents"))


def test_every_command_is_run_somewhere() -> None:
    made = {text for text, written in WRITTEN.items() if written.words[0] == "make"}
    queries = {text for text, written in WRITTEN.items() if is_query(written)}
    run = ENDS_WITH.keys() | SHELL | SHOWN_BY.keys()
    assert sorted(WRITTEN.keys() - made - queries - run) == []
    assert sorted(run - WRITTEN.keys()) == []  # no longer written anywhere


def test_targets_of_make_are_looked_at_by_a_test() -> None:
    # They install, test, or stay: `make test` is what runs this.
    test = "def test_every_target_of_make_runs_what_exists"
    assert test in (ROOT / "tests/orchestration/test_documents.py").read_text()


@pytest.mark.parametrize("command", SHOWN_BY)
def test_named_test_exists(command: str) -> None:
    module, _, test = SHOWN_BY[command].partition("::")
    assert f"def {test}(" in (ROOT / module).read_text()


@pytest.mark.parametrize("command", sorted(ENDS_WITH))
def test_command_ends_as_it_should(command: str, home: Path, small_universe: Path) -> None:
    words = [STANDS_FOR.get(word, word) for word in WRITTEN[command].words[1:]]
    words = [str(home / "elsewhere") if word == "FOLDER" else word for word in words]
    done = quick_mqp(
        home, *words, expect=ENDS_WITH[command], MQP_UNIVERSE=str(small_universe),
        MQP_SOURCES="sandbox",
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert done.stdout or done.stderr


def test_every_query_has_an_answer(home: Path) -> None:
    queries = [written.words[2] for written in WRITTEN.values() if is_query(written)]
    assert len(queries) > 10
    with connect(Home(home).published, read_only=True) as published:
        for query in queries:
            published.execute(query).fetchall()
    quick_mqp(home, "sql", queries[0], MQP_SOURCES="sandbox")


@pytest.mark.parametrize("command", sorted(SHELL))
def test_shell_does_it(command: str, tmp_path: Path) -> None:
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}\n" if path.suffix == ".jsonl" else "")
    subprocess.run(["bash", "-euc", command], cwd=tmp_path, check=True, capture_output=True)
    if command.startswith(("cp", "mv")):
        target = tmp_path / shlex.split(command)[-1]
        assert any(
            path.is_file() for path in (target, *target.glob("31e39cd7.gz"), target / "runs.db")
        )
