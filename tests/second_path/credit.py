"""Spreads of both sources, the as-of choice between them, and the credit pair's signals."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tests.second_path import law
from tests.second_path.decisions import Decisions, blank, event_between, rows_until
from tests.second_path.exchange import BAR_READY, OAS_READY, Axis, in_new_york, stamp
from tests.second_path.features import halves_up
from tests.second_path.prices import Market

Z_WINDOW = 60
PERCENTILE_WINDOW, PERCENTILE_MINIMUM = 756, 252


@dataclass(frozen=True)
class Spreads:
    """(rows,) of one source; `position` counts sessions, `available` a microsecond stamp."""

    source: str
    position: np.ndarray
    hy: np.ndarray
    ig: np.ndarray
    spread: np.ndarray
    zscore: np.ndarray
    percentile: np.ndarray
    available: np.ndarray

    @property
    def stress(self) -> np.ndarray:
        return 2 * self.percentile - 1


def oas_spreads(observations: pd.DataFrame, axis: Axis) -> Spreads:
    """Sessions with both ICE values, each known at 09:00 of the session after."""
    hy, ig = _series(observations, law.HY_OAS), _series(observations, law.IG_OAS)
    both = [day for day in sorted(hy.keys() & ig.keys()) if day in axis.position]
    stamps = {day: stamp(in_new_york(axis.next_session(day), OAS_READY)) for day in both}
    days = [day for day in both if day < axis.night and stamps[day] <= axis.decided[-2]]
    hy_values = np.array([hy[day] for day in days])
    ig_values = np.array([ig[day] for day in days])
    return _with_windows(
        "oas",
        position=np.array([axis.position[day] for day in days], dtype=int),
        hy=hy_values,
        ig=ig_values,
        spread=hy_values - ig_values,
        level=hy_values,
        available=np.array([stamps[day] for day in days], dtype=np.int64),
    )


def proxy_spreads(market: Market, axis: Axis) -> Spreads:
    """Sessions with a bar of both funds, known at their 16:15."""
    hyg, lqd = market.close_of("HYG"), market.close_of("LQD")
    at = np.flatnonzero(~np.isnan(hyg) & ~np.isnan(lqd))
    spread = np.log(lqd[at]) - np.log(hyg[at])
    missing = np.full(len(at), np.nan)
    return _with_windows(
        "price_proxy",
        position=at,
        hy=missing,
        ig=missing,
        spread=spread,
        level=spread,
        available=axis.stamps(BAR_READY)[at],
    )


def _series(observations: pd.DataFrame, series_id: str) -> dict:
    own = observations[observations["series_id"] == series_id]
    return dict(zip(own["observed_date"], own["value"], strict=True))


def _with_windows(source: str, *, position, hy, ig, spread, level, available) -> Spreads:
    zscore = np.full(len(position), np.nan)
    percentile = np.full(len(position), np.nan)
    for row in range(len(position)):
        recent = spread[max(0, row - Z_WINDOW + 1) : row + 1]
        if len(recent) == Z_WINDOW and recent.max() > recent.min():
            zscore[row] = (recent[-1] - recent.mean()) / recent.std(ddof=1)
        history = level[max(0, row - PERCENTILE_WINDOW + 1) : row + 1]
        if len(history) >= PERCENTILE_MINIMUM:
            percentile[row] = np.mean(history <= history[-1])
    return Spreads(source, position, hy, ig, spread, zscore, percentile, available)


@dataclass(frozen=True)
class CreditView:
    """(sessions,) what a decision of each session reads of the chosen source."""

    zscore: np.ndarray
    percentile: np.ndarray
    stress: np.ndarray


def credit_view(oas: Spreads, proxy: Spreads, axis: Axis) -> CreditView:
    """OAS when its latest available row is at most 5 sessions old, else the latest proxy row."""
    view = CreditView(*(np.full(axis.count, np.nan) for _ in range(3)))
    for t in range(axis.count):
        row = _latest(oas, axis.decided[t])
        source = oas
        if row < 0 or t - oas.position[row] > law.OAS_MAX_AGE_SESSIONS:
            source, row = proxy, _latest(proxy, axis.decided[t])
        if row >= 0:
            view.zscore[t] = source.zscore[row]
            view.percentile[t] = source.percentile[row]
            view.stress[t] = source.stress[row]
    return view


def _latest(spreads: Spreads, moment: int) -> int:
    return int(np.searchsorted(spreads.available, moment, side="right")) - 1


def momentum_difference(market: Market, sessions: int) -> np.ndarray:
    """(sessions,) return of HYG less that of LQD over so many sessions with both bars."""
    hyg, lqd = market.close_of("HYG"), market.close_of("LQD")
    at = np.flatnonzero(~np.isnan(hyg) & ~np.isnan(lqd))
    difference = np.full(len(hyg), np.nan)
    now, before = at[sessions:], at[:-sessions]
    difference[now] = (hyg[now] / hyg[before] - 1) - (lqd[now] / lqd[before] - 1)
    return difference


def credit_decisions(view: CreditView, market: Market) -> list[Decisions]:
    """All variants; the pair is frozen on sessions without a bar of either leg."""
    can_decide = ~np.isnan(market.close_of("HYG")) & ~np.isnan(market.close_of("LQD"))
    rows = rows_until(can_decide, law.FROZEN_SESSIONS_AFTER_LAST_BAR)
    moves = {
        sessions: momentum_difference(market, sessions)
        for sessions in {variant.momentum_sessions for variant in law.CREDIT_VARIANTS.values()}
    }
    has_input = ~np.isnan(view.zscore) | np.any([~np.isnan(m) for m in moves.values()], axis=0)
    begin = int(np.flatnonzero(can_decide & has_input)[0])
    decided = []
    for name, variant in law.CREDIT_VARIANTS.items():
        out = blank("credit", name, ("HYG", "LQD"), len(can_decide))
        momentum = moves[variant.momentum_sessions]
        _walk(variant, view, momentum, out, can_decide, range(begin, rows.stop))
        decided.append(out)
    return decided


def _walk(
    variant: law.CreditVariant,
    view: CreditView,
    momentum: np.ndarray,
    out: Decisions,
    can_decide: np.ndarray,
    sessions: range,
) -> None:
    side = 0  # 1: long HYG, short LQD; -1 the reverse
    for t in sessions:
        before = side
        if can_decide[t]:
            if variant.rule == "momentum":
                side = 0 if np.isnan(momentum[t]) else int(np.sign(halves_up(momentum[t])))
            else:
                side = _next_side(variant, side, view.zscore[t], view.percentile[t])
        out.is_frozen[t] = not can_decide[t]
        out.signal[t] = (side, -side)
        out.event[t] = event_between(before, side)
        out.target[t] = (law.CREDIT_LEG_WEIGHT * side, -law.CREDIT_LEG_WEIGHT * side)


def _next_side(variant: law.CreditVariant, side: int, zscore: float, percentile: float) -> int:
    if np.isnan(zscore):
        return 0
    z, share = halves_up(zscore), halves_up(percentile)
    if side * z > 0:
        return side
    is_high = not variant.has_percentile or share >= variant.upper_percentile
    is_low = not variant.has_percentile or share <= variant.lower_percentile
    if z > variant.z_entry and is_high:
        return 1
    if z < -variant.z_entry and is_low:
        return -1
    return 0
