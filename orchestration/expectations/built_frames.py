"""Prepare marts and analytics results for judging: identities and bounds become columns."""

import numpy as np
import pandas as pd

from orchestration.expectations.outcome import GateContext
from orchestration.expectations.thresholds import (
    IDENTITY_TOLERANCE,
    LARGEST_WEIGHT,
    PLANNED_TOLERANCE,
    WEIGHT_BOUNDS,
)

ORDER_AMOUNTS = (
    *("quantity_shares", "notional_usd", "expected_cost_usd", "price_usd"),
    *("current_weight", "final_weight", "planned_weight"),
)
POSITION = ["strategy", "variant", "symbol"]


def seconds_late(stamps: pd.Series, context: GateContext) -> pd.Series:
    """How long after the night's decision each stamp lies; a missing stamp is endlessly late."""
    moments = pd.to_datetime(stamps, utc=True)
    return (moments - pd.Timestamp(context.decided_at)).dt.total_seconds().fillna(np.inf)


def prices(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds `lowest_adjusted_usd, missing_adjusted, return_error, seconds_late`.

    `return_error`: `total_return` against the ratio of neighbouring adjusted closes.
    """
    frame = frame.sort_values(["symbol", "session_date"], kind="stable").reset_index(drop=True)
    adjusted = frame[[f"adjusted_{price}_usd" for price in ("open", "high", "low", "close")]]
    adjusted = adjusted.astype(float).replace([np.inf, -np.inf], np.nan)
    close = adjusted["adjusted_close_usd"]
    implied = close / close.groupby(frame["symbol"]).shift(1) - 1.0
    return frame.assign(
        missing_adjusted=adjusted.isna().sum(axis=1),
        lowest_adjusted_usd=adjusted.min(axis=1),
        return_error=(frame["total_return"].astype(float) - implied).abs(),
        seconds_late=seconds_late(frame["available_at"], context),
    )


def available(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds `seconds_late` of `available_at`."""
    return frame.assign(seconds_late=seconds_late(frame["available_at"], context))


def spreads(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds `spread_error_pct` (OAS only), `stress_error` and `seconds_late`."""
    spread = frame["hy_oas_pct"].astype(float) - frame["ig_oas_pct"].astype(float)
    stress = 2.0 * frame["hy_oas_percentile"].astype(float) - 1.0
    return frame.assign(
        spread_error_pct=(frame["hy_ig_spread_pct"].astype(float) - spread).abs(),
        stress_error=(frame["credit_stress"].astype(float) - stress).abs(),
        seconds_late=seconds_late(frame["available_at"], context),
    )


def term_structure(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds `lowest_index, ratio_error, seconds_late`."""
    indexes = frame[["vix9d", "vix", "vix3m", "vix6m", "vvix"]].astype(float)
    ratio = indexes["vix"] / indexes["vix3m"]
    return frame.assign(
        lowest_index=indexes.min(axis=1),
        ratio_error=(frame["vix_vix3m_ratio"].astype(float) - ratio).abs(),
        seconds_late=seconds_late(frame["available_at"], context),
    )


def signals(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds what a signal row must satisfy by itself.

    `has_reason, weight_over_bound` (|target| less the strategy's largest), `is_weight_on_side` (a
    weight has its signal's sign), `sessions_to_effective, seconds_late` (of `decided_at`).
    """
    weight = frame["target_weight"].astype(float)
    bound = frame["strategy"].map(WEIGHT_BOUNDS).astype(float).fillna(LARGEST_WEIGHT)
    on_side = (weight == 0) | (np.sign(weight) == np.sign(frame["signal"].astype(float)))
    return frame.assign(
        has_reason=frame["reason"].fillna("").astype(str) != "",
        weight_over_bound=(weight.abs() - bound).fillna(np.inf),
        is_weight_on_side=on_side,
        sessions_to_effective=sessions_between(frame, context),
        seconds_late=seconds_late(frame["decided_at"], context),
    )


def disagreements(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds `difference_error` (both differences, relative to the chosen value), `seconds_late`."""
    figures = frame[["chosen_value", "other_value", "difference", "difference_fraction"]]
    chosen, other, difference, fraction = (figures[name].astype(float) for name in figures)
    size = chosen.abs().replace(0.0, np.nan)
    apart = other - chosen
    errors = pd.concat([(difference - apart).abs() / size, (fraction - apart / size).abs()], axis=1)
    return frame.assign(
        difference_error=errors.max(axis=1, skipna=False).fillna(np.inf).where(size.notna()),
        seconds_late=seconds_late(frame["available_at"], context),
    )


def strategy_decisions(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Tonight's rows of each strategy's default variant: one row per strategy.

    Returns
    -------
    `strategy, variant, night, decided_rows`.
    """
    tonight = frame[_dates(frame["session_date"]) == pd.Timestamp(context.night)]
    counted = tonight.groupby(["strategy", "variant"]).size()
    return pd.DataFrame(
        [
            {
                "strategy": strategy,
                "variant": variant,
                "night": pd.Timestamp(context.night),
                "decided_rows": int(counted.get((strategy, variant), 0)),
            }
            for strategy, variant in sorted(context.default_variants.items())
        ],
        columns=["strategy", "variant", "night", "decided_rows"],
    )


def frozen_decisions(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Tonight's rows of symbols that may not decide, beside their last target.

    Returns
    -------
    Signal rows of default variants with `previous_weight`, `weight_change` and `has_event`.
    """
    defaults = pd.MultiIndex.from_tuples(
        [*context.default_variants.items()], names=["strategy", "variant"]
    )
    is_default = pd.MultiIndex.from_frame(frame[["strategy", "variant"]]).isin(defaults)
    mine = frame[is_default & frame["symbol"].isin(list(context.frozen_symbols))]
    mine = mine.assign(day=_dates(mine["session_date"])).sort_values([*POSITION, "day"])
    weight = mine["target_weight"].astype(float)
    previous = weight.groupby([mine[column] for column in POSITION]).shift(1).fillna(0.0)
    mine = mine.assign(
        previous_weight=previous,
        weight_change=(weight - previous).abs(),
        has_event=mine["event"].notna(),
    )
    return mine[mine["day"] == pd.Timestamp(context.night)]


def backtests(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds `missing_figures, identity_error, days_after_night`."""
    figures = frame[
        ["gross_return", "cost_return", "net_return", "turnover", "gross_exposure", "net_exposure"]
    ].astype(float)
    identity = figures["gross_return"] - figures["net_return"] - figures["cost_return"]
    return frame.assign(
        missing_figures=(~np.isfinite(figures)).sum(axis=1),
        identity_error=identity.abs(),
        days_after_night=days_after(frame["session_date"], context),
    )


def target_weights(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds `bites` (their sum), `identity_error, sessions_to_effective, seconds_late`.

    Every column that ends in `_bite` is a limit's bite.
    """
    bites = frame[[column for column in frame.columns if column.endswith("_bite")]].astype(float)
    parts = frame["desired_weight"].astype(float) + bites.sum(axis=1, skipna=False)
    return frame.assign(
        bites=bites.sum(axis=1),
        identity_error=(parts - frame["final_weight"].astype(float)).abs().fillna(np.inf),
        sessions_to_effective=sessions_between(frame, context),
        seconds_late=seconds_late(frame["decided_at"], context),
    )


def exposures(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Leveraged exposures of each decided session against the limits: one row per session.

    Returns
    -------
    `session_date, gross_exposure, net_exposure, gross_of_limit, net_of_limit`: the last two are
    fractions of the limit, leverage counted as effective on the decided session's fill; and
    `free_gross_of_limit, free_net_of_limit`: the same, missing for sessions in which a holding was
    frozen, so that the book could not go where it wanted.
    """
    sized = frame.assign(
        exposure=frame["final_weight"].astype(float) * _leverage(frame, context),
        session_date=_dates(frame["session_date"]),
    )
    is_free = ~frame["is_stale_input"].astype(bool).groupby(sized["session_date"]).any()
    by_symbol = sized.groupby(["session_date", "symbol"])["exposure"].sum()
    gross = by_symbol.abs().groupby("session_date").sum()
    net = by_symbol.groupby("session_date").sum()
    return pd.DataFrame(
        {
            "gross_exposure": gross,
            "net_exposure": net,
            "gross_of_limit": gross / context.limits.gross,
            "net_of_limit": net.abs() / context.limits.net,
            "free_gross_of_limit": (gross / context.limits.gross).where(is_free),
            "free_net_of_limit": (net.abs() / context.limits.net).where(is_free),
        }
    ).reset_index()


def portfolio(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds `days_after_night` and `seconds_late`."""
    return frame.assign(
        days_after_night=days_after(frame["session_date"], context),
        seconds_late=seconds_late(frame["decided_at"], context),
    )


def orders(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds `night, missing_amounts, value_error, is_wrong_way, overshoot` and more.

    `value_error`: shares times price against the value, relative. `overshoot`: weight beyond the
    target, or larger than it where the account's limits ask for less. `is_unexplained`: short of
    the target without a reason. `is_frozen`.
    """
    amounts = frame[list(ORDER_AMOUNTS)].astype(float)
    direction = np.where(frame["side"] == "buy", 1.0, -1.0)
    planned, final = amounts["planned_weight"], amounts["final_weight"]
    value = amounts["quantity_shares"] * amounts["price_usd"]
    is_limited = frame["reason"].eq("limit").to_numpy(dtype=bool)
    is_short_of_it = (final - planned).abs() > PLANNED_TOLERANCE
    return frame.assign(
        night=pd.Timestamp(context.night),
        missing_amounts=(~np.isfinite(amounts)).sum(axis=1),
        value_error=(value / amounts["notional_usd"] - 1.0).abs(),
        is_wrong_way=(planned - amounts["current_weight"]) * direction < -IDENTITY_TOLERANCE,
        overshoot=np.where(is_limited, planned.abs() - final.abs(), (planned - final) * direction),
        is_unexplained=is_short_of_it & frame["reason"].isna(),
        is_frozen=frame["symbol"].isin(list(context.frozen_symbols)),
    )


def intraday_signals(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds what an intraday decision must satisfy by itself.

    `oscillator_excess` (of RSI and stochastic, outside 0 to 100), `has_reason, is_weight_on_side`,
    `seconds_of_foresight` (of bar and inputs after the decision, and of the decision after its
    fill; a missing moment is endlessly late) and `seconds_late`.
    """
    weight, signal = frame["target_weight"].astype(float), frame["signal"].astype(float)
    oscillators = frame[["rsi_14", "stochastic_k", "stochastic_d"]].astype(float)
    known, ended, decided, filled = (
        pd.to_datetime(frame[name], utc=True)
        for name in ("inputs_available_at", "bar_end_at", "decided_at", "effective_at")
    )
    foresight = pd.concat([known - decided, ended - decided, decided - filled], axis=1)
    return frame.assign(
        oscillator_excess=pd.concat([-oscillators, oscillators - 100.0], axis=1).max(axis=1),
        has_reason=frame["reason"].fillna("").astype(str) != "",
        is_weight_on_side=np.sign(weight) == np.sign(signal),
        seconds_of_foresight=foresight.max(axis=1, skipna=False).dt.total_seconds().fillna(np.inf),
        seconds_late=seconds_late(frame["available_at"], context),
    )


def instruments(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds `night, has_name, days_listed` and `days_after_night` (of the newest bar)."""
    return frame.assign(
        night=pd.Timestamp(context.night),
        has_name=frame["name"].fillna("").astype(str) != "",
        days_listed=(
            _dates(frame["last_session_date"]) - _dates(frame["first_session_date"])
        ).dt.days,
        days_after_night=days_after(frame["last_session_date"], context),
    )


def variants(frame: pd.DataFrame, context: GateContext) -> pd.DataFrame:
    """Adds `night` and `default_variants`: how many its strategy has."""
    is_default = frame["is_default"].astype(bool)
    return frame.assign(
        night=pd.Timestamp(context.night),
        default_variants=is_default.groupby(frame["strategy"]).transform("sum").astype(int),
    )


def _leverage(frame: pd.DataFrame, context: GateContext) -> pd.Series:
    """Leverage per unit of each row's symbol, as effective when the row is filled."""
    filled = _dates(frame["effective_session"])
    leverage = pd.Series(1.0, index=frame.index)
    for symbol, steps in context.fund_leverage.items():
        for first, value in steps:
            leverage[(frame["symbol"] == symbol) & (filled >= pd.Timestamp(first))] = value
    return leverage


def sessions_between(frame: pd.DataFrame, context: GateContext) -> pd.Series:
    """Sessions from the decided to the effective one; NaN where the effective one is none."""
    effective = frame["effective_session"]
    calendar = context.calendar
    count = calendar.number(effective) - calendar.number(frame["session_date"])
    return pd.Series(count, index=frame.index).where(calendar.is_session(effective), np.inf)


def days_after(days: pd.Series, context: GateContext) -> pd.Series:
    """How many days each date lies after the night."""
    return (_dates(days) - pd.Timestamp(context.night)).dt.days


def _dates(days: pd.Series) -> pd.Series:
    return pd.to_datetime(days)
