"""What can go wrong on the way from a provider to rows, split by what the caller can do.

::

    IngestionError
    ├── TransientError          wait and ask again, then the next provider, then the cache
    ├── QuotaError              today's calls are used up: the next provider, then the cache
    ├── EntitlementError        the plan excludes it: the next provider, not asked again for a week
    ├── AuthError               the key is refused: that provider is off for the run
    ├── BadPayloadError         the answer is not what it should be: kept, never stored as data
    │   └── BadRequestError     the provider refused our question as malformed
    ├── NotFoundError           the provider does not know the symbol, series or file
    ├── OfflineError            the run may not use the network
    └── SymbolError             fix the input: not a symbol that may touch a path

`failure` is the class a person reads in reports and logs. No message ever contains a key. What is
wrong with our own files (another world's cache, a full disk) is a `WarehouseError` and ends the
run: no other provider could help.
"""

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from ingestion.profile import Reply


class IngestionError(Exception):
    """Something between a provider and our rows failed; the subclass says what to do about it.

    `attempts` is how often the request was sent before giving up, 0 if it never was. `reply` is the
    answer that was taken for an error before anybody read it, if there was one.
    """

    failure: ClassVar[str] = "bad_payload"
    attempts: int = 0
    reply: "Reply | None" = None


class TransientError(IngestionError):
    """A fault that may pass: 5xx, a per-minute limit, a timeout, a reset, a web page with 200.

    `retry_after_seconds` is the wait that the provider asked for or that its limit implies.
    """

    failure = "transient"

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class QuotaError(IngestionError):
    """The calls of this day are used up; nothing more is sent to the provider today."""

    failure = "quota"


class EntitlementError(IngestionError):
    """The plan does not include what was asked for; the provider works otherwise.

    `scope` says how far the refusal reaches: the whole `endpoint`, the `symbol`, the `window` of
    dates, the kind of fiscal `period`, a `parameter` that was too large, or only this `request`
    where the text is unknown.
    """

    failure = "entitlement"

    def __init__(self, message: str, *, scope: str = "endpoint") -> None:
        super().__init__(message)
        self.scope = scope


class AuthError(IngestionError):
    """The provider refuses the key."""

    failure = "auth"


class BadPayloadError(IngestionError):
    """Invalid JSON, missing fields, rows outside the asked window: nothing of it becomes data."""

    failure = "bad_payload"


class BadRequestError(BadPayloadError):
    """The provider calls our request malformed; asking again would not help."""


class NotFoundError(IngestionError):
    """The provider does not know the symbol, series or file."""

    failure = "empty"


class OfflineError(IngestionError):
    """The run may use the cache only, and the cache does not hold what was asked for."""

    failure = "transient"


class SymbolError(IngestionError, ValueError):
    """Text that is not a symbol and therefore never touches a path or a URL."""
