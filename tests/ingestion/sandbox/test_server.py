"""The server's own life: where it listens, what it refuses, how it ends."""

from datetime import UTC, date, datetime

import pytest
import requests

from ingestion.sandbox.server import SandboxServer
from tests.ingestion.sandbox.conftest import EVENING, SEED, Client

KO_BARS = "/v2/aggs/ticker/KO/range/1/day/2026-11-19/2026-11-20"


def test_server_answers_on_the_loopback_only(client: Client) -> None:
    assert set(client.sandbox.base_urls) == {
        "polygon", "finnhub", "fmp", "fred", "fred_graph", "cboe", "yahoo",
    }  # fmt: skip
    for url in client.sandbox.base_urls.values():
        assert url.startswith("http://127.0.0.1:")
        assert not url.endswith("/")


def test_keys_exist_for_keyed_providers_only(client: Client) -> None:
    assert set(client.sandbox.api_keys) == {"polygon", "finnhub", "fmp", "fred"}
    assert len(set(client.sandbox.api_keys.values())) == 4


def test_closed_server_no_longer_answers() -> None:
    with SandboxServer(seed=SEED, now=EVENING) as sandbox, requests.Session() as session:
        url = sandbox.base_urls["cboe"] + "/api/global/delayed_quotes/quotes/_VIX.json"
        assert session.get(url, timeout=5).status_code == 200
    sandbox.close()
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)


def test_server_that_never_started_can_be_closed() -> None:
    SandboxServer(seed=SEED, now=EVENING).close()


def test_two_servers_of_a_seed_tell_the_same(client: Client) -> None:
    with SandboxServer(seed=SEED, now=EVENING) as other, requests.Session() as session:
        twin = Client(other, session)
        assert twin.bars("KO", "2010-01-01", "2026-11-20") == client.bars(
            "KO", "2010-01-01", "2026-11-20"
        )


def test_values_do_not_depend_on_the_other_symbols(client: Client) -> None:
    with (
        SandboxServer(seed=SEED, now=EVENING, symbols=("KO", "NEWCO")) as other,
        requests.Session() as session,
    ):
        alone = Client(other, session)
        window = ("2026-01-01", "2026-11-20")
        assert alone.bars("KO", *window) == client.bars("KO", *window)
        assert alone.bars("NEWCO", *window)["resultsCount"] > 200
        assert "results" not in alone.bars("PG", *window)


def test_first_day_hides_what_was_before(client: Client) -> None:
    with (
        SandboxServer(seed=SEED, now=EVENING, first_day=date(2026, 1, 2)) as other,
        requests.Session() as session,
    ):
        young = Client(other, session)
        whole = ("2010-01-01", "2026-11-20")
        assert (
            young.bars("KO", *whole)["results"]
            == (client.bars("KO", "2026-01-02", "2026-11-20")["results"])
        )
        assert young.observations("DGS10")[0]["date"] == "2026-01-02"
        file = young.get("cboe", "/api/global/us_indices/daily_prices/VIX_History.csv")
        assert file.text.splitlines()[1].startswith("01/02/2026")


def test_withheld_close_is_null_on_the_wire_and_touches_nothing_else(client: Client) -> None:
    night = date(2026, 11, 20)
    with (
        SandboxServer(seed=SEED, now=EVENING, null_close=[("KO", night)]) as poisoned,
        requests.Session() as session,
    ):
        ill = Client(poisoned, session)
        good = client.get("polygon", KO_BARS, adjusted="false").json()["results"]
        bad = ill.get("polygon", KO_BARS, adjusted="false").json()["results"]
        grouped = ill.get("polygon", "/v2/aggs/grouped/locale/us/market/stocks/2026-11-20").json()
        others = ill.bars("PG", "2026-11-16", "2026-11-20")
    assert bad == [good[0], {**good[1], "c": None}]
    assert [row["T"] for row in grouped["results"] if row["c"] is None] == ["KO"]
    assert others == client.bars("PG", "2026-11-16", "2026-11-20")


def test_request_log_has_no_key(client: Client) -> None:
    client.observations("DGS10", observation_start="2026-11-19")
    line = client.sandbox.request_log[-1]
    assert (line.provider, line.path, line.status) == ("fred", "/series/observations", 200)
    assert client.sandbox.api_keys["fred"] not in line.query.values()


def test_unknown_path_is_a_404(client: Client) -> None:
    root = client.sandbox.base_urls["cboe"].removesuffix("/cboe")
    assert client.get("cboe", f"{root}/elsewhere").status_code == 404
    assert client.get("polygon", "/v9/unknown").status_code == 404


@pytest.mark.parametrize(
    ("now", "fragment"),
    [
        (datetime(2026, 11, 20, 22, 30), "zone"),  # noqa: DTZ001  # what is refused
        (datetime(2009, 6, 1, tzinfo=UTC), "asked for 2009"),
        (datetime(2049, 6, 1, tzinfo=UTC), "asked for 2049"),
    ],
)
def test_impossible_moment_is_refused(now: datetime, fragment: str) -> None:
    with pytest.raises(ValueError, match=fragment):
        SandboxServer(seed=SEED, now=now)
