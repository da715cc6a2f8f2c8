"""What the page says about the record, and about what the ledger gained."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from reports.night import read_night
from reports.queries import open_published
from reports.render import render_report
from reports.sections.record import record_charts, record_history
from reports.status import RunStatus
from tests.reports.conftest import Build
from tests.reports.test_render import ATTACK, text_of

StatusOf = Callable[..., RunStatus]
FEW = (
    "delete from analytics.record_daily where session_date < '2017-06-28'",
    "update analytics.record_metrics set value = 3 where metric = 'nights_recorded'",
)
NONE = ("delete from analytics.record_daily", "delete from analytics.record_metrics")


def record_of(html: str) -> str:
    found = re.search(r'<section id="record">.*?</section>', html, re.DOTALL)
    assert found
    return text_of(found[0])


@pytest.fixture(scope="module")
def page(published: Path, status_of: StatusOf) -> str:
    return render_report(published, status_of())


def test_record_stands_above_the_fold_in_a_sentence(page: str) -> None:
    above = text_of(page[: page.index('<section id="portfolio">')])
    assert re.search(
        r"The record: what 24 nights decided since 2017-05-26 have earned [+\u2212][\d.]+ % net, "
        r"the backtest of the same sessions [+\u2212][\d.]+ %\.",
        above,
    )


def test_record_shows_returns_nights_and_the_difference_with_its_error(page: str) -> None:
    text = record_of(page)
    assert "Nights in the record 24 of 25; 1 missed" in text
    assert "Mean difference \u22120.5 bp a day, standard error 0.0 bp" in text
    assert "Rebuilt tonight 4 nights decide otherwise" in text
    assert "\u221212.5 bp in all, \u22120.5 bp is of the first session" in text
    assert "night 2017-05-31 is not in the record (missed)" not in text  # older than ten sessions
    assert "old c0f1 2017-05-26 2017-06-01 4 4 4" in text
    assert "c0de tonight's c0f1" in text


def test_record_that_earns_clearly_less_says_so(page: str) -> None:
    assert "The record earns less than the backtest by more than two standard errors" in page


def test_difference_within_its_error_is_none(build_published: Build, status_of: StatusOf) -> None:
    wide = (
        "update analytics.record_metrics set value = 1 where metric = 'mean_difference_return_se'"
    )
    assert "none is shown" in record_of(render_report(build_published(sql=(wide,)), status_of()))


def test_few_nights_prove_nothing_and_the_page_says_so(
    build_published: Build, status_of: StatusOf
) -> None:
    html = render_report(build_published(sql=FEW), status_of())
    assert "With 3 nights nothing can be concluded: it takes at least 20." in record_of(html)
    assert "Too few nights to conclude anything" in html


def test_first_night_says_what_comes_next(build_published: Build, status_of: StatusOf) -> None:
    html = render_report(build_published(sql=NONE), status_of())
    text = record_of(html)
    assert "Nothing that was decided has earned anything yet." in text
    assert "in the record; what they earn stands here from the session of 2017-07-03 on" in text
    assert "The record: what" not in html


def test_night_computed_too_late_says_that_it_is_not_recorded(
    build_published: Build, status_of: StatusOf
) -> None:
    late = (*NONE, "delete from analytics.decisions")
    text = record_of(render_report(build_published(sql=late), status_of()))
    assert "decisions are not in the record: they were computed after the open" in text


def test_file_of_an_earlier_release_has_a_page(build_published: Build, status_of: StatusOf) -> None:
    without = ("analytics.record_daily", "analytics.record_metrics", "ops.landed_rows",
               "ops.ledger_tables", "analytics.decisions")  # fmt: skip
    html = render_report(build_published(without=without), status_of())
    assert "Nothing that was decided has earned anything yet." in record_of(html)


def test_both_equities_start_at_the_first_recorded_night(
    published: Path, status_of: StatusOf
) -> None:
    with open_published(published) as opened:
        night = read_night(opened, status_of())
        growth, apart = record_charts(night, record_history(night))
    assert growth.dates[0] == np.datetime64("2017-05-26")
    assert len(growth.dates) == 26
    record, backtest = growth.lines
    assert record.values[0] == backtest.values[0] == pytest.approx(1e6)
    assert record.values[-1] < backtest.values[-1]
    assert apart.lines[0].values[0] == 0.0
    assert apart.lines[0].values[-1] == pytest.approx(-25 * 0.5, rel=0.02)


def test_note_is_text_and_never_markup(build_published: Build, status_of: StatusOf) -> None:
    poisoned = f"update analytics.record_daily set note = '{ATTACK}'"
    html = render_report(build_published(sql=(poisoned,)), status_of())
    assert ATTACK not in html
    assert "&lt;script&gt;alert(1)" in html


def test_record_of_a_simulated_market_is_marked(
    build_published: Build, status_of: StatusOf
) -> None:
    html = render_report(build_published(world="sandbox:7"), status_of(world="sandbox:7"))
    assert "The record simulated" in record_of(html)


def test_page_says_what_tonight_added_to_the_ledger(page: str) -> None:
    text = text_of(page)
    assert (
        "Tonight added 3 rows (polygon daily bars 2, finnhub company news 1) as ledger version 7. "
        "The ledger has 5,903 rows, 15.3 MB."
    ) in text
    assert (
        "2017-06-29 6 5,900 15.0 \u2013 polygon daily bars 5,000, finnhub company news 900" in text
    )
    assert "2017-06-30 7 3 15.3 +0.26 polygon daily bars 2, finnhub company news 1" in text


def test_night_without_news_added_no_row(build_published: Build, status_of: StatusOf) -> None:
    same = "update ops.nights set ledger_version = 7"
    html = render_report(build_published(sql=(same,)), status_of())
    assert "Tonight added no row: it reads ledger version 7." in text_of(html)


def test_rebuilt_past_night_claims_no_addition(build_published: Build, status_of: StatusOf) -> None:
    earlier = f"delete from ops.nights where night = '{date(2017, 6, 30)}'"
    assert "Tonight added" not in render_report(build_published(sql=(earlier,)), status_of())
