"""The limit of requests a minute; pure.

Strategy: the times of the requests of the last 60 seconds, in a deque under one lock. The clock is
read inside of the lock, so the count is exact whatever the threads do. A request that is refused
is not counted. See docs.snaptrade.com/docs/ratelimiting.
"""

import math
import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from snaptrade_client.sandbox.arguments import whole

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
        self._limit = _checked(limit)
        self._clock = clock
        self._times: deque[float] = deque()
        self._lock = threading.Lock()

    @property
    def limit(self) -> int:
        """Requests that are allowed in any 60 seconds; those that were counted stay counted."""
        return self._limit

    @limit.setter
    def limit(self, limit: int) -> None:
        limit = _checked(limit)
        with self._lock:
            self._limit = limit

    def reset(self) -> None:
        """Forget the requests that were counted."""
        with self._lock:
            self._times.clear()

    def take(self) -> Allowance:
        """Count one request, if the limit allows it."""
        with self._lock:
            now = self._forget()
            allowed = len(self._times) < self._limit
            if allowed:
                self._times.append(now)
            return self._allowance(now, allowed=allowed)

    def peek(self) -> Allowance:
        """Tell what is left without counting anything."""
        with self._lock:
            now = self._forget()
            return self._allowance(now, allowed=len(self._times) < self._limit)

    def _forget(self) -> float:
        now = self._clock()
        # A time ahead of now was counted before the clock was set back: it is of no minute that
        # this clock knows. Without it the times are in order, so the first is the oldest.
        while self._times and self._times[-1] > now:
            self._times.pop()
        while self._times and self._times[0] <= now - WINDOW:
            self._times.popleft()
        return now

    def _allowance(self, now: float, *, allowed: bool) -> Allowance:
        # Until the first place gets free: the oldest request leaves the window or, where the limit
        # was lowered, the oldest of those that fill it.
        over = max(0, len(self._times) - self._limit)
        reset = self._times[over] + WINDOW - now if self._times else 0
        return Allowance(
            allowed=allowed,
            limit=self._limit,
            remaining=max(0, self._limit - len(self._times)),
            reset=math.ceil(reset),
        )


def _checked(limit: int) -> int:
    return whole("rate_limit", limit, 1, sys.maxsize)
