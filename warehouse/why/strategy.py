"""One strategy on one session: its variant, what it read, and what it holds."""

import math
from collections.abc import Sequence
from datetime import date

from warehouse.why.credit import position_node, position_row
from warehouse.why.equities import equity_factors
from warehouse.why.node import OF_EQUITY, Node
from warehouse.why.question import Question
from warehouse.why.reading import Decision, Reader, Row
from warehouse.why.scale import scale_node
from warehouse.why.signals import SIGNALS
from warehouse.why.variant import Variant, governing_variant, variant_node
from warehouse.why.volatility import term_structure_node
from warehouse.why.weights import TARGET_WEIGHTS, sleeve_share
from warehouse.why.wording import counted


def strategy_tree(reader: Reader, question: Question) -> Node:
    """Explain a strategy: governing and default variant, inputs, and the weights it leads to."""
    strategy, decision = question.subject, question.decision
    rows = reader.rows(
        "select * from analytics.target_weights "
        "where session_date = $session and strategy = $strategy "
        "order by abs(final_weight) desc, symbol",
        session=decision.session,
        strategy=strategy,
    )
    variant = governing_variant(reader, strategy, decision.session)
    inputs = _inputs(reader, strategy, variant, decision.session)
    if not rows:
        says = "no sleeve of the portfolio: it holds nothing (config/portfolio.yaml, sleeves)"
        return Node(strategy, None, says=says, children=(variant_node(variant), *inputs))
    held = [_held_node(row) for row in rows if row["final_weight"] != 0]
    return Node(
        f"final weights of {strategy}, added up",
        math.fsum(row["final_weight"] for row in rows),
        OF_EQUITY,
        f"long less short; {len(held)} of {counted(len(rows), 'symbol')} held",
        relation=TARGET_WEIGHTS,
        available_at=decision.decided_at,
        equation="sum" if held else None,
        children=(
            variant_node(variant),
            *_default_line(reader, variant, strategy, decision),
            *inputs,
            scale_node(reader, decision),
            sleeve_share(reader, rows[0]),
            *held,
            *flat_nodes(rows),
        ),
    )


def flat_nodes(rows: Sequence[Row]) -> list[Node]:
    """The symbols that are not held, by the reason for which they are not."""
    reasons: dict[str, list[str]] = {}
    for row in rows:
        if row["final_weight"] == 0:
            override = str(row["override_reason"] or "").partition(":")[0]
            is_wanted = row["sleeve_target_weight"] != 0 and override
            reasons.setdefault(override if is_wanted else row["signal_reason"], []).append(
                row["symbol"]
            )
    return [
        Node(
            f"not held: {reason}",
            len(symbols),
            "symbols",
            ", ".join(sorted(symbols)),
            relation=TARGET_WEIGHTS,
        )
        for reason, symbols in sorted(reasons.items(), key=lambda item: -len(item[1]))
    ]


def _held_node(row: Row) -> Node:
    says = f"target {row['sleeve_target_weight']:.4f} of the sleeve, {row['signal_reason']}"
    if row["is_stale_input"]:
        says = f"frozen: {row['override_reason']}"
    return Node(
        row["symbol"],
        row["final_weight"],
        OF_EQUITY,
        f"{says}; ask `mqp why {row['symbol']} {row['session_date']}`",
        relation=TARGET_WEIGHTS,
        available_at=row["decided_at"],
        is_term=True,
    )


def _inputs(reader: Reader, strategy: str, variant: Variant, session: date) -> tuple[Node, ...]:
    """What the strategy read of the whole market that day."""
    if strategy == "credit":
        held = position_row(reader, variant.name, session)
        return (position_node(reader, held),) if held else ()
    if strategy == "volatility":
        structure = term_structure_node(reader, session)
        return (structure,) if structure else ()
    if strategy == "equities":
        rule = reader.row(
            "select * from seeds.equity_variants where variant = $variant", variant=variant.name
        )
        return equity_factors(reader, session, rule) if rule else ()
    return ()


def _default_line(
    reader: Reader, variant: Variant, strategy: str, decision: Decision
) -> tuple[Node, ...]:
    """What the default variant would hold, where another one governs."""
    if variant.name == variant.default:
        return ()
    wanted = [
        f"{row['symbol']} {row['target_weight']:+.4f}"
        for row in reader.rows(
            # of the default variant every row is stored
            "select symbol, target_weight from marts.fct_signals where strategy = $strategy "
            "and variant = $variant and session_date = $session and target_weight <> 0 "
            "order by symbol",
            strategy=strategy,
            variant=variant.default,
            session=decision.session,
        )
    ]
    says = f"it would hold, of the sleeve, {', '.join(wanted)}" if wanted else "it holds nothing"
    return (Node("default variant", variant.default, says=says, relation=SIGNALS),)
