"""Intraday signals of a built market against TA-Lib, numpy and plain loops over bars."""

import math
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
import talib

from tests.dbt.conftest import DbtHome, frame, new_home
from tests.dbt.intraday_market import BAR, add_bars, halted, halved_from, session_bars
from tests.dbt.synthetic import Market, land_market
from warehouse.connection import Connection, connect
from warehouse.sessions import new_york_sessions

pytestmark = pytest.mark.xdist_group("dbt_intraday")

SESSIONS = new_york_sessions()
DAYS = SESSIONS.between(date(2017, 10, 2), date(2017, 12, 29))  # 11-24 closes at 13:00
NIGHT, CUT = DAYS[-1], date(2017, 11, 28)
SPLIT, LATE_SPLIT, EARLY_CLOSE = date(2017, 11, 15), date(2017, 11, 30), date(2017, 11, 24)
NO_LAST_BUT_ONE, BROKEN_OFF, WITHOUT_BARS = DAYS[10], DAYS[20], DAYS[30]
VARIANTS = {  # interval, RSI low and high, deviations
    "rare_5m": ("5m", 16, 84, 2.5),
    "frequent_5m": ("5m", 20, 80, 1.2),
    "crawford_5m": ("5m", 16, 84, 2.0),
    "rare_1h": ("1h", 16, 84, 2.5),
    "frequent_1h": ("1h", 20, 80, 1.2),
    "crawford_1h": ("1h", 16, 84, 2.0),
}
MODELS = (
    *("int_intraday_bars_reconciled", "int_intraday_prices_adjusted"),
    *("int_intraday_ranges_measured", "int_intraday_indicators_measured"),
    *("int_intraday_inputs_joined", "int_intraday_conditions_tested"),
    *("int_intraday_positions_held", "int_intraday_signals_explained"),
)


def bars_of(symbol: str, *, seed: int) -> pd.DataFrame:
    """AAA splits 2:1 and trades thinly; BBB is halted for 45 bars and trades in every other."""
    bars = session_bars(symbol, SESSIONS, DAYS, seed=seed)
    if symbol == "BBB":
        return halted(bars, 1_000, 1_045)
    bars = halved_from(bars, SPLIT)
    ends, day = bars["bar_end_at"], bars["session_date"]
    closes = day.map({d: SESSIONS.hours(d)[1] for d in DAYS})
    is_lacking = (
        ((day == NO_LAST_BUT_ONE) & (ends == closes - BAR))
        | ((day == BROKEN_OFF) & (ends > closes - timedelta(hours=2)))
        | (day == WITHOUT_BARS)
        | (np.random.default_rng(5).random(len(bars)) < 0.02)
    )
    return bars[~is_lacking]


def market_of(bars: Mapping[str, pd.DataFrame], *, splits: tuple[date, ...] = (SPLIT,)) -> Market:
    """A market that holds nothing but intraday bars, and splits of AAA."""
    market = Market(DAYS, SESSIONS.decided_at(SESSIONS.next_session(NIGHT)))
    for rows in bars.values():
        add_bars(market, rows)
    for day in splits:
        market.add("polygon__splits", symbol="AAA", execution_date=day, split_from=1, split_to=2)
    return market


def built(root: Any, market: Market, *, night: date = NIGHT) -> DbtHome:
    """Land a market and build the intraday models of a night."""
    fresh = new_home(root)
    with connect(fresh.home.ledger) as ledger:
        land_market(ledger, market, SESSIONS)
    fresh.begin(night)
    fresh.dbt(
        *("build", "--select", "+fct_intraday_signals"),
        *("--resource-type", "seed", "--resource-type", "model"),
    )
    return fresh


@pytest.fixture(scope="module")
def bars() -> dict[str, pd.DataFrame]:
    return {symbol: bars_of(symbol, seed=seed) for seed, symbol in enumerate(("AAA", "BBB"))}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, bars: dict[str, pd.DataFrame]) -> DbtHome:
    """The market built at its last night."""
    return built(tmp_path_factory.mktemp("intraday"), market_of(bars))


@pytest.fixture
def build(home: DbtHome) -> Iterator[Connection]:
    with connect(home.home.build, read_only=True) as connection:
        yield connection


@pytest.fixture(params=[("AAA", "5m"), ("BBB", "5m"), ("AAA", "1h"), ("BBB", "1h")], ids="-".join)
def indicators(request: pytest.FixtureRequest, build: Connection) -> pd.DataFrame:
    """Indicators of one symbol and interval beside the bars they are made of."""
    symbol, interval = request.param
    return frame(
        build,
        "select i.*, p.split_adjusted_high_usd as high, p.split_adjusted_low_usd as low, "
        "p.split_adjusted_close_usd as close from intermediate.int_intraday_prices_adjusted p "
        "inner join intermediate.int_intraday_indicators_measured i "
        "using (symbol, bar_interval, bar_end_at) "
        f"where symbol = '{symbol}' and bar_interval = '{interval}' order by bar_end_at",
    )


def agree(found: pd.Series, expected: object, **tolerance: float) -> None:
    assert found.to_numpy() == pytest.approx(np.asarray(expected), nan_ok=True, **tolerance)


def test_hours_are_made_of_the_sessions_own_bars(
    build: Connection, bars: dict[str, pd.DataFrame]
) -> None:
    """Every session has seven hours, an early close four, the last of them half an hour long."""
    rows = bars["BBB"]
    opens = rows["session_date"].map({d: SESSIONS.hours(d)[0] for d in DAYS})
    hour = ((rows["bar_end_at"] - BAR - opens) // timedelta(hours=1)).rename("hour")
    grouped = rows.groupby(["session_date", hour], sort=True)
    found = frame(
        build,
        "select open_usd, high_usd, low_usd, close_usd, bar_end_at "
        "from intermediate.int_intraday_bars_reconciled "
        "where symbol = 'BBB' and bar_interval = '1h' order by bar_end_at",
    )
    agree(found["open_usd"], grouped["open"].first())
    agree(found["high_usd"], grouped["high"].max())
    agree(found["low_usd"], grouped["low"].min())
    agree(found["close_usd"], grouped["close"].last())
    assert len(found) == 7 * (len(DAYS) - 1) + 4


def test_split_makes_no_fall_of_the_price(build: Connection, bars: dict[str, pd.DataFrame]) -> None:
    found = frame(
        build,
        "select session_date, close_usd, split_adjusted_close_usd as adjusted "
        "from intermediate.int_intraday_prices_adjusted "
        "where symbol = 'AAA' and bar_interval = '5m' order by bar_end_at",
    )
    agree(found["close_usd"], bars["AAA"]["close"])
    assert found["close_usd"].pct_change().min() < -0.45
    assert found["adjusted"].pct_change().abs().max() < 0.02


def test_rsi_equals_talib(indicators: pd.DataFrame) -> None:
    agree(indicators["rsi_14"], talib.RSI(indicators["close"].to_numpy(), 14), rel=1e-6)


def test_band_distance_equals_talib_where_its_sums_of_squares_can_tell(
    indicators: pd.DataFrame,
) -> None:
    close = indicators["close"].to_numpy()
    upper, middle, _ = talib.BBANDS(close, 20, nbdevup=1, nbdevdn=1)
    wide = np.flatnonzero(upper - middle > 1e-3)
    assert len(wide) > 0.9 * (len(close) - 19)
    distance = (close - middle)[wide] / (upper - middle)[wide]
    agree(indicators["band_distance"].iloc[wide], distance, abs=1e-5)


def test_band_distance_is_in_population_deviations(indicators: pd.DataFrame) -> None:
    windows = np.lib.stride_tricks.sliding_window_view(indicators["close"].to_numpy(), 20)
    deviation = np.where(np.ptp(windows, axis=1) == 0, np.inf, windows.std(axis=1))
    expected = (windows[:, -1] - windows.mean(axis=1)) / deviation
    agree(indicators["band_distance"].iloc[19:], expected, abs=1e-8)
    assert indicators["band_distance"].iloc[:19].isna().all()


def test_stochastic_equals_talib_and_is_null_beside_a_single_price(
    indicators: pd.DataFrame,
) -> None:
    high, low, close = (indicators[name].to_numpy() for name in ("high", "low", "close"))
    slow_k, slow_d = talib.STOCH(high, low, close, 14, 3, 0, 3, 0)
    span = pd.Series(high).rolling(14).max() - pd.Series(low).rolling(14).min()
    has_k = span.rolling(3).min() > 0  # NaN, before the window is full, is not above 0
    has_d = span.rolling(5).min() > 0
    assert indicators["stochastic_k"].notna().tolist() == has_k.tolist()
    assert indicators["stochastic_d"].notna().tolist() == has_d.tolist()
    agree(indicators["stochastic_k"][has_d], slow_k[has_d], abs=1e-8)
    agree(indicators["stochastic_d"][has_d], slow_d[has_d], abs=1e-8)


def test_halt_leaves_indicators_without_a_range(build: Connection) -> None:
    row = build.execute(
        "select count(*) filter (where stochastic_k is null), "
        "count(*) filter (where band_deviation_usd = 0), "
        "max(abs(band_distance)) filter (where band_deviation_usd = 0) "
        "from intermediate.int_intraday_indicators_measured "
        "inner join intermediate.int_intraday_ranges_measured "
        "using (symbol, bar_interval, bar_end_at) where symbol = 'BBB' and bar_interval = '5m'"
    ).fetchone()
    # 45 equal bars: 32 full windows of one price and the two that still average one in, after the
    # 15 of the beginning; 26 full windows of 20
    assert row == (15 + 34, 26, 0.0)


def r10(value: float) -> float:
    return math.floor(value * 1e10 + 0.5) / 1e10


def last_bar_start(day: date, interval: str) -> datetime:
    """When a session's last bar begins, counted off the clock from the opening on."""
    moment, closes = SESSIONS.hours(day)
    step = {"5m": BAR, "1h": timedelta(hours=1)}[interval]
    while moment + step < closes:
        moment += step
    return moment


def walk(rows: pd.DataFrame, variant: str) -> Iterator[tuple[Any, int, str | None, str]]:
    """Yield (bar end, signal, event, first word of the reason) bar by bar."""
    interval, low, high, deviations = VARIANTS[variant]
    held, day = 0, None
    for before, row in pairwise(rows.itertuples()):
        if row.session_date != day:
            held, day = 0, row.session_date
        if not row.is_decided:
            continue
        distance, rsi = r10(row.band_distance), r10(row.rsi_14)
        k, d, k_before, d_before = (
            r10(value) if value == value else math.nan
            for value in (row.stochastic_k, row.stochastic_d, *before[-2:])
        )
        is_last = row.bar_end_at >= last_bar_start(day, interval)
        was, word = held, "hold" if held else "flat"
        if was * distance >= 0 and was:
            held, word = 0, "middle_band"
        elif was and is_last:
            held, word = 0, "session_end"
        if not is_last and rsi < low and distance <= -deviations and k_before <= d_before and k > d:
            held = 1
        if not is_last and rsi > high and distance >= deviations and k_before >= d_before and k < d:
            held = -1
        if held and held != was:
            word = "reversed" if was else {1: "oversold", -1: "overbought"}[held]
        event = None if held == was else "enter" if held else "exit"
        yield row.bar_end_at, held, event, word


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("symbol", ["AAA", "BBB"])
def test_signals_equal_a_walk_over_bars(build: Connection, symbol: str, variant: str) -> None:
    rows = frame(
        build,
        "select session_date, bar_end_at, rsi_14, band_distance, stochastic_k, stochastic_d "
        "from intermediate.int_intraday_indicators_measured "
        f"where symbol = '{symbol}' and bar_interval = '{VARIANTS[variant][0]}' "
        "order by bar_end_at",
    )
    has_crossing = rows[["stochastic_k", "stochastic_d"]].notna().all(axis=1)
    begins = (rows.notna().all(axis=1) & has_crossing.shift(fill_value=False)).idxmax()
    columns = ["session_date", "bar_end_at", "rsi_14", "band_distance", "is_decided"]
    rows = rows.assign(is_decided=rows.index >= begins)
    rows = rows[[*columns, "stochastic_k", "stochastic_d"]]
    found = build.execute(
        "select bar_end_at, signal, event, split_part(reason, ':', 1) "
        "from marts.fct_intraday_signals where symbol = ? and variant = ? order by bar_end_at",
        [symbol, variant],
    ).fetchall()
    assert found == list(walk(rows, variant))


def test_walk_has_met_every_way_to_enter_and_to_leave(build: Connection) -> None:
    words = build.execute(
        "select split_part(reason, ':', 1), count(*) from marts.fct_intraday_signals "
        "where event is not null group by all"
    ).fetchall()
    counts = dict(words)
    assert min(counts[word] for word in ("oversold", "overbought", "middle_band")) > 50
    assert counts["session_end"] > 5


def test_early_close_is_known_from_the_calendar(build: Connection) -> None:
    latest = build.execute(
        "select max(bar_end_at) filter (where signal <> 0) < timestamptz '2017-11-24 17:55:00+00' "
        "from marts.fct_intraday_signals "
        f"where session_date = '{EARLY_CLOSE}' and bar_interval = '5m'"
    ).fetchone()
    assert latest in ((True,), (None,))


def test_singular_tests_hold(home: DbtHome) -> None:
    tests = ["assert_intraday_sessions_end_flat"]
    tests += ["assert_intraday_decisions_use_only_what_was_known"]
    assert "PASS=3" in home.dbt("test", "--select", *tests, "--no-use-colors")  # with the hook


def past(home: DbtHome, moment: datetime) -> dict[str, list[Any]]:
    """What every intraday table says of bars that ended by a moment."""
    tables = [f"intermediate.{name}" for name in MODELS] + ["marts.fct_intraday_signals"]
    with connect(home.home.build, read_only=True) as connection:
        return {
            name: connection.execute(
                f"select * from {name} where bar_end_at <= ? order by all", [moment]
            ).fetchall()
            for name in tables
        }


def test_scrambled_future_leaves_the_past_alone(
    tmp_path_factory: pytest.TempPathFactory, home: DbtHome, bars: dict[str, pd.DataFrame]
) -> None:
    """From the middle of a session on other prices, half of the bars, and one more split."""
    opens, _ = SESSIONS.hours(CUT)
    moment = opens + timedelta(hours=3)
    rng = np.random.default_rng(11)
    scrambled = {}
    for seed, (symbol, rows) in enumerate(bars.items()):
        other = bars_of(symbol, seed=100 + seed)
        other = other[(other["bar_end_at"] > moment) & (rng.random(len(other)) < 0.5)]
        scrambled[symbol] = pd.concat([rows[rows["bar_end_at"] <= moment], other])
    market = market_of(scrambled, splits=(SPLIT, LATE_SPLIT))
    changed = built(tmp_path_factory.mktemp("scrambled"), market)

    before, after = past(home, moment), past(changed, moment)
    assert all(before.values())
    assert [name for name in before if before[name] != after[name]] == []
    assert past(home, opens + timedelta(days=20)) != past(changed, opens + timedelta(days=20))


def test_build_at_an_earlier_night_says_the_same(
    tmp_path_factory: pytest.TempPathFactory, home: DbtHome, bars: dict[str, pd.DataFrame]
) -> None:
    earlier = built(tmp_path_factory.mktemp("earlier"), market_of(bars), night=CUT)
    moment = SESSIONS.decided_at(CUT)
    assert past(home, moment) == past(earlier, moment)
