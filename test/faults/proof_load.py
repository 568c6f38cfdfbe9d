"""What retries add when the service fails, and what they achieve."""

import random
from functools import partial

from snaptrade_client import ApiException, AuthenticationApi

from ..recording import Recorded
from . import steps
from .answers import answer, chunked, head, refusal, right, secret_of, truth
from .clients import NO_SLEEP, Figure, authentication, failure_of, some
from .server import FaultServer, Step


def call_some(api: AuthenticationApi, number: int) -> object:
    """Makes one call, of a kind that the number decides."""
    user = f"user-{number}"
    match number % 4:
        case 0:
            return api.list_snap_trade_users()
        case 1:
            return api.login_snap_trade_user(user_id=user, user_secret=secret_of(user))
        case 2:
            return api.delete_snap_trade_user(user)
        case _:
            return api.get_user_jwt(user_id=user, user_secret=secret_of(user))


def _failing(number: int) -> Step:
    """A failure that is tried again."""
    ways: tuple[Step, ...] = (
        steps.reset,
        steps.close,
        steps.send(refusal(500, 1000)),
        steps.script(steps.send(head(200, ("Content-Length", "9"))), steps.close),
        steps.send(refusal(503, 1000, ("Retry-After", "0"))),
        steps.send(refusal(429, "0000", ("Retry-After", "0"))),
    )
    return ways[number % len(ways)]


def outage(calls: int, pattern: str) -> Figure:
    """Makes `calls` calls while the service fails in a pattern; counts what it received."""
    count = 0

    def fails() -> bool:
        if pattern == "total":
            return True
        if pattern == "partial":
            return count % 2 == 0
        return (count // 15) % 2 == 0

    def decide(request: Recorded) -> Step:
        nonlocal count
        count += 1
        return _failing(count) if fails() else steps.send(right(request))

    with (
        FaultServer(steps.each_request(decide)) as server,
        authentication(server.url, seams=NO_SLEEP) as api,
    ):
        for number in range(calls):
            failure_of(partial(call_some, api, number))
        sends = len(server.requests)
    server.check()
    most = 1.1 * calls + 10
    problems = [] if sends <= most else [f"{pattern}: {sends} sends, more than {most:.0f}"]
    if sends == calls:
        problems.append(f"{pattern}: nothing was tried again")
    return Figure(f"{sends} sends for {calls} calls", problems)


def outages(calls: int) -> Figure:
    """A total outage, a partial one, and one that comes and goes."""
    figures = {pattern: outage(calls, pattern) for pattern in ("total", "partial", "flapping")}
    texts = [f"{pattern} {figure.measured}" for pattern, figure in figures.items()]
    problems = [problem for figure in figures.values() for problem in figure.problems]
    return Figure("; ".join(texts), problems)


def _weather_fault(dice: random.Random, request: Recorded) -> Step:
    """One of the ways in which an exchange fails."""
    data = answer(truth(request), framing=dice.choice(("length", "chunked")))
    cut = data[: dice.randrange(len(data))]
    garbled = head(502) + b"<html>Bad gateway</html>"
    ways: tuple[Step, ...] = (
        steps.reset,
        steps.close,
        steps.script(steps.send(cut), steps.close),
        steps.script(steps.send(cut), steps.reset),
        steps.script(steps.send(garbled), steps.close),
        steps.send(refusal(dice.choice((500, 502, 503, 504, 408)), 1000)),
        # The right answer, and a connection that ends where the next request begins.
        steps.script(steps.send(right(request)), steps.close_when_asked),
        steps.script(steps.send(right(request)), steps.close),
        steps.script(
            steps.send(head(200, ("Transfer-Encoding", "chunked")) + chunked(b"[]")[:-5]),
            steps.reset,
        ),
    )
    return dice.choice(ways)


def weather(calls: int, *, faults: float = 0.05, seed: int = 20260101) -> Figure:
    """Makes idempotent calls while a share of the exchanges fails in ways drawn from a seed."""
    dice = random.Random(seed)

    def decide(request: Recorded) -> Step:
        failing = dice.random() < faults
        return _weather_fault(dice, request) if failing else steps.send(right(request))

    failures: list[ApiException] = []
    with (
        FaultServer(steps.each_request(decide)) as server,
        authentication(server.url, seams=NO_SLEEP) as api,
    ):
        for number in range(calls):
            failure = failure_of(partial(call_some, api, number))
            if failure is not None:
                failures.append(failure)
    server.check()
    share = 1 - len(failures) / calls
    problems = [] if share >= 0.999 else [f"{share:.3%} succeeded", *some(failures)]
    if len(server.requests) == calls:
        problems.append("there were no faults")
    return Figure(f"{share:.2%} of {calls}", problems)
