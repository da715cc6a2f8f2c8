"""FRED: observations from the API, or from the graph's CSV file, which needs no key."""

from collections.abc import Sequence
from datetime import date

from ingestion.errors import (
    AuthError,
    BadPayloadError,
    IngestionError,
    NotFoundError,
    TransientError,
)
from ingestion.limits import Allowance
from ingestion.profile import ProviderProfile, Reply
from ingestion.responses import ResponseLabel
from ingestion.source import Answer, Source
from ingestion.symbols import checked_symbol
from ingestion.tables import day_of, merged, typed_rows
from ingestion.windows import check_days

OBSERVATIONS = "raw.fred__observations"
ROWS_PER_PAGE = 100_000
BLANKS = ("", ".")
"""A day without a value: a dot in the API and in older files, nothing in newer ones."""


def refusal(reply: Reply) -> IngestionError | None:
    """The error behind an answer of the API; a refused key is a 400 here."""
    lowered, told = reply.error_text.lower(), reply.told
    if reply.status == 400:
        if "variable api_key" in lowered:
            return AuthError(told)
        if "series does not exist" in lowered or "does not exist in alfred" in lowered:
            return NotFoundError(told)
    if "too many requests" in lowered:
        return TransientError(told)
    if reply.status == 200 and '"error_code"' in lowered:
        return BadPayloadError(told)
    return None


def graph_refusal(reply: Reply) -> IngestionError | None:
    """The graph has no errors of its own: its statuses say everything."""
    return None


PROFILE = ProviderProfile(
    name="fred",
    refusal=refusal,
    allowances=(Allowance(90, 60.0), Allowance(3, 2.0)),
    key_parameter="api_key",  # the only way that FRED knows
    cooldown_seconds=20.0,
)
GRAPH_PROFILE = ProviderProfile(
    name="fred_graph",
    refusal=graph_refusal,
    allowances=(Allowance(30, 60.0),),
    # it stalls for some networks: asking long and often does not help
    timeout_seconds=12.0,
    body_seconds=30.0,
    attempts=3,
    patience_seconds=60.0,
)


def fetch_observations(source: Source, series_id: str, first: date, last: date) -> Answer:
    """Values of one series from the API; blank days are no rows but count as spoken of."""

    def parse(reply: Reply) -> Answer:
        payload = reply.json()
        pairs = [(row["date"], row["value"]) for row in payload["observations"]]
        more = int(payload["count"]) > int(payload["offset"]) + len(pairs) and pairs
        answer = _answer(series_id, pairs, "api", first, last, reply)
        return Answer(
            answer.table,
            observed_through=answer.observed_through,
            next_url=str(int(payload["offset"]) + len(pairs)) if more else "",
        )

    label = ResponseLabel("observations", series_id, first, last)
    params = {
        "series_id": checked_symbol(series_id),
        "file_type": "json",
        "observation_start": first.isoformat(),
        "observation_end": last.isoformat(),
        "limit": str(ROWS_PER_PAGE),
    }
    answer = source.ask("/series/observations", label, parse, params=params)
    tables, through = [answer.table], answer.observed_through
    while answer.next_url:
        params["offset"] = answer.next_url
        answer = source.ask("/series/observations", label, parse, params=params)
        tables.append(answer.table)
        through = answer.observed_through or through
    return Answer(merged(OBSERVATIONS, tables), observed_through=through)


def fetch_graph(source: Source, series_id: str, first: date, last: date) -> Answer:
    """Values of one series from the graph's CSV file."""

    def parse(reply: Reply) -> Answer:
        lines = reply.csv()
        header = [name.upper() for name in lines[0]] if lines else []
        if header not in (["OBSERVATION_DATE", series_id], ["DATE", series_id]):
            raise BadPayloadError("fred_graph sent a file without its header line")
        pairs = [(line[0], line[1]) for line in lines[1:] if line]
        return _answer(series_id, pairs, "graph", first, last, reply)

    params = {
        "id": checked_symbol(series_id),
        "cosd": first.isoformat(),
        "coed": last.isoformat(),
    }
    label = ResponseLabel("observations", series_id, first, last)
    return source.ask("/fredgraph.csv", label, parse, params=params)


def _answer(
    series_id: str,
    pairs: Sequence[tuple[str, str]],
    endpoint: str,
    first: date,
    last: date,
    reply: Reply,
) -> Answer:
    days = [day_of(day, reply) for day, _ in pairs]
    check_days(days, first, last, reply)
    rows = [
        (series_id, day, _number(value), endpoint)
        for day, (_, value) in zip(days, pairs, strict=True)
        if value.strip() not in BLANKS
    ]
    table = typed_rows(OBSERVATIONS, rows, reply)
    return Answer(table, observed_through=max(days, default=None))


def _number(text: str) -> float:
    value = float(text)
    if value != value or abs(value) == float("inf"):
        raise BadPayloadError(f"FRED sent {text!r} for a value")
    return value
