"""The limit of requests a minute; pure.

Strategy: the times of the requests of the last 60 seconds, in a deque under one lock. The clock is
read inside of the lock, so the count is exact whatever the threads do. A request that is refused
is not counted. See docs.snaptrade.com/docs/ratelimiting.
"""

import math
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

WINDOW = 60
"""Seconds over which requests are counted: a rolling window."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the limit has to say about one request; `reset` is in seconds, rounded up."""

    allowed: bool
    limit: int
    remaining: int
    reset: int


class RateLimit:
    """At most `limit` requests in any 60 seconds."""

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        """`clock` gives seconds."""
        self.limit = limit
        self._clock = clock
        self._times: deque[float] = deque()
        self._lock = threading.Lock()

    def take(self) -> Allowance:
        """Count one request, if the limit allows it."""
        with self._lock:
            now = self._forget()
            allowed = len(self._times) < self.limit
            if allowed:
                self._times.append(now)
            return self._allowance(now, allowed=allowed)

    def peek(self) -> Allowance:
        """Tell what is left without counting anything."""
        with self._lock:
            now = self._forget()
            return self._allowance(now, allowed=len(self._times) < self.limit)

    def _forget(self) -> float:
        now = self._clock()
        # A time ahead of now was counted before the clock was set back: it is of no minute that
        # this clock knows.
        while self._times and not now - WINDOW < self._times[0] <= now:
            self._times.popleft()
        return now

    def _allowance(self, now: float, *, allowed: bool) -> Allowance:
        # Until the oldest request leaves the window, and with it the first place gets free.
        reset = self._times[0] + WINDOW - now if self._times else 0
        return Allowance(
            allowed=allowed,
            limit=self.limit,
            remaining=self.limit - len(self._times),
            reset=math.ceil(reset),
        )
