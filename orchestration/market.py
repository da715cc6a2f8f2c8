"""Where the night's providers are: the configured ones, or the sandbox started for that long."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from orchestration.resources import Settings

if TYPE_CHECKING:
    from ingestion.sandbox.faults import FaultRule


@contextmanager
def open_market(
    settings: Settings,
    *,
    now: datetime,
    symbols: Sequence[str] | None = None,
    faults: "Sequence[FaultRule]" = (),
) -> Iterator[Settings]:
    """Settings whose base URLs answer; in the sandbox its server runs inside the block.

    `symbols`: what the simulated market lists, None for its own default. `faults`: what is to go
    wrong in the sandbox.
    """
    if not settings.is_sandbox:
        yield settings
        return
    from ingestion.sandbox.server import SandboxServer

    with SandboxServer(
        seed=settings.sandbox_seed, now=now, symbols=symbols, faults=faults
    ) as server:
        yield settings.with_sandbox(server.base_urls, server.api_keys)
