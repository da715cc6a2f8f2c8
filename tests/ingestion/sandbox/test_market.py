"""The simulated market itself: stable, consistent, and shaped like a market."""

from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import yaml

from ingestion.sandbox.actions import Split
from ingestion.sandbox.catalogue import (
    DEFAULT_SYMBOLS,
    INDEX_STARTS,
    MARKET_START,
    SERIES_IDS,
    VXX_GAP,
)
from ingestion.sandbox.climate import CRASH
from ingestion.sandbox.market import Market
from ingestion.sandbox.prices import History
from ingestion.sandbox.returns import growth_of
from ingestion.sandbox.streams import mean_reverting, stream

ROOT = Path(__file__).resolve().parents[3]
SHORT_HORIZON = 2013


@pytest.fixture(scope="module")
def young() -> Market:
    """The same seed simulated to the end of 2013 only."""
    return Market(7, SHORT_HORIZON)


def _columns(history: History) -> list[np.ndarray]:
    return [history.open, history.high, history.low, history.close, history.volume]


def _per_session(history: History) -> tuple[np.ndarray, np.ndarray]:
    """Dividend in USD, and shares after for one share before, of every session."""
    dividends, ratios = np.zeros(len(history.close)), np.ones(len(history.close))
    for paid in history.dividends:
        dividends[paid.at] += paid.cash_usd
    for split in history.splits:
        ratios[split.at] = split.shares_after / split.shares_before
    return dividends, ratios


def _total_returns(history: History, until: int) -> np.ndarray:
    """Simple returns between consecutive bars, dividends and splits counted."""
    at = np.flatnonzero(history.has_bar[:until])
    dividends, ratios = _per_session(history)
    value = (history.close[at] + dividends[at]) * ratios[at]
    return value[1:] / history.close[at][:-1] - 1


def test_mean_reverting_walk_by_hand() -> None:
    # 10 + 0.5 * (0 - 10) + 1 = 6, then 6 + 0.5 * (4 - 6) + 0 = 5
    walked = mean_reverting(np.array([1.0, 0.0]), np.array([0.0, 4.0]), pull=0.5, start=10.0)
    assert walked.tolist() == [6.0, 5.0]


def test_streams_differ_by_seed_and_purpose() -> None:
    draws = {stream(*about).random() for about in ((7, "KO"), (8, "KO"), (7, "KO", "volume"))}
    assert len(draws) == 3


def test_default_symbols_hold_the_default_universe() -> None:
    universe = yaml.safe_load((ROOT / "config/universes/core_equities.yaml").read_text())
    wanted = {
        *universe["members"],
        universe["benchmark"],
        "HYG",
        "LQD",
        "SVXY",
        "VXX",
        "AGG",
        "TLT",
    }
    assert wanted <= set(DEFAULT_SYMBOLS)


@pytest.mark.parametrize("symbol", [*DEFAULT_SYMBOLS, "QQQQ"])
def test_history_never_depends_on_how_far_was_simulated(
    market: Market, young: Market, symbol: str
) -> None:
    n = len(young.days)
    short, long = young.history(symbol), market.history(symbol)
    for few, many in zip(_columns(short), _columns(long), strict=True):
        assert few.tolist() == many[:n].tolist()
    assert list(short.splits) == [split for split in long.splits if split.at < n]
    assert list(short.dividends) == [paid for paid in long.dividends if paid.at < n]
    assert young.corrections(symbol) == tuple(c for c in market.corrections(symbol) if c.at < n)


@pytest.mark.parametrize("symbol", ["AAPL", "EBAY", "QQQQ"])
def test_stories_never_depend_on_how_far_was_simulated(
    market: Market, young: Market, symbol: str
) -> None:
    told = young.stories(symbol)
    assert told
    assert market.stories(symbol)[: len(told)] == told


@pytest.mark.parametrize("series_id", SERIES_IDS)
def test_series_never_depend_on_how_far_was_simulated(
    market: Market, young: Market, series_id: str
) -> None:
    short, long = young.series(series_id), market.series(series_id)
    n = len(short.days)
    assert short.values == long.values[:n]
    assert short.published_at == long.published_at[:n]
    early = {at: revision for at, revision in long.revisions.items() if at < n}
    assert set(short.revisions.items()) <= set(early.items())


@pytest.mark.parametrize("name", sorted(INDEX_STARTS))
def test_index_candles_are_stable_and_in_order(market: Market, young: Market, name: str) -> None:
    short, long = young.index(name), market.index(name)
    for few, many in zip(vars(short).values(), vars(long).values(), strict=True):
        assert few.tolist() == many[: len(young.days)].tolist()
    assert np.all(long.low <= np.minimum(long.open, long.close))
    assert np.all(long.high >= np.maximum(long.open, long.close))


def test_another_seed_is_another_market(market: Market) -> None:
    other = Market(8, SHORT_HORIZON)
    assert other.history("KO").close[5] != market.history("KO").close[5]


@pytest.mark.parametrize("symbol", DEFAULT_SYMBOLS)
def test_bars_are_consistent(market: Market, symbol: str) -> None:
    history = market.history(symbol)
    traded = history.has_bar
    opens, highs, lows, closes, volumes = (column[traded] for column in _columns(history))
    assert np.all(lows > 0)
    assert np.all(lows <= np.minimum(opens, closes))
    assert np.all(highs >= np.maximum(opens, closes))
    assert np.all(volumes > 0)
    assert np.allclose(closes, closes.round(2 if closes.min() >= 1 else 4), atol=1e-12)


@pytest.mark.parametrize("symbol", DEFAULT_SYMBOLS)
def test_raw_closes_reflect_every_action(market: Market, symbol: str) -> None:
    history = market.history(symbol)
    growth = growth_of(history.instrument, market.seed, market.climate, market.days)
    dividends, ratios = _per_session(history)
    held = history.has_bar[1:] & history.has_bar[:-1]
    value = (history.close[1:] + dividends[1:]) * ratios[1:] / history.close[:-1]
    # a cent of rounding at either end is all that may separate price and growth
    rounding = 0.0051 * (ratios[1:] + 1) / history.close[:-1] * 1.6
    assert np.all((np.abs(value - np.exp(growth.log_return[1:])) <= rounding)[held])


def test_splits_show_in_raw_prices(market: Market) -> None:
    splits = [(market.history(symbol), split) for symbol in DEFAULT_SYMBOLS
              for split in market.history(symbol).splits]  # fmt: skip
    assert len(splits) > 10
    for history, split in splits:
        expected = split.shares_before / split.shares_after
        seen = history.close[split.at] / history.close[split.at - 1]
        assert seen / expected == pytest.approx(1.0, abs=0.35)


def test_cheap_long_volatility_fund_joins_its_shares(market: Market) -> None:
    splits = market.history("VXX").splits
    assert len(splits) >= 4
    assert {split[1:] for split in splits} == {(4, 1)}
    assert isinstance(splits[0], Split)


def test_dividends_are_quarterly_for_payers_and_monthly_for_bond_funds(market: Market) -> None:
    year = [at for at, day in enumerate(market.days) if day.year == 2020]
    paid = {
        symbol: sum(dividend.at in year for dividend in market.history(symbol).dividends)
        for symbol in ("KO", "SPY", "HYG", "TLT", "AMZN", "SVXY")
    }
    assert paid == {"KO": 4, "SPY": 4, "HYG": 12, "TLT": 12, "AMZN": 0, "SVXY": 0}


def test_special_dividend_shares_its_ex_date_with_a_regular_one(market: Market) -> None:
    dividends = market.history("CSCO").dividends
    special = [paid for paid in dividends if paid.payments_per_year == 0]
    assert [market.days[paid.at].year for paid in special] == [2019]
    assert sum(paid.at == special[0].at for paid in dividends) == 2


def test_long_volatility_note_has_a_gap_and_a_name_is_delisted(market: Market) -> None:
    vxx, gone = market.history("VXX").has_bar, market.history("ZZDL").has_bar
    missing = [day for day, traded in zip(market.days, vxx, strict=True) if not traded]
    assert (missing[0], missing[-1]) == VXX_GAP
    assert market.days[int(np.flatnonzero(gone)[-1])] == date(2022, 3, 18)


def test_short_volatility_fund_halves_its_leverage(market: Market) -> None:
    until = len(market.days)
    svxy, vxx = market.history("SVXY"), market.history("VXX")
    last_full = market.session_number(date(2018, 2, 27))
    short = _total_returns(svxy, last_full + 1)[-500:]
    long = _total_returns(vxx, last_full + 1)[-500:]
    assert np.polyfit(long, short, 1)[0] == pytest.approx(-1.0, abs=0.02)
    assert np.polyfit(_total_returns(vxx, until)[-500:], _total_returns(svxy, until)[-500:], 1)[
        0
    ] == pytest.approx(-0.5, abs=0.02)


@pytest.mark.parametrize("seed", [1, 7, 42])
def test_market_looks_like_a_market(seed: int) -> None:
    market = Market(seed, 2026)
    until = market.session_number(date(2026, 11, 20)) + 1
    years = until / 252
    growth = {
        symbol: float(np.prod(1 + _total_returns(market.history(symbol), until)) ** (1 / years) - 1)
        for symbol in ("SPY", "VXX", "SVXY")
    }
    volatility = {
        symbol: float(_total_returns(market.history(symbol), until).std() * 252**0.5)
        for symbol in ("SPY", "KO", "AAPL", "HYG", "VXX")
    }
    assert 0.04 < growth["SPY"] < 0.12
    assert growth["VXX"] < -0.25
    assert growth["SVXY"] > 0.0
    assert 0.11 < volatility["SPY"] < 0.20
    assert 0.12 < volatility["KO"] < volatility["AAPL"] < 0.35
    assert 0.03 < volatility["HYG"] < 0.09
    assert 0.45 < volatility["VXX"] < 0.80
    assert (market.climate.regime[:until] == CRASH).any()


@pytest.mark.parametrize("seed", [1, 7, 42])
def test_volatility_curve_is_mostly_in_contango_and_inverts_in_crashes(seed: int) -> None:
    market = Market(seed, 2026)
    ratio = market.index("VIX").close / market.index("VIX3M").close
    assert 0.80 < np.mean(ratio <= 0.98) < 0.96
    assert 0.02 < np.mean(ratio >= 1.02) < 0.14
    assert 0.82 < np.median(ratio) < 0.92
    in_crash = market.climate.regime == CRASH
    assert np.mean(ratio[in_crash] >= 1.02) > 0.5


@pytest.mark.parametrize("seed", [1, 7, 42])
def test_credit_spreads_stay_in_their_range_and_widen_in_stress(seed: int) -> None:
    climate = Market(seed, 2026).climate
    hy, ig = climate.hy_oas_pct, climate.ig_oas_pct
    assert 2.6 <= hy.min() < 3.5
    assert 6.0 < hy.max() <= 11.5
    assert 0.75 <= ig.min() < ig.max() < 3.6
    assert np.corrcoef(hy, climate.stress)[0, 1] > 0.5


def test_corrections_are_rare_and_keep_bars_consistent(market: Market) -> None:
    found = [(market.history(symbol), wrong) for symbol in DEFAULT_SYMBOLS
             for wrong in market.corrections(symbol)]  # fmt: skip
    weeks = len(market.days) / 5
    assert 0.5 < len(found) / weeks < 1.5
    for history, wrong in found:
        assert history.low[wrong.at] <= wrong.close <= history.high[wrong.at]
        assert 1 <= wrong.corrected_at - wrong.at <= 4
        assert (wrong.close, wrong.volume) != (history.close[wrong.at], history.volume[wrong.at])


def test_sessions_start_with_2010_and_ascend(market: Market) -> None:
    assert market.days[0] == MARKET_START
    assert all(before < after for before, after in pairwise(market.days))
