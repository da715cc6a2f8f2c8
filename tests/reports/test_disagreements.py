"""What two providers tell differently stands in the report, the worst first."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from reports.machine import SCHEMA, write_report_json
from reports.render import render_report
from reports.sections.disagreements import disagreement_sentence
from reports.status import RunStatus
from tests.reports.conftest import Build
from tests.reports.test_dashboard import tables
from tests.reports.test_render import Elements, text_of

StatusOf = Callable[..., RunStatus]

TABLES = (
    "create schema intermediate",
    "create table intermediate.int_provider_values_compared as select * from range(40)",
    "create table marts.fct_provider_disagreements (dataset varchar, symbol varchar, "
    "session_date date, field varchar, unit varchar, chosen_provider varchar, "
    "chosen_value double, other_provider varchar, other_value double, difference double, "
    "difference_fraction double, tolerance double, tolerance_measure varchar, "
    "is_beyond_tolerance boolean, choice_rule varchar)",
)
CLOSE = (
    "insert into marts.fct_provider_disagreements values ('daily_bars', 'AAPL', '2017-06-30', "
    "'close_usd', 'usd', 'polygon', 100.0, 'fmp', 101.0, 1.0, 0.01, 0.005, 'fraction', true, "
    "'the first of Polygon and FMP')"
)
VIX = (
    "insert into marts.fct_provider_disagreements values ('volatility_indexes', 'VIX', "
    "'2017-06-29', 'close_points', 'points', 'cboe_file', 11.0, 'cboe_quote', 11.033, 0.033, "
    "0.003, 0.005, 'fraction', false, 'the file before the quote')"
)
BILL = (
    "insert into marts.fct_provider_disagreements values ('bill_rate', 'DGS3MO', '2017-06-28', "
    "'bill_3m_pct', 'percent', 'fred', 1.0, 'fmp', 1.05, 0.05, 0.05, 0.01, 'unit', true, 'FRED')"
)


def page(build: Build, status: RunStatus, rows: Sequence[str]) -> str:
    return render_report(build(count=120, sql=(*TABLES, *rows)), status)


def test_differences_stand_in_multiples_of_their_tolerance(
    build_published: Build, status_of: StatusOf
) -> None:
    html = page(build_published, status_of(), [VIX, CLOSE, BILL])
    Elements(html)
    text = text_of(html)
    # by hand: the bill is five tolerances off, the close two, the VIX 0.6 of one
    told = ("2017-06-28 bill rate, bill 3m pct", "AAPL 2017-06-30 daily", "2017-06-29 volatility")
    places = [text.index(row) for row in told]
    assert places == sorted(places)
    assert "3 differ, 2 by more than the tolerance, 1 of them tonight" in text
    assert "AAPL 2017-06-30 daily bars, close polygon 100.0000 fmp 101.0000 +1.0000 +1.00" in text
    assert "cboe file 11.0000 cboe quote 11.0330" in text
    assert "Of volatility indexes counts the file before the quote." in text


def test_text_of_a_provider_is_no_markup(build_published: Build, status_of: StatusOf) -> None:
    attack = CLOSE.replace("'AAPL'", "'<script>alert(1)</script>'")
    html = page(build_published, status_of(), [attack.replace("'polygon'", "'<b>x</b>'")])
    assert "<script>alert" not in html
    assert "<b>x</b>" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_file_without_the_table_says_so(published: Path, status_of: StatusOf) -> None:
    assert "How far providers differ is not in this file." in text_of(
        render_report(published, status_of())
    )


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ((0, 0, 0, 0), "No value was told by two providers, so that there is nothing to compare."),
        ((1, 0, 0, 0), "1 value of a second provider compared with the chosen one: no two differ."),
        (
            (1200, 3, 0, 0),
            "1,200 values of a second provider compared with the chosen one: 3 differ, none by "
            "more than its tolerance.",
        ),
        (
            (1200, 3, 2, 0),
            "1,200 values of a second provider compared with the chosen one: 3 differ, 2 by more "
            "than the tolerance, none of them tonight.",
        ),
    ],
)
def test_every_state_has_its_sentence(counts: tuple[int, int, int, int], sentence: str) -> None:
    assert disagreement_sentence(*counts) == sentence


def test_report_json_counts_them_and_holds_the_stored_values(
    build_published: Build, status_of: StatusOf, tmp_path: Path
) -> None:
    file = build_published(count=120, sql=(*TABLES, VIX, CLOSE, BILL))
    write_report_json(file, status_of(), tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    schema = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert list(schema.iter_errors(report)) == []
    found = report["quality"]["disagreements"]
    counts = {name: found[name] for name in ("compared", "differing", "beyond", "tonight")}
    assert counts == {"compared": 40, "differing": 3, "beyond": 2, "tonight": 1}
    worst, *_ = found["rows"]
    assert (worst["symbol"], worst["session_date"]) == ("DGS3MO", "2017-06-28")
    assert (worst["chosen_value"], worst["other_value"]) == (1.0, 1.05)
    assert (worst["is_beyond_tolerance"], worst["choice_rule"]) == (True, "FRED")


def test_dashboard_shows_the_rows_of_the_report(build_published: Build) -> None:
    found = tables(build_published(count=120, sql=(*TABLES, VIX, CLOSE)), "Data quality")
    close, vix = found["Where providers differ"].rows
    assert (close["symbol"], close["difference_fraction"]) == ("AAPL", 0.01)
    assert (vix["other_provider"], vix["is_beyond_tolerance"]) == ("cboe_quote", False)
