"""What each step of an evening asks for."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from ingestion.journal import Problem
from ingestion.wanted import NightInputs
from orchestration.steps import (
    PART_OF,
    PARTS,
    SCORES,
    STEP_PARTS,
    LandedPart,
    narrowed,
    step_tables,
)
from warehouse.availability import RAW_TABLES

WHOLE = NightInputs(
    night=date(2024, 7, 1),
    decided_at=datetime(2024, 7, 1, 20, 30, tzinfo=UTC),
    bar_symbols=("AAPL", "HYG"),
    news_symbols=("AAPL",),
    series_ids=("DGS3MO",),
    index_names=("VIX",),
    first_day=date(2010, 1, 4),
    company_symbols=("AAPL",),
    intraday_symbols=("SPY",),
)


def test_every_raw_table_is_landed_by_one_step() -> None:
    landed = [table for step in STEP_PARTS for table in step_tables(step)]
    assert sorted(landed) == sorted([*(table.name for table in RAW_TABLES), SCORES])
    assert set(PART_OF) == set(landed)


def test_steps_together_ask_for_all_that_a_night_wants() -> None:
    assert narrowed(WHOLE, PARTS) == WHOLE
    asked = [narrowed(WHOLE, parts) for parts in STEP_PARTS.values()]
    for name in ("bar_symbols", "news_symbols", "series_ids", "index_names", "company_symbols"):
        wanted = [getattr(one, name) for one in asked if getattr(one, name)]
        assert wanted == [getattr(WHOLE, name)], name


def test_step_asks_for_nothing_else() -> None:
    nothing = replace(WHOLE, bar_symbols=(), news_symbols=(), company_symbols=())
    credit = replace(nothing, index_names=(), intraday_symbols=())
    assert narrowed(WHOLE, STEP_PARTS["credit"]) == credit


@pytest.mark.parametrize(
    ("failure", "is_degrading", "again"),
    [
        ("transient", True, True),
        ("transient", False, False),
        ("auth", True, False),
        ("entitlement", True, False),
        ("quota", True, False),
        ("bad_payload", True, False),
    ],
)
def test_only_what_failed_in_passing_is_tried_again(
    failure: str, is_degrading: bool, again: bool
) -> None:
    problem = Problem("polygon", "daily_bars", "AAPL", failure, "no answer", is_degrading)
    landed = LandedPart({}, 1, (), (), (problem,))
    assert landed.is_worth_another_try is again
    assert not replace(landed, problems=()).is_worth_another_try
