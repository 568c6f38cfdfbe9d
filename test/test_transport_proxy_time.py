"""Limits in time behind a proxy: each stage has what the ones before it have left."""

import socket
import ssl
import time

import pytest

from snaptrade_client.exceptions import (
    ApiException,
    ConnectTimeoutError,
    DeadlineExceededError,
    ReadTimeoutError,
)
from snaptrade_client.transport import Request

from .faults import certificates
from .proxying import ESTABLISHED
from .raw import GET, OK, Handler, Peer, RawServer, failure_of, get, limits, takes
from .test_transport_tls import server_hello

LIMITS = pytest.mark.parametrize(
    ("connect", "deadline", "expected"),
    [(0.2, None, ConnectTimeoutError), (None, 0.2, DeadlineExceededError)],
    ids=["connect timeout", "deadline"],
)


def fails(
    handler: Handler,
    *,
    connect: float | None,
    deadline: float | None,
    context: ssl.SSLContext | None = None,
    seconds: float = 0.2,
) -> ApiException:
    """The failure of a call through a proxy, which ends after so many seconds."""
    with RawServer(handler, ssl_context=context) as server:
        transport = server.transport(
            "https://service.example", proxy=server.url, ssl_ca_cert=certificates.ca_file()
        )
        # The first call makes the TLS contexts, which takes a while.
        failure_of(lambda: get(transport, deadline=0.001))
        with takes(seconds):
            failure = failure_of(lambda: get(transport, connect=connect, deadline=deadline))
        assert server.ended(len(server.peers))
    return failure


def dripped_answer(peer: Peer) -> None:
    peer.request()
    peer.drip(b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 90)


def dripped_handshake(peer: Peer) -> None:
    peer.request()
    peer.send(ESTABLISHED)
    peer.drip(server_hello(peer))


HANDLERS = {
    "the answer drips": dripped_answer,
    "the handshake drips": dripped_handshake,
}


@LIMITS
@pytest.mark.parametrize("tls", [False, True], ids=["http proxy", "https proxy"])
@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS)
def test_a_tunnel_ends_in_time(
    handler: Handler,
    tls: bool,
    connect: float | None,
    deadline: float | None,
    expected: type[ApiException],
) -> None:
    context = certificates.right() if tls else None
    failure = fails(handler, connect=connect, deadline=deadline, context=context)
    assert isinstance(failure, expected)
    assert (failure.outcome, failure.kind) == ("not_sent", "not_sent")


@pytest.mark.parametrize("tls", [False, True], ids=["http proxy", "https proxy"])
def test_the_handshake_has_what_a_late_answer_leaves(tls: bool) -> None:
    """And not once more what the answer had."""

    def late(peer: Peer) -> None:
        peer.request()
        peer.gone(0.35)
        peer.send(ESTABLISHED)
        peer.silence()

    context = certificates.right() if tls else None
    failure = fails(late, connect=None, deadline=0.4, context=context, seconds=0.4)
    assert isinstance(failure, DeadlineExceededError)
    assert failure.outcome == "not_sent"


class InnerService:
    """The service within the tunnel: TLS of its own, whose bytes the test may send as it likes."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = certificates.right().wrap_bio(self._incoming, self._outgoing, server_side=True)
        peer.request()
        peer.send(ESTABLISHED)
        while not self._shaken():
            self._receive()

    def _shaken(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        finally:
            self._peer.send(self._outgoing.read())
        return True

    def _receive(self) -> None:
        data = self._peer.sock.recv(65536)
        if not data:
            raise ConnectionError("the client has gone")
        self._incoming.write(data)

    def request(self) -> None:
        """Wait for some of the request."""
        while True:
            try:
                self._tls.read(65536)
            except ssl.SSLWantReadError:
                self._receive()
            else:
                return

    def record(self, data: bytes) -> bytes:
        """The data as one record."""
        self._tls.write(data)
        return self._outgoing.read()


def dripped_record(peer: Peer) -> None:
    service = InnerService(peer)
    service.request()
    peer.drip(service.record(b"HTTP/1.1 200 " + b"x" * 1000))


def silent_service(peer: Peer) -> None:
    InnerService(peer).request()
    peer.silence()


def slow_reader(peer: Peer) -> None:
    # Or the machine would take it all.
    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    service = InnerService(peer)
    service.request()
    for _ in range(40):
        peer.sock.recv(10_000)
        time.sleep(0.01)


def through_tls_proxy(handler: Handler, request: Request, *, read: float) -> ApiException:
    with RawServer(handler, ssl_context=certificates.right()) as server:
        transport = server.transport(
            "https://127.0.0.1", proxy=server.url, ssl_ca_cert=certificates.ca_file()
        )
        # The first call makes the TLS contexts, which takes a while.
        failure_of(lambda: get(transport, deadline=0.001))
        with takes(0.2):
            failure = failure_of(
                lambda: transport.send(
                    request, limits(read=read, deadline=0.2 if read > 1 else None)
                )
            )
    assert failure.outcome == "unknown"
    return failure


def test_a_record_that_drips_within_tls_ends_at_the_deadline() -> None:
    """No byte of it means anything before its last one has come."""
    failure = through_tls_proxy(dripped_record, GET, read=5)
    assert isinstance(failure, DeadlineExceededError)


def test_a_silence_within_tls_ends_at_the_read_timeout() -> None:
    failure = through_tls_proxy(silent_service, GET, read=0.2)
    assert isinstance(failure, ReadTimeoutError)


def test_a_request_that_is_taken_slowly_within_tls_ends_at_the_deadline() -> None:
    large = Request("POST", "/x", {}, b"x" * 8_000_000)
    failure = through_tls_proxy(slow_reader, large, read=5)
    assert isinstance(failure, DeadlineExceededError)


def test_a_service_within_tls_answers() -> None:
    """The helpers above are right: what they break off would otherwise work."""

    def handle(peer: Peer) -> None:
        service = InnerService(peer)
        service.request()
        peer.drip(service.record(OK), 0.0005)

    with RawServer(handle, ssl_context=certificates.right()) as server:
        transport = server.transport(
            "https://127.0.0.1", proxy=server.url, ssl_ca_cert=certificates.ca_file()
        )
        assert get(transport, deadline=5).data == b"{}"
