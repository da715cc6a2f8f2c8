"""The nightly page: what it says, what it never says, and what it costs."""

import re
import time
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from reports.render import render_report
from reports.status import RunStatus
from tests.reports.conftest import Build
from tests.reports.market import NIGHT
from tests.reports.published_risk import USAGE

StatusOf = Callable[..., RunStatus]
ATTACK = "<script>alert(1)</script>"
TWENTY = tuple(f"S{number:02d}" for number in range(20))


class Elements(HTMLParser):
    """Collects tags with their attributes, and complains about unbalanced ones."""

    VOID = frozenset({"meta", "link", "path", "rect", "br", "wbr"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(published: Path, status_of: StatusOf) -> str:
    return render_report(published, status_of())


def text_of(html: str) -> str:
    """What a reader sees, in one line."""
    body = re.sub(r"<(style|script)>.*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body).replace("\u202f", " "))


def test_page_is_well_formed(page: str) -> None:
    tags = [tag for tag, _ in Elements(page).seen]
    assert tags.count("h1") == 1
    assert tags.count("script") == 1


def test_page_has_every_section(page: str) -> None:
    sections = {found["id"] for tag, found in Elements(page).seen if tag == "section"}
    assert sections == {
        "hold", "changed", "portfolio", "risk", "record", "equities", "credit", "volatility",
        "quality", "inputs", "provenance",
    }  # fmt: skip


def test_page_loads_nothing_from_anywhere(page: str) -> None:
    loaders = {"src", "srcset", "poster", "data", "action", "formaction"}
    for tag, found in Elements(page).seen:
        assert not loaders & found.keys(), (tag, found)
        if tag == "link":
            assert found["href"] == "data:,"
    style = page[page.index("<style>") : page.index("</style>")]
    assert "@import" not in style
    assert "url(" not in style
    assert not re.search(r"https?:|//[a-z]", page)


def test_policy_allows_only_the_pages_own_script(page: str) -> None:
    assert "default-src 'none'" in page
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/=]{44}'", page)


def test_page_says_what_to_hold_and_when(page: str) -> None:
    text = text_of(page)
    assert "Friday 30 June 2017" in text
    assert "Monday 3 July 2017" in text
    assert re.search(r"Hold \d+ positions: [\d.]+ % of equity gross, ", text)
    assert re.search(r"SVXY SVXY Inc\. 12\.00 %", text)  # desired more, the symbol limit cut it
    assert "limits: symbol \u2212" in text


def test_figures_carry_units_dates_and_whether_costs_are_in(page: str) -> None:
    text = text_of(page)
    assert "2015-07-28 to 2017-06-30, 504 sessions" in text
    assert "Growth, net % a year" in text
    assert "Sharpe, gross of costs" in text
    assert "Walk-forward, net" in text


def test_clean_live_night_carries_no_banner(page: str) -> None:
    assert "CLEAN" in page
    assert "SIMULATED" not in page
    assert 'class="banner"' not in page
    assert 'class="mark"' not in page


def test_sandbox_marks_every_sharpe_as_simulated(
    build_published: Build, status_of: StatusOf
) -> None:
    html = render_report(build_published(world="sandbox:7"), status_of(world="sandbox:7"))
    assert "SIMULATED DATA" in html
    for row in re.findall(r"<tr><th[^>]*>S(?:harpe|ortino).*?</tr>", html, re.DOTALL):
        assert row.count("simulated") == row.count('<td class="num">')


def test_replayed_world_says_so(build_published: Build, status_of: StatusOf) -> None:
    html = render_report(build_published(world="custom:replay"), status_of(world="custom:replay"))
    assert "REPLAYED DATA" in html
    assert "SIMULATED" not in html


def test_simulated_file_is_never_shown_as_live(build_published: Build, status_of: StatusOf) -> None:
    html = render_report(build_published(world="sandbox:7"), status_of(world="live"))
    assert "SIMULATED DATA" in html


def test_degraded_night_gives_its_reasons(published: Path, status_of: StatusOf) -> None:
    reason = "VIX3M comes from the cache: Cboe answered 503 five times."
    text = text_of(render_report(published, status_of(status="DEGRADED", reasons=(reason,))))
    assert f"DEGRADED As of 2017-06-30 16:30 New York (20:30 UTC) {chr(183)} for" in text
    assert reason in text


def test_late_required_input_is_something_to_distrust(published: Path, status_of: StatusOf) -> None:
    late = {"dataset": "index closes", "symbol": "VIX3M", "age_sessions": None, "is_required": True}
    text = text_of(render_report(published, status_of(freshness=(late,))))
    assert "Index closes late or missing: VIX3M." in text


def test_quarantined_symbol_is_named_with_its_consequence(
    published: Path, status_of: StatusOf
) -> None:
    row = {"dataset": "raw.polygon__daily_bars", "symbol": "XOM", "first_date": NIGHT,
           "last_date": NIGHT, "reason": "close is NaN"}  # fmt: skip
    text = text_of(render_report(published, status_of(quarantined=(row,))))
    assert "XOM: raw.polygon__daily_bars of 2017-06-30 is withheld (close is NaN)." in text


def test_limits_that_bind_or_cannot_be_measured_are_something_to_distrust(page: str) -> None:
    binding = [row for row in USAGE if row[5]]
    assert binding
    for name, subject, *_ in binding:
        assert f"The limit {name}{f' ({subject})' if subject else ''} binds" in text_of(page)
    for name, *_, note in USAGE:
        if note:
            assert f"The limit {name} does not cover all: {note}." in text_of(page)


def test_universe_without_dates_is_said_to_flatter(page: str) -> None:
    assert "chosen with today&#39;s knowledge" in page


def test_sharpe_that_luck_could_explain_is_named(page: str) -> None:
    assert "the interval of its walk-forward Sharpe ratio includes zero" in page


def test_text_from_the_file_is_never_markup(build_published: Build, status_of: StatusOf) -> None:
    """Each place is poisoned with its own number; every one must show up, and only as text."""
    places = (
        "marts.dim_instruments set name = '{}'",
        "marts.fct_signals set reason = '{}: {}' where strategy = 'credit'",
        "analytics.target_weights set signal_reason = '{}: {}'",
        "analytics.target_weights set override_reason = '{}: {}'",
        "analytics.target_weights set symbol = '{}', final_weight = 0.01 where symbol = 'VXX'",
        "marts.fct_signals set symbol = '{}' where symbol = 'AAPL'",
        "analytics.backtest_daily set variant = '{}' where variant = 'zscore'",
        "analytics.orders set side = '{}'",
        "quality.validation_results set detail = '{}', expectation = '{}'",
        "ops.universe set name = '{}'",
        "analytics.limit_usage set subject = '{}', note = '{}' where limit_name = 'symbol'",
        "analytics.sleeve_weights set method = '{}', reason = '{}: {}'",
        "analytics.holdings set symbol = '{}', reason = '{}' where symbol = 'HYG'",
        "analytics.risk_exposures set name = '{}' where name = 'Funds'",
        "analytics.stress_results set scenario = '{}', symbol = '{}' where kind = 'window'",
        "analytics.portfolio_tracking set period = '{}' where period = '2016'",
        "analytics.risk_tests set measure = '{}', sample = '{}' where sample = '1y'",
        "marts.fct_term_structure set term_structure = '{}'",
    )
    attacks = [f"<script>alert({number})</script>" for number in range(len(places))]
    sql = tuple(
        f"update {place.replace('{}', attack)}"
        for place, attack in zip(places, attacks, strict=True)
    )
    html = render_report(build_published(sql=sql), status_of())
    assert "<script>alert" not in html
    assert [tag for tag, _ in Elements(html).seen].count("script") == 1
    shown = set(re.findall(r"&lt;script&gt;alert\((\d+)\)", html, re.IGNORECASE))
    assert shown == {str(number) for number in range(len(places))}


def test_text_of_the_run_is_never_markup(published: Path, status_of: StatusOf) -> None:
    row = {"dataset": ATTACK, "symbol": ATTACK, "reason": ATTACK, "provider": ATTACK}
    status = status_of(
        reasons=(ATTACK,), quarantined=(row,), freshness=(row,), requests={ATTACK: 1},
        run_id=ATTACK, code_hash=ATTACK,
    )  # fmt: skip
    assert "<script>alert" not in render_report(published, status)


def test_missing_file_gives_a_page_that_explains(tmp_path: Path, status_of: StatusOf) -> None:
    html = render_report(tmp_path / "quant.duckdb", status_of(status="FAILED", freshness=()))
    Elements(html)
    text = text_of(html)
    assert "There are no target weights yet" in text
    assert "No backtest of this strategy" in text
    assert "No signals yet" in text
    assert not (tmp_path / "quant.duckdb").exists()


def test_dead_checks_are_counted_among_the_canaries(page: str) -> None:
    assert "2 of 3 checks alive" in text_of(page)


def test_file_from_before_the_canaries_says_nothing_of_them(
    build_published: Build, status_of: StatusOf
) -> None:
    older = build_published(count=120, without=("quality.canaries",))
    text = text_of(render_report(older, status_of()))
    assert "Gate 2" in text
    assert "Canaries" not in text


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("analytics.target_weights", "There are no target weights yet"),
        ("analytics.portfolio_daily", "No portfolio history yet"),
        ("analytics.backtest_daily", "No backtest of this strategy"),
        ("analytics.backtest_metrics", "No metrics yet"),
        ("marts.fct_signals", "No signal of this strategy"),
        ("marts.fct_spreads", "No spreads in tonight"),
        ("marts.fct_term_structure", "No VIX term structure"),
        ("quality.validation_results", "No validation results"),
        ("analytics.orders", "No order to send"),
        ("analytics.walk_forward_windows", "Tonight governed by"),
        ("analytics.holdings", "Neither holdings nor orders yet"),
        ("analytics.limit_usage", "How close the book came to each limit is not in this file"),
        ("analytics.portfolio_tracking", "How well the target was met is not in this file"),
        ("analytics.risk_daily", "No forecast of losses in this file"),
        ("analytics.risk_tests", "No test of the forecasts in this file"),
        ("analytics.risk_exposures", "No exposures in this file"),
        ("analytics.stress_results", "No stress in this file"),
    ],
)
def test_missing_table_is_explained(
    build_published: Build, status_of: StatusOf, table: str, sentence: str
) -> None:
    html = render_report(build_published(count=120, without=(table,)), status_of())
    Elements(html)
    assert sentence in text_of(html)


def test_empty_tables_are_explained(build_published: Build, status_of: StatusOf) -> None:
    tables = ("target_weights", "portfolio_daily", "backtest_daily", "orders", "backtest_metrics")
    emptied = build_published(count=120, sql=tuple(f"delete from analytics.{t}" for t in tables))
    text = text_of(render_report(emptied, status_of()))
    assert "There are no target weights yet" in text
    assert "No portfolio history yet" in text


def test_first_session_of_all_renders(build_published: Build, status_of: StatusOf) -> None:
    keep = f"session_date = '{NIGHT}'"
    single = build_published(
        count=120,
        sql=tuple(
            f"delete from {table} where not {keep}"
            for table in ("analytics.backtest_daily", "analytics.portfolio_daily",
                          "analytics.target_weights", "marts.fct_prices", "marts.fct_signals",
                          "marts.fct_spreads", "marts.fct_term_structure")
        ),
    )  # fmt: skip
    Elements(render_report(single, status_of()))


def test_failed_night_shows_which_night_the_figures_are_of(
    published: Path, status_of: StatusOf
) -> None:
    failed = status_of(night=NIGHT.replace(month=7, day=3), status="FAILED")
    text = text_of(render_report(published, failed))
    assert "The night of 2017-07-03 was not published." in text
    assert "last published night, 2017-06-30" in text


def test_page_of_twenty_symbols_and_seventeen_years_is_small_and_quick(
    build_published: Build, status_of: StatusOf
) -> None:
    path = build_published(stocks=TWENTY, count=4250)
    start = time.process_time()
    html = render_report(path, status_of())
    assert time.process_time() - start < 5
    assert len(html.encode()) < 3_000_000
