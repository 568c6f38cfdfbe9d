"""The budget and the deadline of a client, whatever comes of its attempts.

Strategy: hypothesis makes up calls, answers and their durations; all clocks are fake. After each
step the promises are compared with what was sent and when.
"""

from collections.abc import Iterator
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from snaptrade_client import (
    ApiException,
    ConnectionFailedError,
    ConnectionLostError,
    DeadlineExceededError,
    RegistrationOutcomeUnknown,
    TlsError,
)
from snaptrade_client.transport import Answer, Request

from ..fakes import Fake, Step, answer, failed
from .clients import Figure, first_of

_STEPS: tuple[Step, ...] = (
    failed(ConnectionFailedError, "not_sent", "not_sent"),
    failed(ConnectionLostError, "unknown", "lost"),
    failed(TlsError, "not_sent", "refused"),
    *(answer({"detail": "no"}, status) for status in (400, 404, 408, 425, 500, 501, 503)),
    *(answer({"detail": "no"}, 429, Retry_After=after) for after in ("0", "1", "7", "9999999")),
    answer({"detail": "no"}, 503, Retry_After="3"),
    answer({"default_code": 1076}, 401, Date="Tue, 14 Nov 2023 22:00:00 GMT"),
)
_RIGHT = answer(["u1"])
_REGISTERED = answer({"userId": "u1", "userSecret": "s1"})

steps = st.lists(st.one_of(st.none(), st.sampled_from(_STEPS)), max_size=8)
deadlines = st.one_of(st.none(), st.floats(0.01, 30))


class BudgetAndDeadline(RuleBasedStateMachine):
    """One client, its calls, and what each of them may cost."""

    @initialize(jitter=st.floats(0, 1), retries=st.integers(0, 10))
    def begin(self, jitter: float, retries: int) -> None:
        """Make the client."""
        self.steps: Iterator[Step | None] = iter(())
        self.right = _RIGHT
        self.calls = 0
        self.end: float | None = None
        self.fake = Fake(self._script(), jitter=jitter, retries=retries)

    def _script(self) -> Iterator[Step]:
        while True:
            step = next(self.steps, None)
            yield self._cut_off if step is None else step

    def _cut_off(self, request: Request) -> Answer:
        """Answer rightly, unless the deadline comes first, as the transport promises."""
        time = self.fake.time
        if self.end is not None and time.now >= self.end:
            time.now = self.end
            failed(DeadlineExceededError, "unknown", "lost")(request)
        return self.right

    def _call(
        self, call: Any, drawn: list[Step | None], seconds: float, deadline: Any
    ) -> list[Any]:
        fake = self.fake
        self.steps, self.calls = iter(drawn), self.calls + 1
        fake.transport.seconds = seconds
        started, before = fake.time.now, fake.sent
        self.end = None if deadline is None else started + deadline
        try:
            return [call(deadline=deadline), fake.sent - before]
        except ApiException as error:
            return [error, fake.sent - before]
        finally:
            moments = fake.transport.moments[before:]
            assert moments
            if self.end is not None:
                assert all(moment <= self.end for moment in moments), "sent after the deadline"
                slack = seconds + 1e-6
                assert fake.time.now <= self.end + slack, "waited beyond the deadline"

    @rule(drawn=steps, seconds=st.floats(0, 2), deadline=deadlines)
    def list_users(self, drawn: list[Step | None], seconds: float, deadline: float | None) -> None:
        """Call what can be sent twice."""
        self.right = _RIGHT
        api = self.fake.authentication
        _, sent = self._call(api.list_snap_trade_users, drawn, seconds, deadline)
        assert sent <= self.fake.client.configuration.retries + 1

    @rule(drawn=steps, seconds=st.floats(0, 2), deadline=deadlines)
    def register(self, drawn: list[Step | None], seconds: float, deadline: float | None) -> None:
        """Call what can't: an unknown outcome is the last thing that happens."""
        self.right = _REGISTERED
        api = self.fake.authentication

        def call(deadline: float | None) -> object:
            return api.register_snap_trade_user(user_id="u1", deadline=deadline)

        result, _ = self._call(call, drawn, seconds, deadline)
        unknown = [attempt.outcome == "unknown" for attempt in result.attempts]
        assert not any(unknown[:-1]), "sent after an unknown outcome"
        assert unknown[-1] == isinstance(result, RegistrationOutcomeUnknown)

    @rule(seconds=st.floats(0, 4000))
    def pause(self, seconds: float) -> None:
        """Let time pass: it earns nothing."""
        self.fake.time.now += seconds

    @invariant()
    def bounded(self) -> None:
        """What retries add stays within the budget."""
        if hasattr(self, "fake"):
            assert self.fake.sent <= 1.1 * self.calls + 10


def budget(examples: int) -> Figure:
    """Plays `examples` stories of up to 40 steps."""
    chosen = settings(max_examples=examples, stateful_step_count=40, deadline=None, database=None)
    problems: list[str] = []
    try:
        run_state_machine_as_test(BudgetAndDeadline, settings=chosen)
    except (AssertionError, Flaky) as error:
        problems.append(first_of(error) or "the budget was exceeded")
    return Figure(f"{len(problems)} broken in {examples} stories", problems)
