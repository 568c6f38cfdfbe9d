"""Every call ends at its deadline, within a quarter of a second; and the measure can tell."""

from .faults import steps
from .faults.answers import answer
from .faults.clients import authentication
from .faults.proof_deadlines import ALLOWED, DEADLINE, deadlines, measured
from .faults.server import FaultServer


def test_every_call_ends_at_its_deadline_in_every_phase() -> None:
    assert deadlines().problems == []


def test_the_measure_notices_a_call_that_ends_late_and_one_that_ends_early() -> None:
    slow = steps.script(
        steps.request, steps.pause(DEADLINE + ALLOWED + 0.1), steps.send(answer([]))
    )
    with FaultServer(slow) as server, authentication(server.url, deadline=None) as api:
        late, problem = measured(api.list_snap_trade_users)
    assert late > ALLOWED
    assert "late" in str(problem)
    with steps.refused_port() as port, authentication(f"http://127.0.0.1:{port}", retries=0) as api:
        assert "early" in str(measured(api.list_snap_trade_users)[1])
