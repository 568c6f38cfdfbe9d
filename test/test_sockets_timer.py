"""Timers on a clock that is moved by hand."""

import errno

import pytest

from snaptrade_client.exceptions import (
    ConnectTimeoutError,
    DeadlineExceededError,
    ReadTimeoutError,
    TransportError,
)

from .timers import Clock, started


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize(
    ("connect", "read", "deadline", "connecting", "reading"),
    [
        (5.0, 15.0, 25.0, 5.0, 15.0),
        (5.0, 15.0, 3.0, 3.0, 3.0),
        (5.0, None, None, 5.0, None),
        (None, 15.0, None, None, 15.0),
        (None, 15.0, 10.0, 10.0, 10.0),
        (None, 15.0, 25.0, 25.0, 15.0),
        (None, None, None, None, None),
        (None, None, 25.0, 25.0, 25.0),
    ],
    ids=repr,
)
def test_a_wait_ends_at_the_nearest_limit(
    clock: Clock,
    connect: float | None,
    read: float | None,
    deadline: float | None,
    connecting: float | None,
    reading: float | None,
) -> None:
    timer = started(clock, connect=connect, read=read, deadline=deadline)
    assert timer.seconds() == connecting
    timer.connected()
    assert timer.seconds() == reading


def test_connecting_is_bounded_as_a_whole_and_reading_by_its_gaps(clock: Clock) -> None:
    timer = started(clock, connect=5, read=15, deadline=None)
    clock.now += 3
    assert timer.seconds() == 2
    timer.connected()
    clock.now += 100
    assert timer.seconds() == 15


def test_the_deadline_bounds_everything(clock: Clock) -> None:
    timer = started(clock, connect=5, read=15, deadline=25)
    timer.connected()
    clock.now += 24
    assert timer.seconds() == 1


@pytest.mark.parametrize("beyond", [0, 1])
@pytest.mark.parametrize(
    ("connect", "deadline", "connected", "expected"),
    [
        (5, 25, False, ConnectTimeoutError),
        (5, 5, False, DeadlineExceededError),
        (25, 5, False, DeadlineExceededError),
        (5, 25, True, DeadlineExceededError),
    ],
    ids=repr,
)
def test_no_wait_begins_when_there_is_no_time_left(
    clock: Clock,
    connect: float,
    deadline: float,
    connected: bool,
    expected: type[TransportError],
    beyond: float,
) -> None:
    timer = started(clock, connect=connect, read=15, deadline=deadline)
    if connected:
        timer.connected()
    clock.now += (deadline if connected else min(connect, deadline)) + beyond
    with pytest.raises(TimeoutError):
        timer.seconds()
    assert type(timer.failure()) is expected


def test_a_wait_that_ends_a_rounding_early_has_still_met_the_deadline(clock: Clock) -> None:
    timer = started(clock, connect=5, read=15, deadline=10)
    timer.connected()
    clock.now += 9.996
    assert isinstance(timer.failure(), DeadlineExceededError)
    clock.now -= 0.01
    assert isinstance(timer.failure(), ReadTimeoutError)


def test_a_silence_is_a_read_timeout(clock: Clock) -> None:
    timer = started(clock, connect=5, read=15, deadline=25)
    timer.connected()
    clock.now += 15
    assert isinstance(timer.failure(), ReadTimeoutError)


def test_a_limit_that_is_met_before_its_time_is_the_programs_own(clock: Clock) -> None:
    timer = started(clock, connect=5, read=15, deadline=25)
    timer.connected()
    assert timer.seconds() == 15
    # A clock that stands still tells nothing.
    assert not timer.is_early(TimeoutError())
    clock.now += 14.7
    assert timer.is_early(TimeoutError())
    assert not timer.is_early(TimeoutError(errno.ETIMEDOUT, "Connection timed out"))
    assert not timer.is_early(ConnectionResetError())
    clock.now += 0.1
    assert not timer.is_early(TimeoutError())


def test_a_wait_that_is_told_to_be_over_was_not_early(clock: Clock) -> None:
    timer = started(clock, connect=5, read=15, deadline=25)
    timer.seconds()
    clock.now += 1
    assert not timer.is_early(timer.is_over())


def test_without_a_limit_to_the_whole_it_is_not_known_whether_a_wait_was_early(
    clock: Clock,
) -> None:
    timer = started(clock, connect=5, read=15, deadline=None)
    timer.seconds()
    timer.connected()
    timer.seconds()
    clock.now += 1
    assert not timer.is_early(TimeoutError())
