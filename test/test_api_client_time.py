"""Waits and the deadline, the budget of retries, and the correction of the clock."""

from collections.abc import Callable
from email.utils import formatdate
from itertools import count, repeat
from typing import Any

import pytest

from snaptrade_client import (
    ApiException,
    BadRequestError,
    ConnectionLostError,
    RateLimitError,
    ServerError,
    UnauthorizedError,
)
from snaptrade_client.transport import Answer, Request

from .fakes import Fake, Service, answer, failed

HALF_A_DAY = 12 * 3600.0
LOST = failed(ConnectionLostError, "unknown", "lost")
THROTTLED = {"detail": "Request was throttled. Expected available in 7 seconds."}


def listing(fake: Fake, **options: Any) -> Any:
    return fake.authentication.list_snap_trade_users(**options)


def registering(fake: Fake, **options: Any) -> Any:
    return fake.authentication.register_snap_trade_user(user_id="u1", **options)


@pytest.mark.parametrize("call", [listing, registering])
@pytest.mark.parametrize(
    ("took", "told", "deadline"),
    [(4.75, 20.0, 25.0), (1.0, 3599.0, None), (1.0, 0.0, 1.25)],
)
def test_a_told_wait_that_fits_is_waited(
    took: float, told: float, deadline: float | None, call: Callable[..., Any]
) -> None:
    body: Any = [] if call is listing else {"userId": "u1", "userSecret": "s"}
    fake = Fake([answer({}, 429, Retry_After=f"{told:g}"), answer(body)], jitter=0.0)
    fake.transport.seconds = took
    call(fake, deadline=deadline)
    assert fake.time.sleeps == [told]
    assert fake.transport.moments == [100.0, 100.0 + took + told]


@pytest.mark.parametrize("call", [listing, registering])
@pytest.mark.parametrize(
    ("took", "told", "deadline"),
    [(5.0, 20.0, 25.0), (5.25, 20.0, 25.0), (26.0, 0.0, 25.0), (1.0, 3601.0, None)],
    ids=["ends at the deadline", "does not fit", "came after it", "more than an hour"],
)
def test_a_told_wait_that_does_not_fit_is_not_begun(
    took: float, told: float, deadline: float | None, call: Callable[..., Any]
) -> None:
    fake = Fake([answer({}, 429, Retry_After=f"{told:g}")], jitter=0.0)
    fake.transport.seconds = took
    with pytest.raises(RateLimitError) as caught:
        call(fake, deadline=deadline)
    assert caught.value.retry_after == told
    assert caught.value.safe_to_retry
    assert [attempt.wait for attempt in caught.value.attempts] == [0.0]
    assert fake.time.sleeps == []


def test_the_jitter_of_a_told_wait_counts_for_the_deadline() -> None:
    """20 s would fit, 20.25 s end at the deadline."""
    fake = Fake([answer({}, 429, Retry_After="20")])
    fake.transport.seconds = 4.75
    with pytest.raises(RateLimitError):
        listing(fake)
    assert fake.sent == 1


@pytest.mark.parametrize(
    ("given", "wait"),
    [
        (answer(THROTTLED, 429, Retry_After="3"), 3.0),
        (answer(THROTTLED, 429, Retry_After="Tue, 14 Nov 2023 22:15:06 GMT"), 4.0),
        (answer(THROTTLED, 429, X_RateLimit_Remaining="0", X_RateLimit_Reset="9"), 9.0),
        (answer(THROTTLED, 429), 7.0),
        (answer({}, 429), None),
        (answer({}, 503, Retry_After="3"), 3.0),
        (answer(THROTTLED, 503), None),
    ],
    ids=["seconds", "date", "reset", "text", "429 alone", "503", "503 alone"],
)
@pytest.mark.parametrize("jitter", [0.0, 1.0])
def test_a_wait_is_the_one_that_was_told_and_a_little_more(
    given: Answer, wait: float | None, jitter: float
) -> None:
    fake = Fake([given, answer([])], jitter=jitter)
    assert listing(fake).body == []
    assert fake.time.sleeps == [0.25 * jitter if wait is None else wait + 0.25 * jitter]


@pytest.mark.parametrize(("deadline", "sent"), [(2.25, 1), (2.5, 2), (None, 3)])
def test_a_backoff_that_does_not_fit_is_not_begun(deadline: float | None, sent: int) -> None:
    fake = Fake(repeat(LOST), deadline=deadline)
    with pytest.raises(ConnectionLostError) as caught:
        listing(fake)
    assert fake.sent == sent == len(caught.value.attempts)


def test_all_attempts_of_a_call_have_one_deadline() -> None:
    fake = Fake([LOST, LOST, answer([]), answer([]), answer([])], deadline=25.0)
    listing(fake, timeout=(1, 2))
    listing(fake, deadline=3)
    listing(fake, deadline=None)
    limits = fake.transport.limits
    assert [each.deadline for each in limits] == [125.0] * 3 + [100 + 6.75 + 3, None]
    assert [(each.connect, each.read) for each in limits] == [(1, 2)] * 3 + [(5.0, 15.0)] * 2
    assert {each.max_body_bytes for each in limits} == {64 * 1024 * 1024}


def test_a_call_that_waits_past_nothing_ends_within_its_deadline() -> None:
    """However often it is tried, no attempt begins after the deadline."""
    fake = Fake(repeat(LOST), deadline=25.0, retries=1000)
    with pytest.raises(ConnectionLostError):
        listing(fake)
    assert fake.sent > 5
    assert all(moment < 125.0 for moment in fake.transport.moments)


def test_the_budget_is_shared_by_all_calls_of_a_client() -> None:
    """Five calls spend it; ten successes pay for another retry."""
    failing = repeat(LOST, 16)
    fake = Fake([*failing, *repeat(answer([]), 10), *repeat(LOST, 3)])
    for sent in (3, 6, 9, 12, 15, 16):
        with pytest.raises(ConnectionLostError):
            listing(fake)
        assert fake.sent == sent
    for _ in range(10):
        listing(fake)
    for sent in (28, 29):
        with pytest.raises(ConnectionLostError):
            listing(fake)
        assert fake.sent == sent


def test_the_budget_bounds_retries_of_every_kind() -> None:
    """Throttling, corrections of the clock and failures before sending draw on it too."""
    fake = Fake(repeat(answer({}, 429, Retry_After="0")), deadline=None)
    for _ in range(20):
        with pytest.raises(RateLimitError):
            registering(fake)
    assert fake.sent == 20 + 10
    fake.time.wrong = HALF_A_DAY
    fake.transport.script = repeat(Service(fake.time, []))
    with pytest.raises(UnauthorizedError):
        listing(fake)
    assert fake.sent == 31
    # What was learnt of the clock serves the next call.
    assert listing(fake).body == []


def test_a_call_without_retries_does_not_touch_the_budget() -> None:
    fake = Fake(repeat(LOST))
    for _ in range(50):
        with pytest.raises(ConnectionLostError):
            listing(fake, retries=0)
    with pytest.raises(ConnectionLostError):
        listing(fake)
    assert fake.sent == 53


@pytest.mark.parametrize("wrong", [HALF_A_DAY, -HALF_A_DAY, 90.0, -90.0])
@pytest.mark.parametrize("code", [1076, "1076", None])
def test_a_clock_that_is_off_costs_one_send_and_is_repaired_for_one(
    wrong: float, code: str | int | None
) -> None:
    fake = Fake([])
    fake.transport.script = repeat(Service(fake.time, [], code=code))
    fake.time.wrong = wrong
    # Off, repaired, and off the other way: each costs one extra send, and the next call none.
    for now, off in ((2, wrong), (5, 0.0), (8, -wrong)):
        fake.time.wrong = off
        response = listing(fake)
        assert [attempt.result for attempt in response.attempts] == ["clock", "ok"]
        assert fake.sent == now
        assert fake.client.clock_skew == pytest.approx(-off, abs=3)
        assert len(listing(fake).attempts) == 1
        assert abs(fake.timestamps[-1] - fake.time.true()) < 5


@pytest.mark.parametrize("status", [400, 401, 403])
def test_the_correction_waits_for_nothing(status: int) -> None:
    fake = Fake([])
    fake.time.wrong = -90.0
    fake.transport.script = repeat(Service(fake.time, [], status=status))
    response = listing(fake)
    assert fake.time.sleeps == [0.0]
    assert response.elapsed == 4.0
    assert response.attempts[0][:3] == ("clock", "rejected", status)


def refusal(offset: float, **headers: str) -> Callable[[Request], Answer]:
    """A refusal whose date is `offset` seconds ahead of each request's timestamp."""

    def refuse(request: Request) -> Answer:
        moment = int(request.target.rpartition("=")[2]) + offset
        body = {"default_detail": "refused", "default_code": 1076}
        return answer(body, 401, Date=formatdate(moment, usegmt=True), **headers)

    return refuse


@pytest.mark.parametrize(
    ("refuse", "sent"),
    [
        (refusal(0), 1),
        (refusal(9), 1),
        (refusal(-9), 1),
        (refusal(10), 2),
        (refusal(-10), 2),
        (refusal(24 * 3600), 2),
        (refusal(24 * 3600 + 1), 1),
        (refusal(3600, Age="5"), 1),
    ],
    ids=["a wrong key", "9 s", "-9 s", "10 s", "-10 s", "a day", "more", "a cache's answer"],
)
def test_only_a_clock_that_explains_the_refusal_is_corrected_and_once(
    refuse: Callable[[Request], Answer], sent: int
) -> None:
    """The service's date keeps moving: one correction is all that a call makes."""
    fake = Fake(repeat(refuse), retries=5)
    with pytest.raises(UnauthorizedError) as caught:
        listing(fake)
    assert fake.sent == sent == len(caught.value.attempts)
    assert caught.value.code == 1076
    assert (fake.client.clock_skew == 0.0) is (sent == 1)


@pytest.mark.parametrize(
    ("status", "code"), [(401, 1083), (400, 1010), (403, 1066), (404, 1076), (400, None)]
)
def test_another_refusal_does_not_move_the_clock(status: int, code: int | None) -> None:
    fake = Fake(
        [answer({"detail": "no", "code": code}, status, Date="Tue, 14 Nov 2023 00:00:00 GMT")]
    )
    with pytest.raises(ApiException):
        listing(fake)
    assert fake.client.clock_skew == 0.0
    assert fake.sent == 1


def test_a_call_that_may_not_be_tried_again_corrects_the_clock_for_the_next() -> None:
    fake = Fake([])
    fake.time.wrong = HALF_A_DAY
    fake.transport.script = repeat(Service(fake.time, [], status=400))
    with pytest.raises(BadRequestError):
        listing(fake, retries=0)
    assert fake.sent == 1
    assert fake.client.clock_skew == pytest.approx(-HALF_A_DAY, abs=3)
    assert len(listing(fake).attempts) == 1


def test_a_correction_is_one_of_the_attempts() -> None:
    fake = Fake([])
    fake.time.wrong = HALF_A_DAY
    service = Service(fake.time, [])
    fake.transport.script = iter([service, answer({}, 500), answer({}, 500), service])
    with pytest.raises(ServerError) as caught:
        listing(fake)
    assert [attempt.result for attempt in caught.value.attempts] == ["clock", *["server_error"] * 2]
    assert fake.time.sleeps == [0.0, 0.5]


def test_timestamps_are_whole_seconds_of_the_corrected_clock() -> None:
    fake = Fake(repeat(answer([])))
    for step in count():
        fake.time.now = 100 + step / 8
        fake.transport.seconds = 0.0
        listing(fake)
        if step == 16:
            break
    assert fake.timestamps == [1_700_000_100 + step // 8 for step in range(17)]
