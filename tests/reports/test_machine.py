"""`report.json`: what its schema promises, what the tables hold, and nothing a page would run."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reports.machine import SCHEMA, SCHEMA_VERSION, plain, write_report_json
from reports.queries import open_published
from reports.status import RunStatus
from tests.reports.conftest import Build
from tests.reports.published_risk import BOOK, STRESS, USAGE

StatusOf = Callable[..., RunStatus]
SCRIPT = "<script>alert(1)</script>"
FORMULA = '=HYPERLINK("x")'


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    content = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(content)
    return Draft202012Validator(content)


def text_of_report(file: Path, status: RunStatus, folder: Path) -> str:
    write_report_json(file, status, folder / "report.json")
    return (folder / "report.json").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def report(
    published: Path, status_of: StatusOf, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("report")
    return json.loads(text_of_report(published, status_of(), folder))  # type: ignore[no-any-return]


def faults(schema: Draft202012Validator, report: Any) -> list[str]:
    return [f"{fault.json_path}: {fault.message}" for fault in schema.iter_errors(report)]


def test_report_is_as_its_schema_says(schema: Draft202012Validator, report: Any) -> None:
    assert faults(schema, report) == []
    assert report["schema_version"] == SCHEMA_VERSION


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema_version",), "0.9"),
        (("night",), None),
        (("orders", 0, "side"), "hold"),
        (("orders", 0, "surprise"), 1),
        (("risk", "latest", "var_95_historical"), "0.01"),
        (("provenance", "as_of_at"), "yesterday"),
    ],
)
def test_schema_refuses_what_it_does_not_promise(
    schema: Draft202012Validator, report: Any, path: tuple[Any, ...], value: Any
) -> None:
    wrong = json.loads(json.dumps(report))
    place = wrong
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert len(faults(schema, wrong)) == 1


def test_report_of_a_file_without_results_is_as_its_schema_says(
    schema: Draft202012Validator, build_published: Build, status_of: StatusOf, tmp_path: Path
) -> None:
    gone = ("orders", "target_weights", "sleeve_weights", "limit_usage", "risk_daily",
            "risk_tests", "risk_exposures", "stress_results", "portfolio_tracking")  # fmt: skip
    file = build_published(count=120, without=tuple(f"analytics.{name}" for name in gone))
    report = json.loads(text_of_report(file, status_of(), tmp_path))
    assert faults(schema, report) == []
    assert (report["orders"], report["limits"], report["risk"]["latest"]) == ([], [], None)


def test_report_holds_the_rows_of_the_tables(report: Any, published: Path) -> None:
    with open_published(published) as tables:
        orders = tables.rows("analytics.orders", ["symbol", "notional_usd"], order_by="symbol")
    assert [(row["symbol"], row["notional_usd"]) for row in report["orders"]] == [
        (row["symbol"], row["notional_usd"]) for row in orders
    ]
    assert [row["limit_name"] for row in report["limits"]] == [row[0] for row in USAGE]
    assert len(report["risk"]["stress"]) == len(STRESS)
    book = next(row for row in report["risk"]["exposures"] if row["dimension"] == "total")
    assert (book["long_weight"], book["net_exposure"]) == (BOOK[0], BOOK[3])


def test_weights_are_of_the_last_session_and_add_up(report: Any) -> None:
    assert {row["session_date"] for row in report["weights"]} == {report["night"]}
    for row in report["weights"]:
        bites = math.fsum(row[name] or 0.0 for name in row if name.endswith("_bite"))
        assert row["desired_weight"] + bites == pytest.approx(row["final_weight"])


def test_unknown_numbers_are_null(
    build_published: Build, status_of: StatusOf, tmp_path: Path
) -> None:
    sql = ("update analytics.risk_exposures set beta_spy = 'nan'::double where name = 'AAPL'",
           "update analytics.risk_exposures set beta_spy = 'inf'::double where name = 'HYG'",
           )  # fmt: skip
    text = text_of_report(build_published(count=120, sql=sql), status_of(), tmp_path)
    exposures = json.loads(text, parse_constant=pytest.fail)["risk"]["exposures"]
    assert {row["name"] for row in exposures if row["beta_spy"] is None} == {"AAPL", "HYG"}


def test_simulated_report_says_so(
    build_published: Build, status_of: StatusOf, tmp_path: Path
) -> None:
    report = json.loads(
        text_of_report(build_published(world="sandbox:7", count=120), status_of(), tmp_path)
    )
    assert report["world"] == "sandbox:7"
    assert report["notice"].startswith("SIMULATED DATA")


def test_hostile_text_is_only_a_text(
    schema: Draft202012Validator, build_published: Build, status_of: StatusOf, tmp_path: Path
) -> None:
    sql = (f"update analytics.orders set symbol = '{FORMULA}', reason = '{SCRIPT}'",)
    status = status_of(reasons=(SCRIPT,))
    text = text_of_report(build_published(sql=sql), status, tmp_path)
    report = json.loads(text)
    assert faults(schema, report) == []
    assert "<" not in text
    assert (report["orders"][0]["symbol"], report["orders"][0]["reason"]) == (FORMULA, SCRIPT)
    assert report["status"]["reasons"] == [SCRIPT]


def test_plain_leaves_no_number_that_json_lacks() -> None:
    assert plain({"a": (1.5, float("nan"), -float("inf"))}) == {"a": [1.5, None, None]}
