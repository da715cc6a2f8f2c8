"""Research commands on a published night: the trial is counted, the night is not touched."""

import csv
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.conftest import mqp
from tests.quick_command import quick_mqp
from warehouse.connection import connect
from warehouse.home import Home

Command = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def home(small_night: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(small_night(tmp_path_factory.mktemp("research")))


def trials(home: Home, strategy: str) -> list[tuple[str, str]]:
    with connect(home.ledger, read_only=True) as ledger:
        return ledger.execute(
            "select evaluated_by, parameters from analytics.trials where strategy = ? "
            "and evaluated_by <> 'night' order by all",
            [strategy],
        ).fetchall()


def fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def asked(
    home: Home, *words: str, small_universe: Path, command: Command = quick_mqp
) -> dict[str, object]:
    done = command(home.root, *words, "--json", MQP_UNIVERSE=str(small_universe))
    return json.loads(done.stdout)


def test_night_registers_its_whole_grid(home: Home) -> None:
    with connect(home.ledger, read_only=True) as ledger:
        counted = ledger.execute(
            "select strategy, count(*) from analytics.trials where evaluated_by = 'night' "
            "group by all order by all"
        ).fetchall()
    assert counted == [("credit", 6), ("equities", 6), ("volatility", 6)]


def test_equities_on_one_ticker(home: Home, small_universe: Path) -> None:
    before = fingerprint(home.published)
    words = ("equities", "--ticker", "AAPL", "--period", "3y", "--validate_oos")
    found = asked(home, *words, small_universe=small_universe, command=mqp)
    again = asked(home, *words, small_universe=small_universe)
    assert fingerprint(home.published) == before
    assert [
        (by, json.loads(parameters)["members"]) for by, parameters in trials(home, "equities")
    ] == [("mqp equities", ["AAPL"])]
    assert (found["trials"], again["trials"]) == (19, 19)
    assert found["variants"] == again["variants"]
    figures = found["variants"]["balanced_position"]
    assert set(figures) == {"full", "train", "oos"}
    assert 0.0 <= figures["full"]["deflated_sharpe"]["value"] <= 1.0
    with (home.reports / "oos_registry.csv").open(newline="") as lines:
        (row,) = csv.DictReader(lines)
    assert float(row["oos_sharpe"]) == figures["oos"]["sharpe"]["value"]
    page = Path(str(found["sheet"])).read_text(encoding="utf-8")
    assert "SIMULATED DATA" in page
    assert "mqp equities --ticker AAPL --period 3y" in page
    for path in found["tables"]:
        assert Path(path).read_text().count("sandbox:7") > 0


def test_dry_run_evaluates_and_writes_nothing(home: Home, small_universe: Path) -> None:
    before = {path: fingerprint(path) for path in (home.ledger, home.published)}
    files = sorted(home.reports.rglob("*"))
    words = ("volatility", "--term-structure", "both", "--vix-cap", "22", "--dry-run")
    found = asked(home, *words, small_universe=small_universe, command=mqp)
    assert found["is_new_trial"] is True
    assert "sharpe" not in json.dumps(found)
    assert {path: fingerprint(path) for path in before} == before
    assert sorted(home.reports.rglob("*")) == files


def test_credit_without_ice_reads_the_proxy_alone(home: Home, small_universe: Path) -> None:
    proxy = asked(home, "credit", "--disable_oas", small_universe=small_universe)
    own = asked(home, "credit", small_universe=small_universe, command=mqp)
    assert json.loads(str(proxy["parameters"]))["is_oas_disabled"] is True
    name = "zscore_percentile"
    assert proxy["variants"][name] != own["variants"][name]
    # the declared variant is what the night published
    with connect(home.published, read_only=True) as published:
        (sharpe,) = published.execute(
            "select value from analytics.backtest_metrics where strategy = 'credit' "
            "and variant = ? and sample = 'full' and metric = 'sharpe'",
            [name],
        ).fetchone()
    assert own["variants"][name]["full"]["sharpe"]["value"] == pytest.approx(sharpe, rel=1e-9)
    assert [by for by, _ in trials(home, "credit")] == ["mqp credit"]  # the grid's own was known


def test_intraday_is_flat_at_every_close(home: Home, small_universe: Path) -> None:
    words = ("intraday", "--style", "frequent", "--interval", "5m")
    found = asked(home, *words, small_universe=small_universe, command=mqp)
    assert found["members"] == ["SPY"]
    path = next(Path(path) for path in found["tables"] if path.endswith("_daily.csv"))
    with path.open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["variant"] == "frequent_5m"]
    assert len(rows) > 40
    assert {float(row["net_exposure"]) for row in rows} == {0.0}
    for row in rows:
        gross, net = float(row["gross_return"]), float(row["net_return"])
        assert net <= gross + 1e-15
    assert [by for by, _ in trials(home, "intraday")] == ["mqp intraday"]


def test_oos_compares_what_the_night_chose(home: Home, small_universe: Path) -> None:
    found = asked(home, "oos", small_universe=small_universe, command=mqp)
    windows = {(row["strategy"], row["window"]) for row in found["rows"]}
    assert {
        ("credit", "split_0.7"),
        ("equities", "split_0.7"),
        ("volatility", "split_0.7"),
    } <= windows
    assert any(window.endswith("H1") for _, window in windows)
    before = (home.reports / "oos_registry.csv").read_bytes()
    asked(home, "oos", small_universe=small_universe)
    assert (home.reports / "oos_registry.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("equities", "--ticker", "NOPE"), "no bars of NOPE"),
        (("equities", "--ticker", "../x"), "--ticker"),
        (("equities", "--watchlist", "none.yaml"), "There is no file"),
        (("equities", "--style", "bold"), "--style is 'bold'"),
        (("credit", "--period", "soon"), "--period is 'soon'"),
        (("volatility", "--cost-bps", "-1"), "--cost-bps is -1"),
        (("credit", "--benchmark", "nope"), "no bars of NOPE"),
        (("oos", "--split", "1.5"), "--split is 1.5"),
        (("intraday", "--ticker", "AAPL"), "no intraday bars of AAPL (it has: SPY)"),
        (("intraday", "--interval", "2m"), "--interval is '2m'"),
    ],
)
def test_wrong_question_is_one_sentence(
    home: Home, words: tuple[str, ...], said: str, small_universe: Path
) -> None:
    done = quick_mqp(home.root, *words, MQP_UNIVERSE=str(small_universe), expect=2)
    assert said in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("mqp:")]) == 1


@pytest.mark.parametrize("command", ["equities", "credit", "volatility", "intraday", "oos"])
def test_without_a_night_the_sentence_says_what_to_do(tmp_path: Path, command: str) -> None:
    assert "run `mqp nightly` first" in mqp(tmp_path, command, expect=1).stderr


def test_trial_after_the_night_does_not_move_its_replay(
    home: Home, small_universe: Path, tmp_path: Path
) -> None:
    copy = Home(shutil.copytree(home.root, tmp_path / "home"))
    asked(copy, "volatility", "--vix-cap", "20", small_universe=small_universe)
    replayed = quick_mqp(copy.root, "replay", "--verify", MQP_UNIVERSE=str(small_universe))
    assert "IDENTICAL" in replayed.stdout
    assert len(trials(copy, "volatility")) == 1
