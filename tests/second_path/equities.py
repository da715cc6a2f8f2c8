"""The equity state walk: one symbol, one session after the other, as the design tells it."""

import numpy as np

from tests.second_path import law
from tests.second_path.decisions import ENTER, EXIT, NO_EVENT, Decisions, blank, rows_until
from tests.second_path.features import halves_up
from tests.second_path.prices import Market


def weight_per_position(members: int, stress: np.ndarray, structure: np.ndarray) -> np.ndarray:
    """(sessions,) weight of a held symbol: 1/N, the credit overlay, the VIX throttle."""
    overlay = np.clip(1 - 0.5 * stress, 0.5, 1.5)
    quarters = np.floor(4 * overlay + 0.5) / 4
    quarters = np.where(np.isnan(stress), 1.0, quarters)
    throttle = np.where(structure == -1, 0.5, 1.0)
    return 1 / members * quarters * throttle


def equity_decisions(
    features: dict[str, np.ndarray],
    market: Market,
    members: tuple[str, ...],
    weights: np.ndarray,
) -> list[Decisions]:
    """All styles and modes; each style's event mode follows its position mode."""
    symbols = tuple(symbol for symbol in members if symbol in market.symbols)
    columns = [market.column(symbol) for symbol in symbols]
    own = {name: values[:, columns] for name, values in features.items()}
    close = market.adjusted_close[:, columns]
    has_inputs = ~np.isnan(own["sma_50"]) & ~np.isnan(own["rsi_14"])
    begin = int(np.flatnonzero(has_inputs.any(axis=1))[0])
    decided = []
    for name, style in law.EQUITY_STYLES.items():
        position = blank("equities", f"{name}_position", symbols, len(close))
        event = blank("equities", f"{name}_event", symbols, len(close))
        conditions = _conditions(style, own, close)
        for column in range(len(symbols)):
            can_decide = ~np.isnan(close[:, column])
            rows = rows_until(has_inputs[:, column], law.FROZEN_SESSIONS_AFTER_LAST_BAR)
            sessions = range(max(begin, rows.start), rows.stop)
            picked = {key: values[:, column] for key, values in conditions.items()}
            _walk_position(
                picked, close[:, column], can_decide, weights, position, column, sessions
            )
            _walk_event(position.event[:, column], can_decide, weights, event, column, sessions)
        decided += [position, event]
    return decided


def _conditions(
    style: law.EquityStyle, own: dict[str, np.ndarray], close: np.ndarray
) -> dict[str, np.ndarray]:
    fast, slow, last = halves_up(own["sma_20"]), halves_up(own["sma_50"]), halves_up(close)
    rsi, news = halves_up(own["rsi_14"]), halves_up(own["sentiment_3d"])
    in_band = (rsi >= law.RSI_LOW) & (rsi <= law.RSI_HIGH)
    return {
        "enters": (fast > slow)
        & (last > slow)
        & (news >= style.entry_sentiment)
        & (in_band | (not style.has_rsi_rules)),
        "trend_down": (fast < slow) | (last < slow),
        "sentiment": news <= style.exit_sentiment,
        "rsi": (rsi > law.RSI_HIGH) & style.has_rsi_rules,
    }


def _walk_position(
    conditions: dict[str, np.ndarray],
    close: np.ndarray,
    can_decide: np.ndarray,
    weights: np.ndarray,
    out: Decisions,
    column: int,
    sessions: range,
) -> None:
    is_held, entry_close, target = False, np.nan, 0.0
    for t in sessions:
        event, reason = NO_EVENT, None
        if can_decide[t]:
            if not is_held and conditions["enters"][t]:
                is_held, event, entry_close = True, ENTER, close[t]
            elif is_held:
                reason = _exit_reason(conditions, close[t], entry_close, t)
                if reason is not None:
                    is_held, event = False, EXIT
            target = weights[t] if is_held else 0.0
        _record(out, t, column, is_held, event, target, reason, not can_decide[t])


def _exit_reason(
    conditions: dict[str, np.ndarray], close: float, entry_close: float, t: int
) -> str | None:
    if halves_up(close) <= halves_up(law.STOP_FRACTION * entry_close):
        return "stop"
    for reason in ("trend_down", "sentiment", "rsi"):
        if conditions[reason][t]:
            return reason
    return None


def _walk_event(
    entries: np.ndarray,
    can_decide: np.ndarray,
    weights: np.ndarray,
    out: Decisions,
    column: int,
    sessions: range,
) -> None:
    is_held, target = False, 0.0
    for t in sessions:
        event, reason = NO_EVENT, None
        if can_decide[t]:
            if entries[t] == ENTER:
                is_held, event = True, ENTER
            elif is_held:
                is_held, event, reason = False, EXIT, "event_over"
            target = weights[t] if is_held else 0.0
        _record(out, t, column, is_held, event, target, reason, not can_decide[t])


def _record(
    out: Decisions,
    t: int,
    column: int,
    is_held: bool,
    event: int,
    target: float,
    reason: str | None,
    is_frozen: bool,
) -> None:
    out.signal[t, column] = int(is_held)
    out.event[t, column] = event
    out.target[t, column] = target
    out.reason[t, column] = reason
    out.is_frozen[t, column] = is_frozen
