"""The out-of-sample registry as a file: one row per question and window."""

from pathlib import Path

import pandas as pd
import pytest

from orchestration.errors import NightError
from orchestration.research.oos_registry import NIGHTLY, Basis, keep_rows
from tests.orchestration.test_record import NIGHT
from warehouse.home import Home

BASIS = Basis(NIGHT, 5, "sandbox:7")


def rows(*windows: str, sharpe: float = 1.0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "strategy": "equities",
            "window": list(windows),
            "variant": "v",
            "train_first_date": pd.Timestamp(NIGHT),
            "oos_sharpe": sharpe,
            "is_flagged": False,
        }
    )


def keep(home: Home, frame: pd.DataFrame, question: str = NIGHTLY) -> pd.DataFrame:
    keep_rows(home, frame, BASIS, question)
    return pd.read_csv(home.reports / "oos_registry.csv")


def test_row_says_what_asked_and_on_which_data(tmp_path: Path) -> None:
    found = keep(Home(tmp_path), rows("2016H1"))
    assert found.loc[0, ["question", "night", "ledger_version", "world"]].tolist() == [
        NIGHTLY, "2017-06-30", 5, "sandbox:7",
    ]  # fmt: skip


def test_question_asked_again_replaces_its_row(tmp_path: Path) -> None:
    home = Home(tmp_path)
    keep(home, rows("split_0.7"), "equities_x")
    keep(home, rows("split_0.7", sharpe=3.0), "equities_y")
    found = keep(home, rows("split_0.7", sharpe=2.0), "equities_x")
    assert found.set_index("question")["oos_sharpe"].to_dict() == {
        "equities_x": 2.0, "equities_y": 3.0,
    }  # fmt: skip


def test_nights_rows_are_replaced_whole_and_questions_stay(tmp_path: Path) -> None:
    home = Home(tmp_path)
    keep(home, rows("2015H2", "2016H1"))
    keep(home, rows("split_0.7"), "equities_x")
    found = keep(home, rows("2016H1", "2016H2"))
    assert found["window"].tolist() == ["split_0.7", "2016H1", "2016H2"]


def test_writing_the_same_rows_again_changes_no_byte(tmp_path: Path) -> None:
    home = Home(tmp_path)
    keep(home, rows("2015H2", "2016H1"))
    before = (home.reports / "oos_registry.csv").read_bytes()
    keep(home, rows("2015H2", "2016H1"))
    assert (home.reports / "oos_registry.csv").read_bytes() == before


def test_hash_of_digits_is_no_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for digits in ("1234567890123456", "0000567890123456", "12345678e0123456"):
        monkeypatch.setattr("orchestration.research.oos_registry.code_hash", lambda d=digits: d)
        for _ in range(2):
            keep(Home(tmp_path), rows("split_0.7"), f"q{digits}")
    text = (tmp_path / "reports" / "oos_registry.csv").read_text()
    assert "0000567890123456" in text
    assert "12345678e0123456" in text


def test_formula_in_a_question_is_harmless(tmp_path: Path) -> None:
    found = keep(Home(tmp_path), rows("split_0.7"), "=HYPERLINK(1)")
    assert found.loc[0, "question"] == "'=HYPERLINK(1)"


@pytest.mark.parametrize("content", ["a,b\n1,2\n", '"'])
def test_file_that_is_no_registry_is_left_alone(tmp_path: Path, content: str) -> None:
    home = Home(tmp_path)
    home.reports.mkdir()
    path = home.reports / "oos_registry.csv"
    path.write_text(content)
    with pytest.raises(NightError, match="move it away"):
        keep(home, rows("2016H1"))
    assert path.read_text() == content
