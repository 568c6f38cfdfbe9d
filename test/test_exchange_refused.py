"""An answer that is refused or lost, over a real socket, and what is kept of it."""

from functools import partial

import pytest

from snaptrade_client.exceptions import (
    ApiException,
    ConnectionFailedError,
    ConnectionLostError,
    InvalidResponseError,
    NameResolutionError,
)
from snaptrade_client.transport import Request
from snaptrade_client.transport.exchange import KEPT_BYTES

from .ports import free_port
from .raw import (
    GET,
    OK,
    Peer,
    RawServer,
    answering,
    closing_after,
    failure_of,
    get,
    head,
    limits,
)


def refused(wire: bytes) -> ApiException:
    """The failure that an answer means; the connection is not used again."""
    with RawServer(closing_after(wire)) as server:
        transport = server.transport()
        failure = failure_of(lambda: get(transport))
        assert server.ended(1)
    assert failure.outcome == "unknown"
    return failure


def test_another_protocol_is_refused() -> None:
    failure = refused(head("101 Switching Protocols", Upgrade="h2c") + OK)
    assert isinstance(failure, InvalidResponseError)
    assert failure.reason == "the answer is 101: another protocol was not asked for"
    assert failure.status == 101
    assert failure.headers is not None
    assert failure.headers["Upgrade"] == "h2c"


NOT_HTTP = {
    "text": b"hello there\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.0\r\n",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x46\n",
    "zeros": bytes(100) + b"\n",
    "HTTP/2.0": b"HTTP/2.0 200 OK\r\n\r\n",
    "a status of two digits": b"HTTP/1.1 20 OK\r\n\r\n",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\n\r\n",
    "a status in words": b"HTTP/1.1 OK\r\n\r\n",
    "no status": b"HTTP/1.1\r\n\r\n",
    "an empty line": b"\r\n" + OK,
    "a long status line": b"HTTP/1.1 200 " + b"x" * 70_000 + b"\r\n\r\n",
    "a long header": head(X="x" * 70_000),
    "many headers": b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 101 + b"\r\n",
    "many headers of an interim answer": b"HTTP/1.1 103 Early\r\n" + b"X: 1\r\n" * 101 + b"\r\n",
}


@pytest.mark.parametrize("wire", NOT_HTTP.values(), ids=NOT_HTTP)
def test_what_is_not_http_is_refused(wire: bytes) -> None:
    failure = refused(wire)
    assert isinstance(failure, InvalidResponseError)
    assert failure.kind == "final"
    assert str(failure).startswith("the answer is not HTTP: ")
    assert failure.status is None
    assert failure.data is not None
    assert wire.startswith(failure.data)
    assert len(failure.data) >= min(len(wire), 65537)


@pytest.mark.parametrize("ending", [b"", b"\n"], ids=["no line", "a line"])
def test_a_body_without_a_head_is_kept(ending: bytes) -> None:
    """A secret may be in it."""
    body = b'{"userId": "u1", "userSecret": "the-one"}' + ending
    with RawServer(closing_after(body)) as server:
        failure = failure_of(lambda: get(server.transport()))
    assert isinstance(failure, InvalidResponseError if ending else ConnectionLostError)
    assert failure.data == body


def test_a_body_that_begins_within_the_head_is_kept() -> None:
    wire = b'HTTP/1.1 200 OK\r\nX-A: 1\r\n{"userId": "u1", "userSecret": "the-one"}'
    with RawServer(closing_after(wire)) as server:
        failure = failure_of(lambda: get(server.transport()))
    assert isinstance(failure, ConnectionLostError)
    assert failure.data == wire


BAD_BODIES = {
    "a chunk without a size": (
        head(Transfer_Encoding="chunked") + b"2\r\nab\r\n-1\r\n",
        b"ab-1\r\n",
    ),
    "an unknown transfer encoding": (head(Transfer_Encoding="gzip") + b"ab", b"ab"),
    "an unknown compression": (head(Content_Encoding="br", Content_Length="2") + b"ab", b"ab"),
    "a compression that is none": (
        head(Content_Encoding="gzip", Content_Length="2") + b"ab",
        b"ab",
    ),
    "too long": (head(Content_Length="1000001") + b"x" * 1_000_001, b"x" * 1_000_001),
}


@pytest.mark.parametrize(("wire", "kept"), BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_bad_body_is_refused_with_what_came_before(wire: bytes, kept: bytes) -> None:
    failure = refused(wire)
    assert isinstance(failure, InvalidResponseError)
    assert failure.kind == "final"
    assert failure.status == 200
    assert failure.data is not None
    # The last piece before the limit may be missing.
    assert len(kept) - 65536 <= len(failure.data) <= len(kept)
    assert kept.startswith(failure.data)


def test_a_failure_keeps_a_mebibyte_at_most() -> None:
    with RawServer(closing_after(head(Content_Length="5000000") + b"x" * 4_000_000)) as server:
        transport = server.transport()
        failure = failure_of(lambda: get(transport, max_body_bytes=10_000_000))
    assert isinstance(failure, ConnectionLostError)
    assert failure.data == b"x" * KEPT_BYTES


WHOLE = b"HTTP/1.1 404 Not Found\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nabcde"


@pytest.mark.parametrize("length", range(len(WHOLE)))
def test_an_answer_that_is_cut_off_anywhere_is_lost(length: int) -> None:
    """A 404 that is cut off is not a no: the service may have said more, or something else."""
    failure = refused(WHOLE[:length])
    assert isinstance(failure, ConnectionLostError)
    assert failure.kind == "lost"
    assert failure.reason == "the connection ended before the answer was complete"
    start = WHOLE.index(b"abcde")
    assert failure.status == (404 if length >= start else None)
    assert failure.data == (WHOLE[start:length] if length >= start else None)


def test_an_interim_answer_that_is_cut_off_is_lost() -> None:
    assert isinstance(refused(b"HTTP/1.1 103 Early Hints\r\nLink: x"), ConnectionLostError)
    assert isinstance(refused(head("103 Early Hints")), ConnectionLostError)


@pytest.mark.parametrize("before", [b"", WHOLE[:10], WHOLE[:-2]], ids=["nothing", "head", "body"])
def test_a_reset_is_lost(before: bytes) -> None:
    def handle(peer: Peer) -> None:
        peer.request()
        peer.send(before)
        peer.gone(0.02)  # a reset overtakes what was sent before it
        peer.reset()

    with RawServer(handle) as server:
        transport = server.transport()
        failure = failure_of(lambda: get(transport))
    assert isinstance(failure, ConnectionLostError)
    assert (failure.outcome, failure.kind) == ("unknown", "lost")
    assert str(failure).endswith("the connection was lost: Connection reset by peer")


def early(answer: bytes, *, reset: bool) -> RawServer:
    """A server that answers when it has the head, reads no further, and closes."""

    def handle(peer: Peer) -> None:
        peer.sock.recv(100)
        peer.send(answer)
        peer.gone(0.02)
        if reset:
            peer.reset()

    return RawServer(handle)


LARGE = Request("POST", "/x", {}, b"x" * 20_000_000)


TOO_LARGE = head("413 Content Too Large", Content_Length="2") + b"{}"


def test_an_answer_to_half_a_request_is_an_answer() -> None:
    """Writing fails, as the service has closed; its reason is there to be read."""
    with early(TOO_LARGE, reset=False) as server:
        transport = server.transport()
        answer = transport.send(LARGE, limits())
        assert (answer.status, answer.data) == (413, b"{}")


def test_half_a_request_without_an_answer_is_lost() -> None:
    with early(b"", reset=True) as server:
        transport = server.transport()
        failure = failure_of(lambda: transport.send(LARGE, limits()))
    assert isinstance(failure, ConnectionLostError)
    assert (failure.outcome, failure.kind) == ("unknown", "lost")


def test_a_port_where_nobody_listens_has_not_seen_the_request() -> None:
    with RawServer(answering()) as server:
        port = free_port()
        transport = server.transport(f"http://127.0.0.1:{port}")
        failure = failure_of(lambda: get(transport))
    assert isinstance(failure, ConnectionFailedError)
    assert (failure.outcome, failure.kind) == ("not_sent", "not_sent")
    assert str(failure) == (
        f"no connection to the service at 127.0.0.1, port {port}: Connection refused"
    )


@pytest.mark.parametrize("name", ["nobody.invalid", "x" * 64 + ".invalid"])
def test_a_name_that_nobody_has_has_not_seen_the_request(name: str) -> None:
    with RawServer(answering()) as server:
        transport = server.transport(f"http://{name}", allow_insecure_http=True)
        failure = failure_of(lambda: get(transport))
    assert isinstance(failure, NameResolutionError)
    assert (failure.outcome, failure.kind) == ("not_sent", "not_sent")
    assert str(failure) == f"the host's name was not found: {name}"


def test_no_url_is_in_a_failures_text() -> None:
    request = GET._replace(target="/x?userSecret=hidden")
    for wire in (b"", b"garbage\r\n", WHOLE[:10], BAD_BODIES["an unknown compression"][0]):
        with RawServer(closing_after(wire)) as server:
            transport = server.transport()
            failure = failure_of(partial(transport.send, request, limits()))
        assert "hidden" not in str(failure) + repr(failure)
