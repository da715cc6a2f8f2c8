"""A second path from the stored provider responses to the published numbers.

Nothing here shares code with the product: it reads the responses of a sandbox night and follows the
design by itself. A failure names the first row on which the two tell a different number.
"""

import duckdb
import pandas as pd
import pytest

from tests.second_path import law, tables
from tests.second_path.compare import first_difference, first_signal_difference
from tests.second_path.recompute import SecondPath, Withheld, recompute

pytestmark = pytest.mark.night

VARIANTS = [
    *(("equities", f"{style}_{mode}") for style in law.EQUITY_STYLES for mode in law.EQUITY_MODES),
    *(("credit", name) for name in law.CREDIT_VARIANTS),
    *(("volatility", name) for name in law.VOLATILITY_VARIANTS),
]
KEY = ["symbol", "session_date"]
TALIB_TOLERANCES = {"rsi_14": 1e-6, "atr_14_usd": 1e-6}
WITHHELD_SQL = """
    select dataset, symbol, first_date, last_date
    from quality.quarantine
    group by dataset, symbol, first_date, last_date
    having count(released_at) = 0
"""


class Published:
    """The published file, read-only; every relation comes back with dates ready to be compared."""

    def __init__(self, path):
        self._connection = duckdb.connect(str(path), read_only=True)

    def rows(self, sql: str, parameters: tuple = ()) -> pd.DataFrame:
        frame = self._connection.execute(sql, parameters).df()
        for name in frame.columns.intersection(["session_date", "effective_session"]):
            frame[name] = frame[name].astype("datetime64[us]")
        return frame

    def table(self, name: str) -> pd.DataFrame:
        columns = "* exclude (available_at), epoch_us(available_at) as available_us"
        return self.rows(f"select {columns} from {name}")

    def withheld(self) -> list[Withheld]:
        return [Withheld(*row) for row in self._connection.execute(WITHHELD_SQL).fetchall()]

    def close(self) -> None:
        self._connection.close()


@pytest.fixture(scope="module")
def published(sandbox_night):
    opened = Published(sandbox_night.published)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def second_path(sandbox_night, published) -> SecondPath:
    members = getattr(sandbox_night, "members", law.CORE_EQUITIES)
    return recompute(sandbox_night.raw, tuple(members), published.withheld())


def test_night_is_the_latest_session_closed_at_the_fetch(published, second_path):
    night = published.rows("select max(session_date) as session_date from marts.fct_prices")
    assert night["session_date"].dt.date.tolist() == [second_path.axis.night]


def test_prices_agree_with_the_responses(published, second_path):
    actual = published.table("marts.fct_prices")
    difference = first_difference(tables.price_rows(second_path), actual, KEY)
    assert difference is None


def test_sentiment_agrees_with_the_responses(published, second_path):
    actual = published.table("marts.fct_sentiment")
    difference = first_difference(tables.sentiment_rows(second_path), actual, KEY)
    assert difference is None


@pytest.mark.parametrize("source", ["oas", "price_proxy"])
def test_spreads_agree_with_the_responses(published, second_path, source):
    expected, actual = tables.spread_rows(second_path), published.table("marts.fct_spreads")
    expected, actual = (rows[rows["spread_source"] == source] for rows in (expected, actual))
    difference = first_difference(expected, actual, ["session_date", "spread_source"])
    assert difference is None


def test_term_structure_agrees_with_the_responses(published, second_path):
    actual = published.table("marts.fct_term_structure")
    expected = tables.term_structure_rows(second_path)
    difference = first_difference(expected, actual, ["session_date"])
    assert difference is None


def test_equity_features_agree_with_the_responses(published, second_path):
    expected = tables.feature_rows(second_path)
    actual = published.table("marts.fct_equity_features")
    difference = first_difference(expected, actual, KEY, TALIB_TOLERANCES)
    assert difference is None


@pytest.mark.parametrize(("strategy", "variant"), VARIANTS)
def test_signals_agree_with_the_responses(published, second_path, strategy, variant):
    actual = published.rows(
        "select symbol, session_date, signal, event, target_weight, reason, effective_session,"
        " epoch_us(decided_at) as decided_us from marts.fct_signals"
        " where strategy = ? and variant = ?",
        (strategy, variant),
    )
    decisions = second_path.decisions[strategy, variant]
    difference = first_signal_difference(
        decisions,
        actual,
        second_path.axis,
        is_default=law.DEFAULT_VARIANTS[strategy] == variant,
        frozen_reason=second_path.frozen_reasons(decisions),
    )
    assert difference is None


@pytest.mark.parametrize(("strategy", "variant"), VARIANTS)
def test_backtest_agrees_with_the_responses(published, second_path, strategy, variant):
    actual = published.rows(
        "select session_date, gross_return, cost_return, net_return, turnover, gross_exposure,"
        " net_exposure from analytics.backtest_daily where strategy = ? and variant = ?",
        (strategy, variant),
    )
    expected = tables.backtest_rows(second_path, strategy, variant)
    difference = first_difference(expected, actual, ["session_date"])
    assert difference is None
