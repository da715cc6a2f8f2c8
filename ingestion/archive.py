"""The stored responses as an archive: found again by the hash of their body."""

from dataclasses import replace
from pathlib import Path

from ingestion.responses import DamagedResponseError, StoredResponse, read_response
from warehouse.landing_log import Origin


class Archive:
    """Every response kept below a folder."""

    def __init__(self, root: Path) -> None:
        self._paths: dict[str, list[Path]] = {}
        for path in sorted(root.glob("*/*/*.gz")):
            self._paths.setdefault(path.name.partition("-")[0], []).append(path)

    def of(self, origin: Origin) -> tuple[list[StoredResponse], list[str]]:
        """The responses with a body, as they came at the logged moment, and what is wrong.

        The same body may have answered several questions. Of the same question the file of the
        logged fetch counts, else the one before it: an answer that repeats itself is kept once.
        """
        found: dict[tuple[str, ...], list[StoredResponse]] = {}
        damages = []
        for path in self._paths.get(origin.response_hash, []):
            try:
                stored = read_response(path)
            except DamagedResponseError as damage:
                damages.append(str(damage))
                continue
            question = (stored.reply.provider, stored.label.dataset, stored.label.symbol)
            found.setdefault(question, []).append(stored)
        chosen = [kept for same in found.values() for kept in _nearest(same, origin)]
        if not chosen and not damages:
            damages.append(f"{origin.response_hash[:12]}… is not among the responses")
        return [_as_fetched(kept, origin) for kept in chosen], damages


def _nearest(same: list[StoredResponse], origin: Origin) -> list[StoredResponse]:
    before = [kept for kept in same if kept.reply.fetched_at <= origin.fetched_at] or same
    moment = max(kept.reply.fetched_at for kept in before)
    return [kept for kept in before if kept.reply.fetched_at == moment]


def _as_fetched(stored: StoredResponse, origin: Origin) -> StoredResponse:
    """The response with the moment of the logged fetch; old ones do not name who was wanted."""
    label = stored.label
    if label.symbol == "*" and not label.symbols:
        label = replace(label, symbols=origin.subjects)
    return StoredResponse(label, replace(stored.reply, fetched_at=origin.fetched_at))
