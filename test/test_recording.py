"""The recording server itself: what it records, answers and refuses to overlook."""

import http.client
import socket
import ssl
from collections.abc import Generator
from contextlib import closing, contextmanager

import pytest
import trustme

from .recording import CONSUMER_KEY, Recorded, RecordingServer, Reply
from .signature import signature

TARGET = "/api/v1/a%2Fb//c?x=%20&x=%C3%A9"
PATH, _, QUERY = TARGET.partition("?")


def signed(path: str = PATH, query: str = QUERY, body: bytes = b"") -> dict[str, str]:
    """The header that a well signed request carries."""
    return {"Signature": signature(path, query, body, CONSUMER_KEY)}


@contextmanager
def connection(server: RecordingServer) -> Generator[http.client.HTTPConnection]:
    """A connection of the standard library's."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as connection:
        yield connection


def test_requests_are_recorded_as_they_arrive(server: RecordingServer) -> None:
    """The raw target, the headers in their order, the body, the connection."""
    body = b'{"b":1, "a":2}'
    server.answer(Reply(), Reply())
    for number in (1, 2):
        with connection(server) as client:
            client.request("POST", TARGET, body, {"x-B": "1", "X-a": "2", **signed(body=body)})
            assert client.getresponse().read() == b"{}"
            request = server.requests[-1]
            assert (request.method, request.target, request.body) == ("POST", TARGET, body)
            assert (request.path, request.query) == (PATH, QUERY)
            assert request.headers[-3:-1] == [("x-B", "1"), ("X-a", "2")]
            assert request.header("X-B") == "1"
            assert request.header("X-C") is None
            assert request.connection == number


def test_the_script_is_played_in_its_order_on_one_connection(server: RecordingServer) -> None:
    """Statuses, headers that replace, add and leave out, and bodies."""
    server.answer(
        Reply(status=429, body={"code": "0000"}, headers=(("Retry-After", "7"),)),
        Reply(body=b"\xff", headers=(("content-type", "text/html"),), without=("X-Request-ID",)),
        Reply(status=599, reason="Odd"),
    )
    with connection(server) as client:
        answers: list[tuple[int, str, dict[str, str], bytes]] = []
        for _ in range(3):
            client.request("GET", TARGET, headers=signed())
            answer = client.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            answers.append((answer.status, answer.reason, headers, answer.read()))
    json_type, length = {"content-type": "application/json"}, "content-length"
    request_id = {"x-request-id": "0123456789abcdef"}
    assert answers == [
        (
            429,
            "Too Many Requests",
            json_type | request_id | {length: "16", "retry-after": "7"},
            b'{"code": "0000"}',
        ),
        (200, "OK", {"content-type": "text/html", length: "1"}, b"\xff"),
        (599, "Odd", json_type | request_id | {length: "2"}, b"{}"),
    ]
    assert server.connections == 1


def test_a_function_can_answer(server: RecordingServer) -> None:
    """It is given the request."""

    def echo(request: Recorded) -> Reply:
        return Reply(body=request.path)

    server.answer_with(echo)
    with connection(server) as client:
        client.request("GET", TARGET, headers=signed())
        assert client.getresponse().read() == b'"/api/v1/a%2Fb//c"'


def test_raw_bytes_end_the_connection(server: RecordingServer) -> None:
    """Whatever they are."""
    server.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort")
    with connection(server) as client:
        client.request("GET", TARGET, headers=signed())
        with pytest.raises(http.client.IncompleteRead):
            client.getresponse().read()


def test_a_reset_is_a_reset(server: RecordingServer) -> None:
    """The client sees ECONNRESET, not the end of the file."""
    server.answer(Reply(raw=b"", reset=True))
    with connection(server) as client:
        client.request("GET", TARGET, headers=signed())
        with pytest.raises(ConnectionResetError):
            client.getresponse()


def test_absolute_form_is_signed_without_its_origin(server: RecordingServer) -> None:
    """As a proxy gets it."""
    server.answer(Reply())
    with connection(server) as client:
        client.request("GET", f"http://service.invalid{TARGET}", headers=signed())
        assert client.getresponse().status == 200
    assert server.requests[0].path == PATH


def test_a_gateway_may_rewrite_the_path_that_is_signed(server: RecordingServer) -> None:
    """The service verifies the path as it sees it."""
    server.rewrite = lambda path: path.replace("/gateway/", "/api/v1/")
    server.answer(Reply())
    with connection(server) as client:
        client.request("GET", "/gateway/x?y=1", headers=signed("/api/v1/x", "y=1"))
        assert client.getresponse().status == 200


@pytest.mark.parametrize(
    "headers", [{}, {"Signature": "x"}, signed(PATH, ""), signed(body=b'{"a":1}')]
)
def test_a_bad_signature_is_not_overlooked(headers: dict[str, str]) -> None:
    """check() raises, unless it is told to expect one."""
    with RecordingServer() as server, connection(server) as client:
        server.answer(Reply())
        client.request("GET", TARGET, headers=headers)
        assert client.getresponse().status == 200
        with pytest.raises(AssertionError, match="Recorded"):
            server.check()
        server.bad_signatures_expected = True
        server.check()


def test_an_expected_bad_signature_has_to_come() -> None:
    """Else the expectation would hide that the test sends nothing."""
    with RecordingServer() as server:
        server.bad_signatures_expected = True
        with pytest.raises(AssertionError, match="no request had a bad signature"):
            server.check()


def test_a_request_that_nobody_scripted_is_not_overlooked() -> None:
    """A second send of a request that must be sent once ends here."""
    with RecordingServer() as server, connection(server) as client:
        client.request("GET", TARGET, headers=signed())
        assert client.getresponse().status == 500
        with pytest.raises(AssertionError, match="no reply is scripted"):
            server.check()


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\n", b"GET /a b HTTP/1.1\r\n", b"get / HTTP/1.1\n"])
def test_what_is_no_request_is_not_overlooked(sent: bytes) -> None:
    """A TLS handshake, a space or a line end that was not encoded."""
    with RecordingServer() as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
            client.sendall(sent)
            assert client.recv(1) == b""
        with pytest.raises(AssertionError, match="not a request"):
            server.check()


def test_a_request_that_is_cut_short_is_no_request() -> None:
    """A client that went away while it sent: nothing to record, nothing to answer."""
    with RecordingServer() as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
            client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nshort")
            client.shutdown(socket.SHUT_WR)
            assert client.recv(1) == b""
        server.check()
        assert server.requests == []


def test_a_header_that_was_sent_twice_is_not_overlooked(server: RecordingServer) -> None:
    """There is no one value."""
    server.answer(Reply())
    with connection(server) as client:
        client.putrequest("GET", TARGET)
        for value in ("1", "2"):
            client.putheader("X-A", value)
        client.putheader(*next(iter(signed().items())))
        client.endheaders()
        assert client.getresponse().status == 200
    with pytest.raises(AssertionError, match="sent 2 times"):
        server.requests[0].header("x-a")


def test_it_speaks_tls() -> None:
    """With the context that it is given; a client that refuses the certificate just goes away."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    with RecordingServer(ssl_context=context) as server:
        server.answer(Reply())
        client = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=10, context=trusting)
        with closing(client):
            with pytest.raises(ssl.SSLCertVerificationError):
                client.connect()
            client.close()
            authority.configure_trust(trusting)
            client.request("GET", TARGET, headers=signed())
            assert client.getresponse().read() == b"{}"
        assert server.url == f"https://127.0.0.1:{server.port}/api/v1"
    server.check()


def test_close_ends_idle_connections() -> None:
    """And can be called twice."""
    with RecordingServer() as server, connection(server) as client:
        server.answer(Reply())
        client.request("GET", TARGET, headers=signed())
        client.getresponse().read()
        server.close()
        assert client.sock is not None
        assert client.sock.recv(1) == b""
