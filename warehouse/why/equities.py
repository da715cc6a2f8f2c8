"""Equities: signal x 1/N x credit overlay x VIX throttle, and the rules behind the signal."""

from datetime import date

from warehouse.why.features import bar_window_node, feature_nodes
from warehouse.why.node import TIMES, Equation, Node
from warehouse.why.reading import Reader, Row
from warehouse.why.rules import decisive, exit_node, rule_node
from warehouse.why.signals import SIGNALS, in_words, signal_in_force, signal_row
from warehouse.why.spreads import stress_node
from warehouse.why.volatility import term_structure_node

WEIGHTS = "intermediate.int_equity_weights_measured"
CONDITIONS = "intermediate.int_equity_conditions_tested"
POSITIONS = "intermediate.int_equity_positions"


def equity_target(
    reader: Reader, variant: str, symbol: str, session: date
) -> tuple[Equation | None, list[Node]]:
    """The factors of a member's target weight.

    Parameters
    ----------
    reader : the published file.
    variant : the governing one; its style and mode decide.
    symbol, session : whose decision of which session.

    Returns
    -------
    The equation of the target and its nodes. Without a row of the symbol (its bars have stopped)
    the signal that was stored last stands alone.
    """
    rule = reader.row(
        "select * from seeds.equity_variants inner join seeds.equity_styles using (style) "
        "where variant = $variant",
        variant=variant,
    )
    held = rule and reader.row(
        "select positions.*, conditions.is_ended, conditions.is_member, conditions.can_enter "
        "from intermediate.int_equity_positions as positions "
        "inner join intermediate.int_equity_conditions_tested as conditions "
        "using (style, symbol, session_date) "
        "where style = $style and symbol = $symbol and session_date = $session",
        style=rule["style"],
        symbol=symbol,
        session=session,
    )
    if rule is None or held is None:
        return None, [signal_in_force(reader, "equities", variant, symbol, session)]
    signal = _signal_node(reader, rule, held, symbol, session)
    factors = equity_factors(reader, session, rule)
    return "product", [node.as_term() for node in (signal, *factors)]


def equity_factors(reader: Reader, session: date, rule: Row) -> tuple[Node, ...]:
    """1/N, credit overlay and VIX throttle of a session, as far as a variant uses them.

    Parameters
    ----------
    reader : the published file.
    session : whose factors.
    rule : the variant's row of `seeds.equity_variants`.
    """
    row = reader.row(
        "select * from intermediate.int_equity_weights_measured where session_date = $session",
        session=session,
    )
    if row is None:
        return (Node("1/N", 0.0, TIMES, "the universe has no members on that session"),)
    return (
        Node(
            "1/N",
            1.0 / row["member_count"],
            TIMES,
            f"one of {row['member_count']} members of the universe on that session",
            relation=WEIGHTS,
            available_at=row["decided_at"],
        ),
        _overlay_node(reader, row, session, is_used=bool(rule["has_credit_overlay"])),
        _throttle_node(reader, row, session, is_used=bool(rule["has_vix_throttle"])),
    )


def _overlay_node(reader: Reader, row: Row, session: date, *, is_used: bool) -> Node:
    if not is_used:
        return Node("credit overlay", 1.0, TIMES, "this variant has none")
    slope, floor, cap, steps = map(
        reader.number, ("overlay_slope", "overlay_floor", "overlay_cap", "overlay_steps_per_unit")
    )
    stress = stress_node(reader, session)
    return Node(
        "credit overlay",
        row["credit_overlay"],
        TIMES,
        f"1 - {slope:g} x credit stress, from {floor:g} to {cap:g}, in steps of {1 / steps:g}; "
        "1 while the stress is not known",
        relation=WEIGHTS,
        available_at=row["available_at"],
        children=(stress,) if stress else (),
    )


def _throttle_node(reader: Reader, row: Row, session: date, *, is_used: bool) -> Node:
    if not is_used:
        return Node("VIX throttle", 1.0, TIMES, "this variant has none")
    structure = term_structure_node(reader, session)
    return Node(
        "VIX throttle",
        row["vix_throttle"],
        TIMES,
        f"{reader.number('throttle_in_backwardation'):g} in backwardation, else 1",
        relation=WEIGHTS,
        available_at=row["available_at"],
        children=(structure,) if structure else (),
    )


def _signal_node(reader: Reader, rule: Row, held: Row, symbol: str, session: date) -> Node:
    is_entered = held["is_held"] and held["entry_session_date"] == session
    is_long = is_entered if rule["mode"] == "event" else bool(held["is_held"])
    inputs = reader.row(
        "select * from intermediate.int_equity_inputs_joined "
        "where symbol = $symbol and session_date = $session",
        symbol=symbol,
        session=session,
    )
    features = {}
    if inputs:
        features = {node.what: node for node in feature_nodes(reader, symbol, session, inputs)}
    stored = signal_row(reader, "equities", rule["variant"], symbol, session)
    window = bar_window_node(reader, symbol, session)
    return Node(
        "signal",
        int(is_long and not held["is_ended"]),
        says=in_words(stored, session),
        relation=SIGNALS,
        available_at=held["decided_at"],
        children=(
            *_rule_nodes(reader, rule, held, inputs or {}),
            *features.values(),
            *((window,) if window else ()),
        ),
    )


def _rule_nodes(reader: Reader, rule: Row, held: Row, inputs: Row) -> list[Node]:
    """The rules that were tested: of the exit while it was held before, else of the entry."""
    entry, session = held["entry_session_date"], held["session_date"]
    if held["is_ended"]:
        return [rule_node("tradable", False, "its bars have stopped", CONDITIONS)]
    if entry is None or entry == session:
        return _entry_rules(reader, rule, inputs)
    position = Node(
        "entered",
        entry,
        says=f"at an adjusted close of {held['entry_close_usd']:.2f} USD, in style {rule['style']}",
        relation=POSITIONS,
    )
    return [position, *_exit_rules(reader, rule, held, inputs)]


def _entry_rules(reader: Reader, rule: Row, inputs: Row) -> list[Node]:
    close, fast, slow, rsi, sentiment = _compared(reader, inputs)
    low, high = rule["rsi_low"], rule["rsi_high"]
    is_up = (
        close is not None and fast is not None and slow is not None and fast > slow and close > slow
    )
    rules = [
        rule_node("entry: member", inputs.get("is_member"), "of the universe", CONDITIONS),
        rule_node(
            "entry: trend up", is_up, "SMA 20 above SMA 50 and close above SMA 50", CONDITIONS
        ),
    ]
    if low is not None:
        is_within = rsi is None or low <= rsi <= high
        rules.append(rule_node("entry: RSI", is_within, f"from {low:g} to {high:g}", CONDITIONS))
    level = rule["entry_sentiment"]
    is_kind = sentiment is not None and sentiment >= level
    rules.append(rule_node("entry: sentiment", is_kind, f"at least {level:g}", CONDITIONS))
    return rules


def _exit_rules(reader: Reader, rule: Row, held: Row, inputs: Row) -> list[Node]:
    """The rules that end a position, in the order in which they are tested."""
    close, fast, slow, rsi, sentiment = _compared(reader, inputs)
    level = decisive(reader, rule["stop_fraction"] * held["entry_close_usd"])
    is_down = slow is not None and (
        (fast is not None and fast < slow) or (close is not None and close < slow)
    )
    lowest, hottest = rule["exit_sentiment"], rule["rsi_high"]
    stop = f"close at most {level:.2f} USD, {rule['stop_fraction']:g} of the entry"
    rules = [
        exit_node("exit: stop", close is not None and close <= level, stop, CONDITIONS),
        exit_node(
            "exit: left the universe", not inputs.get("is_member"), "no member any more", CONDITIONS
        ),
        exit_node("exit: trend down", is_down, "SMA 20 or close below SMA 50", CONDITIONS),
        exit_node(
            "exit: sentiment",
            sentiment is not None and sentiment <= lowest,
            f"at most {lowest:g}",
            CONDITIONS,
        ),
    ]
    if hottest is not None:
        is_hot = rsi is not None and rsi > hottest
        rules.append(exit_node("exit: RSI", is_hot, f"above {hottest:g}", CONDITIONS))
    return rules


def _compared(reader: Reader, inputs: Row) -> tuple[float | None, ...]:
    names = ("adjusted_close_usd", "sma_20_usd", "sma_50_usd", "rsi_14", "sentiment_3d")
    return tuple(decisive(reader, inputs.get(name)) for name in names)
