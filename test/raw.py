"""A server that does with its connections what a test tells it, whether HTTP allows it or not.

Strategy: `RecordingServer` answers requests; here a handler owns the bare socket, so it can be
silent, drip, reset, or answer what was never asked. Whatever request carries a signature is judged
with the tests' own implementation; one of a bare transport, which knows nothing of signatures, has
none.
"""

import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any, Self

from snaptrade_client import ApiException, Configuration, OpenApiException
from snaptrade_client.transport import Answer, Limits, Request, Transport

from .signature import signature

CONSUMER_KEY = "key"
# The key of the tests that look for it in what is printed.
CANARY_KEY = "canary-consumer-key-41"
GET = Request("GET", "/x", {}, None)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
# What may pass between a limit and the end of a call.
GRACE = 0.25


class Peer:
    """The server's end of one connection; `number` counts from 1."""

    def __init__(self, sock: socket.socket, number: int) -> None:
        self.sock = sock
        self.number = number
        self.ended = threading.Event()

    def request(self) -> bytes:
        """The next request, its body included; empty where the client has gone.

        A request that is signed must be signed well, or the test fails.
        """
        data = self.message()
        judge(data)
        return data

    def message(self) -> bytes:
        """The same, of whatever is sent: its signature is not looked at."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = self.sock.recv(65536)
            if not more:
                return b""
            data += more
        found = re.search(rb"\r\nContent-Length: (\d+)", data)
        length = int(found[1]) if found else 0
        while len(data.partition(b"\r\n\r\n")[2]) < length:
            data += self.sock.recv(65536)
        return data

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def drip(self, data: bytes, gap: float = 0.02) -> None:
        """Send a byte at a time, until the client has gone."""
        for byte in data:
            self.sock.sendall(bytes([byte]))
            if self.gone(gap):
                return

    def gone(self, timeout: float) -> bool:
        """Whether the client goes away within so many seconds."""
        self.sock.settimeout(timeout)
        try:
            return not self.sock.recv(65536)
        except TimeoutError:
            return False
        finally:
            self.sock.settimeout(None)

    def silence(self) -> None:
        """Wait until the client has gone."""
        while self.sock.recv(65536):
            pass

    def reset(self) -> None:
        """Make of the connection's end, which comes next, a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def judge(request: bytes) -> None:
    """Raises AssertionError where a request has a signature, and it is not the right one."""
    head, _, body = request.partition(b"\r\n\r\n")
    line, *headers = head.decode("latin-1").split("\r\n")
    pairs = [text.partition(":") for text in headers]
    given = [value.strip(" ") for name, _, value in pairs if name.lower() == "signature"]
    if given:
        # A proxy is asked for a whole URL.
        path, _, query = re.sub("^https?://[^/?]*", "", line.split(" ")[1]).partition("?")
        keys = (CONSUMER_KEY, CANARY_KEY)
        right = [[signature(path, query, body, key)] for key in keys]
        assert given in right, f"wrongly signed: {line}"


Handler = Callable[[Peer], None]


def head(status: str = "200 OK", **headers: str) -> bytes:
    """The head of an answer; `Content_Length=2` is a header."""
    lines = [f"HTTP/1.1 {status}", *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def answering(*answers: bytes) -> Handler:
    """Answers request after request, and then waits for the client to go."""

    def handle(peer: Peer) -> None:
        for answer in answers:
            if not peer.request():
                return
            peer.send(answer)
        peer.silence()

    return handle


def closing_after(*answers: bytes) -> Handler:
    """Answers request after request, and then closes."""

    def handle(peer: Peer) -> None:
        for answer in answers:
            if peer.request():
                peer.send(answer)

    return handle


def in_turn(*handlers: Handler) -> Handler:
    """Handles each connection with the next handler, and all others with the last one."""
    return lambda peer: handlers[min(peer.number, len(handlers)) - 1](peer)


class RawServer:
    """Use it with `with`. `peers` are the connections that there were."""

    def __init__(
        self,
        handler: Handler,
        *,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.peers: list[Peer] = []
        self.failures: list[BaseException] = []
        self._handler = handler
        self._ssl_context = ssl_context
        self._transports: list[Transport] = []
        self._lock = threading.Lock()
        self._closing = False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http{'s' if ssl_context else ''}://127.0.0.1:{self.port}"
        self._threads = [threading.Thread(target=self._accept, name="raw-server")]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for transport in self._transports:
            transport.close()
        with self._lock:
            self._closing = True
            for peer in self.peers:
                with suppress(OSError):
                    socket.socket.shutdown(peer.sock, socket.SHUT_RDWR)
        socket.create_connection(("127.0.0.1", self.port)).close()
        for thread in self._threads:
            thread.join(10)
        self._listener.close()
        assert not any(thread.is_alive() for thread in self._threads)
        assert not self.failures, self.failures

    def transport(self, host: str | None = None, **options: Any) -> Transport:
        """A transport to this server (or to another host), which is closed at the end."""
        transport = Transport(configuration(self.url if host is None else host, **options))
        self._transports.append(transport)
        return transport

    def ended(self, number: int) -> bool:
        """Whether the connection of this number ends, within five seconds."""
        return self.peers[number - 1].ended.wait(5)

    def _accept(self) -> None:
        while True:
            sock = self._listener.accept()[0]
            # What is sent must leave before a reset that comes right after it.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                if self._closing:
                    sock.close()
                    return
                if self._ssl_context:
                    sock = self._ssl_context.wrap_socket(
                        sock, server_side=True, do_handshake_on_connect=False
                    )
                peer = Peer(sock, len(self.peers) + 1)
                self.peers.append(peer)
                thread = threading.Thread(target=self._serve, args=(peer,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, peer: Peer) -> None:
        try:
            with peer.sock:
                if isinstance(peer.sock, ssl.SSLSocket):
                    peer.sock.do_handshake()
                self._handler(peer)
        except OSError:
            pass  # the client went away; its own view is tested
        except BaseException as failure:  # noqa: BLE001 - the test's thread raises it
            self.failures.append(failure)
        finally:
            peer.ended.set()


def configuration(host: str, **options: Any) -> Configuration:
    """A configuration with made-up credentials."""
    return Configuration(consumer_key=CONSUMER_KEY, client_id="id", host=host, **options)


def limits(
    *,
    connect: float | None = 5.0,
    read: float | None = 5.0,
    deadline: float | None = None,
    max_body_bytes: int = 1_000_000,
    fresh: bool = False,
    patient: bool = False,
) -> Limits:
    """Limits; `deadline` is in seconds from now."""
    moment = None if deadline is None else time.monotonic() + deadline
    return Limits(connect, read, moment, max_body_bytes, fresh, patient)


def get(transport: Transport, **options: Any) -> Answer:
    """The answer to a GET."""
    return transport.send(GET, limits(**options))


def error_of(call: Callable[[], object]) -> OpenApiException:
    """What a call raises: an exception of the package's, with no other chained to it."""
    try:
        call()
    except OpenApiException as error:
        failure = error
    else:
        raise AssertionError("it raised nothing")
    assert failure.__cause__ is None
    assert failure.__context__ is None
    return failure.with_traceback(None)


def failure_of(call: Callable[[], object]) -> ApiException:
    """The same, of a call that failed on the network or at the service."""
    failure = error_of(call)
    assert isinstance(failure, ApiException)
    return failure


@contextmanager
def takes(seconds: float) -> Generator[None]:
    """Fails if the block ends before `seconds`, or long after them."""
    started = time.monotonic()
    yield
    took = time.monotonic() - started
    assert seconds - 0.01 <= took <= seconds + GRACE, f"it took {took:.3f} s"
