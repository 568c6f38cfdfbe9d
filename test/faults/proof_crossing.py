"""No caller gets another's answer: after late and stray ones, interim ones, interrupts, forks.

Strategy: the service's answers tell whom they are for, and every call is for a user of its own.
"""

import json
import ssl
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

from ..recording import CONSUMER_KEY, Recorded
from . import certificates, programs, steps
from .answers import head, right
from .clients import Figure, authentication
from .crossing import Tally, ours
from .server import FaultServer, Step

READ_TIMEOUT = 0.1
_STRAY = Recorded("GET", "/snapTrade/encryptedJWT?userId=stranger", [], b"", 0)


def careless(random: Random, *, anytime: bool = False) -> Step:
    """Answers rightly, but with strays, interim answers, delays and late answers.

    A stray answer comes at once, or with `anytime` a moment later.
    """
    late = steps.pause(2 * READ_TIMEOUT)
    moment = steps.pause(0.001)
    stray = right(_STRAY)

    def decide(request: Recorded) -> Step:
        data = right(request)
        dice = random.random()
        if dice < 0.1:
            if anytime:
                return steps.script(steps.send(data), moment, steps.send(stray))
            return steps.send(data + stray)
        if dice < 0.2:
            return steps.send(head(103, ("Link", "</x>")) + head(100) + data)
        if dice < 0.23:
            return steps.script(late, steps.send(data))
        return steps.script(moment, steps.send(data)) if dice < 0.4 else steps.send(data)

    return steps.each_request(decide)


def strays(count: int, *, tls: ssl.SSLContext | None = None, fresh: bool = False) -> Tally:
    """Calls from four threads to a careless service."""
    script = careless(Random(7), anytime=fresh)
    options: dict[str, Any] = {"timeout": (5.0, READ_TIMEOUT), "fresh_connection": fresh}
    total = Tally()
    with FaultServer(script, tls=tls) as server, authentication(server.url, **options) as api:

        def work(name: int) -> Tally:
            tally, calls = Tally(), ours(api)
            for number in range(count // 4):
                tally.add(calls[number % len(calls)], f"{name}-{number}")
            return tally

        with ThreadPoolExecutor(4) as pool:
            for tally in pool.map(work, range(4)):
                total.join(tally)
    server.check()
    return total


def interrupts(count: int, *, tls: ssl.SSLContext | None = None) -> tuple[Tally, int]:
    """Calls into which a signal strikes at a random moment, and how many were struck."""
    bundle = certificates.ca_file() if tls else ""
    with FaultServer(careless(Random(8)), tls=tls) as server:
        printed = programs.run("interrupted", server.url, bundle, str(count), str(READ_TIMEOUT))
    server.check()
    tally = Tally()
    tally.calls, tally.answered, tally.crossed, struck = json.loads(printed)
    return tally, struck


def forks(count: int, *, kind: str = "ours", tls: ssl.SSLContext | None = None) -> Tally:
    """Calls of a program that forks, over five processes."""
    script = careless(Random(7))
    bundle = certificates.ca_file() if tls else ""
    # Bare urllib3 signs nothing.
    key = CONSUMER_KEY if kind == "ours" else None
    with FaultServer(script, tls=tls, consumer_key=key) as server:
        printed = programs.run("forked", kind, server.url, bundle, str(count // 6))
    total = Tally()
    for line in printed.splitlines():
        tally = Tally()
        tally.calls, tally.answered, tally.crossed = json.loads(line)
        total.join(tally)
    return total


def crossings(count: int) -> Figure:
    """All of it, plain and over TLS: about `count` calls."""
    total, problems = Tally(), list[str]()
    share = count // 8
    for tls in (None, certificates.right()):
        kind = "TLS" if tls else "plain"
        results = {
            "strays": strays(share, tls=tls),
            "strays at any time": strays(share, tls=tls, fresh=True),
            "forks": forks(share, tls=tls),
        }
        interrupted, struck = interrupts(share, tls=tls)
        if struck < share // 20:
            problems.append(f"{kind}: only {struck} interrupts of {share}")
        for name, tally in results.items():
            total.join(tally)
            problems += [f"{name}, {kind}: {problem}" for problem in tally.problems()]
        total.join(interrupted)
        problems += [
            f"interrupts, {kind}: {problem}" for problem in interrupted.problems(least=0.1)
        ]
    return Figure(f"{total.crossed} of {total.calls} calls", problems)
