"""Canaries in their place in the night: judged while it is built, told with gate 2, published."""

from collections.abc import Sequence
from concurrent.futures import Future
from datetime import date
from typing import TYPE_CHECKING

from orchestration.gate_worker import gate_worker
from warehouse.connection import Connection

if TYPE_CHECKING:
    from orchestration.expectations.canaries.judging import CanaryResult


def release_canaries() -> "Future[tuple[CanaryResult, ...]]":
    """Plant a defect for every check; the gates' worker judges them while this process goes on."""
    from orchestration.expectations.canaries.judging import judge_canaries

    return gate_worker().start(judge_canaries)


def write_canaries(
    build: Connection, night: date, attempt: int, canaries: "Sequence[CanaryResult]"
) -> None:
    """Write `quality.canaries` into a build: one row per check of both gates.

    Only the published attempt's rows are kept: a dead check publishes nothing, and what the ledger
    keeps of such a night (`quality.validation_results`) names it.
    """
    build.execute("""
        create or replace table quality.canaries (
            night date not null,
            attempt integer not null,
            suite varchar not null,
            expectation varchar not null,
            table_name varchar not null,
            planted varchar not null,      -- the defect in words
            is_caught boolean not null     -- the check named exactly what was planted for it
        )
    """)
    build.executemany(
        "insert into quality.canaries values (?, ?, ?, ?, ?, ?, ?)",
        [
            (night, attempt, one.suite, one.expectation, one.table_name, one.planted, one.is_caught)
            for one in canaries
        ],
    )
