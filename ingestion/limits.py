"""How often a provider may be called: one bucket of tokens for all threads of a run."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Allowance:
    """At most `calls` within any `seconds`."""

    calls: int
    seconds: float


def allowance_per_minute(calls_per_minute: float) -> Allowance:
    """The allowance of a configured rate; below one call a minute the span grows instead."""
    if calls_per_minute <= 0:
        raise ValueError(f"a rate must be positive, found {calls_per_minute} calls per minute")
    if calls_per_minute < 1:
        return Allowance(1, 60 / calls_per_minute)
    return Allowance(int(calls_per_minute), 60.0)


class TokenBucket:
    """Tokens for one provider, shared by all its threads.

    A token comes back a full span after it was taken, so that no window of that span ever sees more
    calls than allowed (a bucket that refills steadily lets twice as many through in its first
    minute, and providers count in sliding windows).

    An idle bucket only remembers the calls and lets them through until the first `pause`: a
    loopback server spends nobody's quota, but one that answers 429 wants to be taken seriously.
    """

    def __init__(
        self,
        allowances: Sequence[Allowance],
        *,
        is_idle: bool,
        sleep: Callable[[float], None],
        monotonic: Callable[[], float],
    ) -> None:
        self._allowances = allowances
        self._is_idle = is_idle
        self._sleep, self._monotonic = sleep, monotonic
        self._lock = threading.Lock()
        self._taken: deque[float] = deque(maxlen=max((a.calls for a in allowances), default=1))
        self._closed_until = float("-inf")

    def take(self) -> None:
        """Wait until a call is allowed, and count it."""
        while True:
            with self._lock:
                wait = self._seconds_to_wait(self._monotonic())
                if wait <= 0:
                    self._taken.append(self._monotonic())
                    return
            self._sleep(wait)

    def pause(self, seconds: float) -> None:
        """Let nobody through for so long, after the provider said that we called too often."""
        with self._lock:
            self._is_idle = False
            self._closed_until = max(self._closed_until, self._monotonic() + seconds)

    def _seconds_to_wait(self, now: float) -> float:
        if self._is_idle:
            return 0.0
        waits = [self._closed_until - now]
        for allowance in self._allowances:
            if len(self._taken) >= allowance.calls:
                waits.append(self._taken[-allowance.calls] + allowance.seconds - now)
        return max(waits)


class ProviderLine:
    """The state of one provider during a run: its bucket, and since when it only fails.

    `is_counted` says whether its calls count against the quota of the day.
    """

    def __init__(
        self, bucket: TokenBucket, monotonic: Callable[[], float], *, is_counted: bool
    ) -> None:
        self.bucket, self.is_counted = bucket, is_counted
        self._monotonic = monotonic
        self._failing_since: float | None = None

    def note_failure(self) -> None:
        """A request failed in a way that may pass."""
        if self._failing_since is None:
            self._failing_since = self._monotonic()

    def note_answer(self) -> None:
        """The provider answered, be it with a refusal."""
        self._failing_since = None

    def seconds_failing(self) -> float:
        """For how long there was nothing but failures."""
        since = self._failing_since
        return 0.0 if since is None else self._monotonic() - since

    def is_given_up(self, wait_seconds: float, *, patience_seconds: float) -> bool:
        """Whether waiting so long would outlast our patience; then no request waits any more."""
        if self.seconds_failing() + wait_seconds > patience_seconds:
            self._failing_since = float("-inf")
        return self.seconds_failing() > patience_seconds

    def pause(self, seconds: float, *, patience_seconds: float) -> None:
        """Hold all threads back, unless the pause is so long that the provider is given up."""
        if not self.is_given_up(seconds, patience_seconds=patience_seconds):
            self.bucket.pause(seconds)
