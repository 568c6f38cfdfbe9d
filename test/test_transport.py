"""Connections that are kept: which are used again, which never, how many, and until when."""

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from snaptrade_client.exceptions import ConnectionLostError, InvalidResponseError
from snaptrade_client.transport import Request, Transport

from .raw import (
    GET,
    OK,
    Handler,
    Peer,
    RawServer,
    answering,
    closing_after,
    configuration,
    failure_of,
    get,
    in_turn,
    limits,
)


def forever(peer: Peer) -> None:
    """Answers whatever comes with the target that was asked for."""
    while request := peer.request():
        body = request.split()[1]
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def test_a_connection_is_used_again() -> None:
    with RawServer(forever) as server:
        transport = server.transport()
        for number in range(5):
            target = f"/{number}"
            answer = transport.send(GET._replace(target=target), limits())
            assert answer.data.decode() == target
    assert len(server.peers) == 1


NO_DELAY = (socket.IPPROTO_TCP, socket.TCP_NODELAY)
KEEP_ALIVE = (socket.SOL_SOCKET, socket.SO_KEEPALIVE)


@pytest.mark.parametrize(
    ("options", "no_delay", "keep_alive"),
    [(None, True, False), ([], False, False), ([(*KEEP_ALIVE, 1)], False, True)],
    ids=repr,
)
def test_a_connection_has_the_options_that_are_asked_for(
    options: list[tuple[int, int, int]] | None, no_delay: bool, keep_alive: bool
) -> None:
    with RawServer(forever) as server:
        transport = server.transport(socket_options=options)
        get(transport)
        sock = transport._idle[0].sock  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        assert bool(sock.getsockopt(*NO_DELAY)) is no_delay
        assert bool(sock.getsockopt(*KEEP_ALIVE)) is keep_alive


def test_a_fresh_connection_is_neither_taken_nor_kept() -> None:
    with RawServer(forever) as server:
        transport = server.transport()
        get(transport)
        get(transport, fresh=True)
        assert server.ended(2)
        assert not server.peers[0].ended.is_set()
        get(transport)
    assert len(server.peers) == 2


def head(*headers: str, version: str = "1.1", length: int = 2) -> bytes:
    lines = [f"HTTP/{version} 200 OK", f"Content-Length: {length}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"

KEPT = {
    "length": OK,
    "keep-alive": head("Connection: keep-alive") + b"{}",
    "chunked": CHUNKED + b"\r\n2\r\n{}\r\n0\r\n\r\n",
    "trailers": CHUNKED + b"\r\n2\r\n{}\r\n0\r\nX: 1\r\n\r\n",
    "no status is a reason to close": b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n{}",
    "HTTP/1.0 with keep-alive": head("Connection: keep-alive", version="1.0") + b"{}",
}


@pytest.mark.parametrize("answer", KEPT.values(), ids=KEPT)
def test_a_connection_is_kept_after(answer: bytes) -> None:
    with RawServer(in_turn(answering(answer, OK), forever)) as server:
        transport = server.transport()
        assert [get(transport).data for _ in range(2)] == [b"{}", b"{}"]
    assert len(server.peers) == 1


NOT_KEPT = {
    "Connection: close": head("Connection: close") + b"{}",
    "connection: Close, x": head("connection: Close, x") + b"{}",
    "HTTP/1.0": head(version="1.0") + b"{}",
    "a byte too many": OK + b"x",
    "a whole answer too many": OK + OK,
    "a byte after the chunks": CHUNKED + b"\r\n2\r\n{}\r\n0\r\n\r\nx",
    "a body where there is none": b"HTTP/1.1 204 No Content\r\n\r\n{}",
    "chunks and a length": CHUNKED + b"Content-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "a header without a colon, chunked": CHUNKED + b"odd\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("answer", NOT_KEPT.values(), ids=NOT_KEPT)
def test_a_connection_is_not_kept_after(answer: bytes) -> None:
    with RawServer(in_turn(answering(answer), forever)) as server:
        transport = server.transport()
        get(transport)
        assert server.ended(1)
        assert get(transport).data == b"/x"
    assert len(server.peers) == 2


def unusable(handler: Handler, expected: type[Exception], *, read: float = 5.0) -> None:
    """The first connection fails, and the next call has another."""
    with RawServer(in_turn(handler, forever)) as server:
        transport = server.transport()
        failure = failure_of(lambda: get(transport, read=read, max_body_bytes=100))
        assert isinstance(failure, expected)
        assert server.ended(1)
        assert get(transport).data == b"/x"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"garbage\r\n",
        head(length=101) + b"x" * 101,
        head("Content-Encoding: br") + b"{}",
        CHUNKED + b"\r\nx\r\n",
    ],
    ids=["101", "garbage", "too long", "unknown compression", "bad chunk"],
)
def test_a_connection_is_not_kept_after_an_invalid_answer(answer: bytes) -> None:
    unusable(answering(answer), InvalidResponseError)


def test_a_connection_is_not_kept_after_half_an_answer() -> None:
    unusable(closing_after(head(length=10) + b"{}"), ConnectionLostError)


def idle(server: RawServer, transport: Transport, then: Callable[[Peer], None]) -> None:
    """Get an answer, and let the server do something with the idle connection."""
    get(transport)
    then(server.peers[0])


@pytest.mark.parametrize("stray", [b"x", OK, b"HTTP/1.1 408 Request Timeout\r\n\r\n"], ids=repr)
def test_bytes_that_arrive_while_it_is_idle_end_a_connection(stray: bytes) -> None:
    """An answer that nobody asked for would be taken for the next one."""
    with RawServer(in_turn(answering(OK), forever)) as server:
        transport = server.transport()
        idle(server, transport, lambda peer: peer.send(stray))
        assert get(transport).data == b"/x"
        assert server.ended(1)


def ends(peer: Peer) -> None:
    assert peer.ended.wait(5)


def test_an_idle_connection_that_the_service_closed_is_not_used() -> None:
    with RawServer(in_turn(closing_after(OK), forever)) as server:
        transport = server.transport()
        idle(server, transport, ends)
        assert get(transport).data == b"/x"


def test_an_idle_connection_that_was_reset_is_not_used() -> None:
    def handle(peer: Peer) -> None:
        peer.request()
        peer.send(OK)
        peer.reset()

    with RawServer(in_turn(handle, forever)) as server:
        transport = server.transport()
        idle(server, transport, ends)
        assert get(transport).data == b"/x"


def test_the_clean_connection_behind_dead_ones_is_found() -> None:
    """Three were open at once; the two that were used last have ended since."""
    together = threading.Barrier(3)

    def handle(peer: Peer) -> None:
        while request := peer.request():
            if request.startswith(b"GET /first"):
                together.wait(5)
            peer.send(OK)

    with RawServer(handle) as server:
        transport = server.transport()
        first = GET._replace(target="/first")
        with ThreadPoolExecutor(3) as pool:
            for call in [pool.submit(transport.send, first, limits()) for _ in range(3)]:
                call.result()
        order = list(transport._idle)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        ports = [connection.sock.getsockname()[1] for connection in order]
        by_port = {peer.sock.getpeername()[1]: peer for peer in server.peers}
        for port in ports[1:]:
            by_port[port].send(b"x")
        get(transport)
        assert [by_port[port].ended.wait(5) for port in ports[1:]] == [True, True]
        assert not by_port[ports[0]].ended.is_set()
    assert len(server.peers) == 3


@pytest.mark.parametrize("most", [1, 2])
def test_no_more_connections_than_asked_for_stay_idle(most: int) -> None:
    together = threading.Barrier(4)

    def handle(peer: Peer) -> None:
        peer.request()
        together.wait(5)
        peer.send(OK)
        peer.silence()

    with RawServer(handle) as server:
        transport = server.transport(connection_pool_maxsize=most)
        with ThreadPoolExecutor(4) as pool:
            for call in [pool.submit(get, transport) for _ in range(4)]:
                call.result()
        ended = sum(peer.ended.wait(0.05) for peer in server.peers)
        assert ended == 4 - most


class InterruptingClock:
    """A monotonic clock that raises when it has been read so many times."""

    def __init__(self, reads: int) -> None:
        self.left = reads

    def __call__(self) -> float:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        return time.monotonic()


@pytest.mark.parametrize("reads", [2, 3, 4, 5], ids=["start", "write", "head", "body"])
def test_the_connection_of_an_interrupted_call_is_not_used_again(reads: int) -> None:
    """The clock is read before each wait, so the interrupts fall into all stages of a call."""
    clock = InterruptingClock(1000)
    with RawServer(in_turn(answering(OK, head(length=3), OK), forever)) as server:
        transport = Transport(configuration(server.url), clock=clock)
        get(transport)
        clock.left = reads
        with pytest.raises(KeyboardInterrupt):
            get(transport, deadline=5)
        assert get(transport).data == b"/x"
        assert server.ended(1)
        transport.close()


def test_many_threads_get_their_own_answers() -> None:
    def call(number: int) -> bool:
        request = Request("GET", f"/{number}", {}, None)
        return transport.send(request, limits()).data.decode() == f"/{number}"

    with RawServer(forever) as server:
        transport = server.transport(connection_pool_maxsize=2)
        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(call, range(400)))
