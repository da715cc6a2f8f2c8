"""FRED's API and its keyless graph CSV."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from xml.sax.saxutils import quoteattr

from ingestion.sandbox.catalogue import SERIES_IDS
from ingestion.sandbox.macro import CENTRAL, DAILY_ALSO_ON_WEEKENDS, MISSING
from ingestion.sandbox.view import Observation
from ingestion.sandbox.wire.http import (
    BadParameterError,
    Reply,
    Request,
    json_reply,
    not_found,
    text_reply,
)

EARLIEST, LATEST = date(1776, 7, 4), date(9999, 12, 31)
KEY_HELP = "Read https://fred.stlouisfed.org/docs/api/api_key.html for more information."
ONLY_SUPPORTED = {"units": "lin", "output_type": "1"}
TITLES = {
    "BAMLH0A0HYM2": "Simulated US High Yield Option-Adjusted Spread",
    "BAMLC0A0CM": "Simulated US Corporate Option-Adjusted Spread",
    "DGS3MO": "Simulated 3-Month Treasury Yield",
    "DGS10": "Simulated 10-Year Treasury Yield",
    "DFF": "Simulated Federal Funds Rate",
    "VIXCLS": "Simulated VIX",
}
XML_HEAD, XML_TYPE = '<?xml version="1.0" encoding="utf-8" ?>', "text/xml; charset=utf-8"
INDEX_SERIES = ("VIXCLS",)


def answer_fred(request: Request) -> Reply:
    """Serve the API; every refusal, also of a key, is a 400."""
    pages = {"/series/observations": _observations, "/series": _series}
    if request.path not in pages:
        return not_found()
    try:
        _check_key(request)
        return pages[request.path](request)
    except BadParameterError as error:
        return _refused(request, str(error))


def _check_key(request: Request) -> None:
    key = request.query.get("api_key", "")
    if not key:
        raise BadParameterError(f"Variable api_key is not set.  {KEY_HELP}")
    if not re.fullmatch("[a-z0-9]{32}", key):
        raise BadParameterError(
            "The value for variable api_key is not a 32 character alpha-numeric lower-case "
            f"string.  {KEY_HELP}"
        )
    if key != request.key:
        raise BadParameterError(f"The value for variable api_key is not registered.  {KEY_HELP}")


def _refused(request: Request, problem: str) -> Reply:
    message = f"Bad Request.  {problem}"
    if request.query.get("file_type") == "json":
        return json_reply({"error_code": 400, "error_message": message}, 400)
    return text_reply(f'<error code="400" message={quoteattr(message)}/>', 400, "text/xml")


def _asked_series(request: Request) -> str:
    series_id = request.query.get("series_id")
    if not series_id:
        raise BadParameterError("Variable series_id is not set.")
    if series_id not in SERIES_IDS:
        raise BadParameterError("The series does not exist.")
    return series_id


def _series(request: Request) -> Reply:
    """What a series is, and from when to when it reaches as of now."""
    series_id, view = _asked_series(request), request.view
    versions = view.observations(series_id, known_at=view.now)
    today = view.now.astimezone(CENTRAL).date().isoformat()
    realtime = {"realtime_start": today, "realtime_end": today}
    units = ("Index", "Index") if series_id in INDEX_SERIES else ("Percent", "%")
    last_update = max((version.known_from for version in versions), default=view.now)
    about = {
        "id": series_id,
        **realtime,
        "title": TITLES[series_id],
        "observation_start": min((version.day for version in versions), default=LATEST).isoformat(),
        "observation_end": max((version.day for version in versions), default=EARLIEST).isoformat(),
        "frequency": "Daily, 7-Day" if series_id == DAILY_ALSO_ON_WEEKENDS else "Daily",
        "frequency_short": "D",
        "units": units[0],
        "units_short": units[1],
        "seasonal_adjustment": "Not Seasonally Adjusted",
        "seasonal_adjustment_short": "NSA",
        "last_updated": f"{last_update.astimezone(CENTRAL):%Y-%m-%d %H:%M:%S%z}"[:-2],
        "popularity": 1,
        "notes": "A series of the sandbox market.",
    }
    if request.query.get("file_type") == "json":
        return json_reply({**realtime, "seriess": [about]})
    text = f"<seriess {_attributes(realtime)}>\n  <series {_attributes(about)}/>\n</seriess>"
    return text_reply(f"{XML_HEAD}\n{text}", 200, XML_TYPE)


def _observations(request: Request) -> Reply:
    series_id = _asked_series(request)
    for name, supported in ONLY_SUPPORTED.items():
        if request.query.get(name, supported) != supported:
            raise BadParameterError(f"The sandbox knows {name} = {supported} only.")
    today = request.view.now.astimezone(CENTRAL).date()
    first = request.day("observation_start", EARLIEST)
    last = request.day("observation_end", LATEST)
    known_from, known_to = request.day("realtime_start", today), request.day("realtime_end", today)
    versions = _versions(request, series_id, known_from, known_to)
    rows = [
        _row(version, known_from, known_to) for version in versions if first <= version.day <= last
    ]
    if request.query.get("sort_order") == "desc":
        rows.reverse()
    limit = request.number("limit", 100_000, lowest=1, highest=100_000)
    offset = request.number("offset", 0, lowest=0, highest=10**9)
    envelope: dict[str, object] = {
        "realtime_start": known_from.isoformat(),
        "realtime_end": known_to.isoformat(),
        "observation_start": first.isoformat(),
        "observation_end": last.isoformat(),
        "units": "lin",
        "output_type": 1,
        "file_type": "json",
        "order_by": "observation_date",
        "sort_order": request.query.get("sort_order", "asc"),
        "count": len(rows),
        "offset": offset,
        "limit": limit,
    }
    return _document(request, envelope, rows[offset : offset + limit])


def _versions(
    request: Request, series_id: str, known_from: date, known_to: date
) -> list[Observation]:
    """The versions that stood on some day between the two real-time dates."""
    known_at = request.view.now
    if known_to < known_at.astimezone(CENTRAL).date():
        known_at = datetime.combine(known_to, time.max, CENTRAL)
    versions = request.view.observations(series_id, known_at=known_at)
    return [
        version
        for version in versions
        if version.known_until is None
        or version.known_until.astimezone(CENTRAL).date() > known_from
    ]


def _row(version: Observation, known_from: date, known_to: date) -> dict[str, str]:
    """One row; days outside the asked real-time window are moved to its border, as FRED does."""
    begins = max(version.known_from.astimezone(CENTRAL).date(), known_from)
    ends = known_to
    if version.known_until is not None:
        last_day = version.known_until.astimezone(CENTRAL).date().toordinal() - 1
        ends = min(date.fromordinal(last_day), known_to)
    return {
        "realtime_start": begins.isoformat(),
        "realtime_end": ends.isoformat(),
        "date": version.day.isoformat(),
        "value": version.value,
    }


def _document(request: Request, envelope: dict[str, object], rows: list[dict[str, str]]) -> Reply:
    """JSON when asked for; XML otherwise, as at FRED."""
    if request.query.get("file_type") == "json":
        return json_reply({**envelope, "observations": rows})
    children = "\n".join(f"  <observation {_attributes(row)}/>" for row in rows)
    text = f"{XML_HEAD}\n<observations {_attributes(envelope)}>\n{children}\n</observations>"
    return text_reply(text, 200, XML_TYPE)


def _attributes(values: Mapping[str, object]) -> str:
    return " ".join(f"{name}={quoteattr(str(value))}" for name, value in values.items())


def answer_fred_graph(request: Request) -> Reply:
    """Serve `fredgraph.csv`: newest versions only, a blank is an empty cell."""
    series_id = request.query.get("id", "")
    if request.path != "/fredgraph.csv" or series_id not in SERIES_IDS:
        return not_found()
    try:
        first, last = request.day("cosd", EARLIEST), request.day("coed", LATEST)
    except BadParameterError:
        return not_found()
    lines = [f"observation_date,{series_id}"]
    for version in request.view.observations(series_id, known_at=request.view.now):
        if version.known_until is None and first <= version.day <= last:
            value = "" if version.value == MISSING else version.value
            lines.append(f"{version.day.isoformat()},{value}")
    return text_reply("\n".join(lines) + "\n", 200, "application/csv")
