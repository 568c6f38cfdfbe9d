"""A clock that is off costs one more request, each time that it changes; a wrong key costs none.

Strategy: the service judges timestamps by a clock of its own that the proof moves, and signatures
by the tests' own implementation; what it received is what is counted.
"""

import time
from email.utils import formatdate
from random import Random
from urllib.parse import parse_qs

from snaptrade_client import ApiException, UnauthorizedError
from snaptrade_client.api_client import Seams

from ..recording import CONSUMER_KEY, Recorded
from ..signature import signature
from . import steps
from .answers import refusal, right
from .clients import Figure, authentication, no_sleep, some
from .crossing import Told, ours
from .server import FaultServer, Step

TOLERANCE = 60
HALF_A_DAY = 12 * 3600


class Service:
    """What the service does about timestamps and signatures; `off` is the client's clock's error.

    It refuses in each of the ways that have been seen: 400, 401 or 403 with the code, as a number
    or a text, and 401 without a readable one.
    """

    def __init__(self, consumer_key: str = CONSUMER_KEY) -> None:
        self.off = 0.0
        self.refused = 0
        self.requests: list[Recorded] = []
        self._key = consumer_key

    def clock(self) -> float:
        """The client's clock."""
        return time.time() + self.off

    def decide(self, request: Recorded) -> Step:
        """Answers rightly, or refuses the signature."""
        self.requests.append(request)
        given = request.header("Signature")
        signed = signature(request.path, request.query, request.body, self._key) == given
        timestamp = int(parse_qs(request.query)["timestamp"][0])
        if signed and abs(timestamp - time.time()) <= TOLERANCE:
            return steps.send(right(request))
        self.refused += 1
        ways = ((400, 1076), (401, "1076"), (403, 1076), (401, None))
        status, code = ways[len(self.requests) % len(ways)]
        return steps.send(refusal(status, code, ("Date", formatdate(usegmt=True))))


def _moved(service: Service, calls: list[Told], off: float, what: str) -> list[str]:
    """Moves the client's clock and makes calls: the first is sent twice, the others once."""
    service.off = off
    problems: list[str] = []
    # The next change meets the next operation first, registering included.
    calls.append(calls.pop(0))
    for number, call in enumerate(calls):
        before = len(service.requests)
        try:
            call(f"user-{number}")
        except ApiException as error:
            problems.append(f"{what}, off by {off:.0f} s: {error!r}")
        sends = len(service.requests) - before
        if sends != (2 if number == 0 else 1):
            problems.append(f"{what}, off by {off:.0f} s: call {number} was sent {sends} times")
    return problems


def clock(rounds: int) -> Figure:
    """Lets clocks go wrong by up to twelve hours, be repaired, and go wrong again."""
    dice, service, problems = Random(7), Service(), list[str]()
    seams = Seams(clock=service.clock, sleep=no_sleep)
    offsets: list[float] = [-HALF_A_DAY, HALF_A_DAY, -TOLERANCE - 15, TOLERANCE + 15]
    offsets += [
        dice.choice((-1, 1)) * dice.uniform(TOLERANCE + 15, HALF_A_DAY) for _ in range(rounds)
    ]
    with FaultServer(steps.each_request(service.decide)) as server:
        for first, second in zip(offsets, reversed(offsets), strict=True):
            with authentication(server.url, seams=seams) as api:
                calls = ours(api)
                problems += _moved(service, calls, first, "wrong")
                problems += _moved(service, calls, 0.0, "repaired")
                problems += _moved(service, calls, second, "wrong again")
    server.check()
    changes = 3 * len(offsets)
    return Figure(f"{service.refused} extra sends at {changes} changes", some(problems))


def wrong_key(calls: int) -> Figure:
    """Calls with a key that the service does not know, with a right clock."""
    service, problems = Service("another-key"), list[str]()
    seams = Seams(clock=service.clock, sleep=no_sleep)
    with (
        FaultServer(steps.each_request(service.decide)) as server,
        authentication(server.url, seams=seams) as api,
    ):
        operations = ours(api)
        for number in range(calls):
            before = len(service.requests)
            try:
                operations[number % len(operations)]("user")
            except ApiException as error:
                if error.code != 1076 and not isinstance(error, UnauthorizedError):
                    problems.append(repr(error))
            else:
                problems.append("it succeeded")
            sends = len(service.requests) - before
            if sends != 1:
                problems.append(f"call {number} was sent {sends} times")
        if api.api_client.clock_skew:
            problems.append(f"the clock was corrected by {api.api_client.clock_skew} s")
    server.check()
    return Figure(f"{len(service.requests)} sends for {calls} calls", some(problems))
