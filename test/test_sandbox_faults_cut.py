"""Answers that are cut or spoiled, on the wire, and what stays behind of them."""

import gc
import json
import socket
import threading
import time
from collections.abc import Generator
from http.client import HTTPConnection, IncompleteRead, RemoteDisconnected

import pytest

from snaptrade_client.sandbox import BadJson, Delay, Drop, Sandbox, Truncate

from .sandboxed import checked_sandbox
from .wire import LIST, REGISTER, Wire


@pytest.fixture
def sandbox() -> Generator[Sandbox]:
    with checked_sandbox(users={"u1": "s1"}) as sandbox:
        yield sandbox


@pytest.mark.parametrize(("after", "left"), [(0, 0), (5, 5), (1000, -1)])
def test_a_truncated_answer(wire: Wire, sandbox: Sandbox, after: int, left: int) -> None:
    whole = json.dumps(["u1"]).encode()
    sandbox.faults.add("list", Truncate(after))
    target = wire.target(LIST)
    request = f"GET {target} HTTP/1.1\r\nHost: x\r\nSignature: {wire.sign(target)}\r\n\r\n"
    head, _, body = wire.raw(request.encode()).partition(b"\r\n\r\n")
    # Nothing in the head gives it away.
    assert f"Content-Length: {len(whole)}".encode() in head
    assert b"Connection" not in head
    assert body == whole[:left]


def test_a_truncated_answer_to_head(wire: Wire, sandbox: Sandbox) -> None:
    sandbox.faults.add("list", Truncate(3), times=2)
    assert wire.call("HEAD", LIST).status == 200
    with pytest.raises(IncompleteRead):
        wire.call("GET", LIST)


def test_bad_json(wire: Wire, sandbox: Sandbox) -> None:
    sandbox.faults.add("list", BadJson())
    target = wire.target(LIST)
    connection = HTTPConnection("127.0.0.1", wire.port, timeout=10)
    connection.request("GET", target, headers={"Signature": wire.sign(target)})
    assert connection.getresponse().read() == b'["u1"'
    # Its length is right, so the connection goes on.
    connection.request("GET", target, headers={"Signature": wire.sign(target)})
    assert connection.getresponse().read() == b'["u1"]'
    connection.close()


def test_stopping_ends_a_delay_and_leaves_nothing_behind() -> None:
    before = set(threading.enumerate())
    with Sandbox() as sandbox:
        wire = Wire(sandbox)
        sandbox.faults.add("list", Delay(600))
        for fault in (Drop(), Drop("after"), Truncate(1)):
            sandbox.faults.add("register", fault, times=20)
        for _ in range(60):
            with pytest.raises((RemoteDisconnected, IncompleteRead)):
                wire.call("POST", REGISTER)
        waiting = socket.create_connection(("127.0.0.1", wire.port), timeout=10)
        target = wire.target(LIST)
        head = f"GET {target} HTTP/1.1\r\nHost: x\r\nSignature: {wire.sign(target)}\r\n\r\n"
        waiting.sendall(head.encode())
        while sandbox.faults.pending:
            time.sleep(0.01)
        start = time.monotonic()
    assert time.monotonic() - start < 5
    # What it was told to wait for has happened, and the answer still came.
    with waiting, waiting.makefile("rb") as stream:
        assert stream.read().startswith(b"HTTP/1.1 200 OK\r\n")
    assert set(threading.enumerate()) <= before
    # A socket that was left open would warn here, and a warning is an error.
    gc.collect()


def test_a_dropped_connection_is_closed_and_others_are_not(wire: Wire, sandbox: Sandbox) -> None:
    other = HTTPConnection("127.0.0.1", wire.port, timeout=10)
    target = wire.target(LIST)

    def get(connection: HTTPConnection) -> int:
        connection.request("GET", target, headers={"Signature": wire.sign(target)})
        answer = connection.getresponse()
        answer.read()
        return answer.status

    assert get(other) == 200
    kept = other.sock
    sandbox.faults.add("list", Drop())
    connection = HTTPConnection("127.0.0.1", wire.port, timeout=10)
    with pytest.raises(RemoteDisconnected):
        get(connection)
    assert get(other) == 200
    assert other.sock is kept
    other.close()
    connection.close()
