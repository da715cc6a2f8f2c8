"""What a run found about its inputs, in sentences and rows that people read."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ingestion.capabilities import QuotaUse
from ingestion.chains import Fallback
from ingestion.journal import named
from ingestion.night import Fetch, Problem
from orchestration.freshness import Freshness

SENTENCES_PER_DATASET = 3
ANSWERED = ("ok", "empty", "not_modified")


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
    withheld = [quarantine_sentence(row) for row in quarantined]
    failed = [_problem_sentence(problem) for problem in problems if problem.is_degrading]
    return tuple(dict.fromkeys([*late, *withheld, *failed]))


def quarantine_sentence(row: Mapping[str, Any]) -> str:
    """What is withheld of which symbol, and why."""
    return (
        f"{row['symbol']} is quarantined from {row['first_date']} to {row['last_date']}: "
        f"{row['reason']}"
    )


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


def outage_sentence(fetches: Iterable[Fetch], problems: Sequence[Problem]) -> str:
    """Who failed and with which class, in one sentence, where a night has nothing to build on."""
    failed: dict[str, set[str]] = {}
    for fetch in fetches:
        if fetch.outcome not in ANSWERED:
            failed.setdefault(fetch.provider, set()).add(fetch.outcome.replace("_", " "))
    if not failed:  # nobody was asked, or nobody had anything
        return problems[0].message if problems else ""
    named_failures = ", ".join(
        f"{provider} ({', '.join(sorted(kinds))})" for provider, kinds in sorted(failed.items())
    )
    return (
        f"Failed: {named_failures}; `mqp ping` shows who answers again, and logs/ingestion.log "
        "what each of them said."
    )


def requests_by_provider(fetches: Iterable[Fetch]) -> dict[str, int]:
    """How many requests were sent, repeated ones included, by provider."""
    sent = Counter[str]()
    for fetch in fetches:
        sent[fetch.provider] += fetch.attempts  # none for a reuse of the cache, or a provider off
    return {provider: count for provider, count in sorted(sent.items()) if count}


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


def fallback_rows(
    fallbacks: Iterable[Fallback], freshness: Iterable[Freshness]
) -> tuple[dict[str, Any], ...]:
    """What fell back, on whom and on what age of data; symbols that fared alike share one row.

    Where nobody served a symbol, the newest observation that the ledger holds is what the night
    uses, and its provider is named as stored.
    """
    inputs = {(item.dataset, item.symbol): item for item in freshness}
    alike: dict[tuple[Any, ...], list[str]] = {}
    for item in fallbacks:
        dataset = item.dataset.replace("_", " ")
        known = inputs.get((dataset, item.symbol))
        through = known.last_observation if known else item.observed_through
        key = (
            dataset,
            item.wanted,
            item.served_by or _stored(item, known),
            item.failure,
            through,
            known.age_sessions if known else None,
            item.is_degrading,
            item.reason,
        )
        alike.setdefault(key, []).append(item.symbol)
    return tuple(_fallback_row(key, symbols) for key, symbols in alike.items())


def _stored(item: Fallback, known: Freshness | None) -> str:
    """Whose stored rows are used where nobody answered; events have no day that tells."""
    if known is None:
        return "stored rows" if item.has_rows else "nothing"
    return "nothing" if known.last_observation is None else f"{known.provider} (stored)"


def _fallback_row(key: tuple[Any, ...], symbols: Sequence[str]) -> dict[str, Any]:
    dataset, wanted, served_by, failure, through, age, is_degrading, reason = key
    of_day = f", data of {through}" if through else ""
    old = f", {age} session(s) old" if age else ""
    return {
        "dataset": dataset,
        "symbols": list(symbols),
        "wanted": wanted,
        "served_by": served_by,
        "failure": failure,
        "last_observation": through,
        "age_sessions": age,
        "is_degrading": is_degrading,
        "sentence": (
            f"{dataset} of {named(symbols)}: {served_by} in place of {wanted}{of_day}{old} "
            f"({reason})"
        ),
    }


def quota_rows(quotas: Iterable[QuotaUse]) -> tuple[dict[str, Any], ...]:
    """One row per provider that counts its calls per day."""
    return tuple(
        {
            "provider": use.provider,
            "used": use.used,
            "limit": use.limit,
            "fraction": use.fraction,
            "resets_at": use.resets_at,
            "is_alarming": use.is_alarming,
        }
        for use in quotas
    )
