"""Which variant of a strategy governs a decision, and why that one."""

from dataclasses import dataclass
from datetime import date

from warehouse.why.node import Node
from warehouse.why.reading import Reader, Row

WINDOWS = "analytics.walk_forward_windows"
REASONS = {
    "best_train": "it had the best Sharpe ratio of the training sessions",
    "tie": "the best Sharpe ratio of the training sessions was shared, so the default governs",
    "no_sharpe": "no variant had a Sharpe ratio in the training sessions, so the default governs",
    "too_few_sessions": "there were too few training sessions, so the default governs",
}
DEFAULT_SEEDS = {
    "equities": "seeds.equity_variants",
    "credit": "seeds.credit_variants",
    "volatility": "seeds.volatility_variants",
}


@dataclass(frozen=True)
class Variant:
    """The governing variant; `window` is its half-year's row, None before the first."""

    name: str
    default: str
    window: Row | None


def governing_variant(reader: Reader, strategy: str, session: date) -> Variant:
    """The variant whose target the sleeve takes on a session."""
    window = reader.row(
        "select * from analytics.walk_forward_windows where strategy = $strategy "
        "and session_date <= $session order by session_date desc limit 1",
        strategy=strategy,
        session=session,
    )
    default = default_variant(reader, strategy)
    return Variant(window["variant"] if window else default, default, window)


def default_variant(reader: Reader, strategy: str) -> str:
    """The variant that governs before the first half-year: the one that keeps every row."""
    seed = DEFAULT_SEEDS.get(strategy)
    query = (
        f"select variant from {seed} where is_default"
        if seed
        else "select variant from marts.fct_signals where strategy = $strategy "
        "group by variant order by count(*) desc, variant limit 1"
    )
    row = reader.row(query) if seed else reader.row(query, strategy=strategy)
    return str(row["variant"]) if row else "default"


def variant_node(variant: Variant) -> Node:
    """Name the variant and the half-year that it won."""
    window = variant.window
    if window is None:
        return Node(
            "governing variant",
            variant.name,
            says="the default, which governs before the first full half-year",
            relation=WINDOWS,
        )
    sharpe, of_default = window["train_sharpe"], window["default_train_sharpe"]
    says = f"in {window['window']}: {REASONS.get(window['selection_reason'], '')}"
    if sharpe is not None:
        says += f" ({sharpe:.3f} over {window['train_sessions']:,} sessions"
        if not window["is_default"] and of_default is not None:
            says += f"; the default {variant.default} {of_default:.3f}"
        says += ")"
    return Node(
        "governing variant",
        variant.name,
        says=says,
        relation=WINDOWS,
        available_at=window["decided_at"],
    )
