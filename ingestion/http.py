"""One HTTP client for all providers: waits, retries, limits, and keys that stay at home."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from threading import Event
from urllib.parse import urljoin

import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from ingestion.capabilities import DailyCalls
from ingestion.errors import (
    BadPayloadError,
    BadRequestError,
    IngestionError,
    OfflineError,
    QuotaError,
    TransientError,
)
from ingestion.limits import ProviderLine, TokenBucket, allowance_per_minute
from ingestion.masking import Masker
from ingestion.origins import address, is_loopback
from ingestion.profile import ProviderProfile, Reply
from ingestion.settings import SourceSettings
from ingestion.verdict import asked_wait, error_by_status

USER_AGENT = "modular-quant-platform/0.1"  # plain: fredgraph lets browser-like agents hang
CONNECT_SECONDS = 10.0
LONGEST_WAIT_SECONDS = 16.0
LARGEST_BODY_BYTES = 128 * 1024 * 1024
MOST_REDIRECTS = 3


class HttpClient:
    """Sends requests for all threads of a run.

    Transient faults are retried after 1, 2, 4, 8, 16 seconds (or later if the provider asks for
    it), at most `attempts` times, and no longer than the provider's patience: a source without a
    single answer for so long is given up for the run. `sleep` and `monotonic` are arguments so that
    tests take no time; `transport` replaces the network.

    A provider whose base URL lies on the loopback and whose rate is not configured is not slowed
    down until its first 429: a loopback server spends nobody's quota. From then on it is called at
    the provider's default rate.
    """

    def __init__(
        self,
        settings: SourceSettings,
        profiles: Iterable[ProviderProfile],
        *,
        clock: Callable[[], datetime],
        daily_calls: DailyCalls,
        sleep: Callable[[float], None] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        transport: BaseAdapter | None = None,
    ) -> None:
        self._settings, self._clock, self._daily_calls = settings, clock, daily_calls
        self._stopped = Event()
        self._sleep, self.monotonic = sleep or self._wait, monotonic
        self.masker = Masker(settings.api_keys.values())
        self._lines = {profile.name: self._line(profile) for profile in profiles}
        self._session = requests.Session()
        # proxies, netrc and certificates from the environment: only one place reads that
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = transport or HTTPAdapter(pool_maxsize=32)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        # its lines show whole URLs, and FRED takes the key in the URL only
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)

    def calls_left(self, profile: ProviderProfile) -> int | None:
        """How many calls a use of a provider still has today; None where nobody counts them."""
        if profile.calls_per_day is None:
            return None
        day = self._clock().astimezone(UTC).date()
        left = profile.calls_per_day - self._daily_calls.spent(profile.name, day)
        if not self._lines[profile.name].is_counted:
            return None if left > 0 else 0
        if ration := profile.ration:
            left = min(left, ration.calls - self._daily_calls.spent(ration.name, day))
        return max(left, 0)

    def stop(self) -> None:
        """Wake every thread that waits, and let none begin another request."""
        self._stopped.set()

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def get(
        self,
        profile: ProviderProfile,
        target: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Ask a provider and return its answer if it is one.

        Parameters
        ----------
        target : a path below the provider's base URL, or a whole URL that the provider gave us for
            the next page.

        Raises
        ------
        IngestionError
            Of the class that says what to do; `attempts` tells how often it was tried.
        """
        line = self._lines[profile.name]
        patience = self._patience(profile)
        if line.is_given_up(0, patience_seconds=patience):
            raise TransientError(
                f"{profile.name} is given up for this run: nothing but failures for "
                f"{patience:.0f} s"
            )
        url = address(profile, self._settings.base_urls[profile.name], target)
        retrying = Retrying(
            stop=lambda state: (
                stop_after_attempt(profile.attempts)(state)
                or line.is_given_up(state.upcoming_sleep, patience_seconds=patience)
            ),
            wait=_seconds_before_retry,
            retry=retry_if_exception_type(TransientError),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            reply: Reply = retrying(self._attempt, profile, url, params or {}, headers or {})
        except IngestionError as error:
            error.attempts = retrying.statistics["attempt_number"]
            raise
        return replace(reply, attempts=retrying.statistics["attempt_number"])

    def _patience(self, profile: ProviderProfile) -> float:
        return min(profile.patience_seconds, self._settings.patience_seconds)

    def _wait(self, seconds: float) -> None:
        if self._stopped.wait(seconds):
            raise OfflineError("the run was interrupted")

    def _line(self, profile: ProviderProfile) -> ProviderLine:
        rate = self._settings.rates.get(profile.name)
        allowances = profile.allowances if rate is None else (allowance_per_minute(rate),)
        is_idle = rate is None and is_loopback(self._settings.base_urls.get(profile.name, ""))
        bucket = TokenBucket(
            allowances, is_idle=is_idle, sleep=self._sleep, monotonic=self.monotonic
        )
        return ProviderLine(bucket, self.monotonic, is_counted=not is_idle and rate is None)

    def _attempt(
        self,
        profile: ProviderProfile,
        url: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
    ) -> Reply:
        line = self._lines[profile.name]
        self._count_call(profile, line)
        line.bucket.take()
        self._wait(0)
        try:
            reply = self._send(profile, url, params, headers)
            if error := self._verdict(profile, reply):
                error.reply = reply
                raise error
        except TransientError:
            line.note_failure()
            raise
        except IngestionError:
            line.note_answer()
            raise
        line.note_answer()
        return reply

    def _count_call(self, profile: ProviderProfile, line: ProviderLine) -> None:
        if profile.calls_per_day is None:
            return
        day, limit = self._clock().astimezone(UTC).date(), profile.calls_per_day
        if line.is_counted:
            if ration := profile.ration:
                self._daily_calls.spend(ration.name, day, limit=ration.calls)
            self._daily_calls.spend(profile.name, day, limit=limit)
        elif self._daily_calls.spent(profile.name, day) >= limit:
            raise QuotaError(f"{profile.name} said that the calls of {day} (UTC) are used up")

    def _send(
        self,
        profile: ProviderProfile,
        url: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
    ) -> Reply:
        for _ in range(MOST_REDIRECTS + 1):
            response, body = self._exchange(profile, url, params, headers)
            if not response.is_redirect:
                return self._reply(profile, url, params, response, body)
            url, params = address(profile, url, urljoin(url, response.headers["location"])), {}
        raise BadPayloadError(f"{profile.name} redirects more than {MOST_REDIRECTS} times")

    def _exchange(
        self,
        profile: ProviderProfile,
        url: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
    ) -> tuple[requests.Response, bytes]:
        """Send one request and read its body, both within their times."""
        key = self._settings.api_keys.get(profile.name, "")
        sent_headers = {"User-Agent": USER_AGENT, **headers}
        if key and profile.key_header:
            sent_headers[profile.key_header] = profile.key_prefix + key
        sent_params = dict(params)
        if key and profile.key_parameter:
            sent_params[profile.key_parameter] = key
        try:
            response = self._session.get(
                url,
                params=sent_params,
                headers=sent_headers,
                timeout=(CONNECT_SECONDS, profile.timeout_seconds),
                allow_redirects=False,
                stream=True,
            )
            with response:
                return response, self._read(profile, response)
        # the texts of these errors hold the whole URL, so neither they nor the chain is kept
        except (requests.Timeout, urllib3.exceptions.TimeoutError):
            raise TransientError(
                f"{profile.name} did not answer within {profile.timeout_seconds:.0f} s"
            ) from None
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema):
            raise BadRequestError(f"the base URL of {profile.name} is not a URL") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError) as err:
            problem = type(err).__name__
            raise TransientError(f"the connection to {profile.name} failed ({problem})") from None

    def _read(self, profile: ProviderProfile, response: requests.Response) -> bytes:
        """The body, piece by piece, because a dripping one never runs into the socket's timeout."""
        give_up_at = self.monotonic() + profile.body_seconds
        pieces, size = [], 0
        while piece := response.raw.read1(1 << 20, decode_content=True):
            pieces.append(piece)
            size += len(piece)
            if size > LARGEST_BODY_BYTES:
                raise BadPayloadError(f"{profile.name} sent more than {LARGEST_BODY_BYTES} bytes")
            if self.monotonic() > give_up_at:
                raise TransientError(
                    f"{profile.name} took more than {profile.body_seconds:.0f} s to send a body"
                )
        return b"".join(pieces)

    def _reply(
        self,
        profile: ProviderProfile,
        url: str,
        params: Mapping[str, str],
        response: requests.Response,
        body: bytes,
    ) -> Reply:
        masked = self.masker.data(body)
        shown = requests.Request("GET", url, params=dict(params)).prepare().url or url
        return Reply(
            provider=profile.name,
            url=self.masker.text(shown),
            status=response.status_code,
            content_type=response.headers.get("content-type", "").lower(),
            headers=response.headers,
            body=masked,
            hash=hashlib.sha256(masked).hexdigest(),
            fetched_at=self._clock().astimezone(UTC),
        )

    def _verdict(self, profile: ProviderProfile, reply: Reply) -> IngestionError | None:
        """The error that an answer stands for: by the provider's texts, then by the status."""
        error = profile.refusal(reply) or error_by_status(reply)
        if isinstance(error, QuotaError) and profile.calls_per_day is not None:
            day = reply.fetched_at.date()
            self._daily_calls.exhaust(profile.name, day, limit=profile.calls_per_day)
        if isinstance(error, TransientError):
            wait = asked_wait(reply, reply.fetched_at)
            if reply.status == 429:
                wait = profile.cooldown_seconds if wait is None else wait
                line = self._lines[profile.name]
                line.pause(wait, patience_seconds=self._patience(profile))
            error.retry_after_seconds = wait
        return error


def _seconds_before_retry(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after_seconds if isinstance(error, TransientError) else None
    return max(min(2.0 ** (state.attempt_number - 1), LONGEST_WAIT_SECONDS), asked or 0.0)
