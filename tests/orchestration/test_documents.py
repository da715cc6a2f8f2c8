"""What the documents tell a reader to type exists: commands, options, targets, files, sections."""

import importlib.util
import re
import subprocess
from collections.abc import Sequence
from typing import Any

import pytest
from typer import Exit
from typer.main import get_command

from ingestion.sandbox.rehearsals import REHEARSALS
from orchestration.cli import app
from tests.written_commands import ROOT, Written, documents, written_commands

WRITTEN = sorted(written for document in documents() for written in written_commands(document))
FILE = re.compile(
    r"`((?:config|docs|tests|orchestration|dbt_project|ingestion|warehouse)/[\w./]+)`"
)
BUILT = re.compile(r"warehouse/(nights|ledger|quant|build|replayed_night)|config/holdings\.csv")
"""Files that a night or a user makes, and an asset."""

HEADING = re.compile(r"(?m)^#+ (.*)$")
INCOMPLETE = {"MissingParameter", "BadOptionUsage"}
"""A name of a command or option without its value, in a sentence: no command to be typed."""


def misuse(words: Sequence[str]) -> str:
    """What `mqp` objects to in these words without running anything; empty for nothing."""
    command: Any = get_command(app)
    parent, rest = None, list(words)
    while True:
        try:
            parent = command.make_context("mqp", rest, parent=parent)
            if not (rest := [*getattr(parent, "_protected_args", []), *parent.args]):
                return ""
            if not hasattr(command, "resolve_command"):
                return f"{rest} is left over"
            _, command, rest = command.resolve_command(parent, rest)
        except Exit:  # --help
            return ""
        except Exception as err:
            name = type(err).__name__
            return "" if name in INCOMPLETE else f"{name}: {getattr(err, 'message', err)}"


@pytest.mark.parametrize("words", [["night"], ["nightly", "--soon"], ["health", "x"]])
def test_wrong_command_would_be_noticed(words: list[str]) -> None:
    assert misuse(words)


def test_commands_are_found_in_fences_and_sentences() -> None:
    text = "```sh\nA=1 mqp why  # all\n```\nsay `mqp docs [--open]`, never `mqp` or `sql`\n"
    found = [written.text for written in written_commands("README.md", text)]
    assert found == ["A=1 mqp why", "mqp docs --open"]
    assert Written("x", "A=1 mqp sql 'a b'").words == ["mqp", "sql", "a b"]


def test_every_command_and_option_exists(capsys: pytest.CaptureFixture[str]) -> None:
    asked = [written for written in WRITTEN if written.words[0] == "mqp"]
    assert len(asked) > 100
    helped = {"COMMAND": "nightly"}
    wrong = {
        written: objection
        for written in asked
        if (objection := misuse([helped.get(word, word) for word in written.words[1:]]))
    }
    capsys.readouterr()  # the help that was asked for
    assert wrong == {}


def test_every_rehearsal_exists() -> None:
    named = {
        written.words[written.words.index("--rehearse") + 1]
        for written in WRITTEN
        if "--rehearse" in written.words
    }
    assert named - set(REHEARSALS) == {"list"}


def test_every_target_of_make_runs_what_exists() -> None:
    targets = {written.words[1] for written in WRITTEN if written.words[0] == "make"}
    assert {"nightly", "test", "check", "ui", "dashboard", "torture"} <= targets
    told = subprocess.run(
        ["make", "--dry-run", *sorted(targets)], cwd=ROOT, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr
    modules = re.findall(r"python -m (tests\.[\w.]+)", told.stdout)
    assert modules
    assert [name for name in modules if importlib.util.find_spec(name) is None] == []
    started = re.findall(r"bin/mqp (\w+)", told.stdout)
    assert {"nightly", "ui", "dashboard"} <= set(started)
    assert [word for word in started if misuse([word])] == []


@pytest.mark.parametrize("document", documents())
def test_every_named_file_exists(document: str) -> None:
    named = {name for name in FILE.findall((ROOT / document).read_text()) if not BUILT.match(name)}
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


@pytest.mark.parametrize("document", [name for name in documents() if name.startswith("docs/")])
def test_every_link_leads_somewhere(document: str) -> None:
    text = (ROOT / document).read_text()
    for target, anchor in re.findall(r"\]\(([\w./]*)#?([\w-]*)\)", text):
        path = (ROOT / document).parent / target if target else ROOT / document
        assert path.exists(), target
        if anchor:
            assert anchor in {_anchor(title) for title in HEADING.findall(path.read_text())}


def test_contents_of_the_runbook_name_every_section() -> None:
    text = (ROOT / "docs/RUNBOOK.md").read_text()
    contents = text.partition("## Contents")[2].partition("\n## ")[0]
    sections = re.findall(r"(?m)^##+ (.*)$", text)
    missing = {title for title in sections if f"[{title}](#{_anchor(title)})" not in contents}
    assert missing == {"Something is red", "Contents"}


def test_every_incident_has_the_same_shape() -> None:
    text = (ROOT / "docs/RUNBOOK.md").read_text()
    incidents = text.partition("## Incidents")[2].partition("\n## ")[0].split("\n### ")[1:]
    assert len(incidents) >= 9
    parts = ["You see", "Tonight's weights", "Do", "Mended when", "Rehearse"]
    for incident in incidents:
        found = re.findall(r"(?m)^- \*\*([^*]+)\*\*", incident)
        assert found == parts, incident.splitlines()[0]


def test_sections_that_messages_and_tables_point_to_exist() -> None:
    text = (ROOT / "docs/RUNBOOK.md").read_text()
    titles = set(HEADING.findall(text)) | {"A row that is right after all"}
    red = text.partition("## Something is red")[2].partition("\n## ")[0]
    named = set(re.findall(r"\| [^|]*?\*([A-Z][^*]+)\*", red))
    assert named
    assert named <= titles
    assert {"Corrupt file", "Lost ledger"} <= titles  # `orchestration.health` names them


def _anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
