"""The portfolio file beside the universe: unknown symbols, and traded funds without a shock."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from analytics.settings import DEFAULT_VARIANTS
from orchestration.configuration import present_configuration, recorded_configuration
from orchestration.errors import UsageError
from orchestration.portfolio_checks import EQUITIES
from orchestration.resources import REPOSITORY, load_settings
from orchestration.universe import STRATEGY_FUNDS

SHIPPED = REPOSITORY / "config" / "portfolio.yaml"
Change = Callable[[dict[str, Any]], Any]


def present(tmp_path: Path, change: Change, members: str = "[AAPL, KO]") -> Any:
    """Read a home's files: the shipped portfolio, changed, and a universe of two."""
    content = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    change(content)
    file, universe = tmp_path / "portfolio.yaml", tmp_path / "small.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    universe.write_text(f"benchmark: SPY\nmembers: {members}\n")
    variables = {"MQP_HOME": str(tmp_path), "MQP_SOURCES": "sandbox"}
    variables |= {"MQP_PORTFOLIO": str(file), "MQP_UNIVERSE": str(universe)}
    return present_configuration(load_settings(variables))


REFUSED: list[tuple[str, Change, str]] = [
    ("fund", lambda c: c["funds"].append("HYGG"), "funds must be a symbol of the universe small "),
    (
        "stock",
        lambda c: c["sectors"]["Energy"].append("xom"),
        "sectors.Energy must be a symbol of the universe small or of "
        "dbt_project/seeds/instruments.csv, got 'xom'.",
    ),
    (
        "shock",
        lambda c: c["shocks"]["march_2020"].update(SVYX=0.9),
        "shocks.march_2020 must be a symbol of the universe small or of",
    ),
    (
        "no shock",
        lambda c: c["shocks"]["february_2018"].pop("HYG"),
        "shocks.february_2018.HYG must be a number from -1 to 10, the return per unit of leverage "
        "of a fund that credit trades (limits.stress_scenario is february_2018), got None.",
    ),
]


@pytest.mark.parametrize(
    ("change", "said"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_file_that_does_not_fit_is_refused_in_one_sentence(
    tmp_path: Path, change: Change, said: str
) -> None:
    with pytest.raises(UsageError) as refusal:
        present(tmp_path, change)
    assert str(refusal.value).startswith(f"{tmp_path / 'portfolio.yaml'}: {said}")
    assert "\n" not in str(refusal.value)


def test_fund_among_the_members_needs_its_shock(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"february_2018\.TLT must be .* that equities trades"):
        present(tmp_path, lambda content: None, members="[AAPL, TLT]")


def test_fund_that_no_configured_strategy_trades_needs_no_shock(tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["sleeves"]["strategies"] = ["equities"]
        del content["shocks"]["february_2018"]["HYG"]

    assert "HYG" not in present(tmp_path, change).portfolio.shocks["february_2018"].per_unit


def test_member_that_no_list_has_ever_named_may_stand_in_a_sector(tmp_path: Path) -> None:
    found = present(
        tmp_path, lambda content: content["sectors"]["Energy"].append("ZZZ"), members="[AAPL, ZZZ]"
    )
    assert found.portfolio.sectors["ZZZ"] == "Energy"
    assert recorded_configuration(found.snapshot).portfolio == found.portfolio


def test_every_strategy_says_what_it_trades() -> None:
    assert {EQUITIES, *STRATEGY_FUNDS} == set(DEFAULT_VARIANTS)
