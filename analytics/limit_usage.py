"""How close the book came to each limit, decision by decision → rows of a public table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics.arrays import Bools, Floats, Ints
from analytics.frames import Calendar
from analytics.leverage import capped_shocks
from analytics.limit_rules import limit_rules
from analytics.limits import LIMITS, ROUNDING, liquidity_caps, orders_sent
from analytics.portfolio import Portfolio
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
    usages: Sequence[Usage], portfolio: Portfolio, calendar: Calendar
) -> pd.DataFrame:
    """List what every limit allowed, and what was wanted and used: `analytics.limit_usage`.

    Parameters
    ----------
    usages : of every limit, as `limit_usages` measures them.
    portfolio : the same D decisions.
    calendar : T sessions.

    Returns
    -------
    One row per decision and limit, `leverage` and `drawdown` included. `wanted`: the measure just
    before the limit acted; `used`: in the final book; `bound`: the most it may be; all of the
    `subject` (symbol, sector or scenario) that came closest, null where nothing was wanted.
    `is_binding`: the limit took something. For `leverage` the measure is the scale; for `turnover`
    the orders of the night; for `drawdown` the fall from the peak since the last stop. `note` names
    what could not be measured, and the frozen holdings beside which a limit is broken.
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
        for usage in usages
    ]
    return pd.concat(frames, ignore_index=True)[list(LIMIT_USAGE_COLUMNS)]


def limit_usages(portfolio: Portfolio, config: PortfolioConfig) -> list[Usage]:
    """Measure every limit of `BOUNDS`, in their order.

    Parameters
    ----------
    portfolio : D decisions.
    config : the limits.
    """
    market, first = portfolio.plan.market, portfolio.plan.first_decision
    rules, symbols = limit_rules(market.symbols, config), market.symbols
    leverage, traded = market.fill_leverage[first:], market.traded_value_usd[first:]
    caps = np.broadcast_to(rules.symbol_cap, portfolio.final.shape)
    liquid = liquidity_caps(
        traded, equity_usd=portfolio.equity_usd[:, None], share=config.limits.liquidity
    )
    sectors = sorted({name for name in map(config.sector_of, symbols) if name is not None})
    sector_caps = np.full((portfolio.final.shape[0], len(sectors)), rules.sector_cap)
    binds = dict(zip(LIMITS, (portfolio.factors != 1.0).any(axis=2).T, strict=True))

    def exposure(weights: Floats) -> Floats:
        return np.abs(weights * leverage)

    def in_sectors(weights: Floats) -> Floats:
        return np.abs(weights) @ rules.is_in_sector.T

    def stress_loss(weights: Floats) -> Floats:
        return _summed(-(weights * (leverage * capped_shocks(rules.stress_shock, leverage))))

    def gross(weights: Floats) -> Floats:
        return _summed(exposure(weights))

    def net(weights: Floats) -> Floats:
        return np.abs(_summed(weights * leverage))

    def turnover(weights: Floats) -> Floats:
        return _summed(_traded(portfolio, weights, config))

    given = _given(portfolio)

    def both(name: str, measure: Callable[[Floats], Floats]) -> tuple[str, Floats, Floats, Bools]:
        """What was wanted just before the limit acted, and what is used in the end."""
        return name, measure(given[name]), measure(portfolio.final), binds[name]

    weights = [
        _closest(*both("symbol", exposure), caps, symbols),
        _with_unmeasured(
            _closest(*both("liquidity", np.abs), liquid, symbols), portfolio.final, traded, symbols
        ),
        _closest(*both("sector", in_sectors), sector_caps, sectors),
        _alone(*both("stress", stress_loss), rules.max_stress_loss, config.limits.stress_scenario),
        _alone(*both("gross", gross), rules.gross),
        _alone(*both("net", net), rules.net),
    ]
    is_held = portfolio.is_frozen & (portfolio.final != 0.0)
    return [
        _leverage(portfolio, config),
        *(_with_breaches(usage, is_held, symbols) for usage in weights),
        _alone(*both("turnover", turnover), rules.turnover),
        _drawdown(portfolio, config),
    ]


def _given(portfolio: Portfolio) -> dict[str, Floats]:
    """Return the weights that each limit was given, what the ones before it left, (D, S) each."""
    left = portfolio.desired[:, None, :] * np.cumprod(portfolio.factors, axis=1)
    before = [portfolio.desired, *np.moveaxis(left, 1, 0)[:-1]]
    return dict(zip(LIMITS, before, strict=True))


def _summed(parts: Floats) -> Floats:
    total: Floats = np.add.reduce(parts, axis=1)
    return total


def _leverage(portfolio: Portfolio, config: PortfolioConfig) -> Usage:
    """The scale that the target asks for; no leverage is asked for where nothing is wanted."""
    forecast = portfolio.forecast_volatility_annual
    is_asked = forecast > 0.0
    asked = config.target_volatility_annual / np.where(is_asked, forecast, 1.0)
    wanted = np.where(is_asked, asked, np.where(np.isnan(forecast), np.nan, 0.0))
    used = np.where(is_asked, portfolio.scale, wanted)
    is_binding = np.nan_to_num(wanted, nan=0.0) > config.max_leverage
    return _alone("leverage", wanted, used, is_binding, config.max_leverage)


def _drawdown(portfolio: Portfolio, config: PortfolioConfig) -> Usage:
    fall, is_flat = portfolio.stop_drawdown, portfolio.is_stopped
    return _alone("drawdown", fall, fall, is_flat, config.limits.drawdown_stop)


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
    is_binding: Bools,
    bound: float,
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
    is_binding: Bools,
    bound: Floats,
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
    return _with_notes(usage, is_unmeasured, symbols, text="no volume known")


def _with_breaches(usage: Usage, is_frozen: Bools, symbols: Sequence[str]) -> Usage:
    """Name the frozen holdings where the book is beyond a limit: no order brings it back."""
    is_broken = np.nan_to_num(usage.used) > usage.bound + ROUNDING
    return _with_notes(
        usage, is_frozen & is_broken[:, None], symbols, text="beyond it with frozen holdings"
    )


def _with_notes(usage: Usage, is_named: Bools, symbols: Sequence[str], *, text: str) -> Usage:
    """Add to the notes of D decisions the symbols that (D, S) flags name."""
    sets, index = np.unique(is_named, axis=0, return_inverse=True)
    new = [
        f"{text}: {', '.join(np.array(symbols)[names])}" if names.any() else "" for names in sets
    ]
    told = [
        "; ".join(filter(None, (usage.notes[old], new[added])))
        for old, added in zip(usage.note.tolist(), index.reshape(-1).tolist(), strict=True)
    ]
    notes = sorted(set(told))
    numbers = {note: number for number, note in enumerate(notes)}
    return replace(
        usage,
        note=np.array([numbers[note] for note in told], dtype=np.int64),
        notes=[note or None for note in notes],
    )
