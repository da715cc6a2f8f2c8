"""Two nights compared: changed signals, weights and headline figures, and the parts of each."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from analytics.attribution import (
    ALLOCATION_STEPS,
    Decided,
    book_factors,
    decision_steps,
    steps_of,
)
from orchestration.difference.chain import FACTOR_ORDER, Chain, Tools, chain_of
from orchestration.difference.configurations import edits_between
from orchestration.difference.nights import ComparedNight
from orchestration.difference.states import State, WeightKey, orders_of
from reports.difference import (
    ChangedMetric,
    ChangedRows,
    ChangedSignal,
    ChangedWeight,
    Difference,
)
from warehouse.revisions import (
    RevisedRows,
    WithheldChange,
    revisions_between,
    withheld_between,
)

LISTED_ROWS = 200
"""Groups of revised rows that a difference holds; the rest is counted."""

OWN_OVERRIDES = ("quarantined", "no_bar", "not_tradable", "short_history")
"""First words of the overrides that are about one symbol rather than about the whole book."""

SMALLEST_CHANGE = 1e-12
"""Of a weight or one of its parts: below is rounding."""


def compare_nights(
    earlier: ComparedNight, later: ComparedNight, tools: Tools, *, world: str
) -> Difference:
    """Compare two published nights.

    Parameters
    ----------
    earlier, later : the nights.
    tools : what the states in between are read and computed with.
    world : of the home.

    Raises
    ------
    UsageError
        The present release does not accept the later night's configuration.
    NightError
        A build fails.
    AttributionError
        Parts do not sum to the whole within 1e-12.
    """
    chain = chain_of(earlier, later, tools)
    orders = orders_of(chain.last)
    a, b = earlier.recorded, later.recorded
    revisions = revisions_between(
        tools.ledger, a.ledger_version, b.ledger_version, decided_at=a.as_of_at
    )
    withheld = withheld_between(tools.ledger, a.as_of_at, b.as_of_at)
    rows = [*map(_withheld_rows, withheld), *map(_revised_rows, revisions.groups)]
    first, last = chain.states[0], chain.states[-1]
    return Difference(
        earlier=earlier.side,
        later=later.side,
        world=world,
        made_by=tools.present_code,
        sessions=len(tools.sessions.between(earlier.night, later.night)) - 1,
        turnover=sum(abs(row["final_weight"] - row["current_weight"]) for row in orders),
        edits=edits_between(a.configuration, b.configuration),
        overrides=(first.override, last.override),
        signals=changed_signals(chain.states),
        weights=changed_weights(chain.states, {row["symbol"]: row["side"] for row in orders}),
        metrics=changed_metrics(chain.states),
        rows=tuple(rows[:LISTED_ROWS]),
        rows_left_out=max(len(rows) - LISTED_ROWS, 0),
        new_rows=revisions.new_rows,
        notes=(*chain.notes, *_variant_notes(chain)),
    )


def changed_signals(states: Sequence[State]) -> tuple[ChangedSignal, ...]:
    """List the signals that differ between the two ends, with the factors that turned them.

    Parameters
    ----------
    states : in the order of `FACTOR_ORDER`; a signal that a state does not have is flat there.
    """
    first, last = states[0].signals, states[-1].signals
    found = []
    for key in sorted({*first, *last}):
        levels = [
            (state.signals[key].signal or 0) if key in state.signals else 0 for state in states
        ]
        if levels[0] == levels[-1]:
            continue
        turned = [
            factor
            for factor, before, after in zip(FACTOR_ORDER, levels[:-1], levels[1:], strict=True)
            if before != after
        ]
        old, new = first.get(key), last.get(key)
        found.append(
            ChangedSignal(
                strategy=key[0],
                symbol=key[1],
                before=old.signal if old else None,
                after=new.signal if new else None,
                variant_before=old.variant if old else None,
                variant_after=new.variant if new else None,
                factors=tuple(dict.fromkeys(turned)),
                reason=new.reason if new else "",
            )
        )
    return tuple(found)


def changed_weights(states: Sequence[State], sides: Mapping[str, str]) -> tuple[ChangedWeight, ...]:
    """Split every changed weight into the parts of the factors, and the last one into its steps.

    Parameters
    ----------
    states : in the order of `FACTOR_ORDER`; a weight that a state does not have is 0 there.
    sides : symbol to the side of the order sent.

    Raises
    ------
    AttributionError
        Parts do not sum to the whole within 1e-12.
    """
    parts = steps_of([state.weights for state in states], FACTOR_ORDER)
    at = FACTOR_ORDER.index("new_sessions")
    before, after = states[at], states[at + 1]
    books = [book_factors(list(state.decided.values())) for state in (before, after)]
    last = states[-1]
    found = []
    for key, own in parts.items():
        steps = decision_steps(
            _row_of(before, key, after),
            _row_of(after, key, before),
            book_before=books[0],
            book_after=books[1],
        )
        if max(map(abs, (*own.values(), *steps.values()))) <= SMALLEST_CHANGE:
            continue
        strategy, symbol = key
        signal = last.signals.get(key)
        override = last.overrides.get(key, "")
        found.append(
            ChangedWeight(
                symbol=symbol,
                strategy=strategy,
                before=states[0].weights.get(key, 0.0),
                after=last.weights.get(key, 0.0),
                parts=own,
                steps={step: steps[step] for step in ALLOCATION_STEPS},
                reason=signal.reason if signal else "",
                override=override if override.partition(":")[0] in OWN_OVERRIDES else "",
                order=sides.get(symbol),
            )
        )
    return tuple(sorted(found, key=lambda weight: (weight.symbol, weight.strategy)))


def _row_of(state: State, key: WeightKey, other: State) -> Decided:
    """How a weight came about; one that is not there had no target, in its sleeve's place."""
    if key in state.decided:
        return state.decided[key]
    sleeve = state.sleeve_weights.get(key[0], other.decided[key].sleeve_weight)
    return replace(state.book, sleeve_weight=sleeve)


def changed_metrics(states: Sequence[State]) -> tuple[ChangedMetric, ...]:
    """Split the change of every headline figure, also where it is 0.

    Parameters
    ----------
    states : in the order of `FACTOR_ORDER`.

    Raises
    ------
    AttributionError
        Parts do not sum to the whole within 1e-12.
    """
    first, last = states[0].metrics, states[-1].metrics
    found = []
    for key in dict.fromkeys([*last, *first]):
        values = [state.metrics.get(key) for state in states]
        known = [{key: value} for value in values if value is not None]
        is_whole = len(known) == len(states)
        found.append(
            ChangedMetric(
                subject=key[0],
                metric=key[1],
                before=values[0],
                after=values[-1],
                parts=steps_of(known, FACTOR_ORDER)[key] if is_whole else None,
            )
        )
    return tuple(sorted(found, key=lambda row: (row.subject != "portfolio", row.subject)))


def _variant_notes(chain: Chain) -> list[str]:
    """Sentences about strategies that another variant governs now."""
    variants = [
        {strategy: signal.variant for (strategy, _), signal in state.signals.items()}
        for state in (chain.states[0], chain.states[-1])
    ]
    return [
        f"The walk-forward choice for {strategy} is {after} now; it was {before}."
        for strategy, after in sorted(variants[1].items())
        if (before := variants[0].get(strategy)) not in (None, after)
    ]


def _revised_rows(group: RevisedRows) -> ChangedRows:
    largest = group.largest
    return ChangedRows(
        kind=group.kind,
        table=group.table,
        subject=group.subject,
        rows=group.rows,
        known_rows=group.known_rows,
        first_day=group.first_day,
        last_day=group.last_day,
        columns=group.columns,
        column=largest.column if largest else None,
        day=largest.day if largest else None,
        before=largest.before if largest else None,
        after=largest.after if largest else None,
        counts_from_fetch=group.counts_from_fetch,
    )


def _withheld_rows(change: WithheldChange) -> ChangedRows:
    return ChangedRows(
        kind=change.kind,
        table=change.dataset,
        subject=change.symbol,
        rows=1,
        known_rows=0,
        first_day=change.first_day,
        last_day=change.last_day,
        reason=change.reason,
    )
