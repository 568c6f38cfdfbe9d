"""After a fork no process gets the other's answer, with Python's fork hooks and without."""

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from .authority import Authority
from .proxying import Proxy
from .raw import Peer, RawServer

PROGRAM = Path(__file__).with_name("forking.py")
hooks = pytest.mark.parametrize("hooks", ["with", "without"])


def naming(peer: Peer) -> None:
    """Answers with the target that was asked for and the connection's number."""
    while request := peer.request():
        respond(peer, request)


def respond(peer: Peer, request: bytes) -> None:
    body = b"%s on %d" % (request.split()[1], peer.number)
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def run(
    server: RawServer, *arguments: str, ready: threading.Event | None = None
) -> list[list[str]]:
    """What the processes print, in the order of the printing."""
    # Forking beside a thread, which Python 3.12 warns of, is what is tested.
    warnings = ["-W", "error", "-W", "ignore:This process:DeprecationWarning"]
    command = [sys.executable, *warnings, str(PROGRAM), server.url, *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as program:
        if ready is not None:
            assert ready.wait(20)
        output, errors = program.communicate("\n", timeout=20)
    assert errors == ""
    assert program.returncode == 0
    return [json.loads(line) for line in output.splitlines()]


@hooks
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_an_idle_connection_stays_the_parents(hooks: str, tls: bool, tmp_path: Path) -> None:
    """The child has one of its own; the parent's is as good as before."""
    authority = Authority(tmp_path)
    context = authority.server() if tls else None
    with RawServer(naming, ssl_context=context) as server:
        assert run(server, "idle", hooks, authority.bundle) == [
            ["before", "/before on 1"],
            ["child", "/child on 2"],
            ["child", "/child on 2"],
            ["parent", "/parent on 1"],
        ]


@hooks
def test_a_busy_connection_stays_the_parents(hooks: str) -> None:
    asked, answered = threading.Event(), threading.Event()

    def handle(peer: Peer) -> None:
        request = peer.request()
        if peer.number == 1:
            asked.set()
            assert answered.wait(10)
        respond(peer, request)
        answered.set()
        naming(peer)

    with RawServer(handle) as server:
        printed = run(server, "busy", hooks, ready=asked)
    assert sorted(printed[:2]) == [["child", "/child on 2"], ["thread", "/thread on 1"]]
    assert printed[2:] == [["parent", "/parent on 1"]]


@hooks
def test_a_connection_in_its_handshake_stays_the_parents(hooks: str, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = authority.server()
    begun, answered = threading.Event(), threading.Event()

    def handle(peer: Peer) -> None:
        if peer.number == 1:
            peer.sock.recv(1, socket.MSG_PEEK)
            begun.set()
            assert answered.wait(10)
        with context.wrap_socket(peer.sock, server_side=True) as peer.sock:
            respond(peer, peer.request())
            answered.set()
            naming(peer)

    with RawServer(handle) as server:
        server.url = server.url.replace("http:", "https:")
        printed = run(server, "busy", hooks, authority.bundle, ready=begun)
    assert sorted(printed[:2]) == [["child", "/child on 2"], ["thread", "/thread on 1"]]
    assert printed[2:] == [["parent", "/parent on 1"]]


@hooks
def test_a_busy_connection_through_a_tls_proxy_stays_the_parents(
    hooks: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of these is used again, so each call has its own."""
    authority = Authority(tmp_path)
    asked, answered = threading.Event(), threading.Event()

    def handle(peer: Peer) -> None:
        request = peer.request()
        if peer.number == 1:
            asked.set()
            assert answered.wait(10)
        respond(peer, request)
        answered.set()

    with (
        RawServer(handle, ssl_context=authority.server("service.example")) as service,
        RawServer(Proxy(service.port), ssl_context=authority.server()) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        service.url = "https://service.example"
        printed = run(service, "busy", hooks, authority.bundle, ready=asked)
    assert sorted(printed[:2]) == [["child", "/child on 2"], ["thread", "/thread on 1"]]
    assert printed[2:] == [["parent", "/parent on 3"]]


def test_a_fork_in_the_middle_of_a_call_leaves_it_to_the_parent() -> None:
    """As a signal's handler may do."""
    with RawServer(naming) as server:
        assert run(server, "within", "with") == [
            ["before", "/before on 1"],
            ["call", "ConnectionLostError unknown lost"],
            ["child", "/child on 2"],
            ["call", "/call on 1"],
            ["parent", "/parent on 1"],
        ]


def test_a_fork_that_nobody_told_of_gives_no_process_the_answer() -> None:
    """Child and parent read from one connection; what they have read can't be trusted."""
    with RawServer(naming) as server:
        assert run(server, "within", "without") == [
            ["before", "/before on 1"],
            ["call", "ConnectionLostError unknown lost"],
            ["child", "/child on 2"],
            ["call", "ReadTimeoutError unknown lost"],
            ["parent", "/parent on 3"],
        ]
