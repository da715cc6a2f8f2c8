"""Signals of the built market against plain loops over sessions, written from the rules alone."""

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from tests.dbt.conftest import MEMBERS, frame
from warehouse.connection import Connection, connect

pytestmark = pytest.mark.xdist_group("dbt")

STYLES = {  # entry sentiment, exit sentiment, RSI rules
    "balanced": (0.0, -0.05, True),
    "conservative": (0.1, -0.03, True),
    "aggressive": (-0.05, -0.1, False),
}


def r10(value: float) -> float:
    return math.floor(value * 1e10 + 0.5) / 1e10


@pytest.fixture(scope="module")
def equity_inputs(built_home: Any) -> pd.DataFrame:
    """One row per member and session with all inputs, ordered; overlay and throttle as inputs."""
    with connect(built_home.home.build, read_only=True) as connection:
        return frame(
            connection,
            """
            select f.*, p.adjusted_close_usd as close, s.credit_stress, t.term_structure
            from marts.fct_equity_features f
            inner join marts.fct_prices p using (symbol, session_date)
            left join (
                select x.session_date as seen_on, f.credit_stress
                from ops.exchange_sessions x
                inner join marts.fct_spreads f
                    on f.session_date = x.previous_session_date and f.spread_source = 'oas'
            ) s on s.seen_on = f.session_date
            left join marts.fct_term_structure t on t.session_date = f.session_date
            where f.sma_50_usd is not null and f.sentiment_3d is not null
            order by symbol, session_date
            """,
        )


def weight(row: Any) -> float:
    stress = row.credit_stress
    clipped = 1.0 if math.isnan(stress) else min(max(1 - 0.5 * stress, 0.5), 1.5)
    overlay = math.floor(4 * clipped + 0.5) / 4
    return overlay * (0.5 if row.term_structure == "backwardation" else 1) / len(MEMBERS)


def walk(rows: pd.DataFrame, style: str) -> Iterator[tuple[Any, int, str | None, str | None]]:
    """Yield (row, signal after the decision, event, exit reason) of position mode."""
    entry_at, exit_at, has_rsi_rules = STYLES[style]
    basis = None
    for row in rows.itertuples():
        close, slow, fast = r10(row.close), r10(row.sma_50_usd), r10(row.sma_20_usd)
        sentiment, rsi = r10(row.sentiment_3d), r10(row.rsi_14)
        event = reason = None
        if basis is not None:
            if close <= r10(0.95 * basis):
                reason = "stop"
            elif fast < slow or close < slow:
                reason = "trend_down"
            elif sentiment <= exit_at:
                reason = "sentiment"
            elif has_rsi_rules and rsi > 70:
                reason = "rsi"
            if reason:
                basis, event = None, "exit"
        elif (
            fast > slow
            and close > slow
            and (not has_rsi_rules or 30 <= rsi <= 70)
            and sentiment >= entry_at
        ):
            basis, event = row.close, "enter"
        yield row, int(basis is not None), event, reason


def signals(built: Connection, variant: str, symbol: str | None = None) -> pd.DataFrame:
    where = f"and symbol = '{symbol}'" if symbol else ""
    return frame(
        built, f"from marts.fct_signals where variant = '{variant}' {where} order by session_date"
    )


@pytest.mark.parametrize("symbol", MEMBERS)
def test_balanced_position_equals_a_plain_walk(
    built: Connection, equity_inputs: pd.DataFrame, symbol: str
) -> None:
    rows = equity_inputs[equity_inputs.symbol == symbol]
    expected = list(walk(rows, "balanced"))
    found = signals(built, "balanced_position", symbol)

    assert found.session_date.tolist() == [row.session_date for row, *_ in expected]
    assert found.signal.tolist() == [signal for _, signal, *_ in expected]
    assert [None if pd.isna(e) else e for e in found.event] == [event for *_, event, _ in expected]
    assert found.target_weight.tolist() == pytest.approx(
        [signal * weight(row) for row, signal, *_ in expected], abs=1e-12
    )
    exits = found[found.event == "exit"].reason.str.split(":").str[0].tolist()
    assert exits == [reason for *_, reason in expected if reason]


def test_market_exercises_every_exit(equity_inputs: pd.DataFrame) -> None:
    reasons = {
        reason
        for _, rows in equity_inputs.groupby("symbol")
        for *_, reason in walk(rows, "balanced")
        if reason
    }
    assert reasons == {"stop", "trend_down", "sentiment", "rsi"}


@pytest.mark.parametrize("style", ["conservative", "aggressive"])
def test_position_variant_stores_its_changes(
    built: Connection, equity_inputs: pd.DataFrame, style: str
) -> None:
    rows = equity_inputs[equity_inputs.symbol == "AAA"]
    targets = [(row.session_date, signal * weight(row)) for row, signal, *_ in walk(rows, style)]
    changes = [
        now
        for before, now in zip([(None, 0.0), *targets], targets, strict=False)
        if now[1] != before[1] or before[0] is None
    ]
    found = signals(built, f"{style}_position", "AAA")
    assert list(zip(found.session_date, found.target_weight, strict=True)) == [
        (day, pytest.approx(target, abs=1e-12)) for day, target in changes
    ]


@pytest.mark.parametrize("style", STYLES)
def test_event_variant_takes_the_same_entries_for_one_session(
    built: Connection, equity_inputs: pd.DataFrame, style: str
) -> None:
    rows = equity_inputs[equity_inputs.symbol == "DDD"]
    days = rows.session_date.tolist()
    entries = [row.session_date for row, _, event, _ in walk(rows, style) if event == "enter"]
    found = signals(built, f"{style}_event", "DDD")
    entered = found[found.event == "enter"].session_date.tolist()
    left = found[found.event == "exit"]
    assert entered == entries
    assert left.session_date.tolist() == [
        days[days.index(day) + 1] for day in entries if day != days[-1]
    ]
    assert left.reason.str.startswith("event_over").all()


@pytest.mark.parametrize(
    ("variant", "threshold", "is_gated"),
    [
        ("zscore_percentile", 1.0, True),
        ("zscore", 1.0, False),
        ("zscore_percentile_z1.5", 1.5, True),
        ("zscore_z1.5", 1.5, False),
    ],
)
def test_credit_equals_a_plain_walk(
    built: Connection, variant: str, threshold: float, is_gated: bool
) -> None:
    known = frame(
        built,
        "select session_date, spread_zscore as z, hy_oas_percentile as p "
        "from intermediate.int_spreads_joined_as_of order by session_date",
    )
    position, held = 0, {}
    for row in known.itertuples():
        z, share = (r10(x) if not math.isnan(x) else x for x in (row.z, row.p))
        if not (position and z * position > 0):
            position = 0
        if position == 0 and z > threshold and (not is_gated or share >= 0.9):
            position = 1
        if position == 0 and z < -threshold and (not is_gated or share <= 0.1):
            position = -1
        held[row.session_date] = position
    found = signals(built, variant, "HYG")
    stored = dict(zip(found.session_date, found.signal, strict=True))
    latest = 0
    for day, expected in held.items():
        latest = stored.get(day, latest)
        assert latest == expected, (variant, day)


def test_credit_legs_mirror_each_other(built: Connection) -> None:
    wrong = built.execute(
        "select count(*) from marts.fct_signals as hyg inner join marts.fct_signals as lqd "
        "using (strategy, variant, session_date) where strategy = 'credit' "
        "and hyg.symbol = 'HYG' and lqd.symbol = 'LQD' "
        "and hyg.target_weight <> -lqd.target_weight"
    ).fetchone()
    assert wrong == (0,)


@pytest.mark.parametrize(
    ("variant", "rows"), [("momentum_ratio", 60), ("momentum_ratio_w120", 120)]
)
def test_momentum_ratio_is_the_sign_of_the_return_difference(
    built: Connection, variant: str, rows: int
) -> None:
    closes = frame(
        built, "from marts.fct_prices where symbol in ('HYG', 'LQD') order by session_date"
    ).pivot_table(index="session_date", columns="symbol", values="adjusted_close_usd")
    returns = closes / closes.shift(rows) - 1
    sign = (returns.HYG - returns.LQD).dropna().map(lambda x: int(math.copysign(1, r10(x))))
    changes = sign[sign != sign.shift()]
    found = signals(built, variant, "HYG")
    moved = found[found.event.notna()]
    assert moved.session_date.tolist() == changes.index.tolist()
    assert moved.signal.tolist() == changes.tolist()


@pytest.mark.parametrize(
    ("variant", "contango", "cap", "short", "long"),
    [
        ("contango", 0.98, 30, True, False),
        ("backwardation", 0.98, 30, False, True),
        ("both", 0.98, 30, True, True),
        ("contango_v25", 0.98, 25, True, False),
        ("both_v25", 0.98, 25, True, True),
        ("contango_r0.95", 0.95, 30, True, False),
    ],
)
def test_volatility_follows_the_curve(
    built: Connection, variant: str, contango: float, cap: float, short: bool, long: bool
) -> None:
    curve = frame(built, "from marts.fct_term_structure order by session_date")
    for symbol, wanted in (
        ("SVXY", short & (curve.vix_vix3m_ratio <= contango) & (curve.vix <= cap)),
        ("VXX", long & (curve.vix_vix3m_ratio >= 1.02)),
    ):
        changes = wanted[wanted != wanted.shift(fill_value=False)]
        found = signals(built, variant, symbol)
        moved = found[found.event.notna() & ~found.reason.str.startswith("not_tradable")]
        gone = found[found.reason.str.startswith("not_tradable")]
        expected = curve.session_date[changes.index]
        if symbol == "SVXY":
            assert gone.empty
            assert moved.session_date.tolist() == expected.tolist()
            assert moved.signal.tolist() == changes.astype(int).tolist()
        else:
            assert set(moved.session_date) - set(expected) <= {pd.Timestamp("2019-05-01").date()}


def test_svxy_weight_doubles_when_its_leverage_is_halved(built: Connection) -> None:
    weights = dict(
        built.execute(
            "select decided_at < '2018-02-27' as before, max(target_weight) "
            "from marts.fct_signals where symbol = 'SVXY' group by 1"
        ).fetchall()
    )
    assert weights == {True: 0.5, False: 1.0}


def test_vxx_is_not_wanted_while_it_does_not_exist(built: Connection) -> None:
    held = built.execute(
        "select count(*) from marts.fct_signals where symbol = 'VXX' and signal <> 0 "
        "and effective_session between '2019-01-30' and '2019-05-01'"
    ).fetchone()
    assert held == (0,)


def test_default_variants_have_every_session(built: Connection) -> None:
    counts = built.execute(
        "select variant, count(*) from marts.fct_signals "
        "where variant in ('balanced_position', 'zscore_percentile', 'contango') group by 1"
    ).fetchall()
    sessions = built.execute(
        "select count(*) from ops.exchange_sessions where session_date between '2009-08-03' "
        "and '2026-06-30'"
    ).fetchone()[0]
    assert dict(counts) == {
        "balanced_position": len(MEMBERS) * (sessions - 49),
        # the pair's 61st bar completes momentum_ratio and the 60th spread is known the day after
        "zscore_percentile": 2 * (sessions - 60),
        "contango": 2 * sessions,
    }
