"""One request and its answer over a real socket: what is sent, what is read."""

import gzip

import pytest

from snaptrade_client.exceptions import (
    ApiException,
    InvalidResponseError,
)
from snaptrade_client.transport import Request

from .raw import (
    OK,
    Peer,
    RawServer,
    answering,
    closing_after,
    failure_of,
    get,
    head,
    in_turn,
    limits,
)


def test_a_request_is_sent_as_it_is() -> None:
    """No byte is added to the target or the body; of the headers, those that HTTP needs."""
    received: list[bytes] = []

    def handle(peer: Peer) -> None:
        # Its `Signature` is a header like any other.
        received.append(peer.message())
        peer.send(OK)
        peer.silence()

    target = "/a%2Fb//c?x=%20+~'()&y=%c3%a9&&"
    with RawServer(handle) as server:
        headers = {"User-Agent": "u", "Signature": "a+/=", "x-Odd": "\xe9"}
        server.transport().send(Request("POST", target, headers, b'{"a":1}'), limits())
    assert received == [
        f"POST {target} HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{server.port}\r\n"
        "Content-Length: 7\r\n"
        "User-Agent: u\r\n"
        "Signature: a+/=\r\n"
        "x-Odd: \xe9\r\n\r\n"
        '{"a":1}'.encode("latin-1")
    ]


@pytest.mark.parametrize(
    ("method", "length"),
    [("GET", None), ("HEAD", None), ("DELETE", None), ("POST", b"0"), ("PUT", b"0")],
)
def test_a_request_without_a_body_says_so_where_one_is_expected(
    method: str, length: bytes | None
) -> None:
    received: list[bytes] = []

    def handle(peer: Peer) -> None:
        received.append(peer.request())
        peer.send(OK)

    with RawServer(handle) as server:
        server.transport().send(Request(method, "/x", {}, None), limits())
    assert (b"Content-Length" in received[0]) is (length is not None)
    assert b"Transfer-Encoding" not in received[0]


def test_an_answer_has_status_reason_headers_and_body() -> None:
    headers = {"X_A": "1", "x_a": "2", "X_Latin": "\xe9", "Content_Length": "2"}
    with RawServer(answering(head("299 Rather Odd", **headers) + b"{}")) as server:
        answer = get(server.transport())
    assert (answer.status, answer.reason, answer.data) == (299, "Rather Odd", b"{}")
    assert answer.headers["X-A"] == "1, 2"
    assert answer.headers["x-latin"] == "\xe9"


BODIES = {
    "length": head(Content_Length="5") + b"abcde",
    "chunked": head(Transfer_Encoding="chunked") + b"2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n",
    "gzip": head(Content_Encoding="gzip", Content_Length=str(len(gzip.compress(b"abcde"))))
    + gzip.compress(b"abcde"),
    "close": head() + b"abcde",
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\nabcde",
    "bare line feeds": b"HTTP/1.1 200 OK\nContent-Length: 5\n\nabcde",
    "no reason": b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nabcde",
    "chunked and a length": head(Transfer_Encoding="chunked", Content_Length="3")
    + b"5\r\nabcde\r\n0\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
    "negative length": head(Content_Length="-1") + b"abcde",
    "a header without a colon": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nodd\r\n\r\nabcde",
}


@pytest.mark.parametrize("wire", BODIES.values(), ids=BODIES)
def test_a_body_is_read_to_its_end(wire: bytes) -> None:
    with RawServer(closing_after(wire)) as server:
        assert get(server.transport()).data == b"abcde"


@pytest.mark.parametrize("wire", BODIES.values(), ids=BODIES)
def test_a_body_that_drips_is_the_same(wire: bytes) -> None:
    def handle(peer: Peer) -> None:
        peer.request()
        peer.drip(wire, 0.0005)

    with RawServer(handle) as server:
        assert get(server.transport()).data == b"abcde"


NO_BODY = {
    "HEAD": ("HEAD", head(Content_Length="5", Content_Encoding="gzip")),
    "HEAD, chunked": ("HEAD", head(Transfer_Encoding="chunked")),
    "204": ("GET", head("204 No Content")),
    "204 with a length of 0": ("DELETE", head("204 No Content", Content_Length="0")),
    "304": ("GET", head("304 Not Modified", Content_Length="5")),
    "length 0": ("GET", head(Content_Length="0")),
}


@pytest.mark.parametrize(("method", "wire"), NO_BODY.values(), ids=NO_BODY)
def test_where_there_is_no_body_none_is_waited_for(method: str, wire: bytes) -> None:
    """The connection can even be used again: the next answer is the next one."""
    with RawServer(answering(wire, OK)) as server:
        transport = server.transport()
        assert transport.send(Request(method, "/x", {}, None), limits()).data == b""
        assert get(transport).data == b"{}"
    assert len(server.peers) == 1


def test_the_body_that_a_204_should_not_have_is_never_the_next_answer() -> None:
    wrong = head("204 No Content", Content_Length=str(len(OK)))

    def handle(peer: Peer) -> None:
        peer.request()
        peer.send(wrong)
        if not peer.gone(0.2):
            peer.send(OK.replace(b"{}", b"[]"))
            peer.silence()

    with RawServer(in_turn(handle, answering(OK))) as server:
        transport = server.transport()
        assert get(transport).status == 204
        assert get(transport).data == b"{}"


INTERIM = {
    "100": head("100 Continue"),
    "102": head("102 Processing"),
    "103": head("103 Early Hints", Link="</a>; rel=preload", Content_Length="77"),
    "199 without a reason": b"HTTP/1.1 199\r\n\r\n",
    "several": head("100 Continue") + head("103 Early Hints") + head("100 Continue"),
    "32": head("103 Early Hints") * 32,
}


@pytest.mark.parametrize("interim", INTERIM.values(), ids=INTERIM)
def test_interim_answers_are_not_the_answer(interim: bytes) -> None:
    with RawServer(answering(interim + OK, OK)) as server:
        transport = server.transport()
        for _ in range(2):
            answer = get(transport)
            assert (answer.status, answer.data) == (200, b"{}")
            assert "Link" not in answer.headers
    assert len(server.peers) == 1


def refused(wire: bytes) -> ApiException:
    """The failure that an answer means; the connection is not used again."""
    with RawServer(closing_after(wire)) as server:
        transport = server.transport()
        failure = failure_of(lambda: get(transport))
        assert server.ended(1)
    assert failure.outcome == "unknown"
    return failure


def test_more_than_32_interim_answers_are_refused() -> None:
    failure = refused(head("103 Early Hints") * 33 + OK)
    assert isinstance(failure, InvalidResponseError)
    assert failure.reason == "more than 32 interim answers"
    assert failure.kind == "final"
