"""What is recorded of machine and packages, and how a change of them is told."""

import json
from dataclasses import asdict, replace

from orchestration.environment import Environment, environment_changes, present_environment

THEN = Environment("Linux x86_64, AMD", "3.11.4", {"numpy": "2.4.6", "duckdb": "1.5.5"})


def changes(now: Environment) -> list[str]:
    return environment_changes(json.loads(THEN.to_json()), now)


def test_equal_environments_have_no_changes() -> None:
    assert changes(replace(THEN)) == []


def test_other_package_versions_are_named() -> None:
    now = replace(THEN, packages={"numpy": "2.4.7", "duckdb": "1.5.5"})
    assert changes(now) == ["numpy was 2.4.6 and is 2.4.7"]


def test_other_machine_and_python_are_named() -> None:
    now = replace(THEN, machine="Linux aarch64, ARM", python="3.11.5")
    assert changes(now) == [
        "the machine was Linux x86_64, AMD and is Linux aarch64, ARM",
        "Python was 3.11.4 and is 3.11.5",
    ]


def test_packages_that_came_or_went_are_no_change() -> None:
    assert changes(replace(THEN, packages={"numpy": "2.4.6", "ruff": "0.15.1"})) == []


def test_many_changed_packages_are_counted() -> None:
    then = Environment("m", "3", {f"p{number}": "1" for number in range(8)})
    now = replace(then, packages=dict.fromkeys(then.packages, "2"))
    told = environment_changes(asdict(then), now)
    assert (len(told), told[-1]) == (6, "3 more packages have other versions")


def test_present_environment_names_what_computes_a_night() -> None:
    packages = present_environment().packages
    assert {"duckdb", "numpy", "pandas", "pyarrow", "dbt-duckdb"} <= set(packages)
    assert present_environment().machine
