"""The holdings file: what is tolerated, what is refused, and how a night remembers it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analytics.holdings import Holdings
from analytics.settings import OrderSettings
from orchestration.commands.nightly import nightly_command
from orchestration.commands.prove import prove_command
from orchestration.configuration import present_configuration, recorded_configuration
from orchestration.errors import NightError, UsageError
from orchestration.holdings import MOST_BYTES, load_holdings
from orchestration.night import NightOptions, NightRun
from orchestration.proof.prove import ProofOptions
from orchestration.resources import REPOSITORY, Settings, load_settings

PRICED = ("AAPL", "BRK.B", "KO", "SPY")
EVENING = datetime(2024, 6, 28, 22, 30, tzinfo=UTC)
START = "symbol,quantity_shares\n"


def held(tmp_path: Path, content: str | bytes) -> Holdings:
    path = tmp_path / "holdings.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load_holdings(path, priced=PRICED)


def test_symbols_shorts_and_cash_are_read(tmp_path: Path) -> None:
    found = held(tmp_path, f"{START}CASH,2500.50\nAAPL,40\nKO,-12.5\nSPY,0\n")
    assert found == Holdings(2500.5, {"AAPL": 40.0, "KO": -12.5})


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfsymbol,quantity_shares\r\nCASH,100\r\nAAPL,1e1\r\n",
        f"\n{START}\nCASH,100\n\n ,\nAAPL,10.\n\n",
        '"symbol","quantity_shares"\n"cash","100"\n"aapl","+10"',
        " Symbol , Quantity_Shares \n CASH , 100 \n AAPL , 10 \n",
        f"{START}AAPL,10\nCASH,100",
    ],
    ids=["byte-order mark, CRLF", "blank lines", "quoted, lower case", "spaces", "cash last"],
)
def test_what_is_no_mistake_is_tolerated(tmp_path: Path, content: str | bytes) -> None:
    assert held(tmp_path, content) == Holdings(100.0, {"AAPL": 10.0})


REFUSED = [
    ("", "line 1: the header must be symbol,quantity_shares, got ''"),
    ("CASH,1\n", "line 1: the header must be symbol,quantity_shares, got 'CASH,1'"),
    ("symbol;quantity_shares\nCASH;1\n", "got 'symbol;quantity_shares'"),
    ("symbol,quantity_shares,price\nCASH,1,1\n", "got 'symbol,quantity_shares,price'"),
    (f"{START}AAPL,1\n", "a row CASH,<dollars> must say what is held in cash"),
    (f"{START}CASH,1\nCASH,2\n", "line 3: a symbol must be listed once, not on line 2 too"),
    (f"{START}CASH,1\nAAPL,1\naapl,2\n", "line 4: a symbol must be listed once, not on line 3 too"),
    (f"{START}CASH,1\n,5\n", "line 3: a symbol must be a ticker such as AAPL, or CASH, got ''"),
    (f"{START}CASH,1\n=1+1,5\n", "got '=1+1'"),
    (f"{START}CASH,1\n../KO,5\n", "got '../KO'"),
    (f"{START}CASH,1\nMSFT,5\n", "line 3: a symbol must be one whose prices the night asks for"),
    (f"{START}CASH,1\nAAPL\n", "line 3: a row must be a symbol and a quantity, got 'AAPL'"),
    (f"{START}CASH,1,000\n", "line 2: a row must be a symbol and a quantity, got 'CASH,1,000'"),
    (f'{START}CASH,"1,000"\n', "line 2: quantity_shares must be a plain number"),
    (f"{START}CASH,1\nAAPL,\n", "line 3: quantity_shares must be a plain number"),
    (f"{START}CASH,1\nAAPL,ten\n", "got 'ten'"),
    (f"{START}CASH,nan\n", "line 2: quantity_shares must be a plain number"),
    (f"{START}CASH,1\nAAPL,-inf\n", "got '-inf'"),
    (f"{START}CASH,1\nAAPL,1e999\n", "got '1e999'"),
    (f"{START}CASH,1\nAAPL,1_000\n", "got '1_000'"),
    (f"{START}CASH,$5\n", "got '$5'"),
    (f"{START}CASH,1\nAAPL,{'9' * 90}\n", f"got '{'9' * 40}…'"),
    (f'{START}CASH,1\n"AAPL,5\n', "the row must be valid CSV, got one with"),
    (f"{START}CASH,1\nAAPL,\x005\n", "line 3"),
    (f"{START}CASH,0\n", "the account must be worth more than 0, got 0 in cash"),
    (f"{START}CASH,-5\nAAPL,-1\n", "the account must be worth more than 0, got -5 in cash"),
    (b"symbol,quantity_shares\nCASH,1\nAAPL\xff,5\n", "line 3: the file must be UTF-8, got the "),
    (b"x" * (MOST_BYTES + 1), "must have at most 1,000,000 bytes, got 1,000,001"),
]


@pytest.mark.parametrize(("content", "said"), REFUSED)
def test_malformed_file_is_refused_whole_in_one_sentence(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    with pytest.raises(UsageError) as refusal:
        held(tmp_path, content)
    sentence = str(refusal.value)
    assert said in sentence
    assert sentence.startswith(str(tmp_path / "holdings.csv"))
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert [path.name for path in tmp_path.iterdir()] == ["holdings.csv"]


def test_directory_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="must be a CSV file, and is a directory"):
        load_holdings(tmp_path, priced=PRICED)


def test_link_to_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "holdings.csv").symlink_to(tmp_path / "gone.csv")
    settings = load_settings({"MQP_HOME": str(tmp_path), "MQP_SOURCES": "sandbox"})
    with pytest.raises(UsageError, match=r"holdings.csv cannot be read: No such file"):
        present_configuration(settings)


def test_shipped_example_is_accepted(tmp_path: Path) -> None:
    example = (REPOSITORY / "config" / "holdings.example.csv").read_text()
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "holdings.csv").write_text(example)
    settings = load_settings({"MQP_HOME": str(tmp_path), "MQP_SOURCES": "sandbox"})
    holdings = present_configuration(settings).holdings
    assert holdings == Holdings(25_000.0, {"AAPL": 40.0, "SPY": 12.5, "LQD": -30.0})


def test_file_that_is_named_must_exist(tmp_path: Path) -> None:
    variables = {"MQP_HOME": str(tmp_path), "MQP_HOLDINGS": str(tmp_path / "gone.csv")}
    settings = load_settings({**variables, "MQP_SOURCES": "sandbox"})
    with pytest.raises(UsageError, match=r"gone\.csv cannot be read: No such file"):
        present_configuration(settings)


def test_record_of_a_night_gives_its_holdings_back(tmp_path: Path) -> None:
    variables = {"MQP_HOME": str(tmp_path), "MQP_SOURCES": "sandbox"}
    without = present_configuration(load_settings(variables))
    (tmp_path / "mine.csv").write_text(f"{START}CASH,0.1\nKO,0.3\nAAPL,-2\n")
    variables["MQP_HOLDINGS"] = str(tmp_path / "mine.csv")
    present = present_configuration(load_settings(variables))
    assert present.config_hash != without.config_hash
    assert recorded_configuration(present.snapshot) == present
    assert present_configuration(load_settings(variables), with_holdings=False) == without
    assert "holdings" not in json.loads(without.snapshot)
    assert recorded_configuration(without.snapshot).holdings is None


def test_portfolio_file_without_the_section_is_refused_and_an_old_record_is_not(
    tmp_path: Path,
) -> None:
    variables = {"MQP_HOME": str(tmp_path), "MQP_SOURCES": "sandbox"}
    content = json.loads(present_configuration(load_settings(variables)).snapshot)
    del content["portfolio"]["orders"]
    (tmp_path / "portfolio.yaml").write_text(json.dumps(content["portfolio"]))
    variables["MQP_PORTFOLIO"] = str(tmp_path / "portfolio.yaml")
    with pytest.raises(UsageError, match="orders is missing"):
        present_configuration(load_settings(variables))
    recorded = recorded_configuration(json.dumps(content))
    assert (recorded.portfolio.orders, recorded.holdings) == (OrderSettings(), None)


def test_order_of_rows_changes_no_hash(tmp_path: Path) -> None:
    hashes = set()
    for content in ("KO,1\nAAPL,2\nCASH,3\n", "CASH,3.0\nAAPL,2\nKO,1\nSPY,0\n"):
        (tmp_path / "mine.csv").write_text(START + content)
        variables = {"MQP_HOME": str(tmp_path), "MQP_HOLDINGS": str(tmp_path / "mine.csv")}
        settings = load_settings({**variables, "MQP_SOURCES": "sandbox"})
        hashes.add(present_configuration(settings).config_hash)
    assert len(hashes) == 1


YESTERDAY = EVENING - timedelta(days=1)


@pytest.mark.parametrize(
    ("as_of", "is_used"),
    [(None, True), (EVENING, True), (EVENING - timedelta(hours=1), True), (YESTERDAY, False)],
)
def test_night_of_the_past_does_not_read_what_is_held_today(
    tmp_path: Path, as_of: datetime | None, is_used: bool
) -> None:
    run = NightRun(holding(tmp_path, f"{START}CASH,5\n"), NightOptions(as_of=as_of), "run")
    assert (run.configuration.holdings is not None) == is_used
    assert ("holdings" in json.loads(run.configuration.snapshot)) == is_used


@pytest.mark.parametrize("content", [f"{START}CASH,ten\n", None], ids=["wrong", "gone"])
def test_bad_file_stops_the_latest_night_only(tmp_path: Path, content: str | None) -> None:
    settings = holding(tmp_path, content)
    assert NightRun(settings, NightOptions(as_of=YESTERDAY), "run").configuration.holdings is None
    for as_of in (None, EVENING):
        with pytest.raises(UsageError, match=r"mine\.csv"):
            NightRun(settings, NightOptions(as_of=as_of), "run")


def test_bad_file_lets_the_commands_for_past_nights_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holding(tmp_path, f"{START}CASH,ten\n")
    for name, value in variables_of(tmp_path).items():
        monkeypatch.setenv(name, value)
    # no night, and nothing to build one from: what comes next in each command
    with pytest.raises(NightError, match="run `mqp nightly` first"):
        prove_command(ProofOptions(), as_json=False)
    with pytest.raises(UsageError, match=r"mine\.csv, line 2"):
        nightly_command({}, dry_run=False, as_json=True, debug=False)


def variables_of(tmp_path: Path) -> dict[str, str]:
    return {
        "MQP_HOME": str(tmp_path),
        "MQP_HOLDINGS": str(tmp_path / "mine.csv"),
        "MQP_SOURCES": "sandbox",
        "MQP_NOW": EVENING.isoformat(),
    }


def holding(tmp_path: Path, content: str | None) -> Settings:
    """Settings of that evening with a holdings file, or with the name of none."""
    if content is not None:
        (tmp_path / "mine.csv").write_text(content)
    return load_settings(variables_of(tmp_path))
