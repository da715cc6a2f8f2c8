"""How long each provider's key has been in use, without keeping the key: `data/keys.jsonl`.

A night adds a line when it first sees a key. The line holds a fingerprint: scrypt of provider and
key with a random salt, cut to 32 bits. Nobody can compute a key from it, however long they try: a
key is one of 2^100 or more, and 2^68 or more of those have the same fingerprint. Whoever has a list
of leaked keys pays a twentieth of a second and 16 MB for each that they try, and learns no more
than the provider would tell them. What is no real key, and could be guessed, gets no fingerprint at
all. One replacement in four thousand million goes unnoticed.
"""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import scrypt
from typing import Any

from warehouse.files import LineLog
from warehouse.home import Home

LOG = "keys.jsonl"
FINGERPRINT_BYTES, SALT_BYTES = 4, 16
SCRYPT_COST = {"n": 2**14, "r": 8, "p": 1}  # OWASP's smallest memory that is still slow to try
SHORTEST_KEY = 16
"""No provider's key is shorter (FRED's have 32 characters, Finnhub's 20 or more)."""

_STAND_IN = re.compile(
    r"""[<\[{$*(].*            # <key>, ${KEY}, ***
    | (.)\1*                   # xxxx
    | (your|my|paste|insert)[\W_].*
    | .*(change[\W_]?me|replace[\W_]?me|placeholder|example|dummy|api[\W_]?key).*
    | demo | test | todo | none | null | secret | key | token""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True)
class Sighting:
    """A key that a night saw first at `at`, known by its fingerprint only."""

    provider: str
    salt: str
    fingerprint: str
    at: datetime


@dataclass(frozen=True)
class KeyRecord:
    """Sightings and, by provider, the latest look at its usage page; `unreadable` counts lines."""

    sightings: tuple[Sighting, ...] = ()
    reviewed_at: Mapping[str, datetime] | None = None
    unreadable: int = 0

    def first_seen(self, provider: str, key: str) -> datetime | None:
        """Since when a key is known to be in use; None if no night has seen it."""
        return min(
            (
                each.at
                for each in self.sightings
                if each.provider == provider
                and each.fingerprint == _fingerprint(provider, key, each.salt)
            ),
            default=None,
        )

    def last_review(self, provider: str) -> datetime | None:
        """When somebody last looked at a provider's usage page."""
        return (self.reviewed_at or {}).get(provider)


def stand_in(key: str) -> str | None:
    """What is the matter with a text that cannot be a provider's key; None for one that can."""
    if _STAND_IN.fullmatch(key):
        return "is a placeholder, not a key"
    if len(key) < SHORTEST_KEY or not key.isascii() or not key.isprintable() or " " in key:
        return "does not look like a key"
    return None


def read_key_record(home: Home) -> KeyRecord:
    """What the record of a home says; lines that are none do not count."""
    path = home.data / LOG
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    sightings: list[Sighting] = []
    reviewed_at: dict[str, datetime] = {}
    unreadable = 0
    for line in text.splitlines():
        try:
            told = json.loads(line)
            if "seen" in told:
                sightings.append(_sighting(told["seen"]))
            else:
                review = told["reviewed"]
                reviewed_at[review["provider"]] = _moment(review["at"])
        except (ValueError, KeyError, TypeError):
            unreadable += bool(line)
    return KeyRecord(tuple(sightings), reviewed_at, unreadable)


def remember_keys(home: Home, api_keys: Mapping[str, str], *, now: datetime) -> tuple[str, ...]:
    """Note the first sight of every real key that is not known yet; returns their providers."""
    record = read_key_record(home)
    new = tuple(
        provider
        for provider, key in sorted(api_keys.items())
        if stand_in(key) is None and record.first_seen(provider, key) is None
    )
    # one salt per home, so that however many keys there were, each is hashed once
    salt = record.sightings[-1].salt if record.sightings else secrets.token_hex(SALT_BYTES)
    for provider in new:
        fingerprint = _fingerprint(provider, api_keys[provider], salt)
        seen = {"provider": provider, "salt": salt, "fingerprint": fingerprint}
        _append(home, {"seen": {**seen, "at": now.isoformat()}})
    return new


def record_review(home: Home, provider: str, *, now: datetime) -> None:
    """Note that somebody has looked at a provider's usage page."""
    _append(home, {"reviewed": {"provider": provider, "at": now.isoformat()}})


@cache
def _fingerprint(provider: str, key: str, salt: str) -> str:
    text = f"{provider}\0{key}".encode()
    return scrypt(text, salt=bytes.fromhex(salt), dklen=FINGERPRINT_BYTES, **SCRYPT_COST).hex()


def _append(home: Home, entry: Mapping[str, Any]) -> None:
    with LineLog(home.data / LOG) as log:
        log.append(json.dumps(entry), durable=True)


def _sighting(told: Mapping[str, str]) -> Sighting:
    bytes.fromhex(told["salt"])  # a damaged one is no salt
    return Sighting(told["provider"], told["salt"], told["fingerprint"], _moment(told["at"]))


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return moment
