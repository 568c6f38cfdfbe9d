"""A clock that is moved by hand, and timers on it."""

import time

from snaptrade_client.transport import Limits
from snaptrade_client.transport.sockets import Timer

from .raw import limits


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def timer(connect: float | None = 5.0, read: float | None = 15.0) -> Timer:
    """A timer on the real clock."""
    return Timer(limits(connect=connect, read=read), time.monotonic)


def started(
    clock: Clock, *, connect: float | None, read: float | None, deadline: float | None
) -> Timer:
    moment = None if deadline is None else clock.now + deadline
    return Timer(Limits(connect, read, moment, max_body_bytes=1, fresh=False), clock)
