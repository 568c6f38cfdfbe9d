"""A 429 is obeyed: nothing is sent early, and nobody waits for what comes after the deadline.

Strategy: time is the proof's own and passes while the client sleeps, so that any wait costs none.
The service notes at which moment each request arrives and until when it had told to wait.
"""

from email.utils import formatdate
from random import Random
from time import monotonic

from snaptrade_client import ApiException, RateLimitError
from snaptrade_client.api_client import Seams

from ..recording import Recorded
from . import steps
from .answers import Pair, refusal, right
from .clients import Figure, authentication, failure_of, some
from .crossing import ours
from .server import FaultServer, Step

DEADLINE = 25.0
# More than what a client adds, so that not all of them return at once.
JITTER = 0.26
START = 1_800_000_000.0


class Time:
    """Clocks that pass while somebody sleeps, and the moment until which the service is closed."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.now = START
        self.closed_until = 0.0
        self.refusals = 0
        self.problems: list[str] = []
        self.requests = 0

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def seams(self) -> Seams:
        """What a client is connected to."""
        return Seams(
            clock=lambda: self.now,
            monotonic=lambda: self.now,
            sleep=self.sleep,
            uniform=self.dice.uniform,
        )

    def decide(self, request: Recorded) -> Step:
        """Refuses some requests and says, in one way or another, for how long."""
        self.requests += 1
        if self.now < self.closed_until:
            self.problems.append(f"sent {self.closed_until - self.now:.3f} s early")
        if self.refusals == 0:
            return steps.send(right(request))
        self.refusals -= 1
        seconds = self.dice.choice((0, 1, 2, 7, 12, 24, 26, 60, 4000))
        self.closed_until = self.now + seconds
        headers, detail = self._told(seconds)
        return steps.send(refusal(429, "0000", *headers, detail=detail))

    def _told(self, seconds: int) -> tuple[list[Pair], str]:
        # Whole seconds, as a date tells them.
        date = formatdate(self.now, usegmt=True)
        until = formatdate(int(self.now) + seconds, usegmt=True)
        limits = [("X-RateLimit-Limit", "250"), ("X-RateLimit-Remaining", "0")]
        text = f"Request was throttled. Expected available in {seconds} seconds."
        match self.dice.randrange(4):
            case 0:
                return [("Retry-After", str(seconds))], "throttled"
            case 1:
                self.closed_until = int(self.now) + seconds
                return [("Date", date), ("Retry-After", until)], "throttled"
            case 2:
                return [*limits, ("X-RateLimit-Reset", str(seconds))], "throttled"
            case _:
                return [], text


def told_waits(calls: int) -> Figure:
    """Makes calls, of which each meets up to three refusals."""
    time, problems, waited, given_up = Time(7), list[str](), 0, 0
    with FaultServer(steps.each_request(time.decide)) as server:
        for number in range(calls):
            # A client each, so that its budget does not end what is to be seen.
            with authentication(server.url, seams=time.seams(), deadline=DEADLINE) as api:
                time.refusals, time.closed_until = time.dice.randrange(4), 0.0
                operations = ours(api)
                started = time.now
                try:
                    operations[number % len(operations)]("user")
                except RateLimitError as error:
                    given_up += 1
                    problems += _given_up(time, error, started)
                except ApiException as error:
                    problems.append(f"call {number}: {error!r}")
                waited += time.now > started
                if time.now > started + DEADLINE:
                    problems.append(f"call {number} took {time.now - started:.3f} s")
            time.now += 100
    server.check()
    early = some(time.problems)
    if not waited or not given_up:
        problems.append("nobody waited, or nobody gave up")
    measured = f"{len(time.problems)} early of {time.requests}, {waited} waits, {given_up} given up"
    return Figure(measured, early + some(problems))


def real_wait(seconds: int) -> tuple[float, int]:
    """The seconds between a refusal and the next request on real clocks, and the requests."""
    moments: list[float] = []

    def decide(request: Recorded) -> Step:
        moments.append(monotonic())
        if len(moments) > 1:
            return steps.send(right(request))
        return steps.send(refusal(429, "0000", ("Retry-After", str(seconds))))

    with (
        FaultServer(steps.each_request(decide)) as server,
        authentication(server.url, deadline=2.0) as api,
    ):
        failure_of(api.list_snap_trade_users)
        ended = monotonic()
    server.check()
    return (moments[1] if len(moments) > 1 else ended) - moments[0], len(moments)


def _given_up(time: Time, error: RateLimitError, started: float) -> list[str]:
    """Say what is wrong with giving up now: the wait would have fitted, or is not told."""
    told = time.closed_until - time.now
    problems: list[str] = []
    if error.retry_after is None or not told - 1e-6 <= error.retry_after <= max(told, 0) + 1:
        problems.append(f"it tells {error.retry_after} s of {told:.3f} s")
    # Dates are whole seconds, so a client may take a wait to be a second longer than it is.
    fits = time.now + (error.retry_after or 0.0) + JITTER < started + DEADLINE
    if fits and len(error.attempts) < 3:
        problems.append(f"it gave up though {told:.3f} s were time enough: {error.attempts}")
    return problems
