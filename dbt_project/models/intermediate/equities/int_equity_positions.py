"""The equity state walk: who is held after each session's decision, style by style.

Entries and exits depend on the position itself, which SQL cannot say without recursion. Everything
that does not depend on it (trend, RSI, sentiment, membership) comes tested from SQL.
"""

import numpy as np
import pyarrow as pa

ROUNDING = 1e10  # decisions compare values rounded to 10 decimals, halves up
EXIT_REASONS = ("", "stop", "left_universe", "trend_down", "sentiment", "rsi")
NO_EXIT, STOP = 0, 1  # positions in EXIT_REASONS
KEPT = (
    "style",
    "symbol",
    "session_date",
    "is_member",
    "is_decided",
    "is_ended",
    "effective_session",
    "decided_at",
)


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
    entry = np.full(close.shape, -1, dtype=np.int32)
    exit_reason = np.full(close.shape, NO_EXIT, dtype=np.int8)
    is_held = np.zeros(close.shape[1], dtype=bool)
    entered = np.full(close.shape[1], -1)
    stop_level = np.zeros(close.shape[1])
    last_segment = np.zeros(close.shape[1], dtype=segment.dtype)
    for t in range(len(close)):
        is_gone = (segment[t] >= 0) & (segment[t] != last_segment)
        last_segment = np.where(segment[t] >= 0, segment[t], last_segment)
        is_held &= ~is_gone
        stopped = is_held & decided[t] & (rounded(close[t]) <= stop_level)
        ruled = is_held & decided[t] & ~stopped & (exit_rule[t] != NO_EXIT)
        entering = ~is_held & decided[t] & can_enter[t]
        exit_reason[t] = np.where(stopped, STOP, np.where(ruled, exit_rule[t], NO_EXIT))
        entered = np.where(entering, t, np.where(is_held, entered, -1))
        entry[t] = entered
        stop_level = np.where(entering, rounded(stop_fraction * close[t]), stop_level)
        is_held = (is_held & ~stopped & ~ruled) | entering
        held[t] = is_held
    return held, entry, exit_reason


def grids_of(rows, at):
    """Lay long rows out as (n_sessions, n_lanes); cells without a row are undecided.

    Parameters
    ----------
    rows : column name to (n,) array.
    at : the (session index, lane index) of every row.
    """
    shape = tuple(int(index.max(initial=-1)) + 1 for index in at)
    empty = {"segment": -1, "exit_rule": NO_EXIT}

    def grid(name):
        cells = np.full(shape, empty.get(name, 0), dtype=rows[name].dtype)
        cells[at] = rows[name]
        return cells

    return {name: grid(name) for name in rows}


def latest(decided):
    """(n_sessions, n_lanes) index of the session whose decision is in force; -1: there is none."""
    index = np.arange(len(decided), dtype=np.int32)[:, None]
    return np.maximum.accumulate(np.where(decided, index, np.int32(-1)), axis=0)


def state_of(rows, at, sessions):
    """Walk, and tell the state after the decision of every row: column name to arrow array.

    Parameters
    ----------
    rows : what `walk` wants and `available_at`, column name to (n,) array.
    at : the (session index, lane index) of every row.
    sessions : (n_sessions,) dates.
    """
    grids = grids_of(rows, at)
    available_at = grids.pop("available_at")
    stop_fraction = grids.pop("stop_fraction").max(axis=0, initial=0.0)
    held, entry, exit_reason = (found[at] for found in walk(**grids, stop_fraction=stop_fraction))
    decision, lane = latest(grids["decided"])[at], at[1]
    is_flat, is_undecided = entry < 0, decision < 0
    return {
        "is_held": pa.array(held),
        "exit_reason": pa.DictionaryArray.from_arrays(
            pa.array(exit_reason, mask=exit_reason == NO_EXIT), EXIT_REASONS
        ),
        "entry_session_date": pa.array(sessions[entry], mask=is_flat),
        "entry_close_usd": pa.array(grids["close"][entry, lane], mask=is_flat),
        "decision_session_date": pa.array(sessions[decision], mask=is_undecided),
        "inputs_available_at": pa.array(
            available_at[decision, lane], pa.timestamp("us", "UTC"), mask=is_undecided
        ),
    }


def model(dbt, session):
    """One row per style, symbol and session, with the state after the session's decision."""
    dbt.config(materialized="table")
    reasons = ", ".join(f"'{reason}'" for reason in EXIT_REASONS)
    table = (
        dbt.ref("int_equity_conditions_tested")
        .query(
            "conditions",
            f"""
            with lanes as (
                select *, row_number() over (order by style, symbol) - 1 as lane
                from (select distinct style, symbol from conditions)
            )
            select
                {", ".join(KEPT)},
                is_decided as decided,
                segment,
                coalesce(adjusted_close_usd, 0.0) as close,
                can_enter,
                (list_position([{reasons}], coalesce(exit_rule, '')) - 1)::tinyint as exit_rule,
                stop_fraction,
                available_at,
                session_number - (select min(session_number) from conditions) as session,
                lane::integer as lane
            from conditions
            inner join lanes using (style, symbol)
            """,
        )
        .to_arrow_table()
    )
    rows = {name: table[name].to_numpy() for name in table.column_names[len(KEPT) :]}
    at = (rows.pop("session"), rows.pop("lane"))
    sessions = np.zeros(at[0].max(initial=-1) + 1, dtype="datetime64[D]")
    sessions[at[0]] = table["session_date"].to_numpy()
    return pa.table({name: table[name] for name in KEPT} | state_of(rows, at, sessions))
