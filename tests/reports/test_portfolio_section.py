"""Account, sleeves, limits and target volatility: what the page says equals the tables."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from reports.night import Night, read_night
from reports.queries import open_published
from reports.render import render_report
from reports.sections.account import account_section
from reports.sections.limits import limits_section
from reports.sections.sleeves import sleeves_section
from reports.sections.tracking import bound_words, score_sentence, tracking_section
from reports.status import RunStatus
from tests.reports.conftest import Build
from tests.reports.published_risk import TRACKING
from tests.reports.test_render import text_of

StatusOf = Callable[..., RunStatus]
FORMULA = '=HYPERLINK("http://evil","x")'


@pytest.fixture(scope="module")
def section(published: Path, status_of: StatusOf) -> str:
    html = render_report(published, status_of())
    return html[html.index('<section id="portfolio"') : html.index('<section id="risk"')]


def test_account_adds_up_to_its_equity(night: Night) -> None:
    account = account_section(night)
    assert account["equity"] == pytest.approx(70_000 + 120_000 - 51_000 + 861_000)
    assert account["cash"] == pytest.approx(861_000)
    assert account["planned_cash"] == pytest.approx(850_995)


def test_account_says_why_an_order_is_missing(section: str) -> None:
    text = text_of(section)
    assert "the change is too small to send, and waits" in text
    assert "Orders start from the simulated portfolio&#39;s own book" in text


def test_persons_account_names_what_is_unmanaged(
    build_published: Build, status_of: StatusOf
) -> None:
    sql = ("update analytics.holdings set is_simulated = false, "
           "reason = case symbol when 'HYG' then 'unmanaged' else reason end",)  # fmt: skip
    text = text_of(render_report(build_published(count=120, sql=sql), status_of()))
    assert "Unmanaged: HYG. No strategy has a target" in text
    assert "Orders start from what config/holdings.csv says you hold." in text


def test_account_at_an_old_close_says_of_which_day(
    build_published: Build, status_of: StatusOf
) -> None:
    sql = ("update analytics.holdings set price_date = date '2017-06-21' where symbol = 'HYG'",)
    text = text_of(render_report(build_published(count=120, sql=sql), status_of()))
    assert "No bar of 2017-06-30: HYG (2017-06-21). What is held there is valued at" in text
    assert "-600.00 85.00 of 2017-06-21" in text.replace("\u2212", "-")
    fresh = text_of(render_report(build_published(count=120), status_of()))
    assert "No bar of" not in fresh


def test_page_warns_of_fractions_of_a_share(build_published: Build, status_of: StatusOf) -> None:
    for quantity, is_warned in ((12.5, True), (12.0, False)):
        sql = (f"update analytics.orders set quantity_shares = {quantity}",)
        text = text_of(render_report(build_published(sql=sql), status_of()))
        assert ("for a fraction of a share, which most brokers" in text) == is_warned


def test_account_without_a_price_has_no_worth(build_published: Build, status_of: StatusOf) -> None:
    sql = ("update analytics.holdings set value_usd = null, price_usd = null, reason = 'no_price' "
           "where symbol = 'AAPL'",)  # fmt: skip
    text = text_of(render_report(build_published(count=120, sql=sql), status_of()))
    assert "No price is known of AAPL" in text
    assert "Equity at the close \u2013 USD" in text


def test_orders_of_a_file_without_holdings_are_shown(
    build_published: Build, status_of: StatusOf
) -> None:
    order = ("insert into analytics.orders (symbol, side, quantity_shares, notional_usd, "
             "expected_cost_usd) values ('KO', 'buy', 12.5, 1000, 0.5)",)  # fmt: skip
    path = build_published(without=("analytics.holdings",), sql=order)
    text = text_of(render_report(path, status_of()))
    assert "What the orders start from is not in this file." in text
    assert "Buy 12.50 1,000 0.50" in text


def test_sleeves_show_method_in_force_and_equal_split(section: str) -> None:
    text = text_of(section)
    assert "Sleeves risk parity, estimated 2017-06-30" in text
    assert "Credit 45.0 % 55.0 % 33.3 % 4.0 % 24 %" in text
    assert "Equities 30.0 % 25.0 % 33.3 % 11.0 % 36 %" in text


def test_reason_of_all_sleeves_is_said_once(night: Night) -> None:
    (told,) = sleeves_section(night)["reasons"]
    assert told["sleeves"] == ["Credit", "Equities", "Volatility"]


def test_portfolio_stands_beside_equal_sleeves(section: str) -> None:
    assert '<th class="num" scope="col">Sleeves 1/N</th>' in section


def test_sleeve_weights_of_an_older_file_are_in_force(
    build_published: Build, status_of: StatusOf
) -> None:
    path = build_published(
        count=120, sql=("alter table analytics.sleeve_weights drop column applied_weight",)
    )
    with open_published(path) as tables:
        rows = sleeves_section(read_night(tables, status_of()))["rows"]
    assert [row["applied"] for row in rows] == [0.55, 0.25, 0.20]  # the method's, by name


def test_limits_are_listed_in_the_order_in_which_they_act(night: Night) -> None:
    names = [row["name"] for row in limits_section(night)["rows"]]
    assert names == ["Leverage", "Symbol", "Liquidity", "Sector", "Stress", "Gross", "Net",
                     "Turnover", "Drawdown"]  # fmt: skip


def test_binding_limit_is_named_in_words_and_drawn_apart(section: str) -> None:
    assert "Binding: symbol." in text_of(section)
    row = re.search(r'<tr class="binding">.*?</tr>', section, re.DOTALL)
    assert row is not None
    assert "SVXY" in row[0]
    assert "<b>binding</b>" in row[0]
    assert 'class="full" style="left:0.00%;width:76.92%"' in row[0]  # the bound: 1 of 1.3


def test_tick_stands_where_the_limit_was_wanted_at(night: Night) -> None:
    (row,) = [row for row in limits_section(night)["rows"] if row["limit_name"] == "symbol"]
    assert 'class="wanted" style="left:100.00%"' in row["bar"]  # 0.19 of 0.12 lies past the edge
    (turnover,) = [row for row in limits_section(night)["rows"] if row["limit_name"] == "turnover"]
    assert "wanted" not in turnover["bar"]
    assert turnover["state"] == "close"


def test_scale_is_a_multiple_and_other_limits_are_weights(night: Night) -> None:
    rows = {row["limit_name"]: row for row in limits_section(night)["rows"]}
    assert rows["leverage"]["bound_text"] == "2.00\u202f\u00d7"
    assert rows["gross"]["bound_text"] == "200.00\u202f%"
    assert rows["liquidity"]["bound_text"] == "3,150\u202f%"


def test_symbols_without_a_volume_are_noted(section: str) -> None:
    assert "no volume known: HYG" in text_of(section)


def test_tracking_shows_the_whole_then_the_latest_year(night: Night) -> None:
    assert [row["period"] for row in tracking_section(night)["rows"]] == ["All", "2017", "2016"]


def test_tracking_row_equals_its_table(section: str) -> None:
    assert (
        "All 440 11.2 % 1.12 \u00d7 75 % 44 % leverage 20 %, symbol 6 % 0 % 31 % "
        "\u22129.13 \u22128.96 1.20 1.25"
    ) in text_of(section)


def test_limits_that_bound_come_by_frequency_and_rare_ones_are_not_zero() -> None:
    found = {
        f"bound_share_{name}": share
        for name, share in (
            ("gross", 0.001),
            ("symbol", 0.4),
            ("net", 0.02),
            ("sector", 0.01),
            ("stress", 0.0),
        )
    }
    assert bound_words(found) == "symbol 40\u202f%, net 2\u202f%, sector 1\u202f%, 1 more"
    assert bound_words({"bound_share_gross": 0.001}) == "gross < 1\u202f%"


def test_score_sentence_says_who_did_better_and_whether_risk_was_understated() -> None:
    sentence = score_sentence(TRACKING)
    assert "so the forecast in use did better" in sentence
    assert "1.20 times as much" in sentence
    assert sentence.endswith("risk was understated.")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"qlike_baseline": -9.5}, "the baseline did better"),
        ({"bias_forecast": 1.05}, "no further from it than chance allows"),
        ({"bias_forecast": 0.8}, "risk was overstated"),
    ],
)
def test_score_sentence_follows_the_scores(changes: dict[str, float], words: str) -> None:
    # 440 sessions: bias within 2 / sqrt(880) = 0.067 of 1 by chance
    assert words in score_sentence(TRACKING | changes)


def test_score_sentence_of_nothing_is_empty() -> None:
    assert score_sentence({"sessions": 3.0}) == ""


def test_hostile_symbol_in_the_account_is_text(build_published: Build, status_of: StatusOf) -> None:
    sql = (f"update analytics.holdings set symbol = '{FORMULA}' where symbol = 'HYG'",)
    html = render_report(build_published(count=120, sql=sql), status_of())
    assert FORMULA not in html
    assert "=HYPERLINK(&#34;http://evil&#34;,&#34;x&#34;)" in html
