from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from orchestration.cli import _dashed, app
from orchestration.errors import UsageError
from orchestration.moments import past_moment
from tests.conftest import mqp
from tests.imports import heavy_imports


def test_help_imports_nothing_heavy() -> None:
    heavy = ("pandas", "duckdb", "dagster", "great_expectations", "rich", "pyarrow")
    found, _ = heavy_imports(["--help"], heavy)
    assert found == []


def commands(group: Any, *names: str) -> Iterator[tuple[str, Any]]:
    """Every command with its full name; a group that does nothing itself is none."""
    for name, command in group.commands.items():
        if getattr(command, "invoke_without_command", True):
            yield " ".join([*names, name]), command
        if hasattr(command, "commands"):
            yield from commands(command, *names, name)


COMMANDS = dict(commands(get_command(app)))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_by_an_example(name: str) -> None:
    command = COMMANDS[name]
    assert f"`mqp {name}" in command.epilog
    assert command.epilog.startswith("Example")
    assert command.help


def test_help_shows_the_examples(tmp_path: Path) -> None:
    assert "Example" in mqp(tmp_path, "nightly", "--help").stdout


def test_underscores_in_option_names_are_accepted() -> None:
    assert _dashed("--dry_run") == "--dry-run"
    assert _dashed("--as_of=2026_11") == "--as-of=2026_11"
    assert _dashed("select a_b") == "select a_b"


def test_bare_date_means_the_end_of_that_day() -> None:
    assert past_moment("2026-11-20").isoformat() == "2026-11-20T23:59:00+00:00"


@pytest.mark.parametrize("text", ["soon", "2026-11-20T22:00:00"])
def test_moment_that_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--as-of"):
        past_moment(text)


def test_unknown_option_is_wrong_usage(tmp_path: Path) -> None:
    assert mqp(tmp_path, "nightly", "--no-such-option", expect=2).stderr


def test_missing_universe_is_one_sentence(tmp_path: Path) -> None:
    done = mqp(tmp_path, "nightly", "--universe", str(tmp_path / "none.yaml"), expect=2)
    assert done.stderr.startswith("mqp: There is no file")
    assert len(done.stderr.strip().splitlines()) == 1


def test_query_before_the_first_night_says_what_to_do(tmp_path: Path) -> None:
    done = mqp(tmp_path, "sql", "select 1", expect=1)
    assert "run `mqp nightly` first" in done.stderr
