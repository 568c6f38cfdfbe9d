"""Calls and clients leave no memory and no descriptor behind, whatever became of them.

Strategy: a process of its own makes them, so that what the server and the tests keep is not
counted; the service answers some of its calls rightly and fails the others.
"""

import json
from random import Random

from ..recording import Recorded
from . import certificates, programs, steps
from .answers import answer, refusal, right, truth
from .clients import Figure
from .server import FaultServer, Step

MOST = 1024 * 1024


def _unsteady(random: Random) -> Step:
    def decide(request: Recorded) -> Step:
        data = right(request)
        cut = data[: random.randrange(len(data))]
        ways: tuple[Step, ...] = (
            steps.reset,
            steps.script(steps.send(cut), steps.close),
            steps.script(steps.send(data), steps.close),
            steps.send(data + data),
            steps.send(refusal(404, 1011)),
            steps.send(refusal(500, 1000)),
            steps.send(refusal(429, "0000", ("Retry-After", "60"))),
            steps.send(answer(truth(request), framing="gzip")),
            steps.script(steps.send(b"garbage\r\n\r\n"), steps.close),
        )
        dice = random.random()
        if dice < 0.005:
            return steps.silence
        return random.choice(ways) if dice < 0.3 else steps.send(data)

    return steps.each_request(decide)


def left_behind(calls: int, clients: int, *, secure: bool, keep: bool = False) -> tuple[int, int]:
    """The bytes and descriptors that a process has gained by its calls and clients."""
    tls = certificates.right() if secure else None
    bundle = certificates.ca_file() if secure else ""
    with FaultServer(_unsteady(Random(7)), tls=tls) as server:
        kept = ("kept",) if keep else ()
        arguments = (server.url, bundle, str(calls), str(clients), *kept)
        printed = programs.run("leaking", *arguments)
    server.check()
    memory, descriptors = json.loads(printed)
    return memory, descriptors


def leaks(calls: int) -> Figure:
    """So many calls, and a client for each twenty of them; half of it plain, half over TLS."""
    results = {
        kind: left_behind(calls // 2, calls // 40, secure=kind == "TLS")
        for kind in ("plain", "TLS")
    }
    problems: list[str] = []
    for kind, (memory, descriptors) in results.items():
        if memory > MOST:
            problems.append(f"{kind}: {memory / 1024:.0f} KiB more")
        if descriptors:
            problems.append(f"{kind}: {descriptors} descriptors more")
    worst = max(memory for memory, _ in results.values())
    lost = sum(descriptors for _, descriptors in results.values())
    return Figure(f"{worst / 1024:.0f} KiB, {lost} descriptors", problems)
