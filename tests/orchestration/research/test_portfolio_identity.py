"""Equal portfolio settings are one trial and one set of files, however a file spells them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from analytics.configuration import parse_portfolio_config
from analytics.holdings import Holdings
from orchestration.research.portfolio_identity import file_stem, parameters_of
from orchestration.resources import REPOSITORY

SHIPPED = REPOSITORY / "config" / "portfolio.yaml"


def shipped() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    return content


def told(content: dict[str, Any]) -> str:
    return parameters_of(parse_portfolio_config(content, is_strict=True))


def with_whole_numbers_as_fractions(content: dict[str, Any]) -> None:
    content["capital_usd"] = 1e6
    content["max_leverage"] = 2
    content["limits"]["gross"] = 2
    content["limits"]["drawdown_flat_decisions"] = 21.0
    content["costs"]["commission_bps"] = 1.0


def with_other_orders(content: dict[str, Any]) -> None:
    for name in ("limits", "costs", "shocks", "sectors"):
        content[name] = dict(reversed(content[name].items()))
    content["sectors"] = {name: symbols[::-1] for name, symbols in content["sectors"].items()}
    content["funds"].reverse()
    content["sleeves"]["strategies"].reverse()


def with_weights_that_the_method_does_not_read(content: dict[str, Any]) -> None:
    content["sleeves"]["fixed_weights"] = {"equities": 1, "credit": 0, "volatility": 0}


def with_other_orders_and_windows(content: dict[str, Any]) -> None:
    content["orders"] |= {"shares": "whole", "cash_buffer": 0.1}
    content["stress_windows"] = {}


SAME = [
    with_whole_numbers_as_fractions,
    with_other_orders,
    with_weights_that_the_method_does_not_read,
    with_other_orders_and_windows,
]


@pytest.mark.parametrize("respelled", SAME)
def test_same_settings_in_other_words_are_one_trial(
    respelled: Callable[[dict[str, Any]], None],
) -> None:
    content = shipped()
    respelled(content)
    assert json.dumps(content, default=str) != json.dumps(shipped(), default=str)
    assert told(content) == told(shipped())


def test_return_at_another_leverage_is_the_same_shock() -> None:
    plain, observed = shipped(), shipped()
    plain["shocks"]["february_2018"] |= {"SVXY": 0.5, "AGG": 0.0}
    observed["shocks"]["february_2018"] |= {
        "SVXY": {"return": -0.25, "leverage": -0.5},
        "AGG": {"return": 0, "leverage": -1},
    }
    assert told(plain) == told(observed)


OTHERS: list[tuple[str, object]] = [
    ("max_leverage", 1.0),
    ("limits.gross", 1.9),
    ("costs.slippage_bps", 3.5),
    ("sleeves.strategies", ["equities", "credit"]),
    ("sectors.Energy", ["XOM", "CVX", "AMZ"]),
    ("shocks.february_2018.SPY", -0.066),
    ("funds", ["SPY", "HYG", "LQD", "SVXY", "VXX", "AGG"]),
]


@pytest.mark.parametrize(("path", "value"), OTHERS)
def test_what_can_move_the_path_is_another_trial(path: str, value: object) -> None:
    content = shipped()
    *sections, key = path.split(".")
    node = content
    for name in sections:
        node = node[name]
    node[key] = value
    assert told(content) != told(shipped())


def test_fixed_weights_count_where_they_are_read() -> None:
    trials = set()
    for weights in ((0.5, 0.3, 0.2), (0.2, 0.3, 0.5)):
        content = shipped()
        names = ("equities", "credit", "volatility")
        content["sleeves"] |= {"method": "fixed"}
        content["sleeves"]["fixed_weights"] = dict(zip(names, weights, strict=True))
        trials.add(told(content))
    assert len(trials) == 2


def test_parameters_are_json_that_names_the_settings() -> None:
    found = json.loads(told(shipped()))
    assert (found["target_volatility_annual"], found["method"]) == (0.1, "equal")
    assert found["limits"]["drawdown_flat_decisions"] == 21
    assert len(found["lists"]) == 12
    assert not {"orders", "stress_windows", "funds", "sectors", "shocks"} & set(found)


def test_accounts_of_one_trial_have_files_of_their_own() -> None:
    config = parse_portfolio_config(shipped(), is_strict=True)
    whole = shipped()
    whole["orders"]["shares"] = "whole"
    in_whole_shares = parse_portfolio_config(whole, is_strict=True)
    mine, hers = Holdings(5_000.0, {"AAPL": 10.0}), Holdings(5_000.0, {"AAPL": 11.0})
    stems = [
        file_stem(config, None),
        file_stem(config, mine),
        file_stem(config, hers),
        file_stem(config, Holdings(5_001.0, {"AAPL": 10.0})),
        file_stem(in_whole_shares, mine),
    ]
    assert len(set(stems)) == len(stems)
    assert len({stem.rpartition("_")[0] for stem in stems}) == 1


def test_same_account_in_another_order_has_the_same_files() -> None:
    config = parse_portfolio_config(shipped(), is_strict=True)
    one = file_stem(config, Holdings(1.0, {"AAPL": 2.0, "KO": 3.0}))
    assert one == file_stem(config, Holdings(1.0, {"KO": 3.0, "AAPL": 2.0}))
