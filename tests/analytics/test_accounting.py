"""The accountant against books worked by hand, and against every way of bending them.

The market: one symbol over three sessions of June 2017, no dividends. Wednesday's decision is to
hold half of a million; Thursday opens at 51 and closes at 52, Friday opens at 53 and closes at 50.

::

    decided Wed 28, close 50:  10,000 shares
    filled  Thu 29 at 51:      510,000 paid, 255 costs (5 bps), cash 489,745
    close   Thu 29 at 52:      520,000 + 489,745 = 1,009,745   net 0.009745
    Fri 30 at 50, bill 3.65 %: interest 489,745 x 0.0365 / 365 = 48.9745
                               500,000 + 489,793.9745 = 989,793.9745
"""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from analytics.accounting.audit import audit_books
from analytics.accounting.books import AccountingRules, Audit, Books

RULES = AccountingRules("next_open", 0.0005, 0.005, {})
DAYS = pd.to_datetime(["2017-06-28", "2017-06-29", "2017-06-30"])
DECIDED = pd.to_datetime(["2017-06-28 20:30", "2017-06-29 20:30", "2017-06-30 20:30"], utc=True)
KNOWN = pd.to_datetime(["2017-06-28 20:15", "2017-06-29 20:15", "2017-06-30 20:15"], utc=True)
THURSDAY = 0.009745
FRIDAY = 989_793.9745 / 1_009_745 - 1


def books() -> Books:
    """The market and the books of the docstring above."""
    return Books(
        positions=pd.DataFrame(
            {
                "strategy": "equities",
                "variant": "balanced_position",
                "symbol": "AAA",
                "effective_session": DAYS[1:2],
                "target_weight": [0.5],
                "shares": [10_000.0],
                "fill_price_usd": [51.0],
                "decided_at": DECIDED[:1],
            }
        ),
        daily=pd.DataFrame(
            {
                "strategy": "equities",
                "variant": "balanced_position",
                "session_date": DAYS[1:],
                "net_return": [THURSDAY, FRIDAY],
                "cost_return": [0.000255, 0.0],
                "gross_return": [THURSDAY + 0.000255, FRIDAY],
                "turnover": [0.51, 0.0],
                "gross_exposure": [520_000 / 1_009_745, 500_000 / 989_793.9745],
                "net_exposure": [520_000 / 1_009_745, 500_000 / 989_793.9745],
            }
        ),
        prices=pd.DataFrame(
            {
                "symbol": "AAA",
                "session_date": DAYS,
                "adjusted_open_usd": [49.0, 51.0, 53.0],
                "adjusted_close_usd": [50.0, 52.0, 50.0],
                "available_at": KNOWN,
            }
        ),
        bills=pd.DataFrame({"session_date": DAYS[1:2], "bill_3m_pct": [3.65]}),
        leverage=pd.DataFrame({"symbol": ["SVXY"], "session_date": DAYS[:1], "leverage": [-1.0]}),
        sessions=pd.DataFrame({"session_date": DAYS, "decided_at": DECIDED}),
        signals=pd.DataFrame(
            {
                "strategy": "equities",
                "variant": "balanced_position",
                "symbol": "AAA",
                "session_date": DAYS[:1],
                "target_weight": [0.5],
                "reason": ["enter: trend"],
            }
        ),
        windows=pd.DataFrame({"strategy": ["other"], "session_date": DAYS[:1], "variant": ["x"]}),
        weights=pd.DataFrame({"session_date": DAYS[:0], "symbol": [], "final_weight": []}),
    )


def audited(name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Audit:
    """The audit after one of the tables was bent."""
    whole = books()
    return audit_books(replace(whole, **{name: change(getattr(whole, name).copy())}), RULES)


def bent(**values: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.assign(**values)


def rules_broken(audit: Audit) -> set[str]:
    return {objection.rule for objection in audit.objections}


def test_books_worked_by_hand_are_accepted() -> None:
    audit = audit_books(books(), RULES)
    assert audit.objections == ()
    assert (audit.accounts, audit.fills, audit.daily_rows) == (1, 1, 2)


@pytest.mark.parametrize(
    "column",
    ["net_return", "cost_return", "gross_return", "turnover", "gross_exposure", "net_exposure"],
)
def test_return_that_does_not_follow_from_its_fills_is_told(column: str) -> None:
    audit = audited("daily", lambda daily: daily.assign(**{column: daily[column] + [0.0, 2e-9]}))
    assert rules_broken(audit) == {"does not follow from its fills"}
    assert column in audit.objections[0].sentence
    assert "2017-06-30" in audit.objections[0].sentence


def test_last_digit_is_not_told() -> None:
    audit = audited("daily", lambda daily: daily.assign(net_return=daily["net_return"] + 5e-10))
    assert audit.objections == ()


def test_fill_decided_in_its_own_session_is_told() -> None:
    audit = audited("positions", bent(decided_at=DECIDED[1:2]))
    assert "not decided at the session before the fill" in rules_broken(audit)


@pytest.mark.parametrize("price", [50.0, 52.0])  # the close that decided, and the session's own
def test_fill_at_another_price_than_the_open_is_told(price: float) -> None:
    audit = audited("positions", bent(fill_price_usd=[price]))
    assert "not filled at the session's open" in rules_broken(audit)


def test_next_close_fills_at_the_close() -> None:
    audit = audit_books(books(), replace(RULES, fill="next_close"))
    assert "not filled at the session's close" in rules_broken(audit)


def test_shares_sized_at_the_fill_price_are_told() -> None:
    audit = audited("positions", bent(shares=[500_000 / 51.0]))
    assert "not sized with the equity and close of its decision" in rules_broken(audit)


def test_fill_of_what_was_decided_only_later_is_told() -> None:
    audit = audited("signals", bent(session_date=DAYS[1:2]))
    assert rules_broken(audit) == {"filled what had not been decided by then"}


def test_fill_of_another_weight_than_decided_is_told() -> None:
    audit = audited("signals", bent(target_weight=[0.25]))
    assert rules_broken(audit) == {"filled what had not been decided by then"}


def test_fill_on_a_day_without_a_bar_is_told() -> None:
    audit = audited("prices", lambda prices: prices.drop(index=1))
    assert "not filled at the session's open" in rules_broken(audit)


def test_symbol_that_stopped_trading_is_closed_at_its_last_close() -> None:
    """Friday has no bar: 10,000 shares go at 52, 260 costs, so cash is 1,009,533.9745."""
    whole = books()
    closing = whole.positions.assign(
        effective_session=DAYS[2:],
        target_weight=[0.0],
        shares=[0.0],
        fill_price_usd=[52.0],
        decided_at=DECIDED[1:2],
    )
    net = 1_009_533.9745 / 1_009_745 - 1
    daily = whole.daily.assign(
        net_return=[THURSDAY, net],
        cost_return=[0.000255, 260 / 1_009_745],
        gross_return=[THURSDAY + 0.000255, net + 260 / 1_009_745],
        turnover=[0.51, 520_000 / 1_009_745],
        gross_exposure=[520_000 / 1_009_745, 0.0],
        net_exposure=[520_000 / 1_009_745, 0.0],
    )
    gone = replace(
        whole,
        positions=pd.concat([whole.positions, closing]),
        daily=daily,
        prices=whole.prices.drop(index=2),
    )
    assert audit_books(gone, RULES).objections == ()


def test_short_pays_borrow_and_counts_with_its_leverage() -> None:
    """-10,000 shares at -1x: 510,000 earned, close 52, borrow 520,000 x 0.005 / 360 on Friday."""
    whole = books()
    cash = 1_000_000 + 510_000 - 255
    thursday = cash - 520_000
    borrow = 520_000 * 0.005 / 360
    friday = cash + cash * 0.0365 / 365 - borrow - 500_000
    nets = [thursday / 1_000_000 - 1, friday / thursday - 1]
    costs = [0.000255, borrow / thursday]
    short = replace(
        whole,
        positions=whole.positions.assign(symbol="SVXY", target_weight=[-0.5], shares=[-10_000.0]),
        signals=whole.signals.assign(symbol="SVXY", target_weight=[-0.5]),
        prices=whole.prices.assign(symbol="SVXY"),
        leverage=pd.DataFrame({"symbol": "SVXY", "session_date": DAYS, "leverage": -1.0}),
        daily=whole.daily.assign(
            net_return=nets,
            cost_return=costs,
            gross_return=[net + cost for net, cost in zip(nets, costs, strict=True)],
            gross_exposure=[520_000 / thursday, 500_000 / friday],
            net_exposure=[520_000 / thursday, 500_000 / friday],
        ),
    )
    assert audit_books(short, RULES).objections == ()


def test_portfolio_fills_the_sum_of_its_sleeves() -> None:
    whole = books()
    weights = pd.DataFrame(
        {"session_date": [DAYS[0]] * 2, "symbol": ["AAA"] * 2, "final_weight": [0.2, 0.3]}
    )
    own = replace(
        whole,
        positions=whole.positions.assign(strategy="portfolio"),
        daily=whole.daily.assign(strategy="portfolio"),
        weights=weights,
    )
    assert audit_books(own, RULES).objections == ()
    other = replace(own, weights=weights.assign(final_weight=[0.2, 0.2]))
    assert rules_broken(audit_books(other, RULES)) == {"filled what had not been decided by then"}


def test_walk_forward_fills_what_its_governing_variant_decided() -> None:
    whole = books()
    stitched = replace(
        whole,
        positions=whole.positions.assign(variant="walk_forward"),
        daily=whole.daily.assign(variant="walk_forward"),
        windows=pd.DataFrame(
            {"strategy": ["equities"], "session_date": DAYS[:1], "variant": ["balanced_position"]}
        ),
    )
    assert audit_books(stitched, RULES).objections == ()
    frozen = replace(stitched, signals=whole.signals.assign(reason="quarantined: bad"))
    assert rules_broken(audit_books(frozen, RULES)) == {"filled what had not been decided by then"}


def test_fills_without_daily_rows_are_told() -> None:
    audit = audited("daily", lambda daily: daily.assign(variant="another"))
    assert "fills without any daily row" in rules_broken(audit)


def test_benchmark_without_a_table_of_decisions_is_checked_for_the_rest() -> None:
    whole = books()
    own = replace(
        whole,
        positions=whole.positions.assign(strategy="benchmark"),
        daily=whole.daily.assign(strategy="benchmark"),
    )
    assert audit_books(own, RULES).objections == ()
