"""What is tried again, how long to wait before it, the budget, and the clock's skew.

Strategy: pure functions of values. A failure's kind and the operation's replay class look up an
action in one table; the state of a call is a tuple that returns its successor. The random numbers
are given, the clock is never read, nobody sleeps here.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Literal, NamedTuple

from frozendict import frozendict

from snaptrade_client.attempts import Kind, Outcome
from snaptrade_client.headers import header_number

Replay = Literal["harmless", "harmful"]
"""Whether sending an operation twice is harmless: it is not where the first answer matters."""

Action = Literal["never", "backoff", "told", "correct"]


class Row(NamedTuple):
    """What is done about a failure, for each replay class."""

    harmless: Action
    harmful: Action

    def action(self, replay: Replay) -> Action:
        """Return what is done about the failure of an operation."""
        return self.harmless if replay == "harmless" else self.harmful


TABLE: frozendict[Kind, Row] = frozendict(
    {
        "not_sent": Row(harmless="backoff", harmful="backoff"),
        "refused": Row(harmless="never", harmful="never"),
        "lost": Row(harmless="backoff", harmful="never"),
        "server_error": Row(harmless="backoff", harmful="never"),
        "unavailable": Row(harmless="told", harmful="never"),
        "too_early": Row(harmless="backoff", harmful="never"),
        "throttled": Row(harmless="told", harmful="told"),
        "clock": Row(harmless="correct", harmful="correct"),
        "final": Row(harmless="never", harmful="never"),
    }
)

BACKOFF_BASE = 0.25
BACKOFF_CAP = 5.0
# A told wait is never cut short; this much at most is added, so that clients don't return at once.
TOLD_JITTER = 0.25
# Who is told to come back in more than an hour is better told so than left waiting.
LONGEST_TOLD_WAIT = 3600.0
CLOCK_TOLERANCE = 10.0
LARGEST_SKEW = 24 * 3600.0
# The service's code for "the signature could not be verified".
SIGNATURE_REFUSED = "1076"

_AVAILABLE_IN = re.compile(r"available in ([0-9]{1,9}) second")


def safe_to_retry(kind: Kind, outcome: Outcome | None, replay: Replay) -> bool:
    """Say whether sending a failed call again is harmless, and may help.

    What the table tries again is. So is what was not sent, once its cause is mended, and what may
    have acted, where acting twice is harmless.
    """
    return (
        TABLE[kind].action(replay) != "never"
        or outcome == "not_sent"
        or (outcome == "unknown" and replay == "harmless")
    )


class Progress(NamedTuple):
    """Where a call stands; each retry has a successor of it."""

    retries_left: int
    failures: int = 0
    corrected: bool = False

    def after(
        self,
        kind: Kind,
        replay: Replay,
        told: float | None,
        uniform: Callable[[float, float], float],
    ) -> tuple[float, Progress] | None:
        """Return the seconds to wait and the next state, or None to give up."""
        action = TABLE[kind].action(replay)
        if action == "never" or self.retries_left == 0 or (action == "correct" and self.corrected):
            return None
        later = Progress(
            self.retries_left - 1, self.failures + 1, self.corrected or action == "correct"
        )
        if action == "correct":
            return 0.0, later
        if action == "told" and told is not None:
            wait = told + uniform(0.0, TOLD_JITTER)
            return None if wait > LONGEST_TOLD_WAIT else (wait, later)
        # Bounded, since the powers of two grow beyond what a float holds.
        doublings = min(self.failures, 10)
        return uniform(0.0, min(BACKOFF_CAP, BACKOFF_BASE * 2**doublings)), later


class RetryBudget:
    """Bounds what retries add: N calls send at most 1.1 N + 10 requests, whatever happens.

    A bucket of 100 tokens: a retry costs 10, a successful call gives 1 back. A deque holds them,
    since its operations are atomic: there is no lock that a fork could leave taken.
    """

    SIZE = 100
    COST = 10

    def __init__(self) -> None:
        self._tokens = deque([None] * self.SIZE, maxlen=self.SIZE)

    def earn(self) -> None:
        """Count a successful call."""
        self._tokens.append(None)

    def spend(self) -> bool:
        """Take what a retry costs; False, and nothing taken, where that is not there."""
        taken = 0
        try:
            while taken < self.COST:
                self._tokens.pop()
                taken += 1
        except IndexError:
            self._tokens.extend([None] * taken)
            return False
        return True


def told_wait(status: int, headers: Mapping[str, str], body: Any, now: float) -> float | None:
    """Return the seconds after which the service takes the next request, where it said so.

    `Retry-After` (RFC 9110: seconds or a date) holds for every status. A 429 may also say it in
    `X-RateLimit-Reset`, where `X-RateLimit-Remaining` is 0, or in its text (docs.snaptrade.com,
    ratelimiting). `now` is the wall clock, used where the answer has no readable `Date`.
    """
    seconds = header_number(headers, "Retry-After")
    if seconds is not None:
        return seconds
    moment = http_date(headers.get("Retry-After"))
    if moment is not None:
        return max(0.0, moment - (http_date(headers.get("Date")) or now))
    if status != 429:
        return None
    if header_number(headers, "X-RateLimit-Remaining") == 0:
        seconds = header_number(headers, "X-RateLimit-Reset")
        if seconds is not None:
            return seconds
    found = _AVAILABLE_IN.search(str(body))
    return float(found[1]) if found else None


def measured_skew(headers: Mapping[str, str], timestamp: int) -> float | None:
    """Return the service's clock minus the timestamp that a request carried, in seconds.

    None where it can't be told: no readable `Date`, an `Age` (the answer is a cache's), or more
    than 24 hours, which is more likely a wrong `Date` than a wrong clock.
    """
    moment = http_date(headers.get("Date"))
    if moment is None or "Age" in headers:
        return None
    skew = moment - timestamp
    return skew if abs(skew) <= LARGEST_SKEW else None


def clock_error(
    status: int, code: str | int | None, headers: Mapping[str, str], timestamp: int
) -> float | None:
    """Return by how many seconds a refused timestamp was off, where that explains the refusal.

    A signature is refused with 400, 401 or 403 and code 1076, or with a 401 that has no code. The
    clock explains it from 10 seconds on; below that, the key is wrong.
    """
    refused = str(code) == SIGNATURE_REFUSED and status in (400, 401, 403)
    if not refused and not (status == 401 and code is None):
        return None
    skew = measured_skew(headers, timestamp)
    return skew if skew is not None and abs(skew) >= CLOCK_TOLERANCE else None


def http_date(text: str | None) -> float | None:
    """Read an HTTP date as Unix seconds; None where it can't be read."""
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
        # HTTP dates are GMT; "-0000" makes the parser leave the zone out.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
