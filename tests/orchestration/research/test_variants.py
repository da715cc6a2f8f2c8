"""From options to a variant: the grid's own where it has one, else one more row."""

from datetime import date
from pathlib import Path

import pytest

from analytics.settings import PortfolioConfig
from orchestration.commands.research import watched_members
from orchestration.configuration import Configuration
from orchestration.errors import UsageError
from orchestration.research.question import Asked, configuration_of, first_day_of
from orchestration.research.variants import (
    credit_variant,
    equity_variant,
    volatility_variant,
)
from orchestration.seeds import seed_rows
from orchestration.universe import Universe
from tests.orchestration.test_record import NIGHT
from warehouse.connection import connect
from warehouse.context import Member


def equity(**changed: object):
    options = {
        "mode": "position", "style": "balanced", "has_credit_overlay": True,
        "has_vix_throttle": True,
    }  # fmt: skip
    return equity_variant(**{**options, **changed})


def credit(**changed: object):
    options = {
        "rule": "zscore", "entry_zscore": 1.0, "percentiles": (10.0, 90.0),
        "momentum_sessions": 60, "is_oas_disabled": False,
    }  # fmt: skip
    return credit_variant(**{**options, **changed})


def volatility(**changed: object):
    options = {
        "holds": "contango", "contango_max_ratio": 0.98, "backwardation_min_ratio": 1.02,
        "vix_cap": 30.0,
    }  # fmt: skip
    return volatility_variant(**{**options, **changed})


GRID = [
    *((equity(style=s, mode=m), f"{s}_{m}") for s in ("balanced", "conservative", "aggressive")
      for m in ("position", "event")),
    (credit(), "zscore_percentile"),
    (credit(percentiles=None), "zscore"),
    (credit(entry_zscore=1.5), "zscore_percentile_z1.5"),
    (credit(percentiles=None, entry_zscore=1.5), "zscore_z1.5"),
    (credit(rule="momentum_ratio"), "momentum_ratio"),
    (credit(rule="momentum_ratio", momentum_sessions=120), "momentum_ratio_w120"),
    (volatility(), "contango"),
    (volatility(holds="backwardation"), "backwardation"),
    (volatility(holds="both"), "both"),
    (volatility(vix_cap=25), "contango_v25"),
    (volatility(holds="both", vix_cap=25), "both_v25"),
    (volatility(contango_max_ratio=0.95), "contango_r0.95"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "name"), GRID, ids=[name for _, name in GRID])
def test_declared_variant_needs_no_row(asked, name: str) -> None:
    assert (asked.name, asked.rows) == (name, {})


def test_every_declared_variant_can_be_asked_for() -> None:
    declared = {
        (strategy, row["variant"])
        for strategy in ("equities", "credit", "volatility")
        for row in seed_rows(f"{'equity' if strategy == 'equities' else strategy}_variants")
    }
    assert {(asked.strategy, name) for asked, name in GRID} == declared


@pytest.mark.parametrize(
    ("asked", "name", "seed"),
    [
        (equity(has_credit_overlay=False), "balanced_position_no_overlay", "equity_variants"),
        (equity(has_vix_throttle=False), "balanced_position_no_throttle", "equity_variants"),
        (credit(percentiles=(5, 95)), "zscore_percentile_p5_95", "credit_variants"),
        (volatility(backwardation_min_ratio=1.05), "contango_b1.05", "volatility_variants"),
    ],
)
def test_other_parameters_are_one_more_row(asked, name: str, seed: str, tmp_path: Path) -> None:
    assert asked.name == name
    columns = seed_rows(seed)[0]
    with connect(tmp_path / "build.duckdb") as build:
        build.execute("create schema seeds")
        build.execute(f"create table seeds.{seed} ({', '.join(f'{c} varchar' for c in columns)})")
        asked.add_to(build)
        assert build.execute(f"select variant, is_default from seeds.{seed}").fetchall() == [
            (name, "false")
        ]


@pytest.mark.parametrize(
    ("call", "changed", "said"),
    [
        (equity, {"style": "bold"}, "--style is 'bold'"),
        (equity, {"mode": "swing"}, "--mode is 'swing'"),
        (credit, {"rule": "carry"}, "--strategy is 'carry'"),
        (credit, {"percentiles": (90.0, 10.0)}, "lower < upper"),
        (credit, {"entry_zscore": 0.0}, "--entry-z is 0"),
        (credit, {"rule": "momentum_ratio", "momentum_sessions": 1}, "at least 2"),
        (volatility, {"holds": "short"}, "--term-structure is 'short'"),
        (volatility, {"contango_max_ratio": 1.1}, "must lie below"),
        (volatility, {"vix_cap": 0.0}, "above 0"),
    ],
)
def test_impossible_options_are_refused(call, changed: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        call(**changed)


@pytest.mark.parametrize(
    ("period", "first"),
    [
        ("6mo", "2016-12-30"), ("3y", "2014-06-30"), ("90d", "2017-04-01"), ("2w", "2017-06-16"),
    ],
)  # fmt: skip
def test_period_is_counted_back_from_the_night(period: str, first: str) -> None:
    assert first_day_of(period, NIGHT).isoformat() == first


def test_whole_history_has_no_first_day() -> None:
    assert first_day_of("max", NIGHT) is None
    assert first_day_of("9999y", NIGHT) is None


@pytest.mark.parametrize("period", ["6", "mo", "0y", "6 mo", "-1y", "1q"])
def test_period_that_cannot_be_meant_is_refused(period: str) -> None:
    with pytest.raises(UsageError, match="--period"):
        first_day_of(period, NIGHT)


def test_what_the_night_does_anyway_is_no_trial_of_its_own() -> None:
    recorded = Configuration(
        Universe("core", "SPY", (Member("AAPL"), Member("KO"))), PortfolioConfig(), "{}"
    )
    asked = Asked(equity(), "q", members=(Member("KO"), Member("AAPL")), cost_bps=5.0)
    assert asked.told_apart(recorded).extras == {}
    other = Asked(equity(), "q", members=(Member("KO"), Member("AAPL", NIGHT)), cost_bps=5.5)
    assert set(other.told_apart(recorded).extras) == {"members", "cost_bps"}


def test_watchlists_members_count_only_inside_their_dates(tmp_path: Path) -> None:
    path = tmp_path / "watch.yaml"
    path.write_text("members: [{symbol: AAPL, from: 2024-01-02}, KO]\n")
    recorded = Configuration(Universe("core", "SPY", (Member("PG"),)), PortfolioConfig(), "{}")
    asked = Asked(equity(), "q", members=watched_members(path, []))
    members = configuration_of(asked, recorded).universe.members
    assert members == (Member("AAPL", date(2024, 1, 2), None), Member("KO"))


def test_costs_are_scaled_and_the_borrow_fee_stays() -> None:
    recorded = Configuration(Universe("core", "SPY", (Member("PG"),)), PortfolioConfig(), "{}")
    costs = configuration_of(Asked(equity(), "q", cost_bps=10.0), recorded).portfolio.costs
    # 1, 1 and 3 bps as configured
    assert (costs.commission_bps, costs.half_spread_bps, costs.slippage_bps) == (2.0, 2.0, 6.0)
    assert costs.borrow_fee_annual_fraction == 0.005


def test_watchlist_and_tickers_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not both"):
        watched_members(tmp_path / "watch.yaml", ["KO"])


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_option_that_is_no_number_is_refused(number: float) -> None:
    for call, name in ((credit, "entry_zscore"), (volatility, "vix_cap")):
        with pytest.raises(UsageError, match="write a number"):
            call(**{name: number})


def test_number_close_to_a_declared_one_has_a_name_of_its_own() -> None:
    asked = credit(entry_zscore=1.50000001)
    assert asked.name == "zscore_percentile_z1.50000001"
    assert asked.rows


def test_other_members_and_costs_are_trials_of_their_own() -> None:
    members = (Member("MSFT"), Member("AAPL", date(2024, 1, 2), None))
    asked = Asked(equity(), "mqp equities", members=members, cost_bps=0.0)
    assert asked.extras == {"members": ["AAPL 2024-01-02", "MSFT"], "cost_bps": 0.0}
    assert Asked(equity(), "mqp equities").extras == {}
    assert Asked(credit(is_oas_disabled=True), "mqp credit").extras == {"is_oas_disabled": True}


def test_names_of_files_tell_questions_apart_and_stay_in_their_folder() -> None:
    many = tuple(Member(f"S{n}") for n in range(9))
    stems = [
        Asked(equity(), "q").stem,
        Asked(equity(), "q", members=(Member("BRK.B"),), period="6mo").stem,
        Asked(equity(), "q", members=(Member("BRK-B"),), period="6mo").stem,
        Asked(equity(), "q", members=(Member("BRK-B", NIGHT),), period="6mo").stem,
        Asked(equity(), "q", members=many).stem,
        Asked(equity(), "q", members=(*many[:8], Member("T"))).stem,
        Asked(equity(), "q", cost_bps=10.0).stem,
        Asked(equity(), "q", benchmark="QQQ").stem,
        Asked(credit(is_oas_disabled=True), "q").stem,
    ]
    assert stems[0] == "equities_balanced_position"
    assert stems[1].startswith("equities_balanced_position_BRK-B_6mo_")
    assert len(set(stems)) == len(stems)
    assert not any(letter in stem for stem in stems for letter in "/\\.")
