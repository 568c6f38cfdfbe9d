"""The steps that scripts are made of; each is a function of one connection.

Strategy: small functions that return functions. `script` puts steps in a row, `each_request` runs
one step for each request, and what an answer is made of is bytes from `answers`.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

from ..recording import Recorded
from .server import FaultServer, Peer, Step

# Longer than the client's deadlines here, so that it is the client who ends a drip.
DRIP_GAP = 0.02


def script(*steps: Step) -> Step:
    """Runs steps in a row."""

    def run(peer: Peer) -> None:
        for step in steps:
            step(peer)

    return run


def each_request(decide: Callable[[Recorded], Step]) -> Step:
    """Reads request after request, and for each runs the step that was decided upon."""

    def run(peer: Peer) -> None:
        while True:
            decide(peer.request())(peer)

    return run


def each_connection(decide: Callable[[int], Step]) -> Step:
    """Runs the step that was decided upon for the number of the connection."""
    return lambda peer: decide(peer.number)(peer)


def request(peer: Peer) -> None:
    """Reads one request."""
    peer.request()


def silence(peer: Peer) -> None:
    """Reads and says nothing, until the client goes."""
    peer.pause(None)


def deafness(peer: Peer) -> None:
    """Neither reads nor says anything, until the server ends."""
    peer.server.closing.wait()


def close(peer: Peer) -> None:
    """Ends the connection."""
    peer.close()


def reset(peer: Peer) -> None:
    """Ends the connection with a TCP reset."""
    peer.reset()


def close_notify(peer: Peer) -> None:
    """Ends a TLS connection as the standard says."""
    assert isinstance(peer.sock, ssl.SSLSocket)
    peer.sock.settimeout(0.0)
    # It has sent its own alert when it wants to read the other side's.
    with suppress(ssl.SSLWantReadError):
        peer.sock.unwrap()
    peer.close()


def close_when_asked(peer: Peer) -> None:
    """Ends the connection in the instant that a request arrives, unread: a reset."""
    peer.readable()
    peer.close()


def send(data: bytes) -> Step:
    """Sends bytes."""
    return lambda peer: peer.send(data)


def pause(seconds: float) -> Step:
    """Waits."""
    return lambda peer: peer.pause(seconds)


def drip(data: bytes, *, gap: float = DRIP_GAP) -> Step:
    """Sends a byte at a time."""

    def run(peer: Peer) -> None:
        for byte in data:
            peer.send(bytes([byte]))
            peer.pause(gap)

    return run


def secure(context: ssl.SSLContext) -> Step:
    """Does a TLS handshake."""
    return lambda peer: peer.secure(context)


def server_flight(context: ssl.SSLContext, then: Callable[[bytes], Step]) -> Step:
    """Reads the client's hello, and hands the answer's bytes, ServerHello first, to a step."""

    def run(peer: Peer) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        handshake = context.wrap_bio(incoming, outgoing, server_side=True)
        while not outgoing.pending:
            incoming.write(peer.sock.recv(65536))
            with suppress(ssl.SSLWantReadError):
                handshake.do_handshake()
        then(outgoing.read())(peer)

    return run


def serving(server: FaultServer, number: int) -> Peer:
    """The connection of that number."""
    return server.peers[number - 1]


@contextmanager
def refused_port() -> Generator[int]:
    """A port that nobody listens on and nobody else gets."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


@contextmanager
def full_port() -> Generator[int]:
    """A port whose queue is full: the kernel drops every connection's first packet."""
    waiting: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port: int = listener.getsockname()[1]
        try:
            for _ in range(4):
                waiting.append(socket.socket())
                waiting[-1].settimeout(0)
                waiting[-1].connect_ex(("127.0.0.1", port))
            yield port
        finally:
            for sock in waiting:
                sock.close()


class Gate:
    """Lets a step wait for the test, and the test for the step."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()

    def __call__(self, _: Peer) -> None:
        self.reached.set()
        self.opened.wait(30)
