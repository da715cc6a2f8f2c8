"""FRED's API and graph CSV over real HTTP."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from ingestion.sandbox.catalogue import SERIES_IDS
from ingestion.sandbox.macro import CENTRAL
from ingestion.sandbox.market import Market
from tests.ingestion.sandbox.conftest import Client

PATH = "/series/observations"


@pytest.fixture(scope="module")
def revision(market: Market) -> tuple[str, str, str, datetime]:
    """A corrected spread of 2020 or later: its date, first value, final value and moment."""
    series = market.series("BAMLH0A0HYM2")
    number = next(at for at in series.revisions if series.days[at].year >= 2020)
    first, moment = series.revisions[number]
    return series.days[number].isoformat(), first, series.values[number], moment


def test_observations_have_the_real_shape(client: Client) -> None:
    reply = client.get(
        "fred", PATH, series_id="DGS3MO", file_type="json",
        observation_start="2026-11-09", observation_end="2026-11-13",
    ).json()  # fmt: skip
    assert (reply["units"], reply["count"], reply["realtime_start"]) == ("lin", 5, "2026-11-20")
    assert [row["date"][-2:] for row in reply["observations"]] == ["09", "10", "11", "12", "13"]
    assert reply["observations"][2] == {
        "realtime_start": "2026-11-20",
        "realtime_end": "2026-11-20",
        "date": "2026-11-11",
        "value": ".",
    }


@pytest.mark.parametrize("series_id", SERIES_IDS)
def test_values_are_text_with_two_decimals(client: Client, series_id: str) -> None:
    values = {row["value"] for row in client.observations(series_id)} - {"."}
    assert all(len(value.split(".")[1]) == 2 and float(value) > 0 for value in values)


def test_observations_page_and_turn_around(client: Client) -> None:
    whole = client.observations("DGS10", observation_start="2026-11-02")
    assert (
        client.observations("DGS10", observation_start="2026-11-02", limit=3, offset=3)
        == (whole[3:6])
    )
    assert (
        client.observations("DGS10", observation_start="2026-11-02", sort_order="desc")
        == (whole[::-1])
    )


def test_empty_window_is_no_error(client: Client) -> None:
    assert client.observations("DGS10", observation_start="2027-01-01") == []


@pytest.mark.parametrize(
    ("query", "fragment"),
    [
        ({"api_key": ""}, "Variable api_key is not set"),
        ({"api_key": "SHORT"}, "is not a 32 character alpha-numeric lower-case string"),
        ({"api_key": "a" * 32}, "is not registered"),
        ({}, "Variable series_id is not set"),
        ({"series_id": "NOPE"}, "The series does not exist"),
        ({"series_id": "DGS10", "observation_start": "soon"}, "is not a date"),
        ({"series_id": "DGS10", "units": "pch"}, "units"),
    ],
)
def test_every_refusal_is_a_400(client: Client, query: dict[str, str], fragment: str) -> None:
    key = None if "api_key" in query else "right"
    reply = client.get("fred", PATH, key=key, file_type="json", **query)
    assert (reply.status_code, reply.json()["error_code"]) == (400, 400)
    assert fragment in reply.json()["error_message"]


def test_default_format_is_xml(client: Client) -> None:
    reply = client.get("fred", PATH, series_id="DGS10", observation_start="2026-11-19")
    assert reply.headers["Content-Type"].startswith("text/xml")
    assert '<observation realtime_start="2026-11-20"' in reply.text


def test_correction_shows_once_it_has_come(
    client_at: Callable[..., Client], revision: tuple[str, str, str, datetime]
) -> None:
    day, first, final, moment = revision
    for now, expected in ((moment - timedelta(hours=1), first), (moment, final)):
        client = client_at(now, ("KO",))
        rows = client.observations("BAMLH0A0HYM2", observation_start=day, observation_end=day)
        assert [row["value"] for row in rows] == [expected]


def test_vintages_can_be_asked_for(
    client: Client, revision: tuple[str, str, str, datetime]
) -> None:
    day, first, final, moment = revision
    corrected = moment.astimezone(CENTRAL).date()
    window = {"observation_start": day, "observation_end": day}
    every = client.observations(
        "BAMLH0A0HYM2", realtime_start="1776-07-04", realtime_end="9999-12-31", **window
    )
    assert [row["value"] for row in every] == [first, final]
    assert every[0]["realtime_end"] == (corrected - timedelta(days=1)).isoformat()
    assert (every[1]["realtime_start"], every[1]["realtime_end"]) == (
        corrected.isoformat(), "9999-12-31",
    )  # fmt: skip
    before = (corrected - timedelta(days=1)).isoformat()
    then = client.observations("BAMLH0A0HYM2", realtime_start=before, realtime_end=before, **window)
    assert [row["value"] for row in then] == [first]


def test_all_vintages_hold_what_is_current(client: Client) -> None:
    asked = {"realtime_start": "1776-07-04", "realtime_end": "9999-12-31"}
    for series_id in SERIES_IDS:
        every = client.observations(series_id, **asked)
        current = [row for row in every if row["realtime_end"] == "9999-12-31"]
        assert [(row["date"], row["value"]) for row in current] == [
            (row["date"], row["value"]) for row in client.observations(series_id)
        ]
        assert all(row["date"] < row["realtime_start"] <= row["realtime_end"] for row in every)


def test_series_page_tells_its_span_and_last_update(client: Client) -> None:
    reply = client.get("fred", "/series", series_id="VIXCLS", file_type="json").json()
    (series,) = reply["seriess"]
    rows = client.observations("VIXCLS")
    assert (series["observation_start"], series["observation_end"]) == (
        rows[0]["date"], rows[-1]["date"],
    )  # fmt: skip
    assert (series["frequency_short"], series["units"]) == ("D", "Index")
    assert series["last_updated"] == "2026-11-20 08:00:00-06"


def test_series_page_refuses_like_the_others(client: Client) -> None:
    unknown = client.get("fred", "/series", series_id="NOPE", file_type="json")
    assert "The series does not exist" in unknown.json()["error_message"]
    assert client.get("fred", "/series", series_id="DFF").text.startswith("<?xml")
    assert client.get("fred", "/releases").status_code == 404


def test_graph_needs_no_key_and_blanks_are_empty(client: Client) -> None:
    reply = client.get(
        "fred_graph", "/fredgraph.csv", id="DGS3MO", cosd="2026-11-10", coed="2026-11-12"
    )
    header, *lines = reply.text.splitlines()
    assert header == "observation_date,DGS3MO"
    assert [line.split(",")[0] for line in lines] == ["2026-11-10", "2026-11-11", "2026-11-12"]
    assert lines[1] == "2026-11-11,"


def test_graph_and_api_agree(client: Client) -> None:
    lines = client.get("fred_graph", "/fredgraph.csv", id="BAMLC0A0CM").text.splitlines()[1:]
    rows = [
        f"{row['date']},{row['value'].strip('.') and row['value']}"
        for row in client.observations("BAMLC0A0CM")
    ]
    assert lines == rows


def test_unknown_graph_series_is_an_html_404(client: Client) -> None:
    reply = client.get("fred_graph", "/fredgraph.csv", id="VVIXCLS")
    assert (reply.status_code, reply.text[:9]) == (404, "<!DOCTYPE")


def test_earlier_rows_stay(client: Client, client_at: Callable[..., Client]) -> None:
    earlier = client_at(datetime(2026, 7, 10, 22, 30, tzinfo=UTC), ("KO", "JPM", "HYG"))
    for series_id in SERIES_IDS:
        old, new = (
            [(row["date"], row["value"]) for row in asked.observations(series_id)]
            for asked in (earlier, client)
        )
        changed = [(was, now) for was, now in zip(old, new, strict=False) if was != now]
        assert len(new) > len(old)
        assert all(was[0] == now[0] >= "2026-07-06" for was, now in changed)
