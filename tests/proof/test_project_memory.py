"""What dbt remembers of the project serves another home, and is not trusted where it is damaged."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.proof.host import call_in_fork
from warehouse.home import Home

MEMORY = "partial_parse.msgpack"


def models_and_commands(home: Path) -> tuple[list[str], list[str]]:
    """The models that a session finds, and what it asked dbt to do for that."""
    from dbt.cli.main import dbtRunner

    from orchestration.dbt_session import DbtSession

    asked: list[str] = []
    invoke = dbtRunner.invoke

    def noted(runner: dbtRunner, words: list[str]) -> object:
        asked.append(words[0])
        return invoke(runner, words)

    dbtRunner.invoke = noted  # type: ignore[method-assign, assignment]
    return [model.relation for model in DbtSession(Home(home)).models], asked


def unchanged(target: Path) -> None:
    """Leave the memory as it is."""


def damaged(target: Path) -> None:
    memory = target / MEMORY
    memory.write_bytes(memory.read_bytes()[:-1000])


def of_another_project(target: Path) -> None:
    (target / "manifest.stamp").write_text("another hash")


@pytest.mark.parametrize(
    ("spoil", "commands"), [(unchanged, []), (damaged, ["parse"]), (of_another_project, ["parse"])]
)
def test_project_is_read_again_only_where_its_memory_does_not_serve(
    project_memory: Path, tmp_path: Path, spoil: Callable[[Path], None], commands: list[str]
) -> None:
    home = Home(tmp_path / "elsewhere")
    shutil.copytree(project_memory, home.dbt_target)
    spoil(home.dbt_target)
    models, asked = call_in_fork(models_and_commands, home.root)
    assert asked == commands
    assert len(models) > 80
    assert "marts.fct_signals" in models
