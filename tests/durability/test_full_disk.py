"""A disk that fills up while a night is fetched: one sentence, nothing lost, a rerun finishes."""

import resource
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.durability.small_world import FRIDAY, Order, differing_rows, fetch_and_land, sandbox
from tests.durability.torture import PROVENANCE, check_acknowledged, process_factory
from warehouse.errors import StorageError
from warehouse.home import Home

ROOM_BYTES = {
    "response": 20_000,  # the first larger response no longer fits
    "log": 3_000,  # after a few lines; small responses still fit
    "ledger": 300_000,  # everything has come and cannot land
}


def run_with_little_room(order: Order, most_bytes: int, told: Any) -> None:
    """A night whose files may not grow beyond a size: what a quota does, and a full disk alike."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        fetch_and_land(order)
        told.put("finished")
    except StorageError as err:
        told.put(str(err))


@pytest.mark.parametrize("room", ROOM_BYTES.values(), ids=ROOM_BYTES)
def test_full_disk_ends_the_fetch_with_a_sentence_and_the_next_run_completes(
    tmp_path: Path, room: int
) -> None:
    with sandbox(FRIDAY) as (urls, keys):
        told = process_factory().SimpleQueue()
        order = Order(tmp_path / "full", urls, keys, FRIDAY, "full")
        process = process_factory().Process(target=run_with_little_room, args=(order, room, told))
        process.start()
        sentence = told.get()
        process.join()
        assert "free disk space" in sentence
        assert "\n" not in sentence
        check_acknowledged(order.home)
        for home in (order.home, tmp_path / "roomy"):
            fetch_and_land(Order(home, urls, keys, FRIDAY, "again"))
    full, roomy = Home(order.home).ledger, Home(tmp_path / "roomy").ledger
    assert differing_rows(full, roomy, ignoring=PROVENANCE) == {}
