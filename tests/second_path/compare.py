"""Comparing frames by key: the first differing row, with both values, as one sentence."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from tests.second_path.decisions import EVENT_NAMES, Decisions
from tests.second_path.exchange import Axis
from tests.second_path.law import FROZEN_SESSIONS_AFTER_LAST_BAR

RELATIVE_TOLERANCE = 1e-9
ABSOLUTE_TOLERANCE = 1e-12  # for values whose true size is 0


def agree(
    expected: np.ndarray, actual: np.ndarray, absolute: float = ABSOLUTE_TOLERANCE
) -> np.ndarray:
    """Where two arrays agree: near enough, or both missing."""
    is_near = np.abs(actual - expected) <= absolute + RELATIVE_TOLERANCE * np.abs(expected)
    return is_near | (np.isnan(expected) & np.isnan(actual))


def first_difference(
    expected: pd.DataFrame,
    actual: pd.DataFrame,
    key: Sequence[str],
    absolute_tolerances: Mapping[str, float] | None = None,
) -> str | None:
    """The first row that is missing, unexpected or different; None when there is none.

    An `is_required` column of the expected rows marks those that must exist; the others are
    compared only where the table has them.
    """
    columns = [name for name in expected.columns if name not in (*key, "is_required")]
    both = expected.assign(in_expected=True).merge(
        actual.assign(in_actual=True), on=list(key), how="outer", suffixes=("", "_published")
    )
    both = both.sort_values(list(key), ignore_index=True)
    in_expected, in_actual = both["in_expected"].notna(), both["in_actual"].notna()
    is_missing = in_expected & ~in_actual
    if "is_required" in expected:
        is_missing &= both["is_required"].eq(True)
    faults = [("missing", is_missing), ("unexpected", in_actual & ~in_expected)]
    for name in columns:
        absolute = (absolute_tolerances or {}).get(name, ABSOLUTE_TOLERANCE)
        is_same = _same(both[name], both[f"{name}_published"], absolute)
        faults.append((name, in_expected & in_actual & ~is_same))
    return _describe_first(both, key, faults)


def _same(expected: pd.Series, actual: pd.Series, absolute: float) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(expected):
        return agree(_floats(expected), _floats(actual), absolute)
    return (expected == actual).to_numpy() | (expected.isna() & actual.isna()).to_numpy()


def _floats(values: pd.Series) -> np.ndarray:
    return pd.to_numeric(values).astype(float).to_numpy(na_value=np.nan)


def _describe_first(
    both: pd.DataFrame, key: Sequence[str], faults: list[tuple[str, pd.Series]]
) -> str | None:
    found = [
        (int(np.flatnonzero(is_bad)[0]), name, int(is_bad.sum()))
        for name, is_bad in faults
        if is_bad.any()
    ]
    if not found:
        return None
    row, name, count = min(found, key=lambda fault: fault[0])
    where = " ".join(str(both.loc[row, part]).removesuffix(" 00:00:00") for part in key)
    if name in ("missing", "unexpected"):
        return f"{where}: row {name} in the published table ({count} such rows)"
    expected, published = both.loc[row, name], both.loc[row, f"{name}_published"]
    return f"{where}: {name} expected {expected}, published {published} ({count} such rows)"


def first_signal_difference(
    decisions: Decisions,
    published: pd.DataFrame,
    axis: Axis,
    *,
    is_default: bool,
    frozen_reason: np.ndarray,
) -> str | None:
    """The earliest session on which a variant's published rows tell another story.

    Targets and signals are carried forward over sessions without a row. Rows before the second
    path has its inputs may exist as long as they are flat.
    """
    story = _published_arrays(decisions, published, axis)
    has_row, published_row = ~np.isnan(decisions.target), ~np.isnan(story["target_weight"])
    target = np.where(has_row, decisions.target, 0.0)
    carried = {name: _carried(story[name]) for name in ("signal", "target_weight")}
    events = np.vectorize(EVENT_NAMES.get, otypes=[object])(decisions.event)
    must_exist = has_row & ~_in_long_gap(decisions.is_frozen) & is_default
    reasons = np.where(decisions.is_frozen, frozen_reason, decisions.reason)
    has_reason = published_row & np.not_equal(reasons, None)
    checks = [
        ("row", must_exist & ~published_row, has_row, published_row),
        ("signal", has_row & (decisions.signal != carried["signal"]), decisions.signal,
         carried["signal"]),
        ("target_weight", has_row & ~agree(target, carried["target_weight"]), target,
         carried["target_weight"]),
        ("event", events != story["event"], events, story["event"]),
        ("reason", has_reason & (reasons != story["reason"]), reasons, story["reason"]),
        ("target outside any input", ~has_row & (np.nan_to_num(story["target_weight"]) != 0),
         target, story["target_weight"]),
        ("decided_us", published_row & (story["decided_us"] != axis.decided[:-1, None]),
         np.broadcast_to(axis.decided[:-1, None], has_row.shape), story["decided_us"]),
        ("effective_session", published_row & (story["effective_at"] != _following(has_row)),
         _following(has_row), story["effective_at"]),
    ]  # fmt: skip
    return _earliest(checks, decisions.symbols, axis)


def _in_long_gap(is_frozen: np.ndarray) -> np.ndarray:
    """Where a symbol has been frozen for longer than rows after its latest bar are promised."""
    run, is_long = np.zeros(is_frozen.shape[1], dtype=int), np.zeros_like(is_frozen)
    for t, row in enumerate(is_frozen):
        run = np.where(row, run + 1, 0)
        is_long[t] = run > FROZEN_SESSIONS_AFTER_LAST_BAR
    return is_long


def _following(like: np.ndarray) -> np.ndarray:
    """(sessions, symbols) position of the next session."""
    return np.broadcast_to(np.arange(1, len(like) + 1)[:, None], like.shape)


def _carried(values: np.ndarray) -> np.ndarray:
    return pd.DataFrame(values).ffill().fillna(0.0).to_numpy()


def _published_arrays(
    decisions: Decisions, published: pd.DataFrame, axis: Axis
) -> dict[str, np.ndarray]:
    """(sessions, symbols) of each column of the variant's published rows."""
    rows = published["session_date"].dt.date.map(axis.position).to_numpy(int)
    columns = published["symbol"].map(decisions.symbols.index).to_numpy(int)
    effective = published["effective_session"].dt.date.map(axis.position)
    wide: dict[str, np.ndarray] = {}
    for name in ("signal", "target_weight", "decided_us"):
        wide[name] = np.full(decisions.target.shape, np.nan)
        wide[name][rows, columns] = published[name].astype(float)
    wide["effective_at"] = np.full(decisions.target.shape, -1)
    wide["effective_at"][rows, columns] = effective
    # a reason begins with its code word; what follows the colon is for people
    code_words = published["reason"].str.split(":").str[0]
    for name, texts in (("event", published["event"]), ("reason", code_words)):
        wide[name] = np.full(decisions.target.shape, None, dtype=object)
        wide[name][rows, columns] = texts.astype(object).where(texts.notna(), None)
    return wide


def _earliest(checks: list[tuple], symbols: tuple[str, ...], axis: Axis) -> str | None:
    found = [
        (*np.argwhere(is_bad)[0], name, expected, actual, int(is_bad.sum()))
        for name, is_bad, expected, actual in checks
        if is_bad.any()
    ]
    if not found:
        return None
    t, column, name, expected, actual, count = min(found, key=lambda fault: fault[:2])
    return (
        f"{symbols[column]} {axis.days[t]}: {name} expected {expected[t, column]}, "
        f"published {actual[t, column]} ({count} such rows)"
    )
