"""The equity state walk: who is held after each session's decision, style by style.

Entries and exits depend on the position itself, which SQL cannot say without recursion. Everything
that does not depend on it (trend, RSI, sentiment, membership) comes tested from SQL.
"""

import numpy as np
import pyarrow as pa

ROUNDING = 1e10  # decisions compare values rounded to 10 decimals, halves up
EXIT_REASONS = ("", "stop", "left_universe", "trend_down", "sentiment", "rsi")
NO_EXIT, STOP = 0, 1  # positions in EXIT_REASONS


def rounded(values):
    """Round to 10 decimals, halves up."""
    return np.floor(values * ROUNDING + 0.5) / ROUNDING


def walk(*, decided, segment, close, can_enter, exit_rule, stop_fraction):
    """Walk every lane (symbol and style) through the sessions, all lanes at once.

    Parameters
    ----------
    decided : (n_sessions, n_lanes) bool; a lane that is not decided keeps its state.
    segment : (n_sessions, n_lanes) int; a new number means that the lane was gone and begins flat,
        -1 that it has no row.
    close : (n_sessions, n_lanes) adjusted close, any value where not decided.
    can_enter : (n_sessions, n_lanes) bool, the entry conditions.
    exit_rule : (n_sessions, n_lanes) int, the first exit condition that holds besides the stop, as
        its position in EXIT_REASONS.
    stop_fraction : (n_lanes,) of the close that decided the entry.

    Returns
    -------
    held : (n_sessions, n_lanes) bool, after the session's decision.
    entry : (n_sessions, n_lanes) int, session index that decided the open entry; -1 when flat. On
        the exit session: of the entry that ends.
    exit_reason : (n_sessions, n_lanes) int, position in EXIT_REASONS of what closed the entry.

    Notes
    -----
    Known at t: the row t of every argument and the state after t - 1. The exit is tested first, the
    stop before the other rules; a lane that exits is not tested for entry in the same session.
    """
    held = np.zeros(close.shape, dtype=bool)
    entry = np.full(close.shape, -1)
    exit_reason = np.full(close.shape, NO_EXIT)
    is_held = np.zeros(close.shape[1], dtype=bool)
    entered = np.full(close.shape[1], -1)
    stop_level = np.zeros(close.shape[1])
    last_segment = np.zeros(close.shape[1], dtype=segment.dtype)
    price, level = rounded(close), rounded(stop_fraction * close)
    for t in range(len(close)):
        is_gone = (segment[t] >= 0) & (segment[t] != last_segment)
        last_segment = np.where(segment[t] >= 0, segment[t], last_segment)
        is_held &= ~is_gone
        stopped = is_held & decided[t] & (price[t] <= stop_level)
        ruled = is_held & decided[t] & ~stopped & (exit_rule[t] != NO_EXIT)
        entering = ~is_held & decided[t] & can_enter[t]
        exit_reason[t] = np.where(stopped, STOP, np.where(ruled, exit_rule[t], NO_EXIT))
        entered = np.where(entering, t, np.where(is_held, entered, -1))
        entry[t] = entered
        stop_level = np.where(entering, level[t], stop_level)
        is_held = (is_held & ~stopped & ~ruled) | entering
        held[t] = is_held
    return held, entry, exit_reason


def grids_of(rows, at):
    """Lay long rows out as the (n_sessions, n_lanes) arguments of `walk`.

    Parameters
    ----------
    rows : column name to (n,) array.
    at : the (session index, lane index) of every row; cells without a row are undecided.
    """
    shape = tuple(int(index.max(initial=-1)) + 1 for index in at)

    def grid(values, empty):
        cells = np.full(shape, empty, dtype=values.dtype)
        cells[at] = values
        return cells

    stop_fraction = np.zeros(shape[1])
    stop_fraction[at[1]] = rows["stop_fraction"]
    return {
        "decided": grid(rows["is_decided"], empty=False),
        "segment": grid(rows["segment"], empty=-1),
        "close": grid(rows["close_usd"], empty=0.0),
        "can_enter": grid(rows["can_enter"], empty=False),
        "exit_rule": grid(rows["exit_rule"], empty=NO_EXIT),
        "stop_fraction": stop_fraction,
    }


def model(dbt, session):
    """One row per style, symbol and session, with the state after the session's decision."""
    dbt.config(materialized="table")
    reasons = ", ".join(f"'{reason}'" for reason in EXIT_REASONS)
    table = (
        dbt.ref("int_equity_conditions_tested")
        .select(
            "style, symbol, session_date, decided_at, is_decided, segment, can_enter,"
            " stop_fraction, coalesce(adjusted_close_usd, 0.0) as close_usd,"
            f" list_position([{reasons}], coalesce(exit_rule, '')) - 1 as exit_rule,"
            " dense_rank() over (order by session_date) - 1 as session_index,"
            " dense_rank() over (order by style, symbol) - 1 as lane_index"
        )
        .order("style, symbol, session_date")
        .to_arrow_table()
    )
    rows = {name: table[name].to_numpy() for name in table.column_names[4:]}
    at = (rows["session_index"], rows["lane_index"])
    grids = grids_of(rows, at)
    held, entry, exit_reason = (result[at] for result in walk(**grids))
    sessions = np.zeros(len(grids["close"]), dtype="datetime64[D]")
    sessions[at[0]] = table["session_date"].to_numpy()
    is_flat = entry < 0
    found = {
        "is_held": pa.array(held),
        "exit_reason": pa.array(
            np.array(EXIT_REASONS)[exit_reason], pa.string(), mask=exit_reason == NO_EXIT
        ),
        "entry_session_date": pa.array(sessions[entry], mask=is_flat),
        "entry_close_usd": pa.array(grids["close"][entry, at[1]], mask=is_flat),
    }
    return pa.table({name: table[name] for name in table.column_names[:4]} | found)
