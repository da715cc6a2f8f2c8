import numpy as np
import pandas as pd
import pytest
import talib

from tests.dbt.conftest import frame
from warehouse.connection import Connection

pytestmark = pytest.mark.xdist_group("dbt")


@pytest.fixture
def features(built: Connection) -> pd.DataFrame:
    """(4250 sessions) features of one symbol beside its adjusted bars."""
    return frame(
        built,
        "select * from marts.fct_equity_features inner join "
        "(select symbol, session_date, adjusted_high_usd, adjusted_low_usd, adjusted_close_usd "
        "from marts.fct_prices) using (symbol, session_date) "
        "where symbol = 'BBB' order by session_date",
    )


def wilder(moves: np.ndarray, n: int = 14) -> np.ndarray:
    """Wilder's average as a plain loop: the mean of the first n, then 13/14 old and 1/14 new."""
    average = np.full(len(moves), np.nan)
    average[n] = moves[1 : n + 1].mean()
    for t in range(n + 1, len(moves)):
        average[t] = (average[t - 1] * (n - 1) + moves[t]) / n
    return average


def agree(found: pd.Series, expected: object, rel: float) -> None:
    assert found.to_numpy() == pytest.approx(np.asarray(expected), rel=rel, nan_ok=True)


def test_moving_averages_equal_pandas(features: pd.DataFrame) -> None:
    agree(features.sma_20_usd, features.adjusted_close_usd.rolling(20).mean(), 1e-9)
    agree(features.sma_50_usd, features.adjusted_close_usd.rolling(50).mean(), 1e-9)


def test_volatility_equals_pandas(features: pd.DataFrame) -> None:
    returns = features.adjusted_close_usd.pct_change()
    agree(features.volatility_20_annual, returns.rolling(20).std() * np.sqrt(252), 1e-9)


def test_momentum_skips_the_latest_month(features: pd.DataFrame) -> None:
    close = features.adjusted_close_usd
    agree(features.momentum_12_1_return, close.shift(21) / close.shift(252) - 1, 1e-9)


def test_rsi_equals_a_wilder_loop_over_sixteen_years(features: pd.DataFrame) -> None:
    change = features.adjusted_close_usd.diff().to_numpy()
    gain, loss = wilder(np.maximum(change, 0)), wilder(np.maximum(-change, 0))
    assert len(features) > 4200
    agree(features.rsi_14, 100 * gain / (gain + loss), 1e-9)


def test_atr_equals_a_wilder_loop_over_sixteen_years(features: pd.DataFrame) -> None:
    before = features.adjusted_close_usd.shift()
    ranges = pd.concat(
        [
            features.adjusted_high_usd - features.adjusted_low_usd,
            (features.adjusted_high_usd - before).abs(),
            (features.adjusted_low_usd - before).abs(),
        ],
        axis=1,
    ).max(axis=1)
    agree(features.atr_14_usd, wilder(ranges.to_numpy()), 1e-9)


def test_rsi_and_atr_equal_talib(features: pd.DataFrame) -> None:
    bars = [
        features[f"adjusted_{name}_usd"].to_numpy(dtype=float) for name in ("high", "low", "close")
    ]
    agree(features.rsi_14, talib.RSI(bars[2], 14), 1e-6)
    agree(features.atr_14_usd, talib.ATR(*bars, 14), 1e-6)


def test_sentiment_is_the_sum_of_three_sessions_over_three(built: Connection) -> None:
    rows = frame(
        built,
        "select sentiment_score, sentiment_3d, article_count from marts.fct_sentiment "
        "where symbol = 'CCC' order by session_date",
    )
    expected = rows.sentiment_score.fillna(0).rolling(3, min_periods=1).sum() / 3
    assert rows.sentiment_3d.to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-12)
    assert (rows.article_count[rows.sentiment_score.isna()] == 0).all()


def test_providers_opinion_is_the_newest_known_and_never_in_our_score(built: Connection) -> None:
    rows = frame(
        built,
        "select provider_sentiment_source as source, provider_sentiment_score as score "
        "from marts.fct_sentiment where symbol = 'AAA' order by session_date",
    )
    # fetched in the evening, so nothing is known on the first session; every ninth story is read,
    # known on the two sessions after it and too old on the third
    assert rows.source[:5].fillna("").tolist() == ["", "polygon", "polygon", "finnhub", "finnhub"]
    assert rows.source[1:].value_counts(normalize=True)["polygon"] == pytest.approx(2 / 9, abs=0.01)
    of_finnhub = rows.score[rows.source == "finnhub"]
    assert set(of_finnhub.round(1)) == {round(day / 10 - 0.3, 1) for day in range(7)}
    assert set(rows.score[rows.source == "polygon"]) == {-1.0, 0.0, 1.0}


def test_funds_have_features_and_no_news(built: Connection) -> None:
    row = built.execute(
        "select count(sma_50_usd) > 4000, max(abs(sentiment_3d)) from marts.fct_equity_features "
        "where symbol = 'HYG'"
    ).fetchone()
    stories = built.execute("select count(*) from marts.fct_sentiment where symbol = 'HYG'")
    assert row == (True, 0.0)
    assert stories.fetchone() == (0,)
