"""What a run found about its inputs, in sentences and rows that people read."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ingestion.night import Fetch, Problem
from orchestration.freshness import Freshness

SENTENCES_PER_DATASET = 3


def degrading_reasons(
    freshness: Iterable[Freshness],
    quarantined: Iterable[Mapping[str, Any]],
    problems: Iterable[Problem],
) -> tuple[str, ...]:
    """Why a night is not clean, one sentence each; empty when it is.

    A night is clean when every required input has its expected last observation, nothing came
    from a failed chain, and nothing is quarantined.
    """
    late = late_sentences([item for item in freshness if item.is_late])
    withheld = [
        f"{row['symbol']} is quarantined from {row['first_date']} to {row['last_date']}: "
        f"{row['reason']}"
        for row in quarantined
    ]
    failed = [_problem_sentence(problem) for problem in problems if problem.is_degrading]
    return tuple(dict.fromkeys([*late, *withheld, *failed]))


def _problem_sentence(problem: Problem) -> str:
    """What failed and for whom; `*` is everything that was asked of that provider."""
    about = problem.dataset.replace("_", " ")
    symbols = "" if problem.symbol == "*" else f" of {problem.symbol}"
    return f"{about}{symbols}: {problem.message}"


def late_sentences(late: Sequence[Freshness]) -> list[str]:
    """Late inputs; many that are late alike share one sentence."""
    alike: dict[tuple[Any, ...], list[Freshness]] = {}
    for item in late:
        key = (item.dataset, item.last_observation, item.expected_observation)
        alike.setdefault(key, []).append(item)
    sentences = []
    for items in alike.values():
        if len(items) < SENTENCES_PER_DATASET:
            sentences += [item.sentence for item in items]
            continue
        symbols = ", ".join(item.symbol for item in items)
        first = items[0]
        ends = f"end {first.last_observation}" if first.last_observation else "are missing"
        sentences.append(
            f"{first.dataset} of {len(items)} symbols {ends}, "
            f"{first.expected_observation} was due: {symbols}"
        )
    return sentences


def requests_by_provider(fetches: Iterable[Fetch]) -> dict[str, int]:
    """How many answers came over the network, by provider."""
    return dict(
        sorted(
            Counter(fetch.provider for fetch in fetches if fetch.served_from == "network").items()
        )
    )


def freshness_rows(
    freshness: Iterable[Freshness], fetches: Iterable[Fetch]
) -> tuple[dict[str, Any], ...]:
    """One row per input for `run_status.json` and the report."""
    served = {(fetch.provider, fetch.symbol): fetch.served_from for fetch in fetches}
    return tuple(
        {
            "dataset": item.dataset,
            "symbol": item.symbol,
            "provider": item.provider,
            "last_observation": item.last_observation,
            "expected_observation": item.expected_observation,
            "age_sessions": item.age_sessions,
            "is_required": item.is_required,
            "served_from": served.get(
                (item.provider, item.symbol), served.get((item.provider, "*"), "ledger")
            ),
        }
        for item in freshness
    )
