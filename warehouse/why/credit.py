"""Credit: the pair HYG against LQD, from a leg's weight to the spreads or prices behind it."""

from datetime import date

from warehouse.why.node import OF_SLEEVE, Equation, Node
from warehouse.why.reading import Reader, Row
from warehouse.why.rules import decisive, rule_node
from warehouse.why.signals import SIGNALS
from warehouse.why.spread_values import fund_close_node
from warehouse.why.spreads import credit_inputs

POSITIONS = "intermediate.int_credit_positions_explained"
CONDITIONS = "intermediate.int_credit_conditions_tested"


def credit_target(
    reader: Reader, variant: str, symbol: str, session: date
) -> tuple[Equation | None, list[Node]]:
    """The factors of a leg's target: the pair's position and the leg's share of it.

    Parameters
    ----------
    reader : the published file.
    variant : the governing one; its rule and thresholds decide.
    symbol, session : which leg of which session.

    Returns
    -------
    The equation of the target and its nodes.
    """
    held = position_row(reader, variant, session)
    if held is None:
        return None, [Node("position", None, says=f"{variant} has not decided yet")]
    side = 1 if symbol == reader.text("high_yield_fund") else -1
    leg = reader.number("credit_leg_weight")
    return "product", [
        position_node(reader, held).as_term(),
        Node(
            f"leg {symbol}",
            side * leg,
            OF_SLEEVE,
            f"{leg:g} of the sleeve, {'long' if side > 0 else 'short'} when the pair is long "
            f"{reader.text('high_yield_fund')}",
            relation=SIGNALS,
            is_term=True,
        ),
    ]


def position_row(reader: Reader, variant: str, session: date) -> Row | None:
    """What a variant holds of the pair after a session's decision."""
    return reader.row(
        "select * from intermediate.int_credit_positions_explained "
        "where variant = $variant and session_date = $session",
        variant=variant,
        session=session,
    )


def position_node(reader: Reader, held: Row) -> Node:
    """The pair's position, the rules that were tested, and what they read."""
    is_momentum = held["rule"] == "momentum_ratio"
    inputs = (
        _momentum_nodes(reader, held)
        if is_momentum
        else (*_rule_nodes(reader, held), *credit_inputs(reader, held["session_date"]))
    )
    return Node(
        "position of the pair",
        held["position"],
        says=held["reason"],
        relation=POSITIONS,
        available_at=held["decided_at"],
        children=inputs,
    )


def _rule_nodes(reader: Reader, held: Row) -> tuple[Node, ...]:
    """The exit while the pair is held on a side, and the entry on the side that z points to."""
    z = decisive(reader, held["spread_zscore"])
    share = decisive(reader, held["hy_oas_percentile"])
    before, entry = held["previous_position"], held["entry_zscore"]
    nodes = []
    if before:
        sign = ">" if before > 0 else "<"
        holds = z is not None and z * before > 0
        nodes.append(rule_node("held", holds, f"while z {sign} 0", CONDITIONS))
    if held["position"] == before != 0 or entry is None:
        return tuple(nodes)
    is_high = z is None or z > 0
    bound = f"z > {entry:g}" if is_high else f"z < {-entry:g}"
    is_far = z is not None and abs(z) > entry
    nodes.append(rule_node("entry: z-score", is_far, bound, CONDITIONS))
    if held["is_gated"]:
        level = held["upper_percentile"] if is_high else held["lower_percentile"]
        is_open = share is not None and (share >= level if is_high else share <= level)
        sign = "at least" if is_high else "at most"
        nodes.append(rule_node("entry: percentile", is_open, f"{sign} {level:.2f}", CONDITIONS))
    return tuple(nodes)


def _momentum_nodes(reader: Reader, held: Row) -> tuple[Node, ...]:
    """The returns of the two funds over the variant's sessions."""
    session, value = held["session_date"], held["momentum_return"]
    relation = "intermediate.int_credit_momentum_measured"
    past = reader.row(
        "select past.session_date from intermediate.int_credit_pair_closed as pair "
        "inner join intermediate.int_credit_pair_closed as past on past.pair_number "
        "= pair.pair_number - (select momentum_sessions from seeds.credit_variants "
        "where variant = $variant) where pair.session_date = $session",
        variant=held["variant"],
        session=session,
    )
    if past is None or value is None:
        return (Node("momentum", value, says="not known yet", relation=relation),)
    returns = [
        _return_node(reader, reader.text(fund), past["session_date"], session)
        for fund in ("high_yield_fund", "investment_grade_fund")
    ]
    return (
        Node(
            "momentum",
            value,
            "fraction",
            "its sign is the side that is held",
            relation=relation,
            available_at=held["decided_at"],
            equation="difference",
            children=tuple(returns),
        ),
    )


def _return_node(reader: Reader, fund: str, first: date, last: date) -> Node:
    closes = [fund_close_node(reader, fund, day) for day in (last, first)]
    new, old = (node.value if node else None for node in closes)
    value = new / old - 1.0 if isinstance(new, float) and isinstance(old, float) else None
    return Node(
        f"return of {fund}",
        value,
        "fraction",
        f"{first} to {last}, on adjusted closes",
        relation="intermediate.int_credit_pair_closed",
        is_term=True,
        children=tuple(node for node in closes if node),
    )
