"""The client: waits, limits, keys, and what counts as an answer."""

import socket
import threading
import traceback
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from ingestion.errors import (
    AuthError,
    BadPayloadError,
    EntitlementError,
    IngestionError,
    NotFoundError,
    OfflineError,
    QuotaError,
    TransientError,
)
from ingestion.http import HttpClient
from ingestion.providers import cboe, finnhub, fmp, fred, polygon
from tests.ingestion.bench import KEYS
from tests.ingestion.transport import Canned

OK = Canned({"status": "OK"})
DOWN = Canned("", 503)


def test_transient_fault_is_retried_after_one_then_two_seconds(client, bench):
    reply = client([DOWN, DOWN, OK]).get(polygon.PROFILE, "/x")

    assert (reply.status, reply.attempts) == (200, 3)
    assert bench.time.slept == [1.0, 2.0]


def test_endless_fault_is_given_up_after_five_attempts(client, bench):
    with pytest.raises(TransientError, match="polygon answered 503") as caught:
        client(lambda _: DOWN).get(polygon.PROFILE, "/x")

    assert caught.value.attempts == len(bench.transport.requests) == 5
    assert bench.time.slept == [1.0, 2.0, 4.0, 8.0]


@pytest.mark.parametrize(
    "fault",
    [
        requests.ConnectionError("reset"),
        requests.ReadTimeout("late"),
        Canned("<!DOCTYPE html><html>Will be right back</html>", content_type="text/html"),
        Canned("<html>no label</html>"),
        Canned("<html>blocked</html>", 403, "text/html"),
        Canned({"error": "Locked"}, 423),
    ],
)
def test_passing_fault_is_asked_again(client, fault):
    assert client([fault, OK]).get(fred.PROFILE, "/x").attempts == 2


def test_retry_after_in_seconds_is_honoured(client, bench):
    client([Canned("", 503, headers={"Retry-After": "7"}), OK]).get(fmp.PROFILE, "/x")

    assert bench.time.slept == [7.0]


def test_retry_after_as_a_date_is_measured_on_the_servers_clock(client, bench):
    headers = {
        "Date": "Wed, 07 Jan 2026 10:00:00 GMT",
        "Retry-After": "Wed, 07 Jan 2026 10:00:30 GMT",
    }
    client([Canned("", 503, headers=headers), OK]).get(fmp.PROFILE, "/x")

    assert bench.time.slept == [30.0]


def test_rate_limit_reset_is_awaited(client, bench):
    reset = datetime(2026, 1, 7, 10, 0, 42, tzinfo=UTC).timestamp()
    headers = {"Date": "Wed, 07 Jan 2026 10:00:00 GMT", "X-RateLimit-Reset": f"{reset:.0f}"}
    refused = Canned({"error": "API limit reached. Remaining Limit: 0"}, 429, headers=headers)
    client([refused, OK]).get(finnhub.PROFILE, "/x")

    assert bench.time.slept == [42.0]


def test_429_without_a_header_waits_a_minute_for_a_per_minute_plan(client, bench):
    client([Canned("", 429), OK]).get(polygon.PROFILE, "/x")

    assert bench.time.slept == [60.0]


def test_wait_beyond_our_patience_gives_the_provider_up(client, bench):
    http = client(lambda _: Canned("", 429, headers={"Retry-After": "3600"}))
    with pytest.raises(TransientError):
        http.get(polygon.PROFILE, "/x")
    with pytest.raises(TransientError, match="given up"):
        http.get(polygon.PROFILE, "/y")

    assert (bench.time.slept, len(bench.transport.requests)) == ([], 1)


def test_source_that_only_fails_is_given_up_at_its_deadline(client, bench):
    http = client(lambda _: DOWN)
    for _ in range(100):
        with pytest.raises(TransientError):
            http.get(fred.PROFILE, "/x")

    assert bench.time.now <= fred.PROFILE.patience_seconds
    assert len(bench.transport.requests) < 100


def test_one_answer_renews_the_patience(client):
    http = client([DOWN, OK, DOWN, OK])
    http.get(fred.PROFILE, "/x")

    assert http.get(fred.PROFILE, "/x").attempts == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Canned("", 401), AuthError),
        (Canned("", 403), EntitlementError),
        (Canned("", 404), NotFoundError),
        (Canned("", 418), BadPayloadError),
        (Canned("", 204), BadPayloadError),
    ],
)
def test_final_refusal_is_not_retried(client, answer, error, bench):
    with pytest.raises(error):
        client(lambda _: answer).get(cboe.PROFILE, "/x")

    assert len(bench.transport.requests) == 1


@pytest.mark.parametrize(
    ("profile", "header", "value"),
    [
        (polygon.PROFILE, "Authorization", f"Bearer {KEYS['polygon']}"),
        (finnhub.PROFILE, "X-Finnhub-Token", KEYS["finnhub"]),
        (fmp.PROFILE, "apikey", KEYS["fmp"]),
    ],
)
def test_key_travels_in_a_header_only(client, profile, header, value, bench):
    client([OK]).get(profile, "/x", params={"a": "b"})
    (request,) = bench.transport.requests

    assert request.headers[header] == value
    assert request.url.endswith("/x?a=b")


def test_fred_key_travels_in_the_query_but_is_no_part_of_the_shown_url(client, bench):
    reply = client([OK]).get(fred.PROFILE, "/x", params={"a": "b"})

    assert f"api_key={KEYS['fred']}" in bench.transport.requests[0].url
    assert reply.url == "https://fred.test/fred/x?a=b"


def test_keyless_source_gets_no_key(client, bench):
    client([OK]).get(cboe.PROFILE, "/x")
    sent = f"{bench.transport.requests[0].url} {bench.transport.requests[0].headers}"

    assert not any(key in sent for key in KEYS.values())


@pytest.mark.parametrize(
    "address",
    [
        "https://foreign.example/next",
        "http://polygon.test/next",
        "https://polygon.test:8443/next",
        "//foreign.example/next",
        "HTTPS://foreign.example/next",
        "https://polygon.test@foreign.example/next",
    ],
)
def test_address_on_another_host_is_refused_before_anything_is_sent(client, address, bench):
    with pytest.raises(BadPayloadError, match="points to another host"):
        client([]).get(polygon.PROFILE, address)

    assert bench.transport.requests == []


def test_next_page_may_name_the_default_port(client):
    assert client([OK]).get(polygon.PROFILE, "https://polygon.test:443/next").status == 200


def test_next_page_may_lie_on_the_providers_other_name(client, bench):
    base_urls = {**bench.settings.base_urls, "polygon": "https://api.polygon.io"}
    http = client([OK], base_urls=base_urls)

    assert http.get(polygon.PROFILE, "https://api.massive.com:443/next?cursor=x").status == 200


def test_redirect_within_the_host_is_followed(client):
    moved = Canned("", 301, headers={"Location": "/elsewhere"})

    assert client([moved, OK]).get(finnhub.PROFILE, "/x").url == "https://finnhub.test/elsewhere"


def test_redirect_to_another_host_is_refused(client, bench):
    moved = Canned("", 302, headers={"Location": "https://foreign.example/"})
    with pytest.raises(BadPayloadError, match="another host"):
        client([moved]).get(finnhub.PROFILE, "/x")

    assert len(bench.transport.requests) == 1


def test_key_echoed_in_an_error_is_masked_in_the_trace(client):
    echo = Canned({"error": f"no such key {KEYS['finnhub']}"}, 401)
    with pytest.raises(AuthError) as caught:
        client([echo]).get(finnhub.PROFILE, "/x")
    trace = "".join(traceback.format_exception(caught.value))

    assert "***" in str(caught.value)
    assert KEYS["finnhub"] not in trace


def test_connection_error_does_not_show_the_url_that_holds_the_key(client):
    broken = requests.ConnectionError(f"https://fred.test/fred/x?api_key={KEYS['fred']}")
    with pytest.raises(TransientError) as caught:
        client(lambda _: broken).get(fred.PROFILE, "/x")
    shown = "".join(traceback.format_exception(caught.value.with_traceback(None)))

    assert KEYS["fred"] not in shown


def test_fmp_calls_are_counted_across_clients_until_the_day_is_used_up(client, bench):
    for _ in range(2):
        http = client(lambda _: Canned([]), rates={})
        for _ in range(125):
            http.get(fmp.PROFILE, "/x")
    with pytest.raises(QuotaError, match="250 calls of 2017-07-01"):
        client(lambda _: Canned([]), rates={}).get(fmp.PROFILE, "/x")
    bench.market.now = datetime(2017, 7, 2, tzinfo=UTC)

    assert client(lambda _: Canned([]), rates={}).get(fmp.PROFILE, "/x").status == 200


def test_limit_reach_ends_the_day_at_once(client, bench):
    told = Canned({"Error Message": "Limit Reach . Please upgrade"}, 429)
    http = client(lambda _: told)
    for _ in range(2):
        with pytest.raises(QuotaError):
            http.get(fmp.PROFILE, "/x")

    assert len(bench.transport.requests) == 1


def test_loopback_is_not_slowed_down_until_its_first_429(client, bench):
    base_urls = {**bench.settings.base_urls, "polygon": "http://127.0.0.1:9/massive"}
    http = client(lambda _: OK, base_urls=base_urls, rates={})
    for _ in range(50):
        http.get(polygon.PROFILE, "/x")
    assert bench.time.now == 0
    answers = iter([Canned("", 429), *[OK] * 11])
    bench.transport.answer = lambda _: next(answers)
    for _ in range(11):
        http.get(polygon.PROFILE, "/x")

    assert bench.time.now == 60 + 2 * 60  # the pause, then five calls a minute


def test_other_hosts_are_called_at_the_default_rate_from_the_start(client, bench):
    http = client(lambda _: OK, rates={})
    for _ in range(11):
        http.get(polygon.PROFILE, "/x")

    assert bench.time.now == 120


def test_configured_rate_replaces_the_default(client, bench):
    http = client(lambda _: OK, rates={"polygon": 100.0})
    for _ in range(101):
        http.get(polygon.PROFILE, "/x")

    assert bench.time.now == 60


def test_stopped_client_sends_nothing_more(client, bench):
    http = client([OK])
    http.stop()
    with pytest.raises(OfflineError):
        http.get(polygon.PROFILE, "/x")

    assert bench.transport.requests == []


def test_dripping_body_runs_into_a_time_of_its_own(client, bench):
    http = client([Canned(b"x" * 10)])
    profile = replace(polygon.PROFILE, body_seconds=-1.0, attempts=1)
    with pytest.raises(TransientError, match="to send a body"):
        http.get(profile, "/x")


class _Handler(BaseHTTPRequestHandler):
    """A server with the bad habits that only a real socket has."""

    def do_GET(self):
        if self.path == "/silent":
            self.server.released.wait(5)
            return
        body = b'{"status": "OK"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:5] if self.path == "/cut" else body)

    def log_message(self, *_):
        """Silence."""


@pytest.fixture
def loopback(bench):
    """A client and a real server on the loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.released = threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    bench.settings = replace(
        bench.settings, base_urls={"polygon": f"http://127.0.0.1:{server.server_port}"}
    )
    http = HttpClient(
        bench.settings,
        [polygon.PROFILE],
        clock=bench.clock,
        daily_calls=None,
        sleep=bench.time.sleep,
    )
    yield http
    server.released.set()
    http.close()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("path", "told"), [("/silent", "did not answer within"), ("/cut", "connection")]
)
def test_real_socket_faults_are_transient(loopback, path, told):
    profile = replace(polygon.PROFILE, timeout_seconds=0.2, attempts=2)
    with pytest.raises(TransientError, match=told) as caught:
        loopback.get(profile, path)

    assert caught.value.attempts == 2


def test_real_socket_answers(loopback):
    assert loopback.get(polygon.PROFILE, "/fine").json() == {"status": "OK"}


def test_closed_port_is_transient(bench, client):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        settings = replace(bench.settings, base_urls={"cboe": f"http://127.0.0.1:{port}"})
        http = HttpClient(
            settings, [cboe.PROFILE], clock=bench.clock, daily_calls=None, sleep=bench.time.sleep
        )
        with pytest.raises(IngestionError) as caught:
            http.get(cboe.PROFILE, "/x")
        http.close()

    assert caught.value.failure == "transient"
