"""How close the book came to each limit, decision by decision → rows of a public table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics.arrays import Bools, Floats, Ints
from analytics.frames import Calendar
from analytics.limits import LIMITS, liquidity_caps, orders_sent
from analytics.portfolio import Portfolio, limit_rules
from analytics.settings import PortfolioConfig
from analytics.tables import dates, moments, named, texts

BOUNDS = ("leverage", *LIMITS, "drawdown")
"""Everything that can hold the book back from what the sleeves want at the target volatility."""

LIMIT_USAGE_COLUMNS = {
    "session_date": "datetime64[us]", "limit_name": "str", "subject": "str", "wanted": "float64",
    "used": "float64", "bound": "float64", "is_binding": "bool", "note": "str",
    "decided_at": "datetime64[us, UTC]",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Usage:
    """One limit over D decisions.

    `wanted`, `used`, `bound` (D,): of the subject that came closest, before the limit acted and in
    the final book, NaN where nothing was measured. `is_binding` (D,). `subject`, `note` (D,) index
    into `subjects`, `notes`.
    """

    name: str
    wanted: Floats
    used: Floats
    bound: Floats
    is_binding: Bools
    subject: Ints
    subjects: Sequence[str | None]
    note: Ints
    notes: Sequence[str | None] = (None,)


def limit_usage_rows(
    portfolio: Portfolio, calendar: Calendar, config: PortfolioConfig
) -> pd.DataFrame:
    """List what every limit allowed, and what was wanted and used: `analytics.limit_usage`.

    Parameters
    ----------
    portfolio : D decisions over S symbols.
    calendar : T sessions.
    config : the limits.

    Returns
    -------
    One row per decision and limit, `leverage` and `drawdown` included. `wanted`: the measure just
    before the limit acted; `used`: in the final book; `bound`: the most it may be; all of the
    `subject` (symbol, sector or scenario) that came closest, null where nothing was wanted.
    `is_binding`: the limit took something. For `leverage` the measure is the scale; for `turnover`
    the orders of the night; for `drawdown` the fall from the peak since the last stop. `note` names
    what could not be measured.
    """
    n_decisions = portfolio.scale.shape[0]
    t = np.arange(portfolio.plan.first_decision, portfolio.plan.first_decision + n_decisions)
    frames = [
        pd.DataFrame(
            {
                "session_date": dates(calendar.sessions[t]),
                "limit_name": texts([usage.name] * n_decisions),
                "subject": named(usage.subjects, usage.subject),
                "wanted": usage.wanted,
                "used": usage.used,
                "bound": usage.bound,
                "is_binding": usage.is_binding,
                "note": named(usage.notes, usage.note),
                "decided_at": moments(calendar.decided_at[t]),
            }
        )
        for usage in limit_usages(portfolio, config)
    ]
    return pd.concat(frames, ignore_index=True)[list(LIMIT_USAGE_COLUMNS)]


def limit_usages(portfolio: Portfolio, config: PortfolioConfig) -> Iterator[Usage]:
    """Measure every limit of `BOUNDS`, in their order.

    Parameters
    ----------
    portfolio : D decisions.
    config : the limits.
    """
    rules, market = limit_rules(portfolio.plan.market, config), portfolio.plan.market
    first = portfolio.plan.first_decision
    leverage = market.fill_leverage[first:]
    # what each limit was given: what the ones before it left
    given = portfolio.desired[:, None, :] * np.cumprod(portfolio.factors, axis=1)
    given = np.concatenate([portfolio.desired[:, None, :], given[:, :-1]], axis=1)
    is_binding = (portfolio.factors != 1.0).any(axis=2)
    final = portfolio.final
    shock = leverage * rules.stress_shock
    sectors = sorted({name for name in map(config.sector_of, market.symbols) if name is not None})
    traded = market.traded_value_usd[first:]
    liquid = np.stack(
        [
            liquidity_caps(row, equity_usd=float(equity), share=config.limits.liquidity)
            for row, equity in zip(traded, portfolio.equity_usd, strict=True)
        ]
    )
    yield _leverage(portfolio, config)
    at = dict(enumerate(LIMITS))
    caps = np.broadcast_to(rules.symbol_cap, final.shape)
    of_sector = np.abs(given[:, 2]) @ rules.is_in_sector.T, np.abs(final) @ rules.is_in_sector.T
    several = {
        "symbol": (np.abs(given[:, 0] * leverage), np.abs(final * leverage), caps, market.symbols),
        "liquidity": (np.abs(given[:, 1]), np.abs(final), liquid, market.symbols),
        "sector": (*of_sector, np.full(of_sector[0].shape, rules.sector_cap), sectors),
    }
    single = {
        "stress": (-(given[:, 3] * shock), -(final * shock), rules.max_stress_loss),
        "gross": (np.abs(given[:, 4] * leverage), np.abs(final * leverage), rules.gross),
        "net": (given[:, 5] * leverage, final * leverage, rules.net),
        "turnover": (
            _traded(portfolio, given[:, 6], config), _traded(portfolio, final, config),
            rules.turnover,
        ),
    }  # fmt: skip
    for row, name in at.items():
        if name in several:
            wanted, used, bound, subjects = several[name]
            usage = _closest(name, wanted, used, bound, is_binding[:, row], subjects)
            yield _with_unmeasured(usage, final, traded, subjects) if name == "liquidity" else usage
        else:
            wanted, used, most = single[name]
            sums = np.add.reduce(wanted, axis=1), np.add.reduce(used, axis=1)
            if name == "net":
                sums = np.abs(sums[0]), np.abs(sums[1])
            scenario = config.limits.stress_scenario if name == "stress" else None
            yield _alone(name, *sums, most, is_binding[:, row], subject=scenario)
    yield _drawdown(portfolio, config)


def _leverage(portfolio: Portfolio, config: PortfolioConfig) -> Usage:
    """The scale that the target asks for; no leverage is asked for where nothing is wanted."""
    forecast = portfolio.forecast_volatility_annual
    is_asked = forecast > 0.0
    asked = config.target_volatility_annual / np.where(is_asked, forecast, 1.0)
    wanted = np.where(is_asked, asked, np.where(np.isnan(forecast), np.nan, 0.0))
    used = np.where(is_asked, portfolio.scale, wanted)
    is_binding = np.nan_to_num(wanted, nan=0.0) > config.max_leverage
    return _alone("leverage", wanted, used, config.max_leverage, is_binding)


def _drawdown(portfolio: Portfolio, config: PortfolioConfig) -> Usage:
    fall, is_flat = portfolio.stop_drawdown, portfolio.is_stopped
    return _alone("drawdown", fall, fall, config.limits.drawdown_stop, is_flat)


def _traded(portfolio: Portfolio, weights: Floats, config: PortfolioConfig) -> Floats:
    """What the orders towards (D, S) weights change of each, 0 where none is sent."""
    sent = orders_sent(
        weights,
        holding=portfolio.holding,
        is_frozen=portfolio.is_frozen,
        minimum_order=config.minimum_order_weight,
    )
    return np.where(sent, np.abs(weights - portfolio.holding), 0.0)


def _alone(
    name: str,
    wanted: Floats,
    used: Floats,
    bound: float,
    is_binding: Bools,
    subject: str | None = None,
) -> Usage:
    """A limit on the whole book; where it gains under a stress, it uses nothing of it."""
    none = np.zeros(wanted.shape[0], dtype=np.int64)
    bounds = np.full(none.shape, bound)
    wanted, used = (np.where(value < 0.0, 0.0, value) for value in (wanted, used))
    return Usage(name, wanted, used, bounds, is_binding, none, (subject,), none)


def _closest(
    name: str,
    wanted: Floats,
    used: Floats,
    bound: Floats,
    is_binding: Bools,
    subjects: Sequence[str],
) -> Usage:
    """Of (D, N) measures of N subjects the one of which most of its bound was wanted."""
    rows = np.arange(wanted.shape[0])
    none = np.zeros(rows.shape, dtype=np.int64)
    # nothing is a whole bound of nothing; where there is no bound there is no share of it
    share = np.where(bound > 0.0, wanted / np.where(bound > 0.0, bound, 1.0), wanted > 0.0)
    # what nobody wants comes close to nothing: who else is in the market must not choose a name
    share = np.where(np.isfinite(bound) & (wanted > 0.0), share, -1.0)
    share = np.concatenate([share, np.full((rows.shape[0], 1), -0.5)], axis=1)
    best = np.argmax(share, axis=1)  # the last column: nothing was wanted, or measured
    wanted, used, bound = (
        np.concatenate([part, np.full((rows.shape[0], 1), np.nan)], axis=1)[rows, best]
        for part in (wanted, used, bound)
    )
    return Usage(name, wanted, used, bound, is_binding, best, (*subjects, None), none)


def _with_unmeasured(
    usage: Usage, final: Floats, traded_value_usd: Floats, symbols: Sequence[str]
) -> Usage:
    """Name the held symbols whose average daily volume nobody knows."""
    is_unmeasured = np.isnan(traded_value_usd) & (final != 0.0)
    sets, index = np.unique(is_unmeasured, axis=0, return_inverse=True)
    notes = [
        f"no volume known: {', '.join(np.array(symbols)[names])}" if names.any() else None
        for names in sets
    ]
    return replace(usage, note=index.reshape(-1), notes=notes)
