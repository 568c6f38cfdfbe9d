"""The budget of retries: N calls send at most 1.1 N + 10 requests, whatever happens."""

import threading
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from snaptrade_client.retry import RetryBudget


def test_a_full_bucket_pays_for_ten_retries_and_ten_successes_for_one() -> None:
    budget = RetryBudget()
    assert [budget.spend() for _ in range(11)] == [True] * 10 + [False]
    for _ in range(9):
        budget.earn()
        assert not budget.spend()
    budget.earn()
    assert budget.spend()
    assert not budget.spend()


def test_a_refused_retry_costs_nothing() -> None:
    budget = RetryBudget()
    for _ in range(10):
        budget.spend()
    for _ in range(5):
        budget.earn()
    for _ in range(3):
        assert not budget.spend()
    for _ in range(5):
        budget.earn()
    assert budget.spend()


def test_the_bucket_holds_no_more_than_its_size() -> None:
    budget = RetryBudget()
    for _ in range(1000):
        budget.earn()
    assert [budget.spend() for _ in range(11)] == [True] * 10 + [False]


class Client(RuleBasedStateMachine):
    """A client whose calls fail and succeed in any order; its retries go through the budget."""

    def __init__(self) -> None:
        super().__init__()
        self.budget = RetryBudget()
        self.calls = 0
        self.sent = 0

    @rule(failures=st.integers(0, 50), succeeds=st.booleans())
    def call(self, failures: int, succeeds: bool) -> None:
        self.calls += 1
        self.sent += 1
        for _ in range(failures):
            if not self.budget.spend():
                return
            self.sent += 1
        if succeeds:
            self.budget.earn()

    @invariant()
    def amplification_is_bounded(self) -> None:
        assert self.sent <= 1.1 * self.calls + 10


TestClient = Client.TestCase
TestClient.settings = settings(max_examples=50, stateful_step_count=50)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(), threads=st.integers(2, 8))
def test_the_bound_holds_with_many_threads(seed: int, threads: int) -> None:
    budget = RetryBudget()
    each = 200
    retries = [0] * threads
    earned = [0] * threads
    start = threading.Barrier(threads)

    def work(number: int) -> None:
        random = Random(f"{seed} {number}")
        start.wait()
        for _ in range(each):
            if random.random() < 0.5:
                budget.earn()
                earned[number] += 1
            retries[number] += budget.spend()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert 10 <= sum(retries) <= 10 + sum(earned) / 10
    assert 1.1 * each * threads + 10 >= each * threads + sum(retries)
