"""The sandbox as a server: connections that say nothing, or not enough."""

import socket
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager

from snaptrade_client.sandbox import Sandbox

from .wire import LIST, Wire


@contextmanager
def silent(wire: Wire, count: int, sent: bytes) -> Generator[None]:
    """So many connections that send no more than this."""
    with ExitStack() as stack:
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", wire.port), timeout=10)
            stack.enter_context(connection).sendall(sent)
        yield


def test_silent_connections_keep_nobody_waiting(wire: Wire, sandbox: Sandbox) -> None:
    """Browsers open some in advance, and there are ten threads."""
    with silent(wire, 40, b""):
        start = time.perf_counter()
        assert wire.call("GET", LIST).status == 200
        sandbox.stop()
        assert time.perf_counter() - start < 10


def test_stopping_does_not_wait_for_requests_that_are_half_sent(
    wire: Wire, sandbox: Sandbox
) -> None:
    """More of them than there are threads: some have not been looked at."""
    with silent(wire, 40, b"GET / HT"):
        start = time.perf_counter()
        sandbox.stop()
        assert time.perf_counter() - start < 10
