"""TLS on the loopback address: who is trusted, who is refused and what that means."""

import socket
import ssl
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from snaptrade_client import ApiClient, InsecureConnectionWarning, SnapTrade
from snaptrade_client.exceptions import (
    ApiException,
    ConnectionFailedError,
    ConnectionLostError,
    ConnectTimeoutError,
    DeadlineExceededError,
    TlsError,
)

from .authority import Authority
from .faults import certificates
from .raw import (
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
    takes,
)
from .test_exchange_refused import LARGE, TOO_LARGE


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def secure(handler: Handler, context: ssl.SSLContext | None = None) -> RawServer:
    """A server with the right certificate, or with this context."""
    return RawServer(handler, ssl_context=context or certificates.right())


def test_a_connection_over_tls_is_used_again() -> None:
    with secure(answering(OK, OK)) as server:
        transport = server.transport(ssl_ca_cert=certificates.ca_file())
        assert [get(transport).data for _ in range(2)] == [b"{}", b"{}"]
    assert len(server.peers) == 1


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_current_versions_are_spoken(version: ssl.TLSVersion, authority: Authority) -> None:
    context = authority.server()
    context.minimum_version = context.maximum_version = version
    with secure(answering(OK), context) as server:
        assert get(server.transport(ssl_ca_cert=authority.bundle)).data == b"{}"


def test_what_waits_within_tls_ends_a_connection() -> None:
    """The answer fills the reader exactly; a byte more has arrived and is decrypted already."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 8000\r\nX: %s\r\n\r\n"
    answer = head % (b"x" * (8192 - 8000 - len(head) + 2)) + b"y" * 8000
    assert len(answer) == 8192
    with secure(in_turn(answering(answer + b"z"), answering(OK))) as server:
        transport = server.transport(ssl_ca_cert=certificates.ca_file())
        assert get(transport).data == b"y" * 8000
        assert get(transport).data == b"{}"
        assert server.ended(1)


def test_an_idle_connection_that_was_closed_is_not_used() -> None:
    with secure(in_turn(closing_after(OK), answering(OK))) as server:
        transport = server.transport(ssl_ca_cert=certificates.ca_file())
        get(transport)
        assert server.ended(1)
        assert get(transport).data == b"{}"


REFUSED: dict[str, tuple[Callable[[], ssl.SSLContext], str]] = {
    "self-signed": (certificates.self_signed, "self-signed certificate"),
    "unknown CA": (certificates.unknown_ca, "unable to get local issuer certificate"),
    "expired": (certificates.expired, "certificate has expired"),
    "wrong host": (certificates.wrong_host, "certificate is not valid for '127.0.0.1'"),
    "TLS 1.1": (certificates.tls_1_1_only, "protocol version"),
}


@pytest.mark.parametrize(("context", "text"), REFUSED.values(), ids=REFUSED)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_who_is_not_trusted_is_refused_once(
    context: Callable[[], ssl.SSLContext], text: str
) -> None:
    """The call would be tried again for a failure that may pass; this one does not."""
    with (
        secure(answering(OK), context()) as server,
        SnapTrade(
            configuration(server.url), ssl_ca_cert=certificates.ca_file(), retries=2
        ) as client,
    ):
        failure = failure_of(client.authentication.list_snap_trade_users)
        assert len(server.peers) == 1
    assert isinstance(failure, TlsError)
    assert (failure.outcome, failure.kind) == ("not_sent", "refused")
    assert len(failure.attempts) == 1
    assert str(failure).startswith("no secure connection: ")
    assert text in str(failure)


def test_without_a_bundle_the_public_authorities_are_trusted() -> None:
    with secure(answering(OK)) as server:
        transport = server.transport()
        failure = failure_of(lambda: get(transport))
    assert isinstance(failure, TlsError)
    assert "unable to get local issuer certificate" in str(failure)


def test_a_service_without_tls_is_refused() -> None:
    def handle(peer: Peer) -> None:
        peer.sock.recv(65536)
        peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with RawServer(handle) as server:
        failure = unconnected(server)
    assert isinstance(failure, TlsError)
    assert failure.kind == "refused"


def unconnected(
    server: RawServer, *, connect: float | None = 5, deadline: float | None = None
) -> ApiException:
    """The failure of a call over TLS to a server that may speak it or not."""
    transport = server.transport(
        server.url.replace("http:", "https:"), ssl_ca_cert=certificates.ca_file()
    )
    failure = failure_of(lambda: get(transport, connect=connect, deadline=deadline))
    assert failure.outcome == "not_sent"
    return failure


def server_hello(peer: Peer) -> bytes:
    """What the service says first in a handshake, after the client's first words."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = certificates.right().wrap_bio(incoming, outgoing, server_side=True)
    incoming.write(peer.sock.recv(65536))
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


@pytest.mark.parametrize("length", [0, 1, 100], ids=["nothing", "a byte", "a part"])
def test_an_end_in_the_handshake_may_pass(length: int) -> None:
    def handle(peer: Peer) -> None:
        peer.send(server_hello(peer)[:length])

    with RawServer(handle) as server:
        failure = unconnected(server)
    assert isinstance(failure, TlsError)
    assert failure.kind == "not_sent"


def test_a_reset_in_the_handshake_may_pass() -> None:
    def handle(peer: Peer) -> None:
        peer.sock.recv(65536)
        peer.reset()

    with RawServer(handle) as server:
        failure = unconnected(server)
    assert isinstance(failure, ConnectionFailedError)
    assert failure.kind == "not_sent"


def stall(peer: Peer) -> None:
    peer.send(server_hello(peer)[:100])
    peer.silence()


def drip(peer: Peer) -> None:
    peer.drip(server_hello(peer))


@pytest.mark.parametrize("handler", [Peer.silence, stall, drip], ids=["silence", "stall", "drips"])
@pytest.mark.parametrize(
    ("connect", "deadline", "expected"),
    [(0.15, None, ConnectTimeoutError), (None, 0.15, DeadlineExceededError)],
    ids=["connect timeout", "deadline"],
)
def test_a_handshake_ends_in_time(
    handler: Handler, connect: float | None, deadline: float | None, expected: type[ApiException]
) -> None:
    with RawServer(handler) as server:
        certificates.ca_file()
        with takes(0.15):
            failure = unconnected(server, connect=connect, deadline=deadline)
        assert server.ended(1)
    assert isinstance(failure, expected)
    assert failure.kind == "not_sent"


def test_what_breaks_after_sending_may_have_been_acted_upon() -> None:
    def handle(peer: Peer) -> None:
        peer.request()
        # The base class's method sends below TLS.
        socket.socket.send(peer.sock, b"\x17\x03\x03\x00\x05wrong")

    with secure(in_turn(handle, answering(OK))) as server:
        transport = server.transport(ssl_ca_cert=certificates.ca_file())
        failure = failure_of(lambda: get(transport))
        assert get(transport).data == b"{}"
    assert isinstance(failure, TlsError)
    assert (failure.outcome, failure.kind) == ("unknown", "lost")
    assert str(failure).startswith("the secure connection broke: ")


def test_an_answer_that_is_cut_off_is_lost() -> None:
    with secure(closing_after(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")) as server:
        transport = server.transport(ssl_ca_cert=certificates.ca_file())
        failure = failure_of(lambda: get(transport))
    assert isinstance(failure, ConnectionLostError)
    assert failure.data == b"ab"


def test_an_answer_to_half_a_request_is_an_answer() -> None:
    def handle(peer: Peer) -> None:
        peer.sock.recv(100)
        peer.send(TOO_LARGE)
        peer.gone(0.02)

    with secure(handle) as server:
        transport = server.transport(ssl_ca_cert=certificates.ca_file())
        assert transport.send(LARGE, limits()).status == 413


def test_the_certificate_may_be_for_a_name_that_is_told(authority: Authority) -> None:
    options = {"ssl_ca_cert": authority.bundle}
    with secure(answering(OK), authority.server("elsewhere.test")) as server:
        transport = server.transport(assert_hostname="elsewhere.test", **options)
        assert get(transport).data == b"{}"
        transport = server.transport(assert_hostname="other.test", **options)
        failure = failure_of(lambda: get(transport))
    assert isinstance(failure, TlsError)
    assert (failure.outcome, failure.kind) == ("not_sent", "refused")
    assert str(failure) == "no secure connection: the certificate is for another name"


def test_the_certificate_may_be_for_any_name_but_not_from_anybody(authority: Authority) -> None:
    """What `assert_hostname=False` switches off, and what it does not."""
    with secure(answering(OK), authority.server("elsewhere.test")) as server:
        trusting = server.transport(ssl_ca_cert=authority.bundle, assert_hostname=False)
        assert get(trusting).data == b"{}"
        failure = failure_of(lambda: get(server.transport(assert_hostname=False)))
    assert isinstance(failure, TlsError)


@pytest.mark.parametrize("context", [certificates.self_signed, certificates.wrong_host])
def test_without_verification_anybody_is_trusted(context: Callable[[], ssl.SSLContext]) -> None:
    with secure(answering(OK), context()) as server:
        assert get(server.transport(verify_ssl=False)).data == b"{}"


@pytest.mark.parametrize(
    "make",
    [
        lambda: SnapTrade(consumer_key="key", client_id="id", verify_ssl=False),
        lambda: SnapTrade(configuration("https://service.test", verify_ssl=False)),
        lambda: ApiClient(configuration("https://service.test", verify_ssl=False)),
    ],
    ids=["SnapTrade", "SnapTrade(Configuration)", "ApiClient"],
)
def test_switching_verification_off_warns_where_it_is_done(make: Callable[[], object]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        make()
    assert [(warning.category, warning.filename) for warning in caught] == [
        (InsecureConnectionWarning, __file__)
    ]
    assert str(caught[0].message).startswith("verify_ssl=False: ")
