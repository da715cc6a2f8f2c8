"""What every incident must come to at every provider: written from the rules, not from the code.

| class       | behaviour                                                               |
|-------------|-------------------------------------------------------------------------|
| transient   | asked again after 1, 2, 4, 8 s, or later if the provider says so        |
| quota       | asked once, off until tomorrow                                          |
| auth        | asked once, off for the run                                             |
| entitlement | asked once, remembered                                                  |
| bad_payload | asked once, kept as a response and never as data                        |
| empty       | asked once more if rows are held, deletes nothing                       |
| ok          | believed: what is wrong with a row is for gate 1 to find                |

After each of them but the last the next provider is asked for what is missing.
Where nobody stands behind a provider the rows held are used and the night is DEGRADED; where
nothing is held it has FAILED.
"""

from typing import NamedTuple

from tests.ingestion.faults.incidents import INCIDENTS, PROVIDERS, is_aimed

NEXT = {
    "polygon": "fmp",
    "fmp": "finnhub",
    "finnhub": "yahoo",
    "yahoo": "",
    "fred": "fred_graph",
    "fred_graph": "",
    "cboe": "",
}
"""Who stands behind each provider. FRED's copy of the VIX fills old holes, never tonight's."""

MODE = {"polygon": "none", "fmp": "none", "finnhub": "splits_undone", "yahoo": "splits_undone"}
"""How each provider's bars are marked: sent as traded, or taken back to it."""


class Cell(NamedTuple):
    """One incident at one provider.

    `failure`: the class. `waits`: seconds between the attempts of one request. `used`: who brings
    the night's value: `own` or `next` (the provider behind it; without one the rows `held`), or
    nobody: `old` if rows of earlier days came, `held` if none did. `caught`: who notices.
    """

    failure: str
    waits: tuple[float, ...]
    used: str
    caught: str

    @property
    def attempts(self) -> int:
        """How often one request is sent."""
        return len(self.waits) + 1


PATIENCE_SECONDS = {
    "polygon": 300.0,  # five calls a minute: a limit lasts for a minute, several times
    "fmp": 180.0,
    "finnhub": 180.0,
    "yahoo": 90.0,  # nothing is promised
    "fred": 180.0,
    "fred_graph": 60.0,  # it stalls
    "cboe": 180.0,
}
"""How long a source may go on failing in a run, from the end of its first failure."""

LONGEST_ATTEMPT_SECONDS = 66.0
"""A body is cut after a minute; the sandbox's last drip takes six seconds more."""

BACKOFF = (1.0, 2.0, 4.0, 8.0)
TRANSIENT = Cell("transient", BACKOFF, "next", "client")
BAD_PAYLOAD = Cell("bad_payload", (), "next", "parser")
SHIFTED = Cell("bad_payload", (), "next", "window")
BELIEVED = Cell("ok", (), "own", "gate 1")
WITHOUT_VALUE = Cell("ok", (), "old", "gate 1")
HARMLESS = Cell("ok", (), "own", "harmless")


def waiting(*seconds: float) -> Cell:
    """A passing fault with other waits than usual."""
    return TRANSIENT._replace(waits=seconds)


RULE: dict[str, Cell] = {
    "503": TRANSIENT,
    "429, Retry-After": waiting(7, 7, 7, 8),
    "429, own words": waiting(60, 60, 60),
    "key refused": Cell("auth", (), "next", "client"),
    "not in the plan": Cell("entitlement", (), "next", "client"),
    "silence": TRANSIENT,
    "reset": TRANSIENT,
    "slow body": Cell("ok", (), "own", "patience"),
    "endless body": waiting(1, 2, 4),
    "web page": TRANSIENT,
    "truncated": BAD_PAYLOAD,
    "bare text": BAD_PAYLOAD,
    "error with 200": BAD_PAYLOAD,
    "no bytes": BAD_PAYLOAD,
    "nothing": Cell("empty", (), "next", "chain"),
    "null prices": WITHOUT_VALUE,
    "NaN prices": WITHOUT_VALUE,
    "duplicates": Cell("ok", (), "own", "merge"),
    "a day late": SHIFTED,
    "a day early": SHIFTED,
    "stale": Cell("empty", (), "next", "chain"),
    "zero prices": BELIEVED,
    "negative volume": BELIEVED,
    "high below low": BELIEVED,
    "huge jump": BELIEVED,
    "key echo, 500": TRANSIENT,
    "key echo, 400": Cell("bad_payload", (), "next", "client"),
    "hostile text": HARMLESS,
    "foreign next page": HARMLESS,
}
"""What holds for every provider that is not named below."""

GRAPH_IS_ASKED_LESS = "it stalls for some networks, and asking often does not help: three attempts"
NO_VOLUME = "index closes and rates have no volume"
NO_CANDLE = "an observation is one number"

UNLIKE: dict[tuple[str, str], tuple[Cell, str]] = {
    **{
        (incident, "fred_graph"): (waiting(1, 2), GRAPH_IS_ASKED_LESS)
        for incident in ("503", "silence", "reset", "web page", "key echo, 500", "endless body")
    },
    ("429, Retry-After", "fred_graph"): (waiting(7, 7), GRAPH_IS_ASKED_LESS),
    ("429, own words", "fred_graph"): (waiting(60), "one pause is all of its patience"),
    ("429, own words", "polygon"): (waiting(60, 60, 60, 60), "five a minute: 300 s of patience"),
    ("429, own words", "fred"): (waiting(20, 20, 20, 20), "its limit lasts for 20 s"),
    ("429, own words", "yahoo"): (waiting(15, 15, 15, 15), "nothing is promised: short pauses"),
    ("429, own words", "fmp"): (
        Cell("quota", (), "next", "client"),
        "its words say that the calls of the day are used up",
    ),
    ("endless body", "polygon"): (TRANSIENT, "300 s of patience are enough for five attempts"),
    ("endless body", "yahoo"): (waiting(1, 2), "90 s of patience end before a fourth attempt"),
    ("nothing", "fred"): (
        Cell("empty", (), "held", "freshness"),
        "the graph reads the same database, so an answer of the API is not doubted; age tells",
    ),
    ("null prices", "yahoo"): (
        Cell("empty", (), "old", "chain"),
        "it writes sessions without a trade like that: no bar, which the chain notices",
    ),
    ("NaN prices", "yahoo"): (
        Cell("empty", (), "old", "chain"),
        "NaN is null in JSON: no bar, which the chain notices",
    ),
    ("null prices", "fred"): (
        Cell("ok", (), "old", "freshness"),
        "a blank is how it writes holidays: no row, and the age of the newest one tells",
    ),
    ("null prices", "fred_graph"): (
        Cell("ok", (), "old", "freshness"),
        "a blank is how it writes holidays: no row, and the age of the newest one tells",
    ),
    ("NaN prices", "fred"): (BAD_PAYLOAD, "no value is a dot there, never NaN"),
    ("NaN prices", "fred_graph"): (BAD_PAYLOAD, "no value is blank there, never NaN"),
    ("stale", "fred"): (
        Cell("ok", (), "old", "freshness"),
        "the graph reads the same database, so an answer of the API is not doubted; age tells",
    ),
    ("stale", "fred_graph"): (Cell("ok", (), "old", "freshness"), "nobody stands behind it"),
    ("stale", "yahoo"): (Cell("empty", (), "old", "chain"), "nobody stands behind it"),
    ("stale", "cboe"): (Cell("empty", (), "old", "chain"), "nobody knows tonight's close"),
    ("zero prices", "finnhub"): (BAD_PAYLOAD, "it writes zeros for unknown"),
    ("negative volume", "fred"): (HARMLESS, NO_VOLUME),
    ("negative volume", "fred_graph"): (HARMLESS, NO_VOLUME),
    ("negative volume", "cboe"): (HARMLESS, NO_VOLUME),
    ("high below low", "fred"): (HARMLESS, NO_CANDLE),
    ("high below low", "fred_graph"): (HARMLESS, NO_CANDLE),
    ("high below low", "cboe"): (
        Cell("ok", (), "own", "gate 1 warns"),
        "its own file holds 47 such candles; only the close is read, and it stays",
    ),
    ("foreign next page", "polygon"): (
        Cell("bad_payload", (), "next", "address"),
        "the only provider whose answers name the next page",
    ),
}
"""Where a provider differs from the rule, and why."""

EVERYWHERE: dict[str, str] = {
    "hostile text": "prices and rates carry no text; see the news",
    "foreign next page": "other providers' answers name no next page",
    "key refused": "providers without a key refuse nobody, but if one did it would be left alone",
    "not in the plan": "providers without a plan refuse nobody, likewise",
}
"""Incidents that have no meaning for some providers, and why they are tried all the same."""


def expected(incident: str, provider: str) -> Cell:
    """The cell of an incident at a provider."""
    return UNLIKE.get((incident, provider), (RULE[incident], ""))[0]


def used(cell: Cell, provider: str, *, is_warm: bool) -> str:
    """Whose value the night uses: a provider, an `old` value, or `nothing`."""
    if cell.used == "own":
        return provider
    if cell.used == "next" and NEXT[provider]:
        return NEXT[provider]
    return "old" if is_warm or cell.used == "old" else "nothing"


def status(incident: str, provider: str, *, is_warm: bool) -> str:
    """How the night is judged; a first night without a single row has failed."""
    cell = expected(incident, provider)
    whose = used(cell, provider, is_warm=is_warm)
    if whose == "nothing" and not is_aimed(incident, provider):
        return "FAILED"
    is_whole = whose not in ("old", "nothing") and cell.caught != "gate 1"
    return "CLEAN" if is_whole else "DEGRADED"


def longest_seconds(provider: str) -> float:
    """The most that one thread may spend on a source that fails: one attempt each side of it."""
    return LONGEST_ATTEMPT_SECONDS + PATIENCE_SECONDS[provider] + LONGEST_ATTEMPT_SECONDS


def cells() -> list[tuple[str, str]]:
    """Every cell, row by row."""
    return [(incident, provider) for incident in INCIDENTS for provider in PROVIDERS]
