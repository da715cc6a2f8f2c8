"""Incidents by name: what the sandbox's providers do to a night, and what that night should do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ingestion.sandbox.faults import PROVIDER_NAMES, FaultRule

BARS = "/v2/aggs/"
SOME_SYMBOLS = "^[JK]"
"""Symbols that begin with J or K: a few of the default universe, so that others stay healthy."""


@dataclass(frozen=True)
class Rehearsal:
    """One incident: what happens, the rules that make it happen, and what a person should see."""

    description: str
    rules: tuple[FaultRule, ...]
    expect: str


def _each(
    kind: str, value: Any = None, *, by: Iterable[str] = PROVIDER_NAMES, **fields: Any
) -> tuple[FaultRule, ...]:
    """One rule per provider, so that each counts its own requests."""
    return tuple(FaultRule(kind, value, provider=name, **fields) for name in by)


def _newest_bar(kind: str, symbol_regex: str, value: Any = None) -> tuple[FaultRule, ...]:
    """Polygon's newest bar of some symbols, also where the whole market is asked for by session.

    The newest session is asked for first, and one request is only ever spoilt in one way: several
    of these strike the newest session, the one before, and so on.
    """
    return (
        FaultRule(kind, value, "polygon", "/v2/aggs/grouped", symbol_regex, times=1),
        FaultRule(kind, value, "polygon", "/v2/aggs/ticker", symbol_regex),
    )


def _called_too_often(retry_after: int) -> dict[str, Any]:
    """A per-minute limit; in FMP's own words it would be the limit of the day."""
    headers = {"Retry-After": str(retry_after)}
    return {"code": 429, "body": "Too Many Requests", "content_type": "text/plain"} | {
        "headers": headers
    }


_NOTHING = '{"status":"OK","queryCount":0,"resultsCount":0,"results":null}'
_NO_OBSERVATIONS = '{"count":0,"offset":0,"limit":100000,"observations":[]}'

REHEARSALS: Mapping[str, Rehearsal] = {
    "429-storm": Rehearsal(
        "Every provider answers 429 to its first three requests and to three more later on, and "
        "asks to wait one or two seconds.",
        (
            *_each("status", _called_too_often(1), times=3),
            *_each("status", _called_too_often(2), after_n=3, times=3),
        ),
        "CLEAN: every request is repeated after the wait and succeeds.",
    ),
    "5xx-burst": Rehearsal(
        "Every provider answers 502 to its first two requests and 504 to one more later on.",
        (*_each("status", 502, times=2), *_each("status", 504, after_n=3, times=1)),
        "CLEAN: the repeated requests succeed.",
    ),
    "outage": Rehearsal(
        "Every provider answers 503 all night (about 40 s of waiting).",
        _each("status", 503),
        "DEGRADED from the cache if the home holds an earlier night; otherwise FAILED, and nothing "
        "is published.",
    ),
    "time-outs": Rehearsal(
        "Polygon and the FRED API accept requests and never answer; Cboe hangs up twice after two "
        "seconds of silence (about 45 s of waiting).",
        (
            *_each("timeout", 60, by=("polygon", "fred")),
            *_each("timeout", 2, by=("cboe",), times=2),
        ),
        "The next provider of each chain serves the night.",
    ),
    "dropped-connections": Rehearsal(
        "Every provider resets its first three connections.",
        _each("reset", times=3),
        "CLEAN: the repeated requests succeed.",
    ),
    "slow-bodies": Rehearsal(
        "Every provider's first four bodies drip for three seconds, and one of Polygon's for two "
        "minutes (about 65 s of waiting).",
        (*_each("slow", 3, times=4), FaultRule("slow", 120, "polygon", after_n=1, times=1)),
        "CLEAN: slow bodies are waited for, the endless one is cut after a minute and asked again.",
    ),
    "captive-portal": Rehearsal(
        "Every provider answers with a sign-in page and status 200 (about 40 s of waiting).",
        _each("html200"),
        "DEGRADED from the cache; no page is taken for data or for an empty answer.",
    ),
    "truncated-json": Rehearsal(
        "Every body of every provider ends half-way.",
        _each("truncated_json", 0.5),
        "DEGRADED from the cache; half an answer is kept as a response and never as data.",
    ),
    "bare-text": Rehearsal(
        "Every provider answers two words of text, labelled as data, with status 200.",
        _each("invalid_json"),
        "DEGRADED from the cache; text is never taken for an empty answer.",
    ),
    "nan-prices": Rehearsal(
        "Polygon's newest bar of the symbols that begin with J or K has no prices.",
        _newest_bar("nan_values", SOME_SYMBOLS, "nan"),
        "DEGRADED: these symbols are quarantined, their targets frozen, all others untouched.",
    ),
    "impossible-bars": Rehearsal(
        "One of Polygon's newest bars has its high below its low for symbols that begin with J, a "
        "negative volume for those with K, and prices of zero for those with D.",
        (
            *_newest_bar("ohlc_violation", "^J"),
            *_newest_bar("negative_volume", "^K"),
            *_newest_bar("zero_prices", "^D"),
        ),
        "DEGRADED: these symbols are quarantined, all others untouched.",
    ),
    "huge-jump": Rehearsal(
        "Polygon's newest bar of the symbols that begin with J or K is ten times too high.",
        _newest_bar("huge_jump", SOME_SYMBOLS, 10),
        "DEGRADED: a jump without a corporate action is quarantined.",
    ),
    "duplicate-rows": Rehearsal(
        "Every provider sends its newest row, and every story, twice.",
        _each("duplicate_rows"),
        "CLEAN: each row is landed once.",
    ),
    "shifted-dates": Rehearsal(
        "Polygon's bars are all dated a day early, as if in another time zone.",
        _each("misaligned_dates", "timezone", by=("polygon",), path_regex=BARS),
        "Nothing of them is stored; the next provider of daily bars serves the night.",
    ),
    "stale-provider": Rehearsal(
        "Polygon and Cboe have stood still for five sessions, and answer as if nothing were wrong.",
        _each("stale", by=("polygon", "cboe")),
        "The next provider serves the bars; the index closes are late, so DEGRADED.",
    ),
    "empty-answers": Rehearsal(
        "Polygon, Finnhub, FMP and FRED answer that there is nothing, with status 200.",
        (
            FaultRule("empty200", _NOTHING, "polygon"),
            FaultRule("empty200", '{"s":"no_data"}', "finnhub", "candle"),
            FaultRule("empty200", "[]", "finnhub"),
            FaultRule("empty200", "[]", "fmp"),
            FaultRule("empty200", _NO_OBSERVATIONS, "fred"),
        ),
        "DEGRADED: an empty answer deletes nothing, and what is held is used.",
    ),
    "plan-downgrade": Rehearsal(
        "Polygon, Finnhub and FMP refuse everything as outside the plan; the home remembers that "
        "for a week.",
        (
            *_each("status", 403, by=("polygon", "finnhub")),
            *_each("status", 402, by=("fmp",)),
        ),
        "DEGRADED from the cache, each endpoint asked once; a refusal is never taken for empty.",
    ),
    "refused-key": Rehearsal(
        "Polygon, Finnhub, FMP and FRED refuse their keys.",
        (
            *_each("status", 401, by=("polygon", "finnhub", "fmp")),
            *_each("status", 400, by=("fred",)),
        ),
        "Each provider is off after one request, with an alert that names its variable; DEGRADED "
        "from the cache.",
    ),
    "quota-used": Rehearsal(
        "Polygon's bars are out of order and FMP says that the calls of the day are used up; the "
        "home remembers that until the next day (UTC).",
        (
            *_each("status", 503, by=("polygon",), path_regex=BARS),
            *_each("status", 429, by=("fmp",)),
        ),
        "FMP is asked once and not again today; the next provider or the cache serves.",
    ),
    "key-echo": Rehearsal(
        "Every provider answers with an error that repeats its key, plain and encoded.",
        (
            *_each("key_echo", 400, by=("polygon", "fred")),
            *_each("key_echo", 403, by=("fmp",)),
            *_each("key_echo", 500),
        ),
        "DEGRADED from the cache; the key shows in no file, log, report or line on the terminal.",
    ),
    "hostile-text": Rehearsal(
        "Every headline, and every company's name and sector, begins with a spreadsheet formula, "
        "markup and control characters.",
        _each("evil_text"),
        "CLEAN: the text is shown as text.",
    ),
    "foreign-next-page": Rehearsal(
        "Polygon's next page lies on a host that is not Polygon's.",
        _each("foreign_next_url", by=("polygon",)),
        "The page is not followed and no key leaves; the next provider serves.",
    ),
}
