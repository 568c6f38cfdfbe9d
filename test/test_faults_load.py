"""What retries cost at most, and what they are good for; many threads on one client."""

from .faults.machine import budget
from .faults.proof_load import outages, weather
from .faults.proof_threads import threads
from .faults.scale import scaled


def test_outages_make_at_most_a_tenth_more_requests() -> None:
    assert outages(200).problems == []


def test_budget_and_deadline_hold_whatever_comes() -> None:
    assert budget(scaled(150, 5_000)).problems == []


def test_harmless_calls_succeed_in_spite_of_random_faults() -> None:
    assert weather(scaled(500, 10_000)).problems == []


def test_more_faults_than_retries_can_stand_are_noticed() -> None:
    """So the proof can fail."""
    assert weather(200, faults=0.7).problems != []


def test_many_threads_share_a_client() -> None:
    assert threads(scaled(30, 500)).problems == []
