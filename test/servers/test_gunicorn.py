"""gunicorn with --preload: every user gets the own answer, and no worker stays behind.

Strategy: threads ask a web service whose workers share the client of the process that they were
forked from. The service's answers tell whom they are for. The same on bare urllib3 does find
crossed answers, so these tests can fail.
"""

import socket
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from random import Random

import pytest

from ..faults import steps
from ..faults.crossing import Tally
from ..faults.server import FaultServer
from .running import PYTHON, Program, running
from .service import DEADLINE, FIRST_USER, environment, service, steady, unsteady

WORKERS = 4
THREADS = 16
Show = Callable[[str], None]
KINDS = ("sync", "gthread")
kinds = pytest.mark.parametrize("kind", KINDS)


class Web:
    """A running web service."""

    def __init__(self, port: int, program: Program) -> None:
        self.program = program
        self.workers: set[int] = set()
        self._port = port

    def ask(self, number: int, user: str) -> Tally:
        """Has a call made for a user."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request("GET", f"/{number}/{user}")
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        assert answer.status == 200, f"{answer.status}: {self.program.log}"
        worker, answered, crossed = map(int, text.split())
        self.workers.add(worker)
        tally = Tally()
        tally.calls, tally.answered, tally.crossed = 1, answered, crossed
        return tally

    def ask_often(self, count: int) -> Tally:
        """Has calls made for users of their own, many at once."""
        total = Tally()
        with ThreadPoolExecutor(THREADS) as pool:
            numbers = range(count)
            for tally in pool.map(self.ask, numbers, (f"user-{number}" for number in numbers)):
                total.join(tally)
        return total


@contextmanager
def gunicorn(
    folder: Path, server: FaultServer, kind: str, *options: str, client: str = "ours"
) -> Generator[Web]:
    """Gunicorn with four workers, which were forked from a process that has made a call."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        bind = f"fd://{listener.fileno()}"
        command = [*PYTHON, "gunicorn", "--preload", "--bind", bind, "--workers", str(WORKERS)]
        command += ["--worker-class", kind, "--threads", "1" if kind == "sync" else "4"]
        # A worker that is just being forked may miss the signal to stop, and is killed after this.
        command += ["--graceful-timeout", str(2 * DEADLINE)]
        # Its control socket would be in the home folder.
        command += ["--no-control-socket", *options, "test.servers.web:app"]
        variables = environment(server, client)
        with running(folder, *command, files=[listener.fileno()], variables=variables) as program:
            yield Web(listener.getsockname()[1], program)


@kinds
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_no_answer_is_crossed(tmp_path: Path, kind: str, tls: bool, show: Show) -> None:
    with service(unsteady(Random(7)), tls=tls) as server, gunicorn(tmp_path, server, kind) as web:
        tally = web.ask_often(1000)
    show(f"{tally}, by {len(web.workers)} workers")
    assert not tally.problems(), f"{tally}: {web.program.log}"
    assert len(web.workers) == WORKERS, web.program.log


def test_bare_urllib3_does_cross_answers(tmp_path: Path, show: Show) -> None:
    """Its workers share the connection of the process that they were forked from."""
    crossed = 0
    for kind in KINDS:
        with (
            FaultServer(unsteady(Random(7)), consumer_key=None) as server,
            gunicorn(tmp_path, server, kind, client="bare") as web,
        ):
            tally = web.ask_often(300)
        show(f"{kind}: {tally}")
        crossed += tally.crossed
    assert crossed > 0


@kinds
def test_recycled_workers_lose_nothing(tmp_path: Path, kind: str, show: Show) -> None:
    """Each worker ends after some requests, and another is forked with the client's connection."""
    options = ["--max-requests", "40", "--max-requests-jitter", "10"]
    with (
        service(steady(steps.pause(0.001))) as server,
        gunicorn(tmp_path, server, kind, *options) as web,
    ):
        tally = web.ask_often(500)
    show(f"{tally}, by {len(web.workers)} workers")
    assert not tally.problems(least=1), f"{tally}: {web.program.log}"
    assert len(web.workers) >= 2 * WORKERS, web.program.log


@kinds
def test_a_graceful_stop_waits_for_the_call(tmp_path: Path, kind: str) -> None:
    gate = steps.Gate()
    with (
        service(steady(gate)) as server,
        gunicorn(tmp_path, server, kind) as web,
        ThreadPoolExecutor(1) as pool,
    ):
        asked = pool.submit(web.ask, 0, "user")
        assert gate.reached.wait(20), web.program.log
        web.program.ask_to_stop()
        gate.opened.set()
        tally = asked.result(20)
    assert (tally.answered, tally.crossed) == (1, 0)


def test_the_deadline_comes_before_the_end_of_the_worker(tmp_path: Path) -> None:
    """Gunicorn kills a worker whose request takes longer than its timeout."""
    endless = steps.drip(b"HTTP/1.1 200 OK\r\nX-Endless: " + b"x" * 1000)
    options = ["--timeout", str(2 * DEADLINE)]
    with service(steady(endless)) as server, gunicorn(tmp_path, server, "sync", *options) as web:
        assert web.ask(0, FIRST_USER).answered, web.program.log
        started = time.monotonic()
        tally = web.ask(0, "user")
        seconds = time.monotonic() - started
    assert (tally.calls, tally.answered) == (1, 0)
    assert DEADLINE < seconds < 2 * DEADLINE
    assert "WORKER TIMEOUT" not in web.program.log
