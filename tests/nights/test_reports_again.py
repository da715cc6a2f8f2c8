"""`mqp report` and `mqp docs` after a real night: its files come again, its databases stay."""

import json
import re
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from reports.machine import SCHEMA
from tests.conftest import mqp
from warehouse.home import Home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, small_night: Callable[[Path], Path]) -> Home:
    return Home(small_night(tmp_path_factory.mktemp("reports_again")))


def databases(home: Home) -> dict[str, str]:
    """Hash of every file that a night leaves under warehouse/, by its path."""
    return {
        str(path.relative_to(home.root)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.warehouse.rglob("*"))
        if path.is_file()
    }


def test_report_of_a_night_is_as_its_schema_says(home: Home) -> None:
    report = json.loads((home.reports / "report.json").read_text())
    schema = json.loads(SCHEMA.read_text())
    assert [fault.message for fault in Draft202012Validator(schema).iter_errors(report)] == []
    assert (report["night"], report["status"]["status"]) == ("2024-06-28", "CLEAN")
    assert report["weights"]
    assert report["risk"]["tests"]


def test_report_comes_again_as_the_night_wrote_it(home: Home, tmp_path: Path) -> None:
    stands = databases(home)
    mqp(home.root, "report", "--output", str(tmp_path), MQP_SOURCES="sandbox")
    names = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    assert {Path("latest.html"), Path("report.json"), Path("orders.csv")} < names
    for name in sorted(names):
        assert (tmp_path / name).read_bytes() == (home.reports / name).read_bytes(), name
    assert databases(home) == stands


def test_report_for_programs_is_the_same_without_the_status_file(
    home: Home, tmp_path: Path
) -> None:
    copy = Home(tmp_path / "home")
    copy.make_folders()
    shutil.copy(home.published, copy.published)
    mqp(copy.root, "report", "--format", "json", MQP_SOURCES="sandbox")
    again, first = (place.reports / "report.json" for place in (copy, home))
    assert again.read_bytes() == first.read_bytes()


def test_docs_need_no_network_and_change_no_database(home: Home) -> None:
    stands = databases(home)
    done = mqp(home.root, "docs", "--json", MQP_SOURCES="sandbox")
    said = json.loads(done.stdout)
    assert all(Path(page).is_file() for page in said["pages"])
    assert {Path(page).name for page in said["pages"]} >= {"latest.html", "lineage.html"}
    lineage = (home.reports / "docs" / "lineage.html").read_text()
    assert lineage.index("default-src 'none'") < lineage.index("<script")
    assert not re.search(r"""<(script|link|img|iframe)[^>]*(src|href)=["']?(https?:)?//""", lineage)
    assert "fct_signals" in lineage
    assert "mqp-docs-" not in lineage  # where it was made
    assert databases(home) == stands


def test_docs_without_a_night_are_one_sentence(tmp_path: Path) -> None:
    done = mqp(tmp_path, "docs", expect=1, MQP_SOURCES="sandbox")
    assert done.stderr.strip() == (
        "mqp: There is no published night to report: run `mqp nightly` first."
    )
