"""Celery's prefork worker: its soft time limits strike in the middle of calls, and cross nothing.

Strategy: tasks make call after call until their limit strikes, which Celery does with a signal to
the worker's process, and then go on with the same client, as the process's next tasks do. Celery
looks once in a second for tasks that are over their limit, so each strike comes at a moment that
has nothing to do with the call that it meets.
"""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from ..faults.crossing import Tally
from ..faults.server import FaultServer
from .broker import Outcome, celery_app
from .running import PYTHON, running
from .service import environment, service, unsteady

PROCESSES, TASKS = 4, 40
# Seconds; the second is for a task and those before it.
SOFT_LIMIT, PATIENCE = 0.1, 30
Show = Callable[[str], None]
_WORKER = (
    *("celery", "-A", "test.servers.tasks", "worker", "--pool", "prefork"),
    *("--concurrency", str(PROCESSES), "--loglevel", "WARNING"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
)


class Outcomes:
    """What tasks came to."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.processes: set[int] = set()
        self.struck: list[str] = []

    def __str__(self) -> str:
        return (
            f"{self.in_calls} of {len(self.struck)} limits struck in the middle of a call, "
            f"{self.tally}, by {len(self.processes)} processes"
        )

    @property
    def in_calls(self) -> int:
        """How many limits struck in the middle of a call."""
        return self.struck.count("in a call")

    def add(self, outcome: Outcome) -> None:
        """Adds what a task has returned."""
        pid, struck, *numbers = outcome
        tally = Tally()
        tally.calls, tally.answered, tally.crossed = numbers
        self.tally.join(tally)
        self.processes.add(pid)
        self.struck.append(struck)


def run_tasks(folder: Path, server: FaultServer, count: int, client: str = "ours") -> Outcomes:
    """Runs tasks, and collects what they come to."""
    app, outcomes = celery_app(folder), Outcomes()
    variables = {**environment(server, client), "BROKER": str(folder)}
    with running(folder, *PYTHON, *_WORKER, variables=variables) as worker:
        limit = {"soft_time_limit": SOFT_LIMIT}
        sent = [app.send_task("work", [f"task-{number}"], **limit) for number in range(count)]
        try:
            for result in sent:
                outcomes.add(result.get(timeout=PATIENCE, interval=0.05))
        except Exception as error:
            raise AssertionError(f"{outcomes}: {worker.log}") from error
    return outcomes


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_soft_time_limits_cross_nothing(tmp_path: Path, tls: bool, show: Show) -> None:
    with service(unsteady(Random(7)), tls=tls) as server:
        outcomes = run_tasks(tmp_path, server, TASKS)
    show(str(outcomes))
    assert not outcomes.tally.problems(), str(outcomes)
    # A strike between two calls is rare.
    assert outcomes.in_calls >= 0.8 * TASKS, str(outcomes)
    assert len(outcomes.processes) == PROCESSES, str(outcomes)


def test_bare_urllib3_does_cross_answers(tmp_path: Path, show: Show) -> None:
    with FaultServer(unsteady(Random(7)), consumer_key=None) as server:
        outcomes = run_tasks(tmp_path, server, 8, "bare")
    show(str(outcomes))
    assert outcomes.tally.crossed > 0, str(outcomes)
