"""The incidents of the fault matrix: each kind of fault, with the values that change its meaning.

A few of them are written in the provider's own words, because words decide the class: a 429 of FMP
is the quota of the day, a 400 of FRED a refused key, an empty list the honest answer "nothing".
"""

from collections.abc import Mapping
from typing import Any

from ingestion.sandbox.faults import FaultRule

PROVIDERS = ("polygon", "fmp", "finnhub", "yahoo", "fred", "fred_graph", "cboe")
AIMED = "KO"
"""The symbol whose rows a fault of single rows strikes; the other one must not notice."""

RETRY_AFTER_SECONDS = 7
WITH_KEY = ("polygon", "fmp", "finnhub", "fred")

_WAIT = {
    "code": 429,
    "body": "Too Many Requests",
    "content_type": "text/plain",
    "headers": {"Retry-After": str(RETRY_AFTER_SECONDS)},
}

INCIDENTS: dict[str, tuple[str, Any]] = {
    "503": ("status", 503),
    "429, Retry-After": ("status", _WAIT),
    "429, own words": ("status", 429),
    "key refused": ("status", 401),
    "not in the plan": ("status", 403),
    "silence": ("timeout", 60),
    "reset": ("reset", None),
    "slow body": ("slow", 20),
    "endless body": ("slow", 120),
    "web page": ("html200", None),
    "truncated": ("truncated_json", 0.55),
    "bare text": ("invalid_json", None),
    "error with 200": ("invalid_json", '{"error":"internal"}'),
    "no bytes": ("empty200", None),
    "nothing": ("empty200", None),
    "null prices": ("nan_values", "null"),
    "NaN prices": ("nan_values", "nan"),
    "duplicates": ("duplicate_rows", None),
    "a day late": ("misaligned_dates", "weekend"),
    "a day early": ("misaligned_dates", "timezone"),
    "stale": ("stale", None),
    "zero prices": ("zero_prices", None),
    "negative volume": ("negative_volume", None),
    "high below low": ("ohlc_violation", None),
    "huge jump": ("huge_jump", 10),
    "key echo, 500": ("key_echo", 500),
    "key echo, 400": ("key_echo", 400),
    "hostile text": ("evil_text", None),
    "foreign next page": ("foreign_next_url", None),
}
"""Name to kind and value: the rows of the matrix."""

OWN_WORDS: dict[str, Mapping[str, Any]] = {
    "key refused": {"fred": 400},
    "not in the plan": {"fmp": 402},
    "error with 200": {
        "polygon": '{"status":"ERROR","error":"internal"}',
        "fmp": '{"Error Message":"internal"}',
        "fred": '{"error_code":1,"error_message":"internal"}',
    },
}
"""Where a provider says the same with another status or in other words."""

NOTHING: Mapping[str, tuple[tuple[str, str], ...]] = {
    "polygon": (("", '{"status":"OK","queryCount":0,"resultsCount":0,"results":null}'),),
    "fmp": (("", "[]"),),
    "finnhub": (("candle", '{"s":"no_data"}'), ("", "[]")),
    "yahoo": (
        (
            "",
            '{"chart":{"result":[{"meta":{"symbol":"%s","exchangeTimezoneName":"America/New_York"},'
            '"indicators":{"quote":[{}]}}],"error":null}}',
        ),
    ),
    "fred": (("", '{"count":0,"offset":0,"limit":100000,"observations":[]}'),),
    "fred_graph": (("", "observation_date,BAMLC0A0CM\n"),),
    "cboe": (
        ("daily_prices", "DATE,OPEN,HIGH,LOW,CLOSE\n"),
        ("", '{"data":{"close":13.1,"last_trade_time":"2024-01-02T16:15:00"}}'),
    ),
}
"""How each provider says that there is nothing: a part of the path, and the body."""

ROW_INCIDENTS = frozenset(
    {
        "null prices", "NaN prices", "zero prices", "negative volume", "high below low",
        "huge jump", "stale", "a day late", "a day early", "duplicates",
    }
)  # fmt: skip
"""Faults of single rows: aimed at one symbol of two."""

WARM_ONLY = frozenset(
    {
        "NaN prices", "duplicates", "zero prices", "negative volume", "high below low",
        "huge jump", "hostile text", "foreign next page",
    }
)  # fmt: skip
"""Incidents that meet a first night no differently: one row, or none, of many is spoilt."""

JUDGED_BY_GATE_1 = (
    "null prices", "NaN prices", "zero prices", "negative volume", "high below low", "huge jump",
)  # fmt: skip


def rules_of(incident: str, provider: str) -> tuple[FaultRule, ...]:
    """What goes wrong at a provider in an incident."""
    kind, value = INCIDENTS[incident]
    if incident == "nothing":
        return tuple(
            FaultRule(kind, body % symbol if "%s" in body else body, provider, path, symbol)
            for path, body in NOTHING[provider]
            for symbol in (("KO", "SPY") if "%s" in body else (None,))
        )
    value = OWN_WORDS.get(incident, {}).get(provider, value)
    symbol = f"^{AIMED}$" if is_aimed(incident, provider) else None
    return (FaultRule(kind, value, provider, symbol_regex=symbol),)


def is_aimed(incident: str, provider: str) -> bool:
    """Whether an incident strikes one symbol of two, so that the other one is as ever."""
    return incident in ROW_INCIDENTS and provider not in ("fred", "fred_graph", "cboe")
