from datetime import date
from pathlib import Path

import pytest

from orchestration.errors import UsageError
from orchestration.universe import load_universe
from warehouse.context import Member

CORE = Path(__file__).resolve().parents[2] / "config" / "universes" / "core_equities.yaml"


def universe_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "universe.yaml"
    path.write_text(text)
    return path


def test_default_universe_has_twenty_members_and_spy() -> None:
    universe = load_universe(CORE)
    assert (len(universe.members), universe.benchmark) == (20, "SPY")
    assert {"HYG", "LQD", "SVXY", "VXX", "AGG", "TLT", "SPY"} < set(universe.bar_symbols)


def test_spy_has_intraday_bars_unless_the_file_says_otherwise(tmp_path: Path) -> None:
    texts = ("members: [AAPL]", "{members: [AAPL], intraday: [QQQ, SPY, QQQ]}",
             "{members: [AAPL], intraday: []}")  # fmt: skip
    found = [load_universe(universe_file(tmp_path, text)).intraday_symbols for text in texts]

    assert found == [("SPY",), ("QQQ", "SPY"), ()]
    assert load_universe(CORE).intraday_symbols == ("SPY",)


def test_member_counts_only_inside_its_dates(tmp_path: Path) -> None:
    path = universe_file(
        tmp_path, "members: [AAPL, {symbol: EBAY, from: 2015-01-02, to: 2016-12-30}]"
    )
    universe = load_universe(path)
    assert universe.members[1] == Member("EBAY", date(2015, 1, 2), date(2016, 12, 30))
    assert "EBAY" in universe.required_symbols(date(2016, 12, 30))
    assert "EBAY" not in universe.required_symbols(date(2017, 1, 3))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("members: []", "lists no members"),
        ("", "lists no members"),
        ("members: [AAPL", "not valid YAML"),
        ("members: AAPL", "must be a list"),
        ("members: ['../../etc/passwd']", "is not a symbol"),
        ("members: ['']", "a symbol is empty"),
        (f"members: [{'A' * 300}]", "a symbol has 300 characters"),
        ("members: [ON]", "in quotes"),
        ("{members: [AAPL], intraday: SPY}", "'intraday' must be a list"),
        ("{members: [AAPL], intraday: ['../x']}", "is not a symbol"),
        ("members: [{symbol: AAPL, from: 2017-01-03, to: 2016-01-04}]", "before its"),
        ("members: [{symbol: AAPL, since: 2017-01-03}]", "unknown key 'since'"),
        ("members: [{symbol: AAPL, from: soon}]", "write YYYY-MM-DD"),
    ],
)
def test_universe_that_cannot_be_meant_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_universe(universe_file(tmp_path, text))


@pytest.mark.parametrize("symbol", ["BRK.B", "BF-B", "^VIX", "KIMpL"])
def test_unusual_symbols_are_accepted_as_they_are(tmp_path: Path, symbol: str) -> None:
    universe = load_universe(universe_file(tmp_path, f"members: ['{symbol}']"))
    assert universe.member_symbols == (symbol,)
