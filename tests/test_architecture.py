"""Who may import whom, and what may only happen in one place."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"ingestion", "warehouse", "analytics", "orchestration", "reports"}
ALLOWED = {
    "orchestration": {"ingestion", "analytics", "reports", "warehouse"},
    "ingestion": {"warehouse"},
    "reports": {"warehouse"},
    "warehouse": set(),
    "analytics": set(),
}
ONLY_IN_ORCHESTRATION = {"dagster", "dagster_dbt", "great_expectations"}


def _sources(package: str) -> list[Path]:
    build = ROOT / "warehouse" / "build"  # dbt's compiled Python models, once a night was run
    return sorted(path for path in (ROOT / package).rglob("*.py") if build not in path.parents)


def _imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_package_imports_only_what_it_may(package: str) -> None:
    for path in _sources(package):
        imported = _imports(path) & PACKAGES - {package}
        assert imported <= ALLOWED[package], f"{path.relative_to(ROOT)} imports {imported}"


@pytest.mark.parametrize("package", sorted(PACKAGES - {"orchestration"}))
def test_orchestration_tools_stay_in_orchestration(package: str) -> None:
    for path in _sources(package):
        assert not _imports(path) & ONLY_IN_ORCHESTRATION, path.relative_to(ROOT)


def test_nothing_imports_tests() -> None:
    for package in PACKAGES:
        for path in _sources(package):
            assert "tests" not in _imports(path), path.relative_to(ROOT)


def test_accountant_shares_no_code_with_what_it_audits() -> None:
    for path in _sources("analytics/accounting"):
        own = {
            node.module
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("analytics")
        }
        assert all(name.startswith("analytics.accounting") for name in map(str, own)), path


def _calls(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def _attributes(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_duckdb_is_opened_in_one_place_only() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in _sources(package)
        if "duckdb.connect" in _calls(path)
    }
    assert found == {"warehouse/connection.py"}


def test_wall_clock_is_read_in_one_place_only() -> None:
    clocks = {"datetime.now", "datetime.utcnow", "date.today", "datetime.today", "time.time"}
    found = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in _sources(package)
        if clocks & _calls(path)
    }
    assert found == {"orchestration/resources.py"}


def test_environment_is_read_in_one_place_only() -> None:
    """Commands hand the environment on to child processes; only one module reads it."""
    handing_on = {
        "orchestration/build.py",
        "orchestration/cli.py",
        "orchestration/commands/look.py",
        "orchestration/commands/nightly.py",
        "orchestration/dagster_home.py",
        "orchestration/dbt_session.py",
    }
    found = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in _sources(package)
        if {"os.environ", "os.getenv"} & _attributes(path)
    }
    assert found - handing_on == {"orchestration/resources.py"}
