"""Faults on a real socket, with durations that take no time."""

import threading
import time

import pytest
import requests

from ingestion.sandbox.faults import FaultRule
from ingestion.sandbox.server import SandboxServer
from tests.ingestion.sandbox.conftest import EVENING, SEED

QUOTE = "/api/global/delayed_quotes/quotes/_VIX.json"
LONG = 3600.0  # seconds that nobody waits: the client or the server's end comes first


@pytest.fixture
def sandbox():
    with SandboxServer(seed=SEED, now=EVENING) as server:
        yield server


def _get(sandbox: SandboxServer, **options) -> requests.Response:
    return requests.get(sandbox.base_urls["cboe"] + QUOTE, **{"timeout": 10, **options})


def test_silent_server_hangs_up_after_its_seconds(sandbox) -> None:
    sandbox.faults = [FaultRule("timeout", 0.01)]
    with pytest.raises(requests.ConnectionError):
        _get(sandbox)


def test_silent_server_outlasts_an_impatient_client(sandbox) -> None:
    sandbox.faults = [FaultRule("timeout", LONG)]
    with pytest.raises(requests.ReadTimeout):
        _get(sandbox, timeout=0.05)


def test_reset_is_a_reset_and_no_goodbye(sandbox) -> None:
    sandbox.faults = [FaultRule("reset")]
    with pytest.raises(requests.ConnectionError, match="ConnectionResetError"):
        _get(sandbox)


def test_dripping_body_comes_whole_in_pieces(sandbox) -> None:
    whole = _get(sandbox).content
    sandbox.faults = [FaultRule("slow", 0.02)]
    with _get(sandbox, stream=True) as response:
        pieces = list(iter(lambda: response.raw.read1(1 << 20), b""))
    assert b"".join(pieces) == whole
    assert len(pieces) > 1


@pytest.mark.parametrize("kind", ["timeout", "slow"])
def test_closing_the_server_ends_what_would_take_long(kind) -> None:
    sandbox = SandboxServer(seed=SEED, now=EVENING, faults=[FaultRule(kind, LONG)])
    failed = []

    def ask() -> None:
        try:
            _get(sandbox, timeout=30)
        except requests.RequestException as error:
            failed.append(error)

    with sandbox:
        client = threading.Thread(target=ask)
        client.start()
        while not sandbox.request_log:  # until the request has arrived
            time.sleep(0.001)
    client.join(timeout=10)
    assert not client.is_alive()
    assert len(failed) == 1


def test_server_serves_on_after_every_fault(sandbox) -> None:
    sandbox.faults = [
        FaultRule("reset", times=1),
        FaultRule("timeout", 0, times=1),
        FaultRule("status", {"code": 429, "headers": {"Retry-After": "1"}}, times=1),
    ]
    with requests.Session() as session:
        url = sandbox.base_urls["cboe"] + QUOTE
        for _ in range(2):
            with pytest.raises(requests.ConnectionError):
                session.get(url, timeout=10)
        assert session.get(url, timeout=10).headers["Retry-After"] == "1"
        assert session.get(url, timeout=10).json()["symbol"] == "_VIX"
