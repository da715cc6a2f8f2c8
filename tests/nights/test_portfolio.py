"""`mqp portfolio` on a published night: counted once, refused whole, the night untouched."""

import hashlib
import json
import logging
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
import yaml

from analytics.holdings import Holdings
from orchestration.errors import NightError, UsageError
from orchestration.research.portfolio import (
    AskedPortfolio,
    answer_portfolio,
    prepared_portfolio,
    warnings_of,
)
from orchestration.research.portfolio_outputs import write_portfolio
from orchestration.resources import Settings, load_settings
from tests.conftest import NIGHT_CLOCK, mqp
from tests.quick_command import quick_mqp
from warehouse.connection import connect
from warehouse.home import Home

REPOSITORY = Path(__file__).parents[2]
SHIPPED = REPOSITORY / "config" / "portfolio.yaml"
say = logging.getLogger("test").info


@pytest.fixture(scope="module")
def home(small_night: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(small_night(tmp_path_factory.mktemp("portfolio")))


def settings_of(
    home: Home, universe: Path, portfolio: Path = SHIPPED, **variables: str
) -> Settings:
    return load_settings(
        {
            "MQP_HOME": str(home.root),
            "MQP_NOW": NIGHT_CLOCK,
            "MQP_UNIVERSE": str(universe),
            "MQP_PORTFOLIO": str(portfolio),
            **variables,
        }
    )


def state(home: Home) -> dict[str, str]:
    """Every file of the home by its content."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.root.rglob("*"))
        if path.is_file() and path.suffix not in (".log", ".lock")
    }


def counted(home: Home) -> list[str]:
    with connect(home.ledger, read_only=True) as ledger:
        rows = ledger.execute(
            "select parameters from analytics.trials where evaluated_by = 'mqp portfolio' "
            "order by all"
        ).fetchall()
    return [row[0] for row in rows]


def test_portfolio_is_counted_once_and_kept(home: Home, small_universe: Path) -> None:
    before = hashlib.sha256(home.published.read_bytes()).hexdigest()
    words = ("portfolio", "--strategies", "equities,credit,volatility", "--target-vol", "0.10")
    done = quick_mqp(home.root, *words, "--json", MQP_UNIVERSE=str(small_universe))
    text = mqp(home.root, *words, MQP_UNIVERSE=str(small_universe)).stdout
    found = json.loads(done.stdout)
    assert hashlib.sha256(home.published.read_bytes()).hexdigest() == before
    assert len(counted(home)) == 1
    assert found["trials"] == 19
    with connect(home.published, read_only=True) as published:
        published_weights = published.execute(
            "select strategy, symbol, final_weight from analytics.target_weights "
            "where session_date = (select max(session_date) from analytics.target_weights) "
            "order by all"
        ).fetchall()
    told = [
        (row["strategy"], row["symbol"], row["final_weight"]) for row in found["target_weights"]
    ]
    assert sorted(told) == published_weights
    assert "SIMULATED DATA" in text
    for title in ("What to hold", "Limits tonight", "Under stress", "Orders"):
        assert f"\n{title}\n" in text
    (page,) = (Path(path) for path in found["files"] if path.endswith(".html"))
    html = page.read_text(encoding="utf-8")
    assert "mqp portfolio --strategies equities,credit,volatility --target-vol 0.10" in html
    assert "SIMULATED DATA" in html
    assert "Did losses keep to the forecasts?" in html
    for path in found["files"]:
        assert Path(path).stat().st_size > 0
        assert str(path) in text


def test_other_settings_stand_beside_the_nights_own(home: Home, small_universe: Path) -> None:
    settings = settings_of(home, small_universe)
    changes = {
        "sleeves.method": "inverse_volatility",
        "target_volatility_annual": 0.05,
        "costs.slippage_bps": 30.0,
    }
    before = len(counted(home))
    with prepared_portfolio(settings, AskedPortfolio(changes), say) as ready:
        found = answer_portfolio(settings, ready, say)
    assert len(counted(home)) == before + 1
    daily = found.tables["backtest_daily"]
    assert {"equal_sleeves", "as_published", "spy"} <= set(daily["variant"])
    with connect(home.published, read_only=True) as published:
        own = published.execute(
            "select net_return from analytics.portfolio_daily order by session_date"
        ).fetchnumpy()["net_return"]
    usual = daily[daily["variant"] == "as_published"]["net_return"].to_numpy()
    assert usual.tolist() == own.tolist()
    assert usual.std() > daily[daily["strategy"] == "portfolio"]["net_return"].std()


def test_dry_run_writes_nothing(home: Home, small_universe: Path) -> None:
    before = state(home)
    done = quick_mqp(
        home.root, "portfolio", "--dry-run", "--json", MQP_UNIVERSE=str(small_universe)
    )
    assert "parameters" in json.loads(done.stdout)
    assert state(home) == before


BAD_FILES = [
    ("target_volatility_annual", None, "target_volatility_annual is missing"),
    ("target_volatility_annual", -0.1, "must be a number from 0.001 to 1, got -0.1"),
    ("sleeves.method", "magic", "sleeves.method must be one of equal"),
    ("sleeves.strategies", ["equities", "bonds"], "must be among equities, credit, volatility"),
    ("limits.single_stock", 0.5, "limits.single_stock must be at most limits.sector"),
    ("limits.net", 3.0, "limits.net must be at most limits.gross"),
    ("sectors.Energy", [], "sectors.Energy must be a list of at least one symbol"),
    ("limits", None, "limits is missing"),
    ("funds", "", "funds must be a list of names, got ''"),
    ("sectors.Energy", ["XOMM"], "sectors.Energy must be a symbol of the universe small or of"),
    ("shocks.february_2018.SVXY", None, r"shocks.february_2018.SVXY must be a number from -1"),
]


@pytest.mark.parametrize(("path", "value", "message"), BAD_FILES)
def test_bad_file_gets_one_sentence_and_no_partial_run(
    home: Home, small_universe: Path, tmp_path: Path, path: str, value: object, message: str
) -> None:
    content = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    *parents, key = path.split(".")
    node = content
    for parent in parents:
        node = node[parent]
    if value is None:
        del node[key]
    else:
        node[key] = value
    file = tmp_path / "portfolio.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    before = state(home)
    settings = settings_of(home, small_universe, file)
    with (
        pytest.raises(UsageError, match=message) as refusal,
        prepared_portfolio(settings, AskedPortfolio(), say),
    ):
        pass
    assert str(refusal.value).startswith(str(file))
    assert "\n" not in str(refusal.value)
    assert state(home) == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--target-vol", "-0.1"), "target_volatility_annual must be a number from 0.001 to 1"),
        (("--strategies", "bonds"), "sleeves.strategies must be among equities"),
        (("--weights", "equities"), "--weights has 'equities': write equities=0.5"),
        (("--weights", "equities=1.0", "--method", "hrp"), "goes with the method fixed"),
        (("--holdings", "nowhere.csv"), "There is no file nowhere.csv"),
    ],
)
def test_bad_option_is_wrong_usage(
    home: Home, small_universe: Path, words: tuple[str, ...], message: str
) -> None:
    from typer.testing import CliRunner

    from orchestration.cli_portfolio import portfolio_app

    variables = {
        "MQP_HOME": str(home.root),
        "MQP_NOW": NIGHT_CLOCK,
        "MQP_UNIVERSE": str(small_universe),
    }
    done = CliRunner().invoke(portfolio_app, words, env=variables)
    assert isinstance(done.exception, UsageError)
    assert message in str(done.exception)


def test_orders_for_an_account_never_overdraw_its_cash(
    home: Home, small_universe: Path, tmp_path: Path
) -> None:
    account = tmp_path / "mine.csv"
    account.write_text("symbol,quantity_shares\nAAPL,10\nCASH,5000\n")
    settings = settings_of(home, small_universe)
    asked = AskedPortfolio({"orders.shares": "whole"}, holdings=account)
    with prepared_portfolio(settings, asked, say) as ready:
        found = answer_portfolio(settings, ready, say)
    orders, holdings = found.tables["orders"], found.tables["holdings"]
    assert not holdings["is_simulated"].any()
    signed = orders["notional_usd"].where(orders["side"] == "sell", -orders["notional_usd"])
    cash = 5000.0 + signed.sum() - orders["expected_cost_usd"].sum()
    assert cash >= 0.0
    assert not any("fraction" in sentence for sentence in warnings_of(ready, found))
    opened = orders[orders["symbol"] != "AAPL"]
    assert (opened["quantity_shares"] % 1.0 == 0.0).all()


def test_two_accounts_keep_their_order_files_apart(
    home: Home, small_universe: Path, tmp_path: Path
) -> None:
    settings = settings_of(home, small_universe)
    written, before = [], counted(home)
    for cash in (5_000, 50_000):
        account = tmp_path / "mine.csv"
        account.write_text(f"symbol,quantity_shares\nAAPL,10\nCASH,{cash}\n")
        with prepared_portfolio(settings, AskedPortfolio(holdings=account), say) as ready:
            found = answer_portfolio(settings, ready, say)
            files = write_portfolio(settings, ready, found, command="mqp portfolio")
            assert "for a fraction of a share" in warnings_of(ready, found)[-1]
        written.append({path: path.read_bytes() for path in files})
    first, second = written
    assert not set(first) & set(second)
    assert all(path.read_bytes() == content for path, content in first.items())
    assert len(set(counted(home)) - set(before)) <= 1


MONDAY_EVENING = "2024-07-01T20:15:00Z"  # 16:15 New York: the bars of 2024-07-01 are there
MONDAY_AFTERNOON = "2024-07-01T20:14:59Z"


def test_account_is_not_sized_on_a_night_that_is_not_the_latest(
    home: Home, small_universe: Path, tmp_path: Path
) -> None:
    account = tmp_path / "mine.csv"
    account.write_text("symbol,quantity_shares\nAAPL,10\nCASH,5000\n")
    before = state(home)
    settings = settings_of(home, small_universe, MQP_NOW=MONDAY_EVENING)
    with (
        pytest.raises(NightError) as refusal,
        prepared_portfolio(settings, AskedPortfolio(holdings=account), say),
    ):
        pass
    assert str(refusal.value) == (
        f"{account} says what is held after the close of 2024-07-01, but the published night is "
        "2024-06-28: run `mqp nightly` first, then ask again."
    )
    assert state(home) == before


def test_account_is_sized_on_the_latest_night_over_the_weekend(
    home: Home, small_universe: Path, tmp_path: Path
) -> None:
    account = tmp_path / "mine.csv"
    account.write_text("symbol,quantity_shares\nAAPL,10\nCASH,5000\n")
    settings = settings_of(home, small_universe, MQP_NOW=MONDAY_AFTERNOON)
    with prepared_portfolio(settings, AskedPortfolio(holdings=account), say) as ready:
        assert ready.inputs.holdings == Holdings(5000.0, {"AAPL": 10.0})
        assert ready.warnings == ()


def test_old_night_ignores_the_configured_account_and_says_so_everywhere(
    home: Home, small_universe: Path, tmp_path: Path
) -> None:
    account = tmp_path / "mine.csv"
    account.write_text("not even a header")  # what does not matter is not opened
    variables = {"MQP_UNIVERSE": str(small_universe), "MQP_HOLDINGS": str(account)}
    variables["MQP_NOW"] = MONDAY_EVENING
    sentence = (
        "The published night is 2024-06-28, and 2024-07-01 has closed since: the orders are old "
        f"ones of the simulated book; {account} is ignored. Run `mqp nightly` for those of "
        "2024-07-01."
    )
    said = json.loads(quick_mqp(home.root, "portfolio", "--json", **variables).stdout)
    assert said["warnings"][0] == sentence
    assert all(row["is_simulated"] for row in said["holdings"])
    files = {Path(path).suffix: Path(path) for path in said["files"]}
    assert sentence in unescape(files[".html"].read_text())
    assert json.loads(files[".json"].read_text())["warnings"] == said["warnings"]
    assert f"WARNING: {sentence}" in quick_mqp(home.root, "portfolio", **variables).stdout
    dry = json.loads(quick_mqp(home.root, "portfolio", "--dry-run", "--json", **variables).stdout)
    assert dry["warnings"] == sentence
