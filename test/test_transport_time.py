"""Limits in time, on real sockets: each ends the exchange when it should, and says which it was."""

import socket
import threading
from collections.abc import Callable, Generator
from typing import Any

import pytest

from snaptrade_client.exceptions import (
    ApiException,
    ConnectTimeoutError,
    DeadlineExceededError,
    ReadTimeoutError,
)
from snaptrade_client.transport import Request, Transport

from .ports import deaf_port
from .raw import GET, OK, Handler, Peer, RawServer, answering, failure_of, get, limits, takes

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nX-A: 1\r\n\r\n"
LONG = b"HTTP/1.1 200 OK\r\n" + b"X-A: 1\r\n" * 90 + b"\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def silent_after(data: bytes) -> Handler:
    def handle(peer: Peer) -> None:
        peer.request()
        peer.send(data)
        peer.silence()

    return handle


def dripping(data: bytes, after: bytes = b"") -> Handler:
    def handle(peer: Peer) -> None:
        peer.request()
        peer.send(after)
        peer.drip(data)

    return handle


def deaf(peer: Peer) -> None:
    """Reads nothing, so that the request does not get through."""
    peer.ended.wait(0.2)


SILENCES = {
    "before the answer": (silent_after(b""), None),
    "in the status line": (silent_after(HEAD[:10]), None),
    "in the headers": (silent_after(HEAD[:30]), None),
    "after an interim answer": (silent_after(b"HTTP/1.1 103 Early Hints\r\n\r\n"), None),
    "before the body": (silent_after(HEAD), b""),
    "in the body": (silent_after(HEAD + b"abc"), b"abc"),
    "in a chunk": (silent_after(CHUNKED + b"5\r\nabc"), b"abc"),
    "in a chunk's size": (silent_after(CHUNKED + b"3\r\nabc\r\n5"), b"abc"),
    "in the trailers": (silent_after(CHUNKED + b"3\r\nabc\r\n0\r\nX: 1\r\n"), b"abc"),
    "where the end is the connection's": (silent_after(b"HTTP/1.1 200 OK\r\n\r\nabc"), b"abc"),
}
silence = pytest.mark.parametrize(("handler", "data"), SILENCES.values(), ids=SILENCES)


def fails(handler: Handler, seconds: float, call: Callable[[Transport], object]) -> ApiException:
    """The failure of a call that ends after so many seconds; its connection ends with it."""
    with RawServer(handler) as server:
        transport = server.transport()
        with takes(seconds):
            failure = failure_of(lambda: call(transport))
        assert server.ended(1)
    return failure


@silence
def test_a_silence_ends_at_the_read_timeout(handler: Handler, data: bytes | None) -> None:
    failure = fails(handler, 0.1, lambda transport: get(transport, read=0.1, deadline=5))
    assert isinstance(failure, ReadTimeoutError)
    assert (failure.outcome, failure.kind) == ("unknown", "lost")
    assert (failure.status, failure.data) == (None if data is None else 200, data)
    assert str(failure).endswith("the service was silent for longer than the read timeout")


@silence
def test_a_silence_ends_at_the_deadline(handler: Handler, data: bytes | None) -> None:
    failure = fails(handler, 0.1, lambda transport: get(transport, read=None, deadline=0.1))
    assert isinstance(failure, DeadlineExceededError)
    assert (failure.outcome, failure.kind) == ("unknown", "lost")
    assert (failure.status, failure.data) == (None if data is None else 200, data)
    assert str(failure).endswith("the call's deadline passed")


DRIPS = {
    "a status line": dripping(b"HTTP/1.1 200 " + b"x" * 1000),
    "headers": dripping(LONG),
    "interim answers": dripping(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 30),
    "a body": dripping(b"x" * 1000, HEAD),
    "chunks": dripping(b"1\r\nx\r\n" * 1000, CHUNKED),
    "trailers": dripping(b"X-A: 1\r\n" * 90, CHUNKED + b"0\r\n"),
}


@pytest.mark.parametrize("handler", DRIPS.values(), ids=DRIPS)
def test_drips_end_at_the_deadline(handler: Handler) -> None:
    """No gap between two bytes is as long as the read timeout."""
    failure = fails(handler, 0.15, lambda transport: get(transport, read=5, deadline=0.15))
    assert isinstance(failure, DeadlineExceededError)


def test_drips_are_not_a_silence() -> None:
    """The whole takes longer than the read timeout; the gaps do not."""
    with RawServer(dripping(OK)) as server:
        assert get(server.transport(), read=0.2).data == b"{}"


LARGE = Request("POST", "/x", {}, b"x" * 20_000_000)


def test_a_request_that_is_not_taken_ends_at_the_read_timeout() -> None:
    failure = fails(deaf, 0.1, lambda transport: transport.send(LARGE, limits(read=0.1)))
    assert isinstance(failure, ReadTimeoutError)
    assert failure.outcome == "unknown"


def test_a_request_that_is_taken_slowly_ends_at_the_deadline() -> None:
    def slow(peer: Peer) -> None:
        for _ in range(25):
            peer.sock.recv(100_000)
            peer.ended.wait(0.01)

    failure = fails(slow, 0.15, lambda transport: transport.send(LARGE, limits(deadline=0.15)))
    assert isinstance(failure, DeadlineExceededError)
    assert failure.outcome == "unknown"


@pytest.fixture
def nobody() -> Generator[str]:
    """The URL of a port that takes no connection and refuses none."""
    with deaf_port() as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("connect", "deadline", "expected"),
    [(0.1, None, ConnectTimeoutError), (None, 0.1, DeadlineExceededError)],
)
def test_a_connection_that_does_not_come_about_was_not_sent(
    nobody: str,
    connect: float | None,
    deadline: float | None,
    expected: type[ApiException],
) -> None:
    with RawServer(answering()) as server:
        transport = server.transport(nobody)
        with takes(0.1):
            failure = failure_of(lambda: get(transport, connect=connect, deadline=deadline))
    assert isinstance(failure, expected)
    assert (failure.outcome, failure.kind) == ("not_sent", "not_sent")


def test_a_name_that_does_not_resolve_in_time_was_not_sent() -> None:
    release = threading.Event()

    def hang(*_: object, **__: object) -> list[Any]:
        release.wait(5)
        return []

    with RawServer(answering()) as server, pytest.MonkeyPatch.context() as patch:
        transport = server.transport("http://slow")
        patch.setattr(socket, "getaddrinfo", hang)
        with takes(0.1):
            failure = failure_of(lambda: get(transport, connect=0.1))
        patch.undo()
        release.set()
    assert isinstance(failure, ConnectTimeoutError)
    assert failure.outcome == "not_sent"


def test_a_deadline_that_has_passed_sends_nothing() -> None:
    """On a connection that is there, too."""
    with RawServer(answering(OK, OK)) as server:
        transport = server.transport()
        get(transport)
        with takes(0):
            failure = failure_of(lambda: get(transport, deadline=-1))
        assert server.ended(1)
    assert isinstance(failure, DeadlineExceededError)
    assert (failure.outcome, failure.kind) == ("not_sent", "not_sent")


def test_each_call_has_its_own_limits() -> None:
    """A connection keeps nothing of the limits of the call before."""

    def slower(peer: Peer) -> None:
        peer.request()
        peer.send(OK)
        peer.request()
        peer.drip(OK, 0.006)

    with RawServer(slower) as server:
        transport = server.transport()
        get(transport, connect=0.2, read=0.05, deadline=0.2)
        assert transport.send(GET, limits(connect=None, read=1)).data == b"{}"
    assert len(server.peers) == 1
