"""Fixtures: a bench to collect nights on, and single clients and sources that replay answers."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingestion.capabilities import DailyCalls
from ingestion.database import CacheDatabase
from ingestion.http import HttpClient
from ingestion.journal import Journal
from ingestion.night import PROFILES
from ingestion.responses import ResponseStore
from ingestion.source import Source
from tests.ingestion.bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def client(bench: Bench) -> Iterator[Callable[..., HttpClient]]:
    """Makes clients whose answers come from a function or a list of canned ones."""
    database = CacheDatabase(bench.settings.cache_root, "sandbox:1")
    made = []

    def make(answer: Any, **changes: Any) -> HttpClient:
        queue = iter(answer) if isinstance(answer, list) else None
        bench.transport.answer = (lambda _: next(queue)) if queue else answer
        client = bench.connect(
            replace(bench.settings, **changes),
            PROFILES,
            clock=bench.clock,
            daily_calls=DailyCalls(database),
        )
        made.append(client)
        return client

    yield make
    for each in made:
        each.close()
    database.close()


@pytest.fixture
def source(bench: Bench, client: Callable[..., HttpClient]) -> Iterator[Callable[..., Source]]:
    """Makes a source of one provider that replays the given answers."""
    journals = []

    def make(name: str, *answers: Any) -> Source:
        http = client(list(answers))
        journal = Journal(bench.settings.log_path, http.masker, run_id="", clock=bench.clock)
        journals.append(journal)
        profile = next(profile for profile in PROFILES if profile.name == name)
        store = ResponseStore(bench.settings.raw_root)
        made = Source(profile, http, store, journal, clock=bench.clock)
        made.journal = journal
        return made

    yield make
    for journal in journals:
        journal.__exit__(None, None, None)
