"""Calls and clients leave nothing behind."""

from .faults.proof_leaks import MOST, leaks, left_behind
from .faults.scale import scaled


def test_calls_and_clients_leave_nothing_behind() -> None:
    assert leaks(scaled(1_500, 10_000)).problems == []


def test_answers_and_clients_that_are_kept_are_noticed() -> None:
    """So the proof can fail."""
    memory, descriptors = left_behind(1_500, 20, secure=False, keep=True)
    assert memory > MOST
    assert descriptors > 0
