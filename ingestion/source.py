"""One provider as a run talks to it: ask, keep the response, read it, write it down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from ingestion.errors import AuthError, BadPayloadError, IngestionError, OfflineError, QuotaError
from ingestion.http import HttpClient
from ingestion.journal import Fetch, Journal
from ingestion.masking import one_line
from ingestion.profile import ProviderProfile, Reply
from ingestion.responses import ResponseLabel, ResponseStore
from ingestion.settings import KEY_VARIABLES


@dataclass(frozen=True)
class Answer:
    """The rows of one response.

    `next_url`: where the next page is. `observed_through`: the last day that the response speaks
    of, blanks included. `refused`: symbols of a shared response whose rows were not usable, and
    why. `validators`: what a conditional request may quote. `is_unchanged`: the provider has
    nothing newer than what we quoted.
    """

    table: pa.Table
    next_url: str = ""
    observed_through: date | None = None
    refused: Mapping[str, str] = field(default_factory=dict)
    validators: Mapping[str, str] = field(default_factory=dict)
    is_unchanged: bool = False


class Source:
    """A provider with its manners, its off switch and the places where its answers go."""

    def __init__(
        self,
        profile: ProviderProfile,
        http: HttpClient,
        store: ResponseStore,
        journal: Journal,
        *,
        clock: Callable[[], datetime],
        is_offline: bool = False,
    ) -> None:
        self.name = profile.name
        self._profile, self._http, self._store, self._journal = profile, http, store, journal
        self._clock = clock
        self.off: IngestionError | None = (
            OfflineError("the run may not use the network") if is_offline else None
        )

    @property
    def calls_left(self) -> int | None:
        """How many calls it still has today; None where nobody counts them."""
        return self._http.calls_left(self._profile)

    def ask(
        self,
        target: str,
        label: ResponseLabel,
        parse: Callable[[Reply], Answer],
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request and return its rows; whatever happens leaves a fetch behind.

        Raises
        ------
        IngestionError
            If the provider is off, or the answer is not data. A refused key or a used up quota
            switches the provider off for the run.
        """
        if self.off:
            raise self.off
        fetch = Fetch(
            provider=self.name,
            dataset=label.dataset,
            symbol=label.symbol,
            window_start=label.window_start,
            window_end=label.window_end,
            outcome="bad_payload",
            row_count=0,
            response_hash=None,
            duration_seconds=0.0,
            attempts=0,
            served_from="network",
            requested_at=self._clock(),
            detail=None,
        )
        started = self._http.monotonic()
        try:
            reply = self._http.get(self._profile, target, params=params, headers=headers)
            fetch = replace(fetch, attempts=reply.attempts)
            if reply.status == 200:
                self._store.keep(reply, label)
                fetch = replace(fetch, response_hash=reply.hash)
            answer = parsed(parse, reply)
        except IngestionError as error:
            self._switch_off_if_useless(error)
            if isinstance(error, BadPayloadError) and error.reply and error.reply.status == 200:
                self._store.keep(error.reply, label)
                fetch = replace(fetch, response_hash=error.reply.hash)
            fetch = replace(
                fetch,
                outcome=error.failure,
                attempts=fetch.attempts or error.attempts,
                detail=self._journal.sentence(str(error)),
            )
            raise
        else:
            fetch = replace(fetch, **_summary(answer))
            return answer
        finally:
            seconds = self._http.monotonic() - started
            self._journal.record(replace(fetch, duration_seconds=seconds))

    def _switch_off_if_useless(self, error: IngestionError) -> None:
        if self.off or not isinstance(error, (AuthError, QuotaError)):
            return
        self.off = error
        sentence = str(error)
        if isinstance(error, AuthError):
            variable = KEY_VARIABLES.get(self.name, "its key")
            sentence = f"{self.name} refuses the key in {variable}, off for this run: {error}"
        self._journal.report(
            self.name, "*", "*", sentence, failure=error.failure, is_degrading=False
        )


def parsed(parse: Callable[[Reply], Answer], reply: Reply) -> Answer:
    """What a parser makes of a response.

    Raises
    ------
    BadPayloadError
        Also where the parser stumbled over a shape that it did not expect.
    """
    try:
        return parse(reply)
    # parsers read untrusted shapes as if they were right; this is what a wrong one looks like
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, OverflowError) as err:
        told = one_line(f"{type(err).__name__}: {err}", length=80)
        raise BadPayloadError(
            f"{reply.provider} sent an answer of an unexpected shape ({told})"
        ) from err


def _summary(answer: Answer) -> dict[str, Any]:
    """What a fetch says of an answer that was read."""
    rows = answer.table.num_rows
    outcome = "ok" if rows or answer.next_url else "empty"
    refused = "; ".join(f"{symbol}: {why}" for symbol, why in answer.refused.items())
    return {
        "outcome": "not_modified" if answer.is_unchanged else outcome,
        "row_count": rows,
        "detail": refused or None,
    }
