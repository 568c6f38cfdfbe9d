"""An HTTP/1.1 server on the loopback address that records what arrives and answers from a script.

Strategy: a socket, a thread for each connection and a parser of twenty lines, so that a request is
recorded as the bytes of it that arrived, in their order, untouched by any library's idea of
HTTP, and so that an answer can be anything, a broken one included. Each request's signature is
checked with the tests' own implementation; what isn't as it should be is kept in `failures` and
`bad_signatures`, and `check()`, which the fixture calls at the end, raises it.
"""

import json
import re
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import responses
from typing import BinaryIO, Self

from .signature import signature

CONSUMER_KEY = "test-consumer-key"
CLIENT_ID = "TEST-CLIENT"


@dataclass(frozen=True)
class Recorded:
    """One request, exactly as it arrived; `connection` counts from 1."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    connection: int

    @property
    def path(self) -> str:
        """The target's path: all of it before the first `?`, without an absolute-form's origin."""
        return re.sub("^https?://[^/?]*", "", self.target).partition("?")[0]

    @property
    def query(self) -> str:
        """The target's query: all of it after the first `?`."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """The only value of a header, or None; the comparison ignores case."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        if len(values) > 1:
            raise AssertionError(f"header {name} was sent {len(values)} times")
        return values[0] if values else None


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer. A body that is not bytes is sent as JSON; `raw` replaces head and body.

    `headers` come after the usual ones and take the place of those of the same name; `without`
    names usual ones to leave out. `close` ends the connection after the answer, `reset` does so
    with a TCP reset.
    """

    status: int = 200
    body: object = field(default_factory=dict[str, object])
    headers: tuple[tuple[str, str], ...] = ()
    without: tuple[str, ...] = ()
    reason: str | None = None
    raw: bytes | None = None
    close: bool = False
    reset: bool = False

    def data(self) -> bytes:
        """The bytes that go on the wire."""
        if self.raw is not None:
            return self.raw
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        usual = {
            "Content-Type": "application/json",
            "X-Request-ID": "0123456789abcdef",
            "Content-Length": str(len(body)),
        }
        replaced = {name.lower() for name in (*self.without, *(name for name, _ in self.headers))}
        headers = [pair for pair in usual.items() if pair[0].lower() not in replaced]
        reason = responses.get(self.status, "") if self.reason is None else self.reason
        lines = [f"HTTP/1.1 {self.status} {reason}"]
        lines += [f"{name}: {value}" for name, value in (*headers, *self.headers)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


Answer = Callable[[Recorded], Reply | bytes]


class RecordingServer:
    """Use it with `with`, or call `close()`. `url` is the base URL, its `/api/v1` included.

    `answer(...)` adds to the script, one reply for each request (bytes are sent as they are, and
    then the connection is closed); `answer_with(function)` computes every reply instead. A
    request for which there is no reply is a failure.
    """

    def __init__(
        self, *, consumer_key: str = CONSUMER_KEY, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        self.consumer_key = consumer_key
        self.requests: list[Recorded] = []
        self.failures: list[str] = []
        self.bad_signatures: list[Recorded] = []
        self.bad_signatures_expected = False
        self.connections = 0
        # What a gateway in front of the service does to a path before the service sees it.
        self.rewrite: Callable[[str], str] = lambda path: path
        self._script: deque[Reply | bytes] = deque()
        self._answer: Answer = self._scripted
        self._ssl_context = ssl_context
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._closing = False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http{'s' if ssl_context else ''}://127.0.0.1:{self.port}/api/v1"
        self._threads = [threading.Thread(target=self._accept, name="recording-server")]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def answer(self, *replies: Reply | bytes) -> None:
        """Adds replies to the script."""
        with self._lock:
            self._script.extend(replies)

    def answer_with(self, function: Answer) -> None:
        """Lets `function` compute the reply to every request, on the connection's thread."""
        self._answer = function

    def close(self) -> None:
        """Closes the sockets and joins the threads."""
        with self._lock:
            if self._closing:
                return
            self._closing = True
            for connection in self._open:
                # The base class's method: SSLSocket's own would pull the session away from a
                # thread that reads.
                with suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
        # accept() isn't woken by a close in another thread: a connection wakes it.
        socket.create_connection(("127.0.0.1", self.port)).close()
        for thread in self._threads:
            thread.join(10)
            if thread.is_alive():
                self._fail(f"thread {thread.name} is stuck")
        self._listener.close()

    def check(self) -> None:
        """Raises AssertionError for whatever was not as it should be."""
        assert not self.failures, self.failures
        if self.bad_signatures_expected:
            assert self.bad_signatures, "no request had a bad signature"
        else:
            assert not self.bad_signatures, self.bad_signatures

    def _scripted(self, request: Recorded) -> Reply | bytes:
        with self._lock:
            if self._script:
                return self._script.popleft()
        self._fail(f"no reply is scripted for {request.method} {request.target}")
        return Reply(status=500, body={"detail": "no reply is scripted"}, close=True)

    def _fail(self, text: str) -> None:
        with self._lock:
            self.failures.append(text)

    def _accept(self) -> None:
        while True:
            connection = self._listener.accept()[0]
            with self._lock:
                if self._closing:
                    connection.close()
                    return
                if self._ssl_context:
                    connection = self._ssl_context.wrap_socket(
                        connection, server_side=True, do_handshake_on_connect=False
                    )
                self.connections += 1
                self._open.add(connection)
                thread = threading.Thread(target=self._serve, args=(connection, self.connections))
                self._threads.append(thread)
                # Within the lock, so that close() never joins a thread that has not started.
                thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        # An OSError: the client went away, or refused the certificate. Its own view is tested.
        with suppress(OSError), connection, connection.makefile("rb") as stream:
            if isinstance(connection, ssl.SSLSocket):
                connection.do_handshake()
            while request := self._read(stream, number):
                if not self._respond(connection, request):
                    break
        with self._lock:
            self._open.discard(connection)

    def _respond(self, connection: socket.socket, request: Recorded) -> bool:
        """Sends the answer; False ends the connection."""
        reply = self._answer(request)
        if isinstance(reply, bytes):
            reply = Reply(raw=reply, close=True)
        connection.sendall(reply.data())
        if reply.reset:
            # A zero linger time makes close() send RST instead of FIN.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return not (reply.close or reply.reset)

    def _read(self, stream: BinaryIO, number: int) -> Recorded | None:
        """Reads and records one request; None at the end of the connection."""
        first = stream.readline()
        if not first:
            return None
        line = re.fullmatch(rb"([A-Z]+) (\S+) HTTP/1\.1\r\n", first)
        if line is None:
            self._fail(f"not a request: {first!r}")
            return None
        method, target = (word.decode("latin-1") for word in line.groups())
        headers: list[tuple[str, str]] = []
        while text := stream.readline().decode("latin-1").rstrip("\r\n"):
            name, _, value = text.partition(":")
            headers.append((name, value.strip(" ")))
        length = sum(int(value) for name, value in headers if name.lower() == "content-length")
        body = stream.read(length)
        if len(body) < length:
            return None
        request = Recorded(method, target, headers, body, number)
        with self._lock:
            self.requests.append(request)
            if method != "CONNECT" and not self._signed(request):
                self.bad_signatures.append(request)
        return request

    def _signed(self, request: Recorded) -> bool:
        path = self.rewrite(request.path)
        expected = signature(path, request.query, request.body, self.consumer_key)
        return request.header("Signature") == expected
