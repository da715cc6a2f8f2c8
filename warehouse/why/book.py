"""The whole book of one session: scale, volatility, drawdown, sleeves, limits, weights."""

import math
from collections.abc import Sequence

from warehouse.why.node import A_YEAR, OF_EQUITY, Node
from warehouse.why.question import Question
from warehouse.why.reading import Decision, Reader, Row
from warehouse.why.scale import CONFIGURATION, PORTFOLIO_DAILY, portfolio_row, scale_node
from warehouse.why.variant import governing_variant
from warehouse.why.weights import LIMITS, TARGET_WEIGHTS, limit_nodes
from warehouse.why.wording import counted, percent

MOST_WEIGHTS = 10
STOP = "drawdown_stop"


def portfolio_tree(reader: Reader, question: Question) -> Node:
    """Explain the book: why it is as large as it is, and what is in it."""
    decision = question.decision
    rows = reader.rows(
        "select * from analytics.target_weights where session_date = $session "
        "order by abs(final_weight) desc, symbol",
        session=decision.session,
    )
    daily = portfolio_row(reader, decision)
    sizes = [abs(float(row["final_weight"])) for row in rows]
    held = sum(size > 0 for size in sizes)
    return Node(
        "gross weight of the book",
        math.fsum(sizes),
        OF_EQUITY,
        f"weights without their signs, added up; {held} of {counted(len(rows), 'symbol')} held",
        relation=TARGET_WEIGHTS,
        available_at=decision.decided_at,
        children=(
            *_equity_nodes(reader, decision, daily),
            scale_node(reader, decision),
            *_volatility_nodes(reader, daily),
            *_sleeve_nodes(reader, decision, rows),
            *limit_nodes(reader, _summed(rows)),
            *_weight_nodes(rows),
            *_order_nodes(reader, decision),
        ),
    )


def _equity_nodes(reader: Reader, decision: Decision, daily: Row | None) -> list[Node]:
    if daily is None:
        says = "the first decision: everything is cash"
        return [Node("equity", reader.book.capital_usd, "USD", says, relation=CONFIGURATION)]
    limits = reader.book.limits
    peak = _peak(reader, decision, daily)
    override = str(daily["override_reason"] or "")
    says = f"return {percent(daily['net_return'], 2)} on that session, after costs"
    below = 1.0 - daily["equity_usd"] / peak["equity_usd"] if peak["equity_usd"] > 0 else 0.0
    stop = f"the drawdown stop acts at {percent(limits.drawdown_stop, 0)} for " + (
        f"{limits.drawdown_flat_decisions} decisions"
    )
    if override.startswith(STOP):
        stop = f"stopped: {override}"
    return [
        Node(
            "equity", daily["equity_usd"], "USD", says,
            relation=PORTFOLIO_DAILY, available_at=daily["decided_at"],
        ),
        Node(
            "drawdown",
            below,
            "fraction below the peak",
            f"the peak was {peak['equity_usd']:,.0f} USD on {peak['session_date']}; {stop}",
            relation=PORTFOLIO_DAILY,
            available_at=daily["decided_at"],
            tone="bad" if override.startswith(STOP) else "plain",
        ),
    ]  # fmt: skip


def _peak(reader: Reader, decision: Decision, daily: Row) -> Row:
    """The highest equity since the stop last let the book come back."""
    row = reader.row(
        "select arg_max(session_date, equity_usd) as session_date, max(equity_usd) as equity_usd "
        "from analytics.portfolio_daily where session_date <= $session and session_date > "
        "coalesce((select max(session_date) from analytics.portfolio_daily "
        "where session_date < $session and override_reason like 'drawdown_stop%'), "
        "date '0001-01-01')",
        session=decision.session,
    )
    if row is None or row["equity_usd"] is None:
        return daily
    return row


def _volatility_nodes(reader: Reader, daily: Row | None) -> tuple[Node, ...]:
    """Forecast, baseline and realised volatility beside the target."""
    if daily is None:
        return ()
    kinds = (
        ("forecast_volatility_annual", "of the unscaled target weights; sets the scale"),
        ("baseline_volatility_annual", "the same EWMA over the book's own past returns"),
        ("realised_volatility_annual", "of the last 60 sessions, as it was run"),
    )
    measured = [
        Node(
            name.removesuffix("_volatility_annual"),
            daily[name],
            A_YEAR,
            says,
            relation=PORTFOLIO_DAILY,
            available_at=daily["decided_at"],
        )
        for name, says in kinds
    ]
    return (
        Node(
            "target volatility",
            reader.book.target_volatility_annual,
            A_YEAR,
            relation=CONFIGURATION,
            children=tuple(measured),
        ),
    )


def _sleeve_nodes(reader: Reader, decision: Decision, rows: Sequence[Row]) -> list[Node]:
    nodes = []
    for strategy in sorted({row["strategy"] for row in rows}):
        own = [row for row in rows if row["strategy"] == strategy]
        variant = governing_variant(reader, strategy, decision.session)
        gross = math.fsum(abs(row["final_weight"]) for row in own)
        held = sum(row["final_weight"] != 0 for row in own)
        nodes.append(
            Node(
                strategy,
                own[0]["sleeve_weight"],
                "fraction of the portfolio",
                f"{variant.name} governs; {held} of {counted(len(own), 'symbol')} held, "
                f"{percent(gross)} of equity; ask `mqp why {strategy} {decision.session}`",
                relation="analytics.sleeve_weights",
                available_at=decision.decided_at,
            )
        )
    return [Node("sleeves", len(nodes), children=tuple(nodes))]


def _summed(rows: Sequence[Row]) -> Row:
    """The desired weights and bites of a book, each by its size, signs left aside."""
    total = {
        name: -math.fsum(abs(row.get(name, 0.0)) for row in rows)
        for name in (f"{limit}_bite" for limit in LIMITS)
    }
    return {**total, "desired_weight": math.fsum(abs(row["desired_weight"]) for row in rows)}


def _weight_nodes(rows: Sequence[Row]) -> list[Node]:
    held = [row for row in rows if row["final_weight"] != 0]
    if not held:
        return []
    nodes = [
        Node(
            row["symbol"],
            row["final_weight"],
            OF_EQUITY,
            f"{row['strategy']}, {row['signal_reason']}; "
            f"ask `mqp why {row['symbol']} {row['session_date']}`",
            relation=TARGET_WEIGHTS,
            available_at=row["decided_at"],
        )
        for row in held[:MOST_WEIGHTS]
    ]
    if len(held) > MOST_WEIGHTS:
        rest = held[MOST_WEIGHTS:]
        nodes.append(
            Node(
                "smaller weights",
                math.fsum(abs(row["final_weight"]) for row in rest),
                OF_EQUITY,
                ", ".join(row["symbol"] for row in rest),
                relation=TARGET_WEIGHTS,
            )
        )
    return [
        Node(
            "largest weights",
            min(len(held), MOST_WEIGHTS),
            says=f"of {len(held)}",
            relation=TARGET_WEIGHTS,
            children=tuple(nodes),
        )
    ]


def _order_nodes(reader: Reader, decision: Decision) -> tuple[Node, ...]:
    if not decision.is_tonight:
        return ()
    total = reader.row(
        "select count(*) as orders, sum(abs(notional_usd) order by symbol) as traded_usd, "
        "sum(expected_cost_usd order by symbol) as cost_usd from analytics.orders"
    )
    if total is None or not total["orders"]:
        return (Node("orders", 0, says="nothing to trade", relation="analytics.orders"),)
    return (
        Node(
            "orders",
            total["orders"],
            says=f"{total['traded_usd']:,.0f} USD traded, expected cost "
            f"{total['cost_usd']:,.2f} USD; filled on {decision.effective_session}",
            relation="analytics.orders",
            available_at=decision.decided_at,
        ),
    )
