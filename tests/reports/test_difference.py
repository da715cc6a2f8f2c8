"""What changed since last night: as JSON, on the terminal, and on the page."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from reports.difference import (
    ChangedMetric,
    ChangedRows,
    ChangedSignal,
    ChangedWeight,
    Difference,
    NightSide,
    read_difference,
)
from reports.difference_lines import difference_lines
from reports.difference_view import circumstances, headline, row_groups
from reports.render import render_report
from reports.status import RunStatus
from tests.reports.conftest import Build
from tests.reports.market import NIGHT
from tests.reports.test_render import Elements, text_of

StatusOf = Callable[..., RunStatus]
BEFORE = date(2017, 6, 29)
STEPS = ("signal", "size", "sleeve", "scale", "override", "withheld", "symbol_limit",
         "turnover_limit")  # fmt: skip
FACTORS = ("code", "revised_rows", "configuration", "limits", "new_sessions")


def parts(**given: float) -> dict[str, float]:
    return {name: given.get(name, 0.0) for name in FACTORS}


def steps(**given: float) -> dict[str, float]:
    return {name: given.get(name, 0.0) for name in STEPS}


AAPL = ChangedWeight(
    "AAPL", "equities", 0.0174, 0.0, parts(revised_rows=0.001, new_sessions=-0.0184),
    steps(signal=-0.0184), "sentiment: sentiment -0.20", order="sell",
)  # fmt: skip
JPM = ChangedWeight(
    "JPM", "equities", 0.02, 0.015, parts(limits=-0.01, new_sessions=0.005),
    steps(scale=0.008, symbol_limit=-0.003), "hold", override="no_bar", order=None,
)  # fmt: skip
DUST = ChangedWeight("KO", "equities", 0.02, 0.02001, parts(new_sessions=1e-5), steps(scale=1e-5))
DIFFERENCE = Difference(
    earlier=NightSide(BEFORE, 6, "c0de", "c0f0"),
    later=NightSide(NIGHT, 7, "c0de", "c0f1"),
    world="live",
    made_by="c0de",
    sessions=1,
    turnover=0.0224,
    edits=("limits.single_stock 0.1 \u2192 0.05",),
    overrides=("", "realised_volatility: 0.1200 above target 0.1000, notional * 0.8333"),
    signals=(
        ChangedSignal("equities", "AAPL", 1, 0, "balanced_position", "balanced_position",
                      ("new_sessions",), "sentiment: sentiment -0.20"),
    ),
    weights=(AAPL, JPM, DUST),
    metrics=(
        ChangedMetric("portfolio", "sharpe", 0.7, 0.71, parts(new_sessions=0.01)),
        ChangedMetric("portfolio", "scale", 0.9, 0.9, parts()),
        ChangedMetric("credit", "cagr", None, 0.02, None),
    ),
    rows=(
        ChangedRows("restated", "raw.polygon__daily_bars", "AAPL", 2, 2, date(2017, 6, 28), BEFORE,
                    ("close", "high"), "close", BEFORE, "143.0", "144.5"),
        ChangedRows("late", "raw.cboe__index_history", "VIX", 1, 0, BEFORE, BEFORE),
        ChangedRows("late", "raw.cboe__index_history", "VVIX", 1, 0, BEFORE, BEFORE),
        ChangedRows("quarantined", "raw.fmp__daily_prices", "XOM", 1, 0, BEFORE, BEFORE,
                    reason="jump of 40 %"),
    ),
    new_rows=41,
    notes=("The walk-forward choice for credit is zscore now; it was momentum_ratio.",),
)  # fmt: skip


def stored(folder: Path, difference: Difference) -> Path:
    """The folder of nights in which the difference is stored."""
    path = folder / "nights" / NIGHT.isoformat() / "diff.json"
    path.parent.mkdir(parents=True)
    path.write_text(difference.to_json())
    return folder / "nights"


def page(published: Path, status: RunStatus, nights: Path) -> str:
    html = render_report(published, status, nights=nights)
    Elements(html)
    return html


def section(html: str) -> str:
    found = re.search(r'<section id="changed">.*?</section>', html, re.DOTALL)
    assert found
    return text_of(found.group())


def test_difference_survives_its_json(tmp_path: Path) -> None:
    nights = stored(tmp_path, DIFFERENCE)
    assert read_difference(nights / NIGHT.isoformat() / "diff.json") == DIFFERENCE


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"earlier": 1}', "null"])
def test_what_is_no_difference_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "diff.json").write_text(content)
    assert read_difference(tmp_path / "diff.json") is None
    assert read_difference(tmp_path / "nothing.json") is None


def test_largest_rest_is_by_how_much_parts_miss() -> None:
    assert DIFFERENCE.largest_rest < 1e-15
    wrong = replace(AAPL, parts=parts(new_sessions=-0.0184))
    assert replace(DIFFERENCE, weights=(wrong,)).largest_rest == pytest.approx(0.001)
    wrong = replace(AAPL, steps=steps(signal=-0.02))
    assert replace(DIFFERENCE, weights=(wrong,)).largest_rest == pytest.approx(0.0016)


def test_headline_counts_what_can_be_seen() -> None:
    assert headline(DIFFERENCE) == (
        "1 signal and 2 weights changed; the orders turn over 2.2 % of equity."
    )
    quiet = replace(DIFFERENCE, signals=(), weights=(DUST,))
    assert headline(quiet) == "No signal and no weight changed."


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("realised_volatility: 0.11 above", "realised_volatility: 0.12 above",
         "The scale is overridden: realised volatility above target (0.12 above); "
         "before: 0.11 above."),
        ("", "drawdown_stop: 0.26 below the peak",
         "The scale is overridden: drawdown stop (0.26 below the peak); before: not."),
        ("drawdown_stop: 0.26 below the peak", "realised_volatility: 0.12 above",
         "The scale is overridden: realised volatility above target (0.12 above); "
         "before: drawdown stop."),
        ("drawdown_stop: 0.26 below the peak", "",
         "Nothing overrides the scale any more; before: drawdown stop."),
    ],
)  # fmt: skip
def test_override_of_the_book_is_told_when_it_changed(
    before: str, after: str, sentence: str
) -> None:
    changed = replace(DIFFERENCE, overrides=(before, after))
    assert sentence in list(difference_lines(changed))
    same = replace(DIFFERENCE, overrides=(after, after))
    assert not any("scale" in line and "overrid" in line for line in circumstances(same))


def test_lines_show_each_cause_in_its_own_column() -> None:
    text = "\n".join(difference_lines(DIFFERENCE))
    assert "From night 2017-06-29 to 2017-06-30, 1 session" in text
    assert "The configuration was edited: limits.single_stock 0.1 \u2192 0.05." in text
    assert re.search(r"AAPL +equities +Long +Flat +new sessions +sentiment: ", text)
    head = next(line for line in text.splitlines() if "revised rows" in line and "after" in line)
    assert re.split(r" {2,}", head.strip()) == [
        "symbol", "strategy", "before", "revised rows", "new limits", "signal", "scale", "bites",
        "after", "order",
    ]  # fmt: skip
    assert re.search(r"AAPL +equities +1\.74 +\+0\.10 +\. +-1\.84 +\. +\. +0\.00 +sell", text)
    assert re.search(r"JPM .*-1\.00 +\. +\+0\.80 +-0\.30 +1\.50 +- +limit: symbol; frozen", text)
    assert "1 weight moved by less than 0.005 percentage points." in text
    assert re.search(r"portfolio +Sharpe ratio +0\.700 +\+0\.010 +0\.710", text)
    assert re.search(r"credit +growth a year +- +\? +2\.00 %", text)
    assert "The parts sum to every change." in text


def test_lines_of_rows_say_what_became_of_them() -> None:
    found = {group.kind: group for group in row_groups(DIFFERENCE)}
    assert [group.kind for group in row_groups(DIFFERENCE)] == ["quarantined", "restated", "late"]
    assert found["late"].subjects == "VIX, VVIX"
    assert (found["late"].rows, found["late"].days) == (2, "2017-06-29")
    assert found["late"].table == "index history (cboe)"
    assert found["restated"].days == "2017-06-28 to 2017-06-29"
    assert found["restated"].what == (
        "close 143.0 \u2192 144.5 on 2017-06-29; also high; the decision had read the old value"
    )
    assert found["quarantined"].what == "jump of 40 %"


def test_parts_that_miss_the_whole_are_called_a_defect() -> None:
    wrong = replace(DIFFERENCE, weights=(replace(AAPL, before=0.5),))
    assert "this is a defect" in list(difference_lines(wrong))[-1]


def test_foreign_text_cannot_steer_the_terminal() -> None:
    evil = replace(DIFFERENCE.rows[0], after="\x1b[2J\r evil")
    lines = list(difference_lines(replace(DIFFERENCE, rows=(evil,))))
    assert any("?[2J? evil" in line for line in lines)
    assert all(line.isprintable() for line in lines)


def test_page_shows_the_stored_difference(
    build_published: Build, status_of: StatusOf, tmp_path: Path
) -> None:
    html = page(build_published(), status_of(), stored(tmp_path, DIFFERENCE))
    text = section(html)
    assert "What changed since last night 2017-06-29" in text
    assert "1 signal and 2 weights changed; the orders turn over 2.2 % of equity." in text
    assert re.search(r"AAPL Equities Long \u2192 Flat new sessions news sentiment too low", text)
    assert re.search(r"AAPL Equities 1\.74 \+0\.10 \u00b7 \u22121\.84 \u00b7 \u00b7 0\.00", text)
    assert "Restated 2 daily bars (polygon) AAPL" in text
    assert "What changed since 2017-06-29" in text_of(html)


def test_difference_of_several_sessions_says_so(
    build_published: Build, status_of: StatusOf, tmp_path: Path
) -> None:
    nights = stored(tmp_path, replace(DIFFERENCE, sessions=3))
    assert "2017-06-29, 3 sessions ago" in section(page(build_published(), status_of(), nights))


def test_difference_of_another_attempt_is_not_shown(
    build_published: Build, status_of: StatusOf, tmp_path: Path
) -> None:
    other = replace(DIFFERENCE, later=replace(DIFFERENCE.later, ledger_version=8))
    text = section(page(build_published(), status_of(), stored(tmp_path, other)))
    assert "This night has not been compared with the one before: `mqp diff` does it." in text
    assert "weights changed" not in text


def test_first_night_has_nothing_to_compare_with(
    build_published: Build, status_of: StatusOf, tmp_path: Path
) -> None:
    first = build_published(sql=(f"delete from ops.nights where night < '{NIGHT}'",))
    assert "There is no earlier night to compare with." in section(
        page(first, status_of(), tmp_path)
    )


def test_text_of_providers_is_never_markup(
    build_published: Build, status_of: StatusOf, tmp_path: Path
) -> None:
    attacks = [f"<script>alert({number})</script>" for number in range(7)]
    evil = replace(
        DIFFERENCE,
        rows=(
            replace(DIFFERENCE.rows[0], subject=attacks[0], before=attacks[1], after=attacks[2]),
            replace(DIFFERENCE.rows[3], reason=attacks[3]),
        ),
        signals=(replace(DIFFERENCE.signals[0], reason=f"x: {attacks[4]}"),),
        notes=(attacks[5],),
        weights=(replace(JPM, override=attacks[6]),),
    )
    html = page(build_published(), status_of(), stored(tmp_path, evil))
    assert "<script>alert" not in html
    shown = set(re.findall(r"&lt;script&gt;alert\((\d+)\)", html, re.IGNORECASE))
    assert shown == {str(number) for number in range(7)}


def test_simulated_figures_are_marked(
    build_published: Build, status_of: StatusOf, tmp_path: Path
) -> None:
    published = build_published(world="sandbox:7")
    html = page(published, status_of(world="sandbox:7"), stored(tmp_path, DIFFERENCE))
    for row in re.findall(r"<tr><th scope=.row.>Portfolio</th>.*?</tr>", html, re.DOTALL):
        assert "simulated" in row
