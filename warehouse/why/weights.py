"""From a final weight back to what a strategy wanted: limits, scale, sleeve, target."""

from dataclasses import replace

from warehouse.why.credit import credit_target
from warehouse.why.equities import equity_target
from warehouse.why.frozen import frozen_nodes, last_bar_nodes
from warehouse.why.node import OF_EQUITY, OF_PORTFOLIO, OF_SLEEVE, Node
from warehouse.why.question import Question
from warehouse.why.reading import Decision, Reader, Row
from warehouse.why.scale import scale_node
from warehouse.why.signals import signal_in_force
from warehouse.why.variant import governing_variant, variant_node
from warehouse.why.volatility import volatility_target
from warehouse.why.wording import percent

TARGET_WEIGHTS = "analytics.target_weights"
LIMITS = (
    "symbol", "liquidity", "sector", "stress", "gross", "net", "turnover",
)  # fmt: skip
"""In the order in which they act, as the columns of `analytics.target_weights`."""

UNWANTED = ("short_history", "not_tradable")
"""First words of the overrides that make a wanted target 0."""


def symbol_tree(reader: Reader, question: Question) -> Node:
    """Explain what is held of a symbol, over all the sleeves that are asked about."""
    rows = reader.rows(
        "select * from analytics.target_weights where session_date = $session "
        "and symbol = $symbol and strategy in (select unnest($strategies)) order by strategy",
        session=question.decision.session,
        symbol=question.subject,
        strategies=list(question.strategies),
    )
    sleeves = [_sleeve_weight(reader, question.decision, row) for row in rows]
    orders = _order_nodes(reader, question)
    if len(sleeves) == 1:
        return replace(sleeves[0], children=(*sleeves[0].children, *orders))
    return Node(
        f"final weight of {question.subject}",
        sum(float(row["final_weight"]) for row in rows),
        OF_EQUITY,
        f"the sleeves {', '.join(question.strategies)} together",
        relation=TARGET_WEIGHTS,
        available_at=question.decision.decided_at,
        equation="sum",
        children=(*(sleeve.as_term() for sleeve in sleeves), *orders),
    )


def _sleeve_weight(reader: Reader, decision: Decision, row: Row) -> Node:
    """The weight in one sleeve: what was desired, plus what each limit took."""
    override = row["override_reason"]
    return Node(
        f"final weight of {row['symbol']} in {row['strategy']}",
        row["final_weight"],
        OF_EQUITY,
        f"override: {override}" if override else "",
        relation=TARGET_WEIGHTS,
        available_at=row["decided_at"],
        equation="sum",
        children=(*limit_nodes(reader, row), desired_node(reader, decision, row).as_term()),
    )


def limit_nodes(reader: Reader, row: Row) -> tuple[Node, ...]:
    """What each limit that bit took from the weight, in order, then those that did not.

    Parameters
    ----------
    reader : for the limits' sizes.
    row : of `analytics.target_weights`; also a sum of such rows, which names no symbol.
    """
    symbol, before = row.get("symbol"), float(row["desired_weight"])
    found, silent = [], []
    for limit in LIMITS:
        bite = float(row.get(f"{limit}_bite", 0.0))  # an older night may lack a limit
        if bite == 0.0:
            silent.append(limit)
            continue
        kept = (before + bite) / before if before else 1.0
        found.append(
            Node(
                f"{limit} limit",
                bite,
                OF_EQUITY,
                f"{limit_in_words(reader, limit, symbol)}; {kept:.4f} of the weight is left",
                relation=TARGET_WEIGHTS,
                made_by="analytics/limits.py apply_limits()",
                available_at=row.get("decided_at"),
                is_term=True,
            )
        )
        before += bite
    if silent:
        what = "other limits" if found else "limits"
        found.append(Node(what, "none bites", says=f"({', '.join(silent)})"))
    return tuple(found)


def limit_in_words(reader: Reader, limit: str, symbol: str | None) -> str:
    """What a limit allows, as the configuration of the night has it."""
    limits = reader.book.limits
    sector = reader.book.sector_of(symbol) if symbol else None
    of_symbol = f"{percent(reader.book.symbol_cap(symbol), 0)} of equity" if symbol else "its cap"
    return {
        "symbol": f"at most {of_symbol} in one symbol, leverage counted",
        "liquidity": f"at most {percent(limits.liquidity, 0)} of a day's trading in one symbol",
        "sector": f"at most {percent(limits.sector, 0)} of equity in one sector"
        + (f" ({sector})" if sector else "; the whole book is cut alike"),
        "stress": f"at most {percent(limits.max_stress_loss, 0)} of equity lost in a repetition of "
        + limits.stress_scenario.replace("_", " "),
        "gross": f"at most {limits.gross:.2f} times equity, long and short added up",
        "net": f"at most {limits.net:.2f} times equity, long less short",
        "turnover": f"at most {percent(limits.turnover, 0)} of equity traded in one night",
    }[limit]


def desired_node(reader: Reader, decision: Decision, row: Row) -> Node:
    """What the sleeve wanted of the symbol before the limits: scale x sleeve weight x target."""
    desired = Node(
        "desired weight",
        row["desired_weight"],
        OF_EQUITY,
        relation=TARGET_WEIGHTS,
        available_at=row["decided_at"],
    )
    if row["is_stale_input"]:
        return replace(
            desired,
            says="frozen at the weight that is held: no decision could be made, no order is sent",
            children=(*frozen_nodes(reader, decision, row["symbol"]), _target(reader, row)),
        )
    terms = [
        scale_node(reader, decision),
        sleeve_share(reader, row),
        _target(reader, row),
        *_unwanted(reader, decision, row),
    ]
    return replace(desired, equation="product", children=tuple(term.as_term() for term in terms))


def _unwanted(reader: Reader, decision: Decision, row: Row) -> list[Node]:
    """The factor 0 of a target that the portfolio does not want, whatever the sleeve says."""
    reason = str(row["override_reason"] or "")
    if reason.partition(":")[0] not in UNWANTED:
        return []
    return [
        Node(
            "wanted",
            0,
            "times",
            f"not wanted by the portfolio: {reason}",
            relation=TARGET_WEIGHTS,
            made_by="analytics/sleeves.py plan_sleeves()",
            tone="bad",
            children=last_bar_nodes(reader, decision, row["symbol"]),
        )
    ]


def sleeve_share(reader: Reader, row: Row) -> Node:
    """How much of the portfolio the row's sleeve gets, and since when."""
    estimated = reader.row(
        "select * from analytics.sleeve_weights where strategy = $strategy "
        "and session_date <= $session order by session_date desc limit 1",
        strategy=row["strategy"],
        session=row["session_date"],
    )
    says = ""
    if estimated:
        says = (
            f"method {estimated['method']}, set on {estimated['session_date']}; "
            f"1/N would be {estimated['equal_weight']:.4f}"
        )
        if estimated["volatility_annual"] is not None:
            says += f"; the sleeve's volatility {percent(estimated['volatility_annual'], 2)} a year"
        says += f"; {estimated['reason']}" if estimated["reason"] else ""
    return Node(
        "sleeve weight",
        row["sleeve_weight"],
        OF_PORTFOLIO,
        says,
        relation="analytics.sleeve_weights",
        available_at=estimated["decided_at"] if estimated else None,
    )


def _target(reader: Reader, row: Row) -> Node:
    """What the strategy's governing variant wants, in the sleeve's own capital."""
    session, strategy, symbol = row["session_date"], row["strategy"], row["symbol"]
    variant = governing_variant(reader, strategy, session)
    explain = TARGETS.get(strategy)
    if explain is None or row["is_stale_input"]:
        equation, nodes = None, [signal_in_force(reader, strategy, variant.name, symbol, session)]
    else:
        equation, nodes = explain(reader, variant.name, symbol, session)
    says = f"the target last changed for the reason '{row['signal_reason']}'"
    if row["is_stale_input"]:
        says = f"kept from the last decision; {says}"
    return Node(
        "target in the sleeve",
        row["sleeve_target_weight"],
        OF_SLEEVE,
        says,
        relation=TARGET_WEIGHTS,
        available_at=row["decided_at"],
        equation=equation,
        children=(variant_node(variant), *nodes),
    )


WHY_SMALLER = {
    "cash": "there is not enough cash",
    "whole_shares": "only whole shares are traded",
    "minimum_trade": "what is left is below minimum_trade_usd",
    "unmanaged": "held, but no strategy of the portfolio has a target for it",
    "no_price": "held without a price, so that the account's worth is not known",
    "no_bar": "there is no bar of tonight",
    "frozen": "there is no new decision tonight",
    "short_history": "too young for a target: what is held stays",
    "warming_up": "the portfolio is warming up: what is held stays",
}
"""Reason of `analytics.orders` and `analytics.holdings` → what is said of an order."""

TARGETS = {
    "equities": equity_target,
    "credit": credit_target,
    "volatility": volatility_target,
}
"""How a strategy's target is explained; one that is not here ends at its signal."""


def _order_nodes(reader: Reader, question: Question) -> tuple[Node, ...]:
    """Tonight's order of the symbol; past nights' orders are not published."""
    if not question.decision.is_tonight:
        return ()
    order = reader.row(
        "select * from analytics.orders where symbol = $symbol", symbol=question.subject
    )
    if order is None:
        return (
            Node("order", "none", says=_no_order(reader, question), relation="analytics.orders"),
        )
    says = (
        f"{order['quantity_shares']:,.2f} shares, {order['notional_usd']:,.0f} USD, expected cost "
        f"{order['expected_cost_usd']:,.2f} USD; held {percent(order['current_weight'])} of equity"
    )
    if order.get("reason"):  # a file of an earlier release has no such column
        says += (
            f"; leads to {percent(order['planned_weight'])} only: "
            f"{WHY_SMALLER.get(order['reason'], order['reason'])}"
        )
    return (
        Node(
            "order",
            order["side"],
            says=says,
            relation="analytics.orders",
            available_at=order["decided_at"],
        ),
    )


def _no_order(reader: Reader, question: Question) -> str:
    """Why a symbol is not traded, as far as the file says."""
    smallest = (
        f"a change below {percent(reader.book.minimum_order_weight, 2)} of equity is not sent"
    )
    # a file of an earlier release has no such table
    known = "select 1 from duckdb_tables() where schema_name = 'analytics' and table_name = $name"
    if reader.row(known, name="holdings") is None:
        return f"nothing to trade; {smallest}"
    held = reader.row(
        "select reason from analytics.holdings where symbol = $symbol", symbol=question.subject
    )
    reason = held["reason"] if held else None
    if reason is None or reason == "minimum_order":
        return f"nothing to trade; {smallest}"
    return str(WHY_SMALLER.get(reason, reason))
