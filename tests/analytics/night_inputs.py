"""A small simulated build: what analytics reads of it, as of any night.

Eight symbols over 700 weekdays. AAPL misses three bars, XOM stops trading, MSFT has one bar that
became known only a week later. Three strategies with two variants each.
"""

import datetime as dt
from functools import cache

import numpy as np
import pandas as pd

from analytics.inputs import AnalyticsInputs
from analytics.settings import PortfolioConfig, Shock

N_SESSIONS = 700
DAYS = np.busday_offset(np.datetime64("2014-01-02"), np.arange(N_SESSIONS + 1))
EQUITIES, FUNDS = ("AAPL", "MSFT", "XOM"), ("AGG", "HYG", "LQD", "SPY", "SVXY")
SYMBOLS = EQUITIES + FUNDS
LATE_ROW, GAP, LAST_XOM = 400, slice(300, 303), 600
CONFIG = PortfolioConfig(
    funds=frozenset(FUNDS),
    sectors={"AAPL": "Technology", "MSFT": "Technology", "XOM": "Energy"},
    shocks={"february_2018": Shock(-0.066, {"HYG": -0.012, "LQD": -0.009, "SVXY": 0.91})},
)
VARIANTS = pd.DataFrame(
    [
        (strategy, variant, f'{{"pace": "{variant}"}}')
        for strategy, names in (
            ("equities", ("hold", "trade")),
            ("credit", ("calm", "fast")),
            ("volatility", ("calm", "fast")),
        )
        for variant in names
    ],
    columns=["strategy", "variant", "parameters"],
)
DEFAULTS = {"equities": "hold", "credit": "calm", "volatility": "calm"}


def night_of(t: int) -> dt.date:
    """Return the date of the t-th session."""
    return dt.date.fromisoformat(str(DAYS[t]))


def night_inputs(last: int = N_SESSIONS - 1) -> AnalyticsInputs:
    """Return what was there on the night of session `last`."""
    prices, signals, macro = _prices(), _signals(), _macro()
    decided = pd.Timestamp(str(DAYS[last]), tz="UTC") + pd.Timedelta(hours=20, minutes=30)
    known = prices["available_at"] <= decided
    day = pd.Timestamp(str(DAYS[last]))
    return AnalyticsInputs(
        prices=prices[known].reset_index(drop=True),
        signals=signals[signals["session_date"] <= day].reset_index(drop=True),
        macro=macro[macro["session_date"] <= day].reset_index(drop=True),
        leverage=_leverage(last + 1),
        sessions=_sessions(last + 1),
        members=pd.DataFrame({"symbol": EQUITIES, "from_date": pd.NaT, "to_date": pd.NaT}),
        variants=VARIANTS,
        portfolio_config=CONFIG,
        night=night_of(last),
        default_variants=DEFAULTS,
    )


def _moments(t: np.ndarray, hour: int, minute: int) -> pd.DatetimeIndex:
    since_midnight = pd.Timedelta(hours=hour, minutes=minute)
    return pd.DatetimeIndex(DAYS[t].astype("datetime64[us]")).tz_localize("UTC") + since_midnight


@cache
def _bars() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Opens, closes (T, S) and where there is a bar."""
    rng = np.random.default_rng(14)
    deviation = np.array([0.015, 0.015, 0.02, 0.002, 0.004, 0.004, 0.01, 0.03])
    market = rng.normal(0.0002, 0.006, (N_SESSIONS, 1))
    own = rng.normal(0.0002, 1.0, (N_SESSIONS, 8)) * deviation
    closes = 50 * np.exp(np.cumsum(market + own, axis=0))
    opens = closes * np.exp(rng.normal(0, 0.003, closes.shape))
    has_bar = np.ones(closes.shape, dtype=bool)
    has_bar[GAP, 0] = False
    has_bar[LAST_XOM + 1 :, 2] = False
    return opens, closes, has_bar


def _prices() -> pd.DataFrame:
    opens, closes, has_bar = _bars()
    t, s = np.nonzero(has_bar)
    raw = np.where(t < 350, 1.0, 0.5)  # everything was split 2:1 in session 350
    known = pd.Series(_moments(t, 20, 15))
    known[(t == LATE_ROW) & (s == 1)] += pd.Timedelta(days=7)
    return pd.DataFrame(
        {
            "symbol": np.array(SYMBOLS)[s],
            "session_date": pd.DatetimeIndex(DAYS[t].astype("datetime64[us]")),
            "open_usd": opens[t, s] * raw,
            "close_usd": closes[t, s] * raw,
            "volume_shares": 1e6 / raw,
            "adjusted_open_usd": opens[t, s],
            "adjusted_close_usd": closes[t, s],
            "available_at": known,
        }
    )


@cache
def _signals() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    frames = [
        _strategy(rng, "equities", ("hold", "trade"), EQUITIES, (1 / 3, 1 / 3, 1 / 3), 20),
        _strategy(rng, "credit", ("calm", "fast"), ("HYG", "LQD"), (0.5, -0.5), 40),
        _strategy(rng, "volatility", ("calm", "fast"), ("SVXY",), (0.5,), 90),
    ]
    return pd.concat(frames, ignore_index=True)


def _strategy(
    rng: np.random.Generator,
    name: str,
    variants: tuple[str, str],
    symbols: tuple[str, ...],
    sizes: tuple[float, ...],
    first: int,
) -> pd.DataFrame:
    """The first variant has a row for every session, the second for its changes only."""
    _, _, has_bar = _bars()
    frames = []
    pair = rng.random((2, N_SESSIONS))
    for v, variant in enumerate(variants):
        for symbol, size in zip(symbols, sizes, strict=True):
            is_tradable = has_bar[:, SYMBOLS.index(symbol)].copy()
            if symbol == "MSFT":
                is_tradable[LATE_ROW] = False
            draws = pair[v] if name == "credit" else rng.random(N_SESSIONS)
            frame = _walk(draws, is_tradable, size, first, holds=0.05 if v == 0 else 0.2)
            kept = frame if v == 0 else frame[frame["target_weight"].diff() != 0.0]
            frames.append(kept.assign(strategy=name, variant=variant, symbol=symbol))
    return pd.concat(frames, ignore_index=True)


def _walk(
    draws: np.ndarray, is_tradable: np.ndarray, size: float, first: int, *, holds: float
) -> pd.DataFrame:
    """Enter and leave at random; frozen where there is no bar, no rows once it is gone."""
    weight, rows, missing = 0.0, [], 0
    for t in range(first, N_SESSIONS):
        missing = 0 if is_tradable[t] else missing + 1
        if missing > 5:
            break
        reason = "no_bar"
        if is_tradable[t]:
            is_change = draws[t] < holds
            weight = (0.0 if weight else size) if is_change else weight
            reason = ("enter: drawn" if weight else "leave: drawn") if is_change else "hold"
        rows.append((DAYS[t].astype("datetime64[us]"), weight, reason))
    return pd.DataFrame(rows, columns=["session_date", "target_weight", "reason"])


def _macro() -> pd.DataFrame:
    bill = np.where(np.arange(N_SESSIONS) < 5, np.nan, 1.0 + np.arange(N_SESSIONS) / 500)
    return pd.DataFrame(
        {"session_date": pd.DatetimeIndex(DAYS[:-1].astype("datetime64[us]")), "bill_3m_pct": bill}
    )


def _leverage(last: int) -> pd.DataFrame:
    units = np.where(np.arange(last + 1) < 450, -1.0, -0.5)
    days = pd.DatetimeIndex(DAYS[: last + 1].astype("datetime64[us]"))
    return pd.DataFrame({"symbol": "SVXY", "session_date": days, "leverage": units})


def _sessions(last: int) -> pd.DataFrame:
    days = np.busday_offset(DAYS[0], np.arange(-30, last + 2), roll="forward")
    stamps = pd.DatetimeIndex(days.astype("datetime64[us]"))
    return pd.DataFrame(
        {
            "session_date": stamps[:-1],
            "next_session_date": stamps[1:],
            "decided_at": stamps[:-1].tz_localize("UTC") + pd.Timedelta(hours=20, minutes=30),
        }
    )
