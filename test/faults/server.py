"""A server on the loopback address whose every byte and every silence is scripted.

Strategy: a step is a function of one connection (`Peer`), a script is a step made of others (see
`steps`), and the server runs the script on a thread for each connection. Nothing here knows HTTP
but the reading of a request: what is sent is bytes. Every byte that arrives is kept, every
complete request is counted, and its signature is checked with the tests' own implementation.
"""

import re
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from ..recording import CONSUMER_KEY, Recorded
from ..signature import signature


class EndedError(Exception):
    """The connection is over: the client has gone, or a step has closed it."""


class Peer:
    """The server's end of one connection; `number` counts from 1."""

    def __init__(self, sock: socket.socket, number: int, server: "FaultServer") -> None:
        self.sock = sock
        self.number = number
        self.server = server
        self.received = bytearray()
        self.ended = threading.Event()
        self._buffer = bytearray()

    def secure(self, context: ssl.SSLContext) -> None:
        """Does the server's part of a TLS handshake."""
        self.sock = context.wrap_socket(self.sock, server_side=True, do_handshake_on_connect=False)
        assert isinstance(self.sock, ssl.SSLSocket)
        self.sock.do_handshake()

    def send(self, data: bytes) -> None:
        """Sends bytes as they are."""
        self.sock.sendall(data)

    def pause(self, seconds: float | None) -> None:
        """Waits; without limit until the client has gone. What arrives meanwhile is kept."""
        self.sock.settimeout(seconds)
        try:
            while True:
                self._fill()
        except TimeoutError:
            pass
        finally:
            # A failure has detached the socket of a TLS connection.
            if self.sock.fileno() >= 0:
                self.sock.settimeout(None)

    def readable(self, seconds: float | None = None) -> bool:
        """Whether something arrives in time; it is not read, so a close becomes a reset."""
        return bool(select.select([self.sock], [], [], seconds)[0])

    def request(self) -> Recorded:
        """Reads and records one request, its body included."""
        while b"\r\n\r\n" not in self._buffer:
            self._fill()
        head, _, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        line = re.fullmatch(r"([A-Z]+) (\S+) HTTP/1\.1", first)
        if line is None:
            self.server.failures.append(f"not a request: {first!r}")
            raise EndedError
        pairs = [text.partition(":") for text in lines]
        headers = [(name, value.strip(" ")) for name, _, value in pairs]
        length = sum(int(value) for name, value in headers if name.lower() == "content-length")
        while len(self._buffer) < len(head) + 4 + length:
            self._fill()
        rest = bytes(self._buffer[len(head) + 4 :])
        self._buffer = bytearray(rest[length:])
        recorded = Recorded(line[1], line[2], headers, rest[:length], self.number)
        self.server.record(recorded)
        return recorded

    def close(self) -> None:
        """Ends the connection; with TLS, as most servers do, without its closing alert."""
        self.sock.close()
        raise EndedError

    def reset(self) -> None:
        """Ends the connection with a TCP reset."""
        # A zero linger time makes close() send RST instead of FIN.
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def _fill(self) -> None:
        data = self.sock.recv(65536)
        if not data:
            raise EndedError
        self.received += data
        self._buffer += data


Step = Callable[[Peer], None]


class FaultServer:
    """Use it with `with`, at whose end a request that was badly signed fails the test.

    `script` is what every connection goes through.

    `url` is the base URL of the service. With `tls`, each connection begins with a handshake.
    `consumer_key` is None where it is not the client that sends. `small_buffers` makes the kernel
    stop taking what is not read, early.
    """

    def __init__(
        self,
        script: Step,
        *,
        tls: ssl.SSLContext | None = None,
        consumer_key: str | None = CONSUMER_KEY,
        small_buffers: bool = False,
    ) -> None:
        self.script = script
        self.consumer_key = consumer_key
        self.requests: list[Recorded] = []
        self.bad_signatures: list[Recorded] = []
        self.failures: list[str] = []
        self.peers: list[Peer] = []
        self.closing = threading.Event()
        self._tls = tls
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        if small_buffers:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}/api/v1"
        self._acceptor = threading.Thread(target=self._accept, name="fault-server")
        self._acceptor.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        assert not self.bad_signatures, self.bad_signatures[:3]

    @property
    def connections(self) -> int:
        """How many connections there were."""
        return len(self.peers)

    @property
    def received(self) -> bytes:
        """All bytes that arrived, connection after connection."""
        return b"".join(bytes(peer.received) for peer in self.peers)

    def forget(self) -> None:
        """Drops the records of what is over: of a million, they would make the collector slow."""
        with self._lock:
            self.requests.clear()
            self.peers = [peer for peer in self.peers if not peer.ended.is_set()]

    def record(self, request: Recorded) -> None:
        """Counts a request and judges its signature."""
        with self._lock:
            self.requests.append(request)
            if not self._signed(request):
                self.bad_signatures.append(request)

    def _signed(self, request: Recorded) -> bool:
        if self.consumer_key is None:
            return True
        expected = signature(request.path, request.query, request.body, self.consumer_key)
        return request.header("Signature") == expected

    def close(self) -> None:
        """Ends all connections and joins the threads."""
        self.closing.set()
        with self._lock:
            open_peers = [peer for peer in self.peers if not peer.ended.is_set()]
            threads = list(self._threads)
        for peer in open_peers:
            # The base class's method: SSLSocket's own would pull the session away from a
            # thread that reads.
            with suppress(OSError):
                socket.socket.shutdown(peer.sock, socket.SHUT_RDWR)
        # accept() isn't woken by a close in another thread: a connection wakes it.
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port)).close()
        for thread in (self._acceptor, *threads):
            thread.join(10)
            if thread.is_alive():
                self.failures.append(f"thread {thread.name} is stuck")
        self._listener.close()

    def check(self) -> None:
        """Raises AssertionError for whatever was not as it should be."""
        assert not self.failures, self.failures
        assert not self.bad_signatures, self.bad_signatures[:3]

    def _accept(self) -> None:
        while True:
            sock = self._listener.accept()[0]
            # Else each second write of a TLS connection waits 40 ms for the client's ACK.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                if self.closing.is_set():
                    sock.close()
                    return
                peer = Peer(sock, len(self.peers) + 1, self)
                self.peers.append(peer)
                thread = threading.Thread(target=self._serve, args=(peer,), daemon=True)
                self._threads.add(thread)
                # Within the lock, so that close() never joins a thread that has not started.
                thread.start()

    def _serve(self, peer: Peer) -> None:
        try:
            if self._tls is not None:
                peer.secure(self._tls)
            self.script(peer)
        except (OSError, EndedError):
            pass  # the client went away, or was sent away: its own view is tested
        except Exception as failure:  # noqa: BLE001 - check() raises it
            self.failures.append(f"{type(failure).__name__}: {failure}")
        finally:
            peer.sock.close()
            peer.ended.set()
            with self._lock:
                self._threads.discard(threading.current_thread())
