"""Nobody gets another's answer; and the same program on bare urllib3 does."""

from .faults.crossing import Tally
from .faults.proof_crossing import crossings, forks
from .faults.scale import scaled


def test_no_answer_is_somebody_elses() -> None:
    assert crossings(scaled(1600, 10_000)).problems == []


def test_a_pool_that_is_shared_after_a_fork_crosses_answers() -> None:
    """So the proof can fail. Chance decides which answers cross, and so how many tries it takes."""
    crossed = 0
    for _ in range(10):
        crossed += forks(400, kind="bare").crossed
        if crossed:
            break
    assert crossed > 0


def test_the_tally_notices_another_users_answer() -> None:
    tally = Tally()
    tally.add(lambda user: user, "me")
    tally.add(lambda _: "you", "me")
    assert tally.problems() == ["1 answers crossed"]
    silent = Tally()
    silent.calls = 10
    assert silent.problems() == ["0 answers to 10 calls"]
