"""`mqp report`: the same files again, from the published file alone, and harmless ones."""

import csv
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.commands.report import asked_formats, report_command
from orchestration.errors import UsageError
from orchestration.provenance import configuration_snapshot
from orchestration.rehearsal import marked_reasons
from orchestration.resources import REPOSITORY
from orchestration.yaml_file import read_yaml
from reports.queries import open_published
from reports.recorded import UNRECORDED, recorded_status
from reports.status import RunStatus
from tests.reports.conftest import Build, make_status
from warehouse.errors import NotPublishedError
from warehouse.home import Home

SCRIPT = "<script>alert(1)</script>"
FORMULA = '=HYPERLINK("x")'
SESSION = "2017-07-03"
HomeOf = Callable[..., Home]


@pytest.fixture
def home_of(build_published: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HomeOf:
    """Make the home of this process, with a published night on which `sql` was run."""

    def build(*sql: str) -> Home:
        portfolio = read_yaml(REPOSITORY / "config" / "portfolio.yaml")
        content = configuration_snapshot({"portfolio": portfolio})
        home = Home(tmp_path / "home")
        home.make_folders()
        build_published(
            sql=(
                f"create table ops.configs as select 'c0f1' as config_hash, '{content}' as content",
                "alter table analytics.orders add column effective_session date "
                f"default '{SESSION}'",
                *sql,
            )
        ).replace(home.published)
        monkeypatch.setenv("MQP_HOME", str(home.root))
        monkeypatch.setenv("MQP_SOURCES", "sandbox")
        return home

    return build


def status_in(home: Home) -> RunStatus:
    with open_published(home.published) as published:
        return recorded_status(published)


def test_report_is_written_from_the_published_file_alone(home_of: HomeOf, capsys: Any) -> None:
    home = home_of()
    before = home.published.read_bytes()
    assert report_command("csv,json,html", None, as_json=True) == 0
    said = json.loads(capsys.readouterr().out)
    names = {str(Path(path).relative_to(home.reports)) for path in said["files"]}
    assert {"latest.html", "report.json", "orders.csv"} < names
    assert {"backtests/portfolio_daily.csv", "metrics/portfolio.json"} < names
    assert (said["night"], said["status"]) == ("2017-06-30", "DEGRADED")
    assert home.published.read_bytes() == before
    assert not (home.reports / "run_status.json").exists()
    assert not home.ledger.exists()


def test_only_what_is_asked_for_is_written_and_where(home_of: HomeOf, tmp_path: Path) -> None:
    home = home_of()
    report_command("html", tmp_path / "elsewhere", as_json=False)
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["latest.html"]
    assert list(home.reports.iterdir()) == []


def test_report_twice_is_the_same(home_of: HomeOf, tmp_path: Path) -> None:
    home_of()
    for name in ("first", "second"):
        report_command("csv,json,html", tmp_path / name, as_json=True)
    for path in sorted((tmp_path / "first").rglob("*.*")):
        second = tmp_path / "second" / path.relative_to(tmp_path / "first")
        assert path.read_bytes() == second.read_bytes(), path.name


def test_hostile_text_is_harmless_in_every_format(home_of: HomeOf) -> None:
    home = home_of(
        f"update analytics.orders set symbol = '{FORMULA}', reason = '{SCRIPT}'",
        f"update analytics.target_weights set signal_reason = '{SCRIPT}'",
        f"""update ops.nights set reasons = '["{SCRIPT}"]'""",
    )
    report_command("csv,json,html", None, as_json=True)
    page = (home.reports / "latest.html").read_text()
    assert SCRIPT not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert SCRIPT not in (home.reports / "report.json").read_text()
    with (home.reports / "orders.csv").open(newline="") as file:
        assert {row["symbol"] for row in csv.DictReader(file)} == {f"'{FORMULA}"}


def test_formats_are_taken_once_and_in_order() -> None:
    assert asked_formats("html, CSV,html") == ("csv", "html")


@pytest.mark.parametrize(("text", "said"), [("pdf", "'pdf'"), ("csv,xml", "'xml'"), (",", "none")])
def test_unknown_format_is_wrong_usage(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        asked_formats(text)


def test_no_night_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MQP_HOME", str(tmp_path))
    with pytest.raises(NotPublishedError, match="run `mqp nightly` first"):
        report_command("html", None, as_json=False)
    assert list(tmp_path.iterdir()) == []


def test_later_failure_is_not_hidden(home_of: HomeOf, capsys: Any) -> None:
    """The page says what the last run came to; `report.json` is of the night that stands."""
    home = home_of()
    published = status_in(home)
    failed = make_status(
        status="FAILED",
        night=published.night + timedelta(days=3),
        started_at=published.started_at + timedelta(days=3),
        reasons=("Gate 1 refuses the night",),
    )
    (home.reports / "run_status.json").write_text(failed.to_json())
    report_command("json,html", None, as_json=False)
    assert "the last run, of night 2017-07-03, FAILED" in capsys.readouterr().out
    assert "Gate 1 refuses the night" in (home.reports / "latest.html").read_text()
    assert json.loads((home.reports / "report.json").read_text())["night"] == "2017-06-30"


def test_status_of_the_same_run_knows_more_than_the_file(home_of: HomeOf) -> None:
    """Freshness stands in `run_status.json` only; another run's is none of this night's."""
    home = home_of()
    late = {**make_status().freshness[0], "dataset": "tea leaves"}
    for run_id, is_shown in (("run-2", True), ("run-9", False)):
        status = make_status(status="DEGRADED", attempt=2, run_id=run_id, freshness=(late,))
        (home.reports / "run_status.json").write_text(status.to_json())
        report_command("html", None, as_json=False)
        page = (home.reports / "latest.html").read_text()
        assert ("tea leaves" in page) is is_shown


@pytest.mark.parametrize("content", ["", "{", "[]", '{"night": 3}'])
def test_damaged_run_status_is_as_good_as_none(home_of: HomeOf, content: str) -> None:
    home = home_of()
    (home.reports / "run_status.json").write_text(content)
    assert report_command("json", None, as_json=False) == 0


def test_recorded_status_is_the_attempt_that_published(home_of: HomeOf) -> None:
    status = status_in(home_of())
    assert (status.attempt, status.run_id, status.status) == (2, "run-2", "DEGRADED")
    assert status.reasons == ("VIX3M is one session late",)


def test_night_of_the_past_has_no_status_in_its_file(home_of: HomeOf) -> None:
    """The attempts at the night read another ledger version than the file did."""
    status = status_in(home_of("update ops.build_context set ledger_version = 9"))
    assert (status.status, status.attempt) == (UNRECORDED, 0)
    assert "no record" in status.reasons[0]


def test_rehearsal_is_recognised_in_the_record(home_of: HomeOf) -> None:
    reasons = json.dumps(marked_reasons(("no bars of AAPL",), "429-storm"))
    status = status_in(home_of(f"update ops.nights set reasons = '{reasons}'"))
    assert status.rehearsal == "429-storm"
