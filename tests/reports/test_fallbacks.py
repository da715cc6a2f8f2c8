"""What fell back, and what is left of a quota, in the report, the status and on the terminal."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from reports.render import render_report
from reports.status import RunStatus, read_run_status
from reports.summary import night_summary

StatusOf = Callable[..., RunStatus]
ATTACK = "<script>alert(1)</script>"


def fallback(**changes: Any) -> dict[str, Any]:
    return {
        "dataset": "daily bars", "symbols": ["KO", "PG"], "wanted": "polygon",
        "served_by": "polygon (stored)", "failure": "transient",
        "last_observation": date(2017, 6, 28), "age_sessions": 2, "is_degrading": True,
        "sentence": "daily bars of KO, PG: no answer", **changes,
    }  # fmt: skip


def quota(used: int) -> dict[str, Any]:
    return {
        "provider": "fmp", "used": used, "limit": 250, "fraction": used / 250,
        "resets_at": datetime(2017, 7, 1, tzinfo=UTC), "is_alarming": used >= 200,
    }  # fmt: skip


def terminal(published: Path, status: RunStatus) -> str:
    return "\n".join(night_summary(published, status).lines(report=None))


def test_report_shows_what_fell_back_on_what_age(published: Path, status_of: StatusOf) -> None:
    page = render_report(published, status_of(fallbacks=(fallback(),)))
    section = page[page.index('id="quality"') : page.index('id="inputs"')]
    for words in ("Fallbacks", "KO, PG", "polygon (stored)", "2017-06-28", "no answer"):
        assert words in section, words


def test_report_without_fallbacks_has_no_table_of_them(
    published: Path, status_of: StatusOf
) -> None:
    assert "Fallbacks" not in render_report(published, status_of())


def test_provider_text_in_a_fallback_is_escaped(published: Path, status_of: StatusOf) -> None:
    page = render_report(published, status_of(fallbacks=(fallback(sentence=ATTACK),)))
    assert ATTACK not in page


def test_report_shows_the_use_of_a_quota(published: Path, status_of: StatusOf) -> None:
    page = render_report(published, status_of(quotas=(quota(210),)))
    assert "Quotas" in page
    assert "2017-06-30 20:00 New York" in page


def test_terminal_names_fallbacks_and_alarming_quotas(published: Path, status_of: StatusOf) -> None:
    text = terminal(published, status_of(fallbacks=(fallback(),), quotas=(quota(210),)))
    assert (
        "Fallback daily bars of KO, PG: polygon (stored) in place of polygon (transient), "
        "data of 2017-06-28"
    ) in text
    assert "Quota    fmp: 210 of 250 calls of the day are used" in text


def test_terminal_is_silent_about_a_quota_with_room(published: Path, status_of: StatusOf) -> None:
    assert "Quota" not in terminal(published, status_of(quotas=(quota(10),)))


def test_terminal_names_no_report_that_is_not_kept(published: Path, status_of: StatusOf) -> None:
    assert "Report" not in terminal(published, status_of())


def test_many_symbols_are_counted(published: Path, status_of: StatusOf) -> None:
    many = fallback(symbols=[f"S{number}" for number in range(20)])
    assert "S7 and 12 more" in terminal(published, status_of(fallbacks=(many,)))


def test_status_is_read_back_as_it_was_written(tmp_path: Path, status_of: StatusOf) -> None:
    status = status_of(fallbacks=(fallback(),), quotas=(quota(210),))
    path = tmp_path / "run_status.json"
    path.write_text(status.to_json())
    assert read_run_status(path) == status
