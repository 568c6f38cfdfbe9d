"""A service that is late at times and closes connections, and what leads a program to it."""

from collections.abc import Generator
from contextlib import contextmanager
from random import Random

from ..faults import certificates, steps
from ..faults.answers import right, user_of
from ..faults.server import FaultServer, Step
from ..recording import CLIENT_ID, CONSUMER_KEY, Recorded

# The calls that a client makes at the same time before it is forked, and whom they are for.
FIRST_CALLS, FIRST_USER = 4, "first"
# Seconds of a client's patience.
READ_TIMEOUT, DEADLINE = 0.3, 2


def unsteady(random: Random) -> Step:
    """Answers rightly, but late at times, and ends connections after an answer or without one.

    It does not end those that are open at a fork: that would end the sharing of them too.
    """
    late = steps.pause(2 * READ_TIMEOUT)
    moment = steps.pause(0.01)

    def decide(request: Recorded) -> Step:
        answer = steps.send(right(request))
        if user_of(request) == FIRST_USER:
            return steps.script(steps.pause(READ_TIMEOUT / 3), answer)
        dice = random.random()
        if dice < 0.03:
            return steps.script(late, answer)
        if dice < 0.08 and request.connection > FIRST_CALLS:
            return steps.script(answer, steps.close) if dice < 0.06 else steps.close
        return steps.script(moment, answer) if dice < 0.5 else answer

    return steps.each_request(decide)


def steady(step: Step) -> Step:
    """Answers rightly, after a step; at once where a client makes its first calls."""

    def decide(request: Recorded) -> Step:
        answer = steps.send(right(request))
        return answer if user_of(request) == FIRST_USER else steps.script(step, answer)

    return steps.each_request(decide)


@contextmanager
def service(script: Step, *, tls: bool = False) -> Generator[FaultServer]:
    """A service; at the end it must have understood everything that arrived."""
    with FaultServer(script, tls=certificates.right() if tls else None) as server:
        yield server
    server.check()


def environment(server: FaultServer, client: str = "ours") -> dict[str, str]:
    """The variables that a program on that service is started with."""
    variables = {
        "CLIENT": client,
        "SNAPTRADE_CLIENT_ID": CLIENT_ID,
        "SNAPTRADE_CONSUMER_KEY": CONSUMER_KEY,
        "SNAPTRADE_HOST": server.url,
    }
    if server.url.startswith("https:"):
        variables["SSL_CERT_FILE"] = certificates.ca_file()
    return variables
