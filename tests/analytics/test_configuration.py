"""config/portfolio.yaml: what is allowed, and the sentence for what is not."""

import copy
import datetime as dt
import json
from pathlib import Path

import pytest
import yaml

from analytics.allocation import METHODS
from analytics.configuration import parse_portfolio_config
from analytics.errors import ConfigurationError
from analytics.settings import OrderSettings, StressWindow

FILE = Path(__file__).parents[2] / "config" / "portfolio.yaml"


def parsed():
    return copy.deepcopy(yaml.safe_load(FILE.read_text()))


def changed(path, value):
    """The shipped file with one key set."""
    root = parsed()
    *sections, key = path.split(".")
    section = root
    for name in sections:
        section = section[name]
    section[key] = value
    return root


def test_shipped_file_holds_the_documented_defaults():
    config = parse_portfolio_config(parsed(), is_strict=True)
    assert config.target_volatility_annual == 0.10
    assert config.max_leverage == 2.0
    assert config.method == "equal"
    assert config.strategies == ("equities", "credit", "volatility")
    assert config.costs.trading_fraction == pytest.approx(0.0005)
    assert config.orders == OrderSettings("fractional", 0.0, 0.0, margin=False)
    limits = config.limits
    assert (limits.single_stock, limits.etf, limits.sector) == (0.10, 0.40, 0.30)
    assert (limits.max_stress_loss, limits.stress_scenario) == (0.25, "february_2018")
    assert (limits.gross, limits.net, limits.turnover) == (2.0, 1.5, 1.0)
    assert (limits.drawdown_stop, limits.drawdown_flat_decisions) == (0.25, 21)


def test_keys_left_out_take_the_values_of_the_shipped_file():
    whole = parsed()
    short = {key: whole[key] for key in ("funds", "sectors", "shocks")}
    assert parse_portfolio_config(short) == parse_portfolio_config(whole)


def test_shock_seen_at_another_leverage_is_stored_per_unit():
    config = parse_portfolio_config(parsed())
    assert config.stress_shock("SVXY") == pytest.approx(0.91)
    assert config.shocks["march_2020"].per_unit["SVXY"] == pytest.approx(1.16)


def test_stock_in_no_sector_is_unclassified_and_shocked_like_a_stock():
    config = parse_portfolio_config(parsed())
    assert config.sector_of("ZZZ") == "Unclassified"
    assert config.stress_shock("ZZZ") == -0.066
    assert config.symbol_cap("ZZZ") == 0.10


def test_fund_belongs_to_no_sector_and_has_its_own_cap():
    config = parse_portfolio_config(parsed())
    assert config.sector_of("HYG") is None
    assert config.symbol_cap("HYG") == 0.40


def test_fund_without_a_shock_is_refused_when_it_is_needed():
    with pytest.raises(ConfigurationError, match=r"shocks\.february_2018 has no number .* AGG"):
        parse_portfolio_config(parsed()).stress_shock("AGG")


def test_fund_has_no_shock_in_a_scenario_without_its_number():
    config = parse_portfolio_config(parsed())
    assert config.shock_of("march_2020", "AGG") is None
    assert config.shock_of("march_2020", "HYG") == -0.22
    assert config.shock_of("march_2020", "ZZZ") == -0.34


def test_stress_window_is_two_dates_and_may_be_given_as_text():
    # the record of a night keeps its configuration as JSON, which knows no dates
    window = StressWindow(dt.date(2015, 8, 17), dt.date(2015, 8, 25))
    config = parse_portfolio_config(
        changed("stress_windows", {"mine": ["2015-08-17", "2015-08-25"]})
    )
    assert config.stress_windows == {"mine": window}
    recorded = json.loads(json.dumps(parsed(), default=str))
    assert parse_portfolio_config(recorded) == parse_portfolio_config(parsed())
    assert parse_portfolio_config(parsed()).stress_windows["china_devaluation_2015"] == window


def test_no_stress_window_is_wanted_where_the_file_lists_none():
    assert parse_portfolio_config(changed("stress_windows", None)).stress_windows == {}


def test_fixed_weights_are_read_with_their_method():
    root = changed("sleeves.method", "fixed")
    root["sleeves"]["fixed_weights"] = {"equities": 0.5, "credit": 0.3, "volatility": 0.2}
    assert parse_portfolio_config(root).fixed_weights["credit"] == 0.3


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_accepted(method):
    root = changed("sleeves.method", method)
    root["sleeves"]["fixed_weights"] = {"equities": 0.5, "credit": 0.3, "volatility": 0.2}
    assert parse_portfolio_config(root, is_strict=True).method == method


@pytest.mark.parametrize("method", ["black_litterman", None, 3])
def test_method_that_is_not_there_is_refused_with_those_that_are(method):
    with pytest.raises(ConfigurationError) as refusal:
        parse_portfolio_config(changed("sleeves.method", method))
    assert str(refusal.value) == (
        "config/portfolio.yaml: sleeves.method must be one of equal, inverse_volatility, "
        f"risk_parity, hrp, min_variance, fixed, got {method!r}"
    )


def scalar_keys(node, path=""):
    """Every key of the shipped file that holds one number or word."""
    for key, value in node.items():
        name = f"{path}.{key}" if path else key
        if isinstance(value, dict) and key not in ("sectors", "shocks", "stress_windows"):
            yield from scalar_keys(value, name)
        else:
            yield name


@pytest.mark.parametrize("path", list(scalar_keys(parsed())))
def test_key_that_is_missing_is_named(path):
    root = parsed()
    *parents, key = path.split(".")
    node = root
    for parent in parents:
        node = node[parent]
    del node[key]
    with pytest.raises(ConfigurationError, match=rf"portfolio.yaml: {path} is missing"):
        parse_portfolio_config(root, is_strict=True)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("limits.single_stock", 0.31, r"limits.single_stock must be at most limits.sector \(0.3\)"),
        ("limits.sector", 2.1, "limits.sector must be at most limits.gross"),
        ("limits.etf", 2.1, "limits.etf must be at most limits.gross"),
        ("limits.net", 2.1, r"limits.net must be at most limits.gross \(2\), .* got 2.1"),
        ("limits.turnover", 0.002, r"at least minimum_order_weight \(0.0025\)"),
    ],
)
def test_limits_that_contradict_each_other_are_refused(path, value, message):
    with pytest.raises(ConfigurationError, match=message):
        parse_portfolio_config(changed(path, value), is_strict=True)


def test_limits_may_meet():
    root = changed("limits.single_stock", 0.30)
    root["limits"]["net"] = 2.0
    assert parse_portfolio_config(root, is_strict=True).limits.single_stock == 0.30


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("target_volatility_annual", 10, "must be a number from 0.001 to 1, got 10"),
        ("target_volatility_annual", "10%", "got '10%'"),
        ("max_leverage", True, "max_leverage must be a number"),
        ("max_leverage", float("nan"), "max_leverage must be a number from 0.01 to 10"),
        ("limits.gross", -1, "limits.gross must be a number from 0 to 20, got -1"),
        ("limits.drawdown_flat_decisions", 2.5, "a whole number from 1 to 252"),
        ("limits.stress_scenario", "1987", "one of crisis_2008, february_2018, march_2020"),
        ("limits.gros", 2.0, "limits.gros is not known"),
        ("leverage", 2.0, "leverage is not known"),
        ("costs", 5, "costs must be a mapping"),
        ("orders.shares", "half", "orders.shares must be one of fractional, whole, got 'half'"),
        ("orders.cash_buffer", 5, "orders.cash_buffer must be a number from 0 to 1, got 5"),
        ("orders.minimum_trade_usd", -1, "orders.minimum_trade_usd must be a number from 0"),
        ("orders.margin", "no", "orders.margin must be true or false, got 'no'"),
        ("orders.leverage", 2, "orders.leverage is not known"),
        ("orders",
         {"shares": "whole", "minimum_trade_usd": 0, "cash_buffer": 0.1, "margin": True},
         "must be 0 where margin is true, got 0.1"),
        ("funds", "SPY", "funds must be a list"),
        ("funds", [True], "put a name in quotes"),
        ("funds", "", "funds must be a list of names, got ''"),
        ("funds", 0, "funds must be a list of names, got 0"),
        ("funds", False, "funds must be a list of names, got False"),
        ("funds", {}, "funds must be a list of names, got {}"),
        ("funds", ["SPY", " "], "funds must be a list of names, none of them blank, got ' '"),
        ("sleeves.strategies", "", "sleeves.strategies must be a list of names, got ''"),
        ("sleeves.strategies", False, "sleeves.strategies must be a list of names, got False"),
        ("sectors", "", "sectors must be a mapping, got ''"),
        ("sectors", 0, "sectors must be a mapping, got 0"),
        ("sectors.Energy", "", "sectors.Energy must be a list of names, got ''"),
        ("sectors", {"": ["AAPL"]}, "every key of sectors must be a name that is not blank"),
        ("sectors", {" ": ["AAPL"]}, "every key of sectors must be a name that is not blank"),
        ("shocks.", {"stocks": -0.1}, "every key of shocks must be a name that is not blank"),
        ("stress_windows. ", ["2015-08-17", "2015-08-25"], "every key of stress_windows must"),
        ("funds", ["SPY", "SPY"], "without repetitions"),
        ("sectors.Energy", ["XOM", "AAPL"], "one sector only"),
        ("sectors.Energy", ["HYG"], "stocks only"),
        ("sectors.Energy", [], "sectors.Energy must be a list of at least one symbol"),
        ("sectors.Energy", None, "sectors.Energy must be a list of at least one symbol"),
        ("sleeves.strategies", [], "sleeves.strategies must be at least one strategy"),
        ("target_volatility_annual", -0.1, "must be a number from 0.001 to 1, got -0.1"),
        ("limits.liquidity", -0.1, "limits.liquidity must be a number from 0 to 100"),
        ("shocks.mine", {"SPY": -0.1}, "shocks.mine.stocks must be the return of every symbol"),
        ("shocks.mine", {"stocks": -1.5}, "shocks.mine.stocks must be a number from -1 to 10"),
        ("shocks.mine", {"stocks": 0, "X": {"return": 1, "leverage": 0}}, "other than 0"),
        ("sleeves.fixed_weights", {"bonds": 1.0}, "sleeves.fixed_weights.bonds is not known"),
        ("stress_windows", [dt.date(2015, 8, 17)], "stress_windows must be a mapping"),
        ("stress_windows.mine", dt.date(2015, 8, 17), "stress_windows.mine must be a list of two"),
        ("stress_windows.mine", None, "like 2015-08-17, the first before the last, got None"),
        ("stress_windows.mine", [dt.date(2015, 8, 17)], "must be a list of two dates"),
        ("stress_windows.mine", "2015-08-17 2015-08-25", "must be a list of two dates"),
        ("stress_windows.mine", [dt.date(2015, 8, 25), dt.date(2015, 8, 17)],
         "the first before the last, got ['2015-08-25', '2015-08-17']"),
        ("stress_windows.mine", [dt.date(2015, 8, 17)] * 2, "the first before the last"),
        ("stress_windows.mine", [20150817, 20150825], "must be a list of two dates"),
        ("stress_windows.mine", ["20150817", "20150825"], "must be a list of two dates"),
        ("stress_windows.mine", ["August 2015", "2015-08-25"], "got ['August 2015', '2015-08-25']"),
        ("stress_windows.mine", [dt.datetime(2015, 8, 17, 9), dt.date(2015, 8, 25)],  # noqa: DTZ001
         "must be a list of two dates"),
        ("stress_windows", {2015: []}, "stress_windows.2015 must be text"),
    ],
)  # fmt: skip
def test_value_that_is_not_allowed_is_refused_in_one_sentence(path, value, message):
    with pytest.raises(ConfigurationError) as refusal:
        parse_portfolio_config(changed(path, value), is_strict=True)
    assert message in str(refusal.value)
    assert str(refusal.value).startswith("config/portfolio.yaml: ")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (None, "a weight for equities, credit, volatility"),
        ({"equities": 0.5, "credit": 0.5}, "a weight for volatility"),
        ({"equities": 0.5, "credit": 0.5, "volatility": 0.5}, "weights that sum to 1"),
    ],
)
def test_fixed_weights_must_be_whole(weights, message):
    root = changed("sleeves.method", "fixed")
    root["sleeves"]["fixed_weights"] = weights
    with pytest.raises(ConfigurationError, match=message):
        parse_portfolio_config(root)


@pytest.mark.parametrize("root", [None, {}])
def test_empty_file_lacks_the_shocks(root):
    with pytest.raises(ConfigurationError, match="stress_scenario must be one of"):
        parse_portfolio_config(root)


def test_file_that_is_no_mapping_is_refused():
    with pytest.raises(ConfigurationError, match="the file must be a mapping"):
        parse_portfolio_config(["capital"])


@pytest.mark.parametrize(
    ("path", "value"),
    [("funds", ""), ("funds", 0), ("sectors", {"": ["NVDA"]})],
)
def test_lists_that_an_earlier_release_took_are_still_read(path, value):
    config = parse_portfolio_config(changed(path, value))
    assert config.funds == frozenset() if path == "funds" else set(config.sectors) == {"NVDA"}


@pytest.mark.parametrize("strategies", [[], ["equities", "bonds"]])
def test_strategies_that_an_earlier_release_took_are_still_read(strategies):
    config = parse_portfolio_config(changed("sleeves.strategies", strategies))
    assert config.strategies == (tuple(strategies) or ("equities", "credit", "volatility"))
