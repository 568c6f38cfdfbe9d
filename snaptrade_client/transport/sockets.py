"""Sockets that obey a deadline: name resolution, connecting, reading.

Strategy: a timeout of a socket bounds one wait, so that a server which sends a byte now and then
holds a call for ever. Here each wait is armed anew with what is left, from a monotonic clock.
`doctor` uses this too.
"""

from __future__ import annotations

import io
import math
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from snaptrade_client.exceptions import (
    ConnectTimeoutError,
    DeadlineExceededError,
    ReadTimeoutError,
    TransportError,
)
from snaptrade_client.interrupts import is_from_outside
from snaptrade_client.transport.messages import Limits

# A wait that ends this much before its moment, by rounding, counts as having reached it.
_ROUNDING = 0.005
# Seconds that an address has at least before the next one of its name is tried.
_LEAST_SHARE = 2.0

# An event loop's clock may be that much ahead where sockets are green.
_SLACK = 0.25
# A wait that no error can be too early for.
_UNKNOWN = (0.0, -math.inf)

Address = tuple[Any, ...]


class Timer:
    """Tells how long the next wait may last, and which limit a wait has met."""

    __slots__ = ("_clock", "_deadline", "_gap", "_phase_end", "_read", "_wait")

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._deadline = limits.deadline
        self._read = limits.read
        self._gap: float | None = None
        self._phase_end = None if limits.connect is None else clock() + limits.connect
        # The last wait's beginning, and the earliest moment at which it can have met its limit.
        self._wait = _UNKNOWN

    def connected(self) -> None:
        """Pass from connecting, bounded as a whole, to the exchange, bounded by its gaps."""
        self._phase_end, self._gap = None, self._read

    def hurry(self, seconds: float) -> None:
        """Bound everything that is still read, as a whole."""
        self._phase_end = self._clock() + seconds

    def seconds(self) -> float | None:
        """Return how long the next wait may last; None is without limit.

        Raises:
            TimeoutError: there is no time left.

        """
        ends = [end for end in (self._deadline, self._phase_end) if end is not None]
        if not ends:
            self._wait = _UNKNOWN
            return self._gap
        now = self._clock()
        left = min(ends) - now
        if left <= 0:
            raise self.is_over()
        seconds = left if self._gap is None else min(left, self._gap)
        self._wait = (now, now + seconds - _SLACK)
        return seconds

    def is_over(self) -> TimeoutError:
        """Make the error of a wait that has met its limit; a socket makes its own."""
        self._wait = _UNKNOWN
        return TimeoutError()

    def is_early(self, error: Exception) -> bool:
        """Say whether an error claims that a wait has met its limit before it can have.

        It is the program's own then: a signal's handler or another thread has raised it. A clock
        that stands still, as in some tests, tells nothing.
        """
        began, end = self._wait
        return ran_out(error) and began < self._clock() < end

    def arm(self, sock: socket.socket) -> None:
        """Let the next wait of a socket last as long as it may.

        Most waits may be as long as the one before, and to set a timeout is a system call.

        Raises:
            TimeoutError: there is no time left.

        """
        seconds = self.seconds()
        if sock.gettimeout() != seconds:
            sock.settimeout(seconds)

    def failure(self) -> TransportError:
        """Name the limit that a wait has met."""
        now = self._clock() + _ROUNDING
        if self._deadline is not None and now >= self._deadline:
            return DeadlineExceededError(reason="the call's deadline passed")
        if self._phase_end is not None:
            return ConnectTimeoutError(reason="no connection within the connect timeout")
        return ReadTimeoutError(reason="the service was silent for longer than the read timeout")


def open_socket(
    host: str, port: int, timer: Timer, options: Sequence[tuple[int, int, int | bytes]]
) -> socket.socket:
    """Connect to the first address of a host that answers; the timer bounds them all together.

    An address that swallows packets has its share of the time, not all of it.

    Raises:
        OSError: no address took the connection; gaierror where there is none; TimeoutError.

    """
    failure = OSError("the name has no address")
    addresses = resolve(host, port, timer)
    for tried, (family, kind, protocol, address) in enumerate(addresses):
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as error:
            # The resolver may know addresses of a family that this machine does not speak.
            failure = error
            continue
        try:
            for option in options:
                sock.setsockopt(*option)
            sock.settimeout(_share(timer.seconds(), len(addresses) - tried))
            sock.connect(address)
            # For the handshake, which the caller does next.
            sock.settimeout(timer.seconds())
        except OSError as error:
            sock.close()
            if is_from_outside(error):
                raise
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    # Let go of, or the failure and this frame would keep each other alive.
    try:
        raise failure
    finally:
        del failure


def _share(seconds: float | None, addresses: int) -> float | None:
    """Divide what is left of the time among as many addresses."""
    return seconds and max(seconds / addresses, min(seconds, _LEAST_SHARE))


def ran_out(error: Exception) -> bool:
    """Say whether an error is a wait's end; the system's own ETIMEDOUT is another failure."""
    return isinstance(error, TimeoutError) and error.errno is None


def resolve(
    host: str, port: int, timer: Timer
) -> list[tuple[socket.AddressFamily, socket.SocketKind, int, Address]]:
    """Resolve a name in a thread of its own, since getaddrinfo takes no timeout.

    Raises:
        OSError, UnicodeError: it has no address; TimeoutError.

    """
    results: SimpleQueue[list[Any] | Exception] = SimpleQueue()
    if _is_address(host):
        _look_up(host, port, results)
    else:
        try:
            Thread(target=_look_up, args=(host, port, results), daemon=True).start()
        except RuntimeError:
            # No thread starts any more while the interpreter shuts down.
            _look_up(host, port, results)
    try:
        found = results.get(timeout=timer.seconds())
    except Empty:
        raise timer.is_over() from None
    if isinstance(found, Exception):
        try:
            raise found
        finally:
            del found
    return [(family, kind, protocol, address) for family, kind, protocol, _, address in found]


def _is_address(host: str) -> bool:
    """Say whether there is nothing to resolve; what only looks like it may take long."""
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError):
            return bool(socket.inet_pton(family, host))
    return False


def _look_up(host: str, port: int, results: SimpleQueue[list[Any] | Exception]) -> None:
    try:
        # As bytes: for a str, the codec "idna" would be loaded, which a fork can leave half loaded.
        results.put(socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError) as error:
        results.put(error)


class TimedReader(io.BufferedReader):
    """A buffered reader over a socket that waits as long as its timer says."""

    def __init__(self, sock: socket.socket, timer: Timer) -> None:
        self._source = _TimedRaw(sock, timer)
        self._timer = timer
        super().__init__(self._source)

    def leftover(self) -> bytes:
        """Return what was taken from the socket and nobody read; nothing is taken any more."""
        self._source.stopped = True
        return self.peek(1)

    def remains(self, most: int, seconds: float) -> bytes:
        """Read on where the end of an answer can't be told, for so many seconds at most."""
        self._timer.hurry(seconds)
        remains = bytearray()
        try:
            while len(remains) < most and (piece := self.read1(most - len(remains))):
                remains += piece
        except OSError as error:
            if is_from_outside(error) or self._timer.is_early(error):
                raise
        return bytes(remains)


class _TimedRaw(io.RawIOBase):
    def __init__(self, sock: socket.socket, timer: Timer) -> None:
        self._sock = sock
        # A file of the socket's own keeps it open for as long as an answer is read from it.
        self._file = sock.makefile("rb", 0)
        self._timer = timer
        self.stopped = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self.stopped:
            return 0
        self._timer.arm(self._sock)
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()
