"""The transport: single exchanges over connections that are kept between them.

Strategy: no lock, since a fork could leave it taken: a deque of idle connections and a set of busy
ones, whose operations are atomic. A connection is used again only after its answer was read to the
end, exactly, and nothing has arrived on it since. What stands on urllib3, which takes most of the
time of an import, is loaded with the first client, and nothing after it: a fork while a thread
loads a module leaves the child waiting for ever.
"""

from __future__ import annotations

import os
import time
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from snaptrade_client.exceptions import ApiValueError, ConnectionLostError
from snaptrade_client.transport.sockets import Timer

if TYPE_CHECKING:
    from snaptrade_client.configuration import Configuration
    from snaptrade_client.transport.connections import Connection
    from snaptrade_client.transport.messages import Answer, Limits, Request


class Transport:
    """Sends single requests to one service. Safe from any number of threads.

    After a fork, the child closes its copies of the parent's connections and opens its own.
    """

    def __init__(
        self, configuration: Configuration, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        from snaptrade_client.transport import exchange, routes  # noqa: PLC0415 - see the strategy

        self._exchange = exchange
        self._route = routes.Route(configuration)
        self._most_idle = configuration.connection_pool_maxsize
        self._clock = clock
        self._idle: deque[Connection] = deque()
        # Weak: an interrupt just before `send` takes care of a connection leaves it to nobody.
        self._busy: weakref.WeakSet[Connection] = weakref.WeakSet()
        self._pid = os.getpid()
        self._closed = False
        weakref.finalize(self, _close, self._idle)
        _transports.add(self)

    def send(self, request: Request, limits: Limits) -> Answer:
        """Send one request and return its complete answer, whatever its status.

        Raises:
            TransportError: no complete answer arrived; `outcome` and `kind` say what that means.
            InvalidResponseError: the answer is not HTTP, or too long; `data` holds what arrived.
            ApiValueError: the client was closed, or its TLS files can't be used.

        """
        if self._closed:
            raise ApiValueError("this client is closed: make another, or close it later")
        pid = os.getpid()
        timer = Timer(limits, self._clock)
        keep = False
        connection = self._take(fresh=limits.fresh)
        try:
            connection.timer = timer
            self._exchange.connect(connection)
            timer.connected()
            wire = self._route.wire(request)
            answer, keep = self._exchange.exchange(connection, request.method, wire, limits)
        finally:
            self._busy.discard(connection)
            keep = keep and not limits.fresh and pid == os.getpid()
            self._put(connection, keep=keep)
        if pid != os.getpid():
            # A signal's handler forked in the middle: two processes have read from one connection.
            raise _forked()
        return answer

    def close(self) -> None:
        """Close the idle connections now, and those in use when their calls end."""
        self._closed = True
        _close(self._idle)

    def forget(self) -> None:
        """Let go of the connections of the process that this one was forked from."""
        self._pid = os.getpid()
        for connection in (*self._idle, *self._busy):
            connection.abandon()
        self._idle.clear()
        self._busy.clear()

    def _take(self, *, fresh: bool) -> Connection:
        # Not every server that forks runs Python's hooks.
        if self._pid != os.getpid():
            self.forget()
        connection = None if fresh else self._clean()
        connection = connection or self._route.new_connection()
        self._busy.add(connection)
        return connection

    def _clean(self) -> Connection | None:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if connection.is_clean():
                return connection
            connection.close()

    def _put(self, connection: Connection, *, keep: bool) -> None:
        if not keep:
            connection.close()
            return
        # First put, then counted: two threads that both saw room would leave one too many.
        self._idle.append(connection)
        _close(self._idle, 0 if self._closed else self._most_idle)


def _forked() -> ConnectionLostError:
    failure = ConnectionLostError(reason="the process forked in the middle of the exchange")
    failure.outcome, failure.kind = "unknown", "lost"
    return failure


def _close(connections: deque[Connection], most: int = 0) -> None:
    """Close all but the `most` that were used last."""
    with suppress(IndexError):  # another thread was faster
        while len(connections) > most:
            connections.popleft().close()


_transports: weakref.WeakSet[Transport] = weakref.WeakSet()


def _forget_all() -> None:
    for transport in list(_transports):
        transport.forget()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=_forget_all)
