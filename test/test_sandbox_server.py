"""The sandbox as a server: odd requests, connections, threads, start and stop."""

import gc
import json
import logging
import re
import socket
import sys
import threading
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPResponse

import pytest

from snaptrade_client.exceptions import ApiValueError, MissingExtraError
from snaptrade_client.sandbox import CLIENT_ID, Sandbox

from .programs import run_python
from .sandboxed import checked_sandbox
from .wire import Wire, refused

LIST = "/snapTrade/listUsers"


def service_shaped(data: bytes) -> tuple[int, dict[str, object]]:
    """Checks a whole answer of the sandbox, and gives its status and body."""
    head, _, body = data.partition(b"\r\n\r\n")
    status_line, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    assert headers["Content-Type"] == "application/json"
    assert int(headers["Content-Length"]) == len(body)
    assert re.fullmatch("[0-9a-f]{32}", headers["X-Request-ID"])
    assert headers["X-RateLimit-Limit"] == "250"
    assert {"Date", "X-RateLimit-Remaining", "X-RateLimit-Reset"} <= headers.keys()
    match = re.fullmatch("HTTP/1.1 ([0-9]{3}) .+", status_line)
    assert match
    parsed = json.loads(body)
    assert set(parsed) == {"detail", "status_code", "code"}
    assert str(parsed["status_code"]) == match[1]
    return int(match[1]), parsed


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/a%2Fb?secret=1", 404),
        ("/a%00b", 404),
        ("/%", 404),
        ("/%zz?%", 404),
        (f"//host/api/v1{LIST}", 404),
        (f"//{LIST}", 404),
        ("//[host/path?secret=1", 400),
        ("http://[host/path?secret=1", 400),
        ("http://example.com/nothing", 404),
        ("*", 404),
        ("nothing", 400),
        ("/nothing#fragment", 400),
        ("/é", 400),
    ],
)
def test_odd_targets(
    wire: Wire, capfd: pytest.CaptureFixture[str], target: str, status: int
) -> None:
    method = "OPTIONS" if target == "*" else "GET"
    request = f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert service_shaped(wire.raw(request.encode()))[0] == status
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"rubbish\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTP/1.1\n\n", 400),
        (b"GET / SPDY/1.1\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"get / HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT example.com:443 HTTP/1.1\r\nConnection: close\r\n\r\n", 404),
        (b"CONNECT / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno header\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 1024 * 1024 + b"\r\n\r\n", 413),
        (b"GET /" + b"x" * 1024 * 1024 + b" HTTP/1.1\r\n\r\n", 414),
        (
            b"POST / HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            400,
        ),
    ],
)
def test_what_is_no_request(
    wire: Wire, capfd: pytest.CaptureFixture[str], request_: bytes, status: int
) -> None:
    assert service_shaped(wire.raw(request_))[0] == status
    assert capfd.readouterr() == ("", "")


def test_a_body_that_ends_early(wire: Wire, sandbox: Sandbox) -> None:
    head = f"POST /api/v1{LIST} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"
    with socket.create_connection(("127.0.0.1", wire.port), timeout=10) as connection:
        connection.sendall(head.encode() + b"{")
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as stream:
            status, body = service_shaped(stream.read())
    assert (status, body["detail"]) == (400, "The body could not be read.")
    assert (sandbox.requests[-1].body, sandbox.requests[-1].status) == (b"{", 400)


def test_a_client_that_goes_away(
    wire: Wire, sandbox: Sandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    for part in (
        b"",
        b"GET",
        b"GET / HTTP/1.1\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n",
    ):
        connection = socket.create_connection(("127.0.0.1", wire.port), timeout=10)
        connection.sendall(part)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
    assert wire.call("GET", LIST).status == 200
    sandbox.stop()
    assert capfd.readouterr() == ("", "")


def test_an_absolute_target_is_signed_by_its_path(wire: Wire, sandbox: Sandbox) -> None:
    target = wire.target(LIST)
    headers = {"Signature": wire.sign(target)}
    answer = wire.send("GET", f"http://example.com:8080{target}", None, headers)
    assert answer.status == 200
    assert sandbox.requests[-1].path == f"/api/v1{LIST}"


def test_a_failure_outside_of_the_app_is_logged_without_its_text(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    def clock() -> float:
        raise LookupError("a secret")

    with Sandbox(clock=clock) as sandbox:
        wire = Wire(sandbox)
        assert wire.raw(b"rubbish\r\n\r\n") == b""
        answer = wire.send("GET", "/?secret=1", None, {})
        refused(answer, 500, "1000")
    assert capfd.readouterr() == ("", "")
    assert {record.getMessage() for record in caplog.records} == {
        "the sandbox's server: LookupError",
        "the sandbox failed with InternalServerError",
    }


def test_long_queries(wire: Wire) -> None:
    user_id = "%F0%9F%98%80" * 10_000
    assert wire.call("GET", LIST, f"x={user_id}").status == 200
    assert wire.call("DELETE", "/snapTrade/deleteUser", f"userId={user_id}").status == 404
    body = json.dumps({"userId": "😀" * 10_000}).encode()
    assert wire.call("POST", "/snapTrade/registerUser", "", body).status == 200
    assert wire.call("DELETE", "/snapTrade/deleteUser", f"userId={user_id}").status == 200


def test_a_chunked_body(wire: Wire, sandbox: Sandbox) -> None:
    target = wire.target("/snapTrade/registerUser")
    signature = wire.sign(target, b'{"userId":"x"}')
    request = (
        f"POST {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nSignature: {signature}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        '8\r\n{"userId\r\n6\r\n":"x"}\r\n0\r\n\r\n'
    )
    assert wire.raw(request.encode()).startswith(b"HTTP/1.1 200 OK\r\n")
    assert sandbox.requests[-1].body == b'{"userId":"x"}'


def test_connections_are_kept_alive(wire: Wire) -> None:
    connections = [HTTPConnection("127.0.0.1", wire.port, timeout=10) for _ in range(40)]
    sockets: list[object] = []
    for _ in range(3):
        for connection in connections:
            target = wire.target("/snapTrade/nothing")
            connection.request("POST", target, b'{"a": 1}', {"Content-Type": "application/json"})
            answer: HTTPResponse = connection.getresponse()
            assert answer.status == 404
            assert answer.read().startswith(b'{"detail"')
            sockets.append(connection.sock)
    assert len(set(map(id, sockets))) == 40
    assert None not in sockets
    for connection in connections:
        connection.close()


def test_starting_and_stopping_leaves_nothing_behind() -> None:
    before = set(threading.enumerate())
    sandbox = Sandbox(users={"u": "s"})
    assert repr(sandbox) == "<Sandbox not running>"
    sandbox.stop()
    with pytest.raises(ApiValueError, match="not running"):
        _ = sandbox.url
    for _ in range(3):
        with sandbox:
            wire = Wire(sandbox)
            assert wire.call("GET", LIST).body == ["u"]
            with pytest.raises(ApiValueError, match="running already"):
                sandbox.start()
            idle = socket.create_connection(("127.0.0.1", wire.port), timeout=10)
            busy = socket.create_connection(("127.0.0.1", wire.port), timeout=10)
            busy.sendall(b"GET / HTTP/1.1\r\nHost")
        # Idle connections were closed, and those in the middle of a request: else these time out.
        for connection in (idle, busy):
            with connection, suppress(ConnectionResetError):
                while connection.recv(1024):
                    pass
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", wire.port), timeout=10)
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive(), thread
    assert not getattr(logging, "statistics", {})
    # A socket that was left open would warn here, and a warning is an error.
    gc.collect()


def test_it_starts_and_stops_fast() -> None:
    def seconds() -> float:
        start = time.perf_counter()
        with Sandbox():
            pass
        return time.perf_counter() - start

    assert min(seconds() for _ in range(5)) < 0.5


def test_a_port_that_is_taken() -> None:
    with Sandbox() as sandbox:
        port = Wire(sandbox).port
        other = Sandbox(port=port)
        with pytest.raises(OSError, match="No socket could be created"):
            other.start()
        other.stop()
    with Sandbox(port=port) as again:
        assert again.url == f"http://127.0.0.1:{port}/api/v1"


@pytest.mark.parametrize(
    ("host", "shown"),
    [("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("::", "[::1]")],  # noqa: S104
)
def test_other_addresses(host: str, shown: str) -> None:
    with Sandbox(host=host, users={"u": "s"}) as sandbox:
        assert re.fullmatch(rf"http://{re.escape(shown)}:[0-9]+/api/v1", sandbox.url)
        with sandbox.client() as client:
            assert client.authentication.list_snap_trade_users().body == ["u"]
            login = client.authentication.login_snap_trade_user(user_id="u", user_secret="s")
            assert login.data.count(sandbox.url.removesuffix("/api/v1").encode()) == 1


def test_options_of_the_client() -> None:
    with (
        checked_sandbox() as sandbox,
        sandbox.client(host=sandbox.url[: -len("/api/v1")]) as client,
    ):
        assert client.authentication.list_snap_trade_users().body == []
        assert sandbox.requests[-1].path == LIST
        configuration = client.authentication.api_client.configuration
        assert configuration.client_id == CLIENT_ID == sandbox.client_id
        assert configuration.consumer_key == sandbox.consumer_key


@pytest.mark.parametrize("package", ["flask", "cheroot", "cryptography"])
def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, "snaptrade_client.sandbox")
    with pytest.raises(MissingExtraError, match=r'pip install "snaptrade-client\[sandbox\]"'):
        __import__("snaptrade_client.sandbox")


def test_without_the_extra_the_package_works() -> None:
    script = (
        "import sys\n"
        "for name in ('flask', 'cheroot', 'cryptography'): sys.modules[name] = None\n"
        "import snaptrade_client\n"
        "snaptrade_client.SnapTrade(consumer_key='k', client_id='c')\n"
        "try: import snaptrade_client.sandbox\n"
        "except snaptrade_client.MissingExtraError as error: print(error.extra)\n"
    )
    assert run_python("-c", script) == "sandbox\n"
