"""The record → rows of the public tables, beside the backtest of the same sessions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.arrays import Floats, Ints
from analytics.frames import Calendar, require_columns, to_days
from analytics.market import Market
from analytics.portfolio import Portfolio
from analytics.record import PastDecisions, Record, decided_from_frame, run_record
from analytics.settings import PortfolioConfig
from analytics.tables import dates, empty_frame, moments, texts

SAME_WEIGHT = 1e-9  # weights nearer than this differ by rounding only

NOT_RECORDED: Mapping[str, str] = MappingProxyType(
    {
        "MISSED": "missed",
        "FAILED": "failed",
        "CLEAN": "computed after the open it was for",
        "DEGRADED": "computed after the open it was for",
    }
)
"""Why a night whose status is known has no decisions in the record."""

EMPTY_COLUMNS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "record_daily": {
            "session_date": "datetime64[us]", "net_return": "float64", "gross_return": "float64",
            "cost_return": "float64", "turnover": "float64", "gross_exposure": "float64",
            "net_exposure": "float64", "equity_usd": "float64", "backtest_net_return": "float64",
            "difference_return": "float64", "is_recorded_night": "bool", "night_status": "str",
            "decision_night": "datetime64[us]", "decision_difference_weight": "float64",
            "restated_rows": "int64", "code_hash": "str", "config_hash": "str", "note": "str",
            "available_at": "datetime64[us, UTC]",
        },
        "record_metrics": {"metric": "str", "value": "float64"},
    }
)  # fmt: skip
"""Columns of the record's tables, for as long as no night was recorded before tonight."""


def record_tables(
    past: PastDecisions | None,
    *,
    portfolio: Portfolio | None,
    market: Market,
    calendar: Calendar,
    config: PortfolioConfig,
) -> dict[str, pd.DataFrame]:
    """Carry out what earlier nights decided and lay it beside tonight's backtest.

    Parameters
    ----------
    past : what earlier nights decided; None where there is no record.
    portfolio : tonight's backtest; None if no sleeve has begun.
    market : the calendar's sessions of every symbol with prices.
    calendar : T sessions, the last of which is tonight.
    config : capital, costs and smallest order.

    Returns
    -------
    `record_daily` and `record_metrics`, without rows as long as nothing decided has earned.
    """
    decided = None
    if past is not None:
        decided = decided_from_frame(past.decisions, market=market, calendar=calendar)
    if past is None or decided is None or decided.is_recorded.shape[0] < 2:
        return {table: empty_frame(columns) for table, columns in EMPTY_COLUMNS.items()}
    daily = record_rows(
        run_record(decided, config), past.nights, portfolio=portfolio, calendar=calendar
    )
    return {"record_daily": daily, "record_metrics": record_metric_rows(daily)}


def record_rows(
    record: Record, nights: pd.DataFrame, *, portfolio: Portfolio | None, calendar: Calendar
) -> pd.DataFrame:
    """List what the decisions earned: `analytics.record_daily`.

    Parameters
    ----------
    record : R sessions since the first recorded night.
    nights : one row per night that something is known of: `night, status, code_hash, config_hash,
        restated_rows`.
    portfolio : tonight's backtest; None if there is none.
    calendar : T sessions.

    Returns
    -------
    One row per session. `is_recorded_night` and `night_status` are of the night before.
    `decision_night` is the latest recorded night before the session, on which its position rests;
    the four columns after it tell how that decision compares with tonight: `restated_rows` that it
    had read and a provider has replaced since, code and configuration that made it, and
    `decision_difference_weight`, the sum of |recorded - rebuilt tonight| over symbols.
    `available_at` is the decision of the session, at which its close is known.
    """
    decided, at = record.decided, record.sessions
    known = _nights_on(calendar, nights)
    latest = _latest(decided.is_recorded[:-1])
    deciding = decided.first + latest
    backtest = _backtest_returns(portfolio, at)
    difference = decision_differences(record, portfolio)
    notes = [
        "; ".join(_notes(record, row, float(difference[row]), known, calendar)) or None
        for row in range(at.shape[0])
    ]
    return pd.DataFrame(
        {
            "session_date": dates(calendar.sessions[at]),
            "net_return": record.net_return,
            "gross_return": record.gross_return,
            "cost_return": record.cost_return,
            "turnover": record.turnover,
            "gross_exposure": record.gross_exposure,
            "net_exposure": record.net_exposure,
            "equity_usd": record.equity_usd[1:],
            "backtest_net_return": backtest,
            "difference_return": record.net_return - backtest,
            "is_recorded_night": decided.is_recorded[:-1],
            "night_status": texts(known.status[at - 1]),
            "decision_night": dates(calendar.sessions[deciding]),
            "decision_difference_weight": difference[latest],
            "restated_rows": known.restated_rows[deciding],
            "code_hash": texts(known.code_hash[deciding]),
            "config_hash": texts(known.config_hash[deciding]),
            "note": texts(notes),
            "available_at": moments(calendar.decided_at[at]),
        }
    )


def record_metric_rows(daily: pd.DataFrame) -> pd.DataFrame:
    r"""Sum the record up: `analytics.record_metrics`.

    .. math:: \bar d = \frac1n \sum_t d_t, \qquad s_{\bar d} = s_d / \sqrt n

    Parameters
    ----------
    daily : rows of `record_daily`, R sessions.

    Returns
    -------
    One row per metric. The mean difference d and its standard error leave the first session out:
    there the record buys its whole book from cash and the backtest does not.

    Notes
    -----
    Missing data: NaN for what needs more sessions than there are. The standard error takes the
    differences as independent from session to session.
    """
    later = daily["difference_return"].to_numpy()[1:]
    later = later[np.isfinite(later)]
    is_recorded = daily["is_recorded_night"].to_numpy(dtype=np.bool_)
    is_other = daily["decision_difference_weight"].to_numpy() > 0.0
    values = {
        "sessions": daily.shape[0],
        "nights_recorded": int(is_recorded.sum()),
        "nights_not_recorded": int((~is_recorded).sum()),
        "nights_missed": int((~is_recorded & (daily["night_status"] == "MISSED")).sum()),
        "nights_decided_otherwise": int((is_recorded & is_other).sum()),
        "code_versions": daily["code_hash"].nunique(),
        "configurations": daily["config_hash"].nunique(),
        "cumulative_return": _compounded(daily["net_return"].to_numpy()),
        "backtest_cumulative_return": _compounded(daily["backtest_net_return"].to_numpy()),
        "mean_difference_return": float(later.mean()) if later.size else np.nan,
        "mean_difference_return_se": float(np.std(later, ddof=1) / np.sqrt(later.size))
        if later.size > 1
        else np.nan,
    }
    return pd.DataFrame(
        {"metric": texts(list(values)), "value": np.array(list(values.values()), dtype=np.float64)}
    )


def decision_differences(record: Record, portfolio: Portfolio | None) -> Floats:
    """Compare each recorded decision with what tonight's rebuild decides for the same session.

    Parameters
    ----------
    record : T sessions since the first recorded night.
    portfolio : tonight's backtest.

    Returns
    -------
    (T,), sum of |recorded - rebuilt| weights over symbols, one that is not named counting 0; NaN
    on nights without a record, and without a backtest.
    """
    decided = record.decided
    found = np.full(decided.is_recorded.shape[0], np.nan)
    if portfolio is None:
        return found
    own = portfolio.plan.market.symbols
    symbols = sorted({*decided.symbols, *own})
    recorded = np.zeros((found.shape[0], len(symbols)))
    rebuilt = np.zeros_like(recorded)
    named = [symbols.index(symbol) for symbol in decided.symbols]
    recorded[:, named] = np.nan_to_num(decided.published, nan=0.0)
    decision = decided.first + np.arange(found.shape[0]) - portfolio.plan.first_decision
    begun = np.flatnonzero(decision >= 0)
    columns = np.array([symbols.index(symbol) for symbol in own], dtype=np.int64)
    rebuilt[np.ix_(begun, columns)] = portfolio.final[decision[begun]]
    apart = np.abs(recorded - rebuilt)
    apart[apart < SAME_WEIGHT] = 0.0
    return np.where(decided.is_recorded, np.add.reduce(apart, axis=1), found)


def _notes(
    record: Record, row: int, difference: float, known: "_Known", calendar: Calendar
) -> Iterator[str]:
    """Say in words why the session's position may differ from the backtest's."""
    decided = record.decided
    if row == 0:
        yield "begins with cash"
    if not decided.is_recorded[row]:
        t = decided.first + row
        why = NOT_RECORDED.get(known.status[t] or "", "nobody knows why")
        yield f"night {calendar.sessions[t]} is not in the record ({why})"
        return
    if difference > 0.0:
        yield f"rebuilt tonight, the decision differs by {100.0 * difference:.2f} % of equity"
    is_kept = (record.holding[row] != 0.0) & ~decided.is_named[row]
    if is_kept.any():
        kept = [decided.market.symbols[s] for s in np.flatnonzero(is_kept)]
        yield f"held without a decision: {', '.join(kept)}"
    if decided.unpriced:
        yield f"without any price: {', '.join(decided.unpriced)}"


@dataclass(frozen=True, eq=False)
class _Known:
    """What is known of the night of each session, (T,) each: text or None, and a count."""

    status: npt.NDArray[np.object_]
    code_hash: npt.NDArray[np.object_]
    config_hash: npt.NDArray[np.object_]
    restated_rows: Ints


def _nights_on(calendar: Calendar, nights: pd.DataFrame) -> _Known:
    """Lay what is known of nights out on the sessions."""
    require_columns(nights, "nights", "night", *_Known.__dataclass_fields__)
    t = calendar.index_of(to_days(nights["night"]))
    rows, t = nights[t >= 0], t[t >= 0]
    restated = np.zeros(calendar.sessions.shape[0], dtype=np.int64)
    restated[t] = rows["restated_rows"].fillna(0).to_numpy(dtype=np.int64)
    told = {}
    for name in ("status", "code_hash", "config_hash"):
        told[name] = np.full(calendar.sessions.shape[0], None, dtype=object)
        column = rows[name].astype(object)
        told[name][t] = column.where(column.notna(), None).to_numpy()
    return _Known(**told, restated_rows=restated)


def _latest(flags: npt.NDArray[np.bool_]) -> Ints:
    """Index of the latest session up to each one whose flag is up; the first one's is."""
    indices: Ints = np.maximum.accumulate(np.where(flags, np.arange(flags.shape[0]), 0))
    return indices


def _backtest_returns(portfolio: Portfolio | None, at: Ints) -> Floats:
    """Return the backtest's net returns of some sessions, NaN where it has no row."""
    returns = np.full(at.shape[0], np.nan)
    if portfolio is not None:
        row = at - portfolio.plan.first_decision - 1
        returns[row >= 0] = portfolio.backtest.net_return[row[row >= 0], 0]
    return returns


def _compounded(returns: Floats) -> float:
    """Compound returns; NaN if one is."""
    return float(np.prod(1.0 + returns) - 1.0)
