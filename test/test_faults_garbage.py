"""Random bytes end with an exception of ours, and bombs are met while they are small."""

from .faults import steps
from .faults.answers import answer
from .faults.programs import run
from .faults.proof_garbage import LIMIT, bombs, random_bytes
from .faults.scale import scaled
from .faults.server import FaultServer


def test_random_bytes_end_with_an_exception_of_ours() -> None:
    assert random_bytes(scaled(1_000, 1_000_000)).problems == []


def test_bombs_end_within_the_limit_of_memory() -> None:
    assert bombs().problems == []


def test_the_measure_notices_memory() -> None:
    """So the proof can fail: an answer that is allowed to be large takes its room."""
    data = answer(b"[" + b" " * 4 * LIMIT + b"]")
    script = steps.script(steps.request, steps.send(data), steps.close)
    with FaultServer(script) as server:
        small = steps.script(steps.request, steps.send(answer([])), steps.close)
        server.script = steps.each_connection(lambda number: small if number == 1 else script)
        printed = run("bombed", server.url, "1", str(8 * LIMIT))
    assert "it succeeded" in printed
    assert int(printed.rpartition(",")[2].strip(" ]\n")) > 4 * LIMIT
