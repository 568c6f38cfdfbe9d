"""A wrong clock, a wrong key, and being told to wait."""

from .faults import steps
from .faults.clients import authentication, failure_of, no_sleep
from .faults.proof_clock import clock, wrong_key
from .faults.proof_throttling import Time, real_wait, told_waits
from .faults.scale import scaled
from .faults.server import FaultServer


def test_a_clock_that_changes_costs_one_request_each_time() -> None:
    assert clock(scaled(8, 200)).problems == []


def test_a_wrong_key_is_sent_once() -> None:
    assert wrong_key(scaled(40, 400)).problems == []


def test_nothing_is_sent_earlier_than_told_and_nobody_waits_in_vain() -> None:
    assert told_waits(scaled(150, 5_000)).problems == []


def test_a_request_that_comes_early_is_noticed() -> None:
    """So the proof can fail."""
    time = Time(7)
    time.refusals = 3
    seams = time.seams()._replace(sleep=no_sleep)
    with FaultServer(steps.each_request(time.decide)) as server:
        for _ in range(4):
            with authentication(server.url, seams=seams) as api:
                failure_of(api.list_snap_trade_users)
    assert "early" in time.problems[0]


def test_a_told_wait_is_obeyed_on_real_clocks() -> None:
    waited, requests = real_wait(1)
    assert 1.0 <= waited < 1.75
    assert requests == 2


def test_a_told_wait_beyond_the_deadline_is_not_begun_on_real_clocks() -> None:
    ended, requests = real_wait(3)
    assert ended < 0.5
    assert requests == 1
