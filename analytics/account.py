"""What tonight's orders start from: the simulated book, or what a person holds."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analytics.arrays import Bools, Floats
from analytics.covariance import SEED_SESSIONS
from analytics.holdings import Holdings
from analytics.limit_rules import limit_rules
from analytics.limits import (
    ROUNDING,
    LimitRules,
    apply_limits,
    liquidity_caps,
    offset_factors,
    orders_sent,
)
from analytics.market import Market
from analytics.portfolio import Portfolio
from analytics.settings import PortfolioConfig
from analytics.sizing import WHOLE_SHARES, Sized, order_rules, size_orders
from analytics.sleeves import SHORT_HISTORY
from analytics.targets import NO_BAR

UNMANAGED, NO_PRICE, FROZEN = "unmanaged", "no_price", "frozen"
WARMING_UP, MINIMUM_ORDER, LIMIT = "warming_up", "minimum_order", "limit"
LARGEST_ROUNDS = 10  # of sizing against the net and stress limits


@dataclass(frozen=True, eq=False)
class AccountLimits:
    """The limits as they bind a person's account of N symbols.

    `leverage` (N,), as in `apply_limits`. `is_frozen` (N,): symbols that get no order.
    """

    rules: LimitRules
    leverage: Floats
    is_frozen: Bools


@dataclass(frozen=True, eq=False)
class Account:
    """N symbols at the deciding close: the portfolio's, and whatever else is held.

    `shares` (N,), as traded, negative when short. `price_usd` (N,): latest raw close known, NaN
    where there is none. `final_weight` (N,): the night's target, NaN where no strategy has one.
    `allowed_weight` (N,): what the limits leave of it in this account. `is_sent` (N,): symbols that
    trade. `notes` (N,): why a symbol does not, None where it does or nothing keeps it from it.
    `equity_usd`: NaN when a holding has no price. `is_simulated`: the portfolio's own book, which
    may buy on credit. `limits`: None for that book, whose final weights have met them, and where
    there is no equity to trade with.
    """

    symbols: tuple[str, ...]
    shares: Floats
    price_usd: Floats
    final_weight: Floats
    allowed_weight: Floats
    is_sent: Bools
    notes: npt.NDArray[np.object_]
    cash_usd: float
    equity_usd: float
    is_simulated: bool
    limits: AccountLimits | None = None

    @property
    def value_usd(self) -> Floats:
        """Market value of each holding, 0 where nothing is held."""
        held: Floats = np.where(self.shares == 0.0, 0.0, self.shares * self.price_usd)
        return held


def simulated_account(portfolio: Portfolio) -> Account:
    """Return the simulated portfolio's own book, as it has drifted up to tonight's close."""
    market = portfolio.plan.market
    raw_per_adjusted = np.nan_to_num(market.mark_usd[-1] / market.raw_mark_usd[-1], nan=1.0)
    price = market.raw_mark_usd[-1]
    shares = portfolio.backtest.final_shares[:, 0] * raw_per_adjusted
    equity = float(portfolio.equity_usd[-1])
    is_sent = portfolio.is_sent[-1] & np.isfinite(price)
    notes = np.full(len(market.symbols), None, dtype=object)
    notes[~is_sent & (portfolio.final[-1] != portfolio.holding[-1])] = MINIMUM_ORDER
    notes[portfolio.is_frozen[-1]] = FROZEN
    return Account(
        symbols=market.symbols,
        shares=shares,
        price_usd=price,
        final_weight=portfolio.final[-1],
        allowed_weight=portfolio.final[-1],
        is_sent=is_sent,
        notes=notes,
        cash_usd=equity - float(np.add.reduce(np.nan_to_num(shares * price))),
        equity_usd=equity,
        is_simulated=True,
    )


def held_account(
    holdings: Holdings, portfolio: Portfolio, market: Market, *, config: PortfolioConfig
) -> Account:
    """Value what a person holds, and tell how far each symbol can be brought to its target.

    Parameters
    ----------
    holdings : shares and cash at tonight's close.
    portfolio : the simulated portfolio, whose final weights are the target.
    market : every symbol with prices; a holding need not belong to the portfolio.
    config : limits, smallest |Δ weight| worth sending unless the target is 0.

    Returns
    -------
    The account. Its equity is cash and holdings at their latest raw closes.

    Notes
    -----
    A weight of 0 is a reason to sell only where somebody decided it: a symbol that no strategy of
    the portfolio has a target for (`unmanaged`), that has no bar tonight or is frozen, that is too
    young to be wanted, or any while the portfolio warms up, gets no order and counts in the equity.
    The targets have met the limits in the simulated book, whose equity, holdings and volume are not
    the account's: they are held to them once more here, beside what gets no order.
    """
    symbols = tuple(sorted({*portfolio.plan.market.symbols, *holdings.shares}))
    shares = np.array([holdings.shares.get(symbol, 0.0) for symbol in symbols])
    price = _latest_prices(market, symbols)
    targets = _targets(portfolio)
    wanted = [targets.get(symbol, (np.nan, UNMANAGED)) for symbol in symbols]
    final = np.array([weight for weight, _ in wanted])
    notes = np.array([note for _, note in wanted], dtype=object)
    notes[np.isnan(price)] = NO_PRICE
    equity = holdings.cash_usd + float(np.add.reduce((shares * price)[shares != 0.0]))
    account = Account(
        symbols=symbols,
        shares=shares,
        price_usd=price,
        final_weight=final,
        allowed_weight=np.nan_to_num(final),
        is_sent=np.zeros(len(symbols), dtype=np.bool_),
        notes=notes,
        cash_usd=holdings.cash_usd,
        equity_usd=equity,
        is_simulated=False,
    )
    if not equity > 0.0:
        return account
    unmanaged = [symbol for symbol in symbols if symbol not in targets]
    rules = limit_rules(symbols, config, without_shock=unmanaged)
    return _within_limits(account, market.select(symbols), rules, config.limits.liquidity)


def _within_limits(
    account: Account, market: Market, rules: LimitRules, liquidity_share: float
) -> Account:
    """Hold an account's targets to the limits, and tell what is sent; `market` has its symbols."""
    is_held_back = np.array([note is not None for note in account.notes])
    leverage, holding = market.fill_leverage[-1], account.value_usd / account.equity_usd
    allowed = apply_limits(
        np.where(is_held_back, holding, account.allowed_weight),
        holding=holding,
        leverage=leverage,
        liquidity_cap=liquidity_caps(
            market.traded_value_usd[-1], equity_usd=account.equity_usd, share=liquidity_share
        ),
        is_frozen=is_held_back,
        rules=rules,
    ).final
    is_sent = orders_sent(
        allowed, holding=holding, is_frozen=is_held_back, minimum_order=rules.minimum_order
    )
    notes, waits = account.notes.copy(), ~is_sent & ~is_held_back
    notes[waits & (allowed != holding)] = MINIMUM_ORDER
    notes[waits & _is_less(allowed, account.final_weight)] = LIMIT
    return replace(
        account,
        allowed_weight=allowed,
        is_sent=is_sent,
        notes=notes,
        limits=AccountLimits(rules, leverage, is_held_back),
    )


def size_account(account: Account, config: PortfolioConfig) -> Sized:
    """Size tonight's orders of an account under the rules of `config/portfolio.yaml`.

    Where cash, whole shares or a smallest order hold back the offsetting side of a person's net or
    stress limit, the orders shrink until both hold, for the reason `limit`; what a whole share is
    more than its part may be left over.
    """
    allowed = account.allowed_weight
    price = np.where(account.is_sent, account.price_usd, 1.0)
    wanted = np.where(account.is_sent & (allowed != 0.0), allowed * account.equity_usd / price, 0.0)
    sized = _sized(wanted, account, config)
    reasons, is_cut = sized.reasons.copy(), _is_less(allowed, account.final_weight)
    for _ in range(LARGEST_ROUNDS if account.limits else 0):
        factors = _offsets(account, sized)
        is_over = factors < 1.0 - ROUNDING
        if not is_over.any():
            break
        is_cut |= is_over
        account = replace(account, is_sent=account.is_sent | is_over)
        sized = _sized((account.shares + sized.change) * factors, account, config)
        told = zip(reasons, sized.reasons, strict=True)
        reasons = np.array([first or last for first, last in told], dtype=object)
    for s in np.flatnonzero(is_cut & account.is_sent):
        reasons[s] = LIMIT if reasons[s] in (None, WHOLE_SHARES) else reasons[s]
    return replace(sized, reasons=reasons)


def _sized(wanted_shares: Floats, account: Account, config: PortfolioConfig) -> Sized:
    settings = config.orders
    is_limited = not (account.is_simulated or settings.margin) and account.is_sent.any()
    spendable = account.cash_usd - settings.cash_buffer * account.equity_usd
    return size_orders(
        wanted_shares,
        account.shares,
        price_usd=account.price_usd,
        is_sent=account.is_sent,
        rules=order_rules(
            settings,
            cost_fraction=config.costs.trading_fraction,
            minimum_order=config.minimum_order_weight,
            equity_usd=account.equity_usd,
        ),
        cash_usd=spendable if is_limited else None,
    )


def _offsets(account: Account, sized: Sized) -> Floats:
    """Return what the net and stress limits leave of what the orders lead to."""
    assert account.limits is not None
    is_priced = np.isfinite(account.price_usd)
    value = np.where(is_priced, account.price_usd, 0.0) / account.equity_usd
    return offset_factors(
        (account.shares + sized.change) * value,
        holding=account.shares * value,
        leverage=account.limits.leverage,
        is_free=~account.limits.is_frozen,
        rules=account.limits.rules,
    )


def _is_less(allowed: Floats, wanted: Floats) -> Bools:
    """Tell where the limits have left less than is wanted."""
    less: Bools = np.abs(np.nan_to_num(wanted)) - np.abs(allowed) > ROUNDING
    return less


def _latest_prices(market: Market, symbols: tuple[str, ...]) -> Floats:
    """Return the latest raw close known of each symbol, NaN where there is none."""
    columns = {symbol: column for column, symbol in enumerate(market.symbols)}
    latest = market.raw_mark_usd[-1]
    return np.array([latest[columns[name]] if name in columns else np.nan for name in symbols])


def _targets(portfolio: Portfolio) -> dict[str, tuple[float, str | None]]:
    """Return tonight's weight of each symbol that a sleeve has ever decided on.

    Beside it stands why the weight is no decision of tonight, None where it is one.
    """
    plan = portfolio.plan
    decided = {
        symbol
        for sleeve in plan.sleeves
        for symbol, target in zip(sleeve.symbols, sleeve.targets[-1].tolist(), strict=True)
        if np.isfinite(target)
    }
    notes = np.full(len(plan.market.symbols), None, dtype=object)
    if portfolio.scale.shape[0] <= SEED_SESSIONS:
        notes[:] = WARMING_UP
    notes[plan.is_young[-1]] = SHORT_HISTORY
    notes[portfolio.is_frozen[-1]] = FROZEN
    notes[~plan.market.has_bar[-1]] = NO_BAR
    told = zip(plan.market.symbols, portfolio.final[-1].tolist(), notes.tolist(), strict=True)
    return {symbol: (weight, note) for symbol, weight, note in told if symbol in decided}
