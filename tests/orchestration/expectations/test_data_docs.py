"""Data Docs read well offline and never run what a provider wrote."""

import re
from datetime import date
from pathlib import Path

import pytest

from orchestration.expectations.data_docs import write_data_docs
from orchestration.expectations.outcome import CheckResult, GateOutcome, QuarantineRow

EVIL = '<script>alert("x")</script><img src=https://evil.example/x>'


def result(suite: str, claim: str, **changes: object) -> CheckResult:
    known: dict[str, object] = {
        "gate": 1,
        "suite": suite,
        "expectation": claim,
        "table_name": f"raw.{suite}",
        "success": True,
        "unexpected_count": 0,
        "severity": "warn",
        "detail": None,
        "checked_count": 12345,
        "requirement": "0 < lowest_price",
        "reason": "Providers write 0 for unknown.",
    }
    return CheckResult(**{**known, **changes})  # type: ignore[arg-type]


@pytest.fixture
def outcome() -> GateOutcome:
    failed = result(
        "polygon__news",
        "headlines_are_not_blank",
        success=False,
        unexpected_count=12,
        detail=f"12 of the rows: AAA 2018-03-29 (headline {EVIL})",
        unexpected=(("AAA", "2018-03-29"),),
        examples=({"symbol": "AAA", "day": "2018-03-29", "headline": EVIL},),
    )
    row = QuarantineRow(
        "raw.polygon__daily_bars", "BBB", date(2018, 3, 28), date(2018, 3, 29), EVIL, 7
    )
    holds = result("polygon__daily_bars", "prices_are_positive", severity="quarantine")
    return GateOutcome(1, (holds, failed), (row,), blocked=False)


def pages(folder: Path) -> dict[str, str]:
    return {page.name: page.read_text(encoding="utf-8") for page in folder.iterdir()}


def test_data_docs_have_an_index_and_a_page_per_suite(tmp_path: Path, outcome: GateOutcome) -> None:
    index = write_data_docs([outcome], tmp_path, title="Night 2018-03-29")
    assert index == tmp_path / "index.html"
    assert set(pages(tmp_path)) == {
        "index.html",
        "gate_1_polygon__daily_bars.html",
        "gate_1_polygon__news.html",
    }


def test_data_docs_load_nothing_from_anywhere(tmp_path: Path, outcome: GateOutcome) -> None:
    write_data_docs([outcome], tmp_path, title="Night 2018-03-29")
    for text in pages(tmp_path).values():
        assert re.findall(r"<(?:script|link|img|iframe)\b|@import|url\(|\bon\w+=", text) == []
        assert "default-src &#39;none&#39;" in text or "default-src 'none'" in text


def test_data_docs_escape_what_a_provider_wrote(tmp_path: Path, outcome: GateOutcome) -> None:
    write_data_docs([outcome], tmp_path, title=f"Night {EVIL}", banner=EVIL)
    for text in pages(tmp_path).values():
        assert "<script>" not in text
        assert "&lt;script&gt;" in text


def test_data_docs_show_threshold_reason_and_count(tmp_path: Path, outcome: GateOutcome) -> None:
    write_data_docs([outcome], tmp_path, title="Night 2018-03-29")
    text = pages(tmp_path)["gate_1_polygon__daily_bars.html"]
    for part in ("0 &lt; lowest_price", "Providers write 0 for unknown.", "12,345 rows judged"):
        assert part in text


def test_data_docs_say_when_the_market_is_not_real(tmp_path: Path, outcome: GateOutcome) -> None:
    write_data_docs([outcome], tmp_path, title="Night 2018-03-29", banner="SIMULATED DATA")
    assert all("SIMULATED DATA" in text for text in pages(tmp_path).values())


def test_data_docs_forget_suites_that_are_gone(tmp_path: Path, outcome: GateOutcome) -> None:
    write_data_docs([outcome], tmp_path, title="Night 2018-03-29")
    shorter = GateOutcome(1, outcome.results[:1], (), blocked=False)
    write_data_docs([shorter], tmp_path, title="Night 2018-03-30")
    assert set(pages(tmp_path)) == {"index.html", "gate_1_polygon__daily_bars.html"}
