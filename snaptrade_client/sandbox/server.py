"""The sandbox on a socket: the only room that knows cheroot.

Strategy: cheroot's server in a thread, with what a stand-in for the service needs different:
its own error texts become the service's JSON errors, absolute request targets are accepted,
nothing is written to stderr, and stopping leaves no socket, no thread and no reference behind.
"""

# cheroot's type stubs leave most parameters and attributes untyped.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false
# pyright: reportMissingParameterType=false, reportIncompatibleMethodOverride=false

import json
import logging
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any, cast

from cheroot.server import HTTPConnection, HTTPRequest
from cheroot.wsgi import Gateway_10, Server
from flask import Flask

from snaptrade_client.sandbox.errors import INVALID, UNEXPECTED, Refusal, ServiceError
from snaptrade_client.sandbox.faults import CUT

_LOG = logging.getLogger("snaptrade_client.sandbox")
_MIB = 1024 * 1024


class _Request(HTTPRequest):
    def __init__(self, server: Any, conn: Any) -> None:
        # A "proxy" is what takes absolute request targets, as every server must (RFC 9112, 3.2.2).
        super().__init__(server, conn, proxy_mode=True)

    def read_request_line(self) -> bool:
        try:
            return cast("Callable[[], bool]", super().read_request_line)()
        except ValueError:
            # "//[host": what no URL can start with.
            self.simple_response("400 Bad Request")
            return False

    def simple_response(self, status: str, msg: str = "") -> None:
        """Refuse what never gets as far as the app, in the service's shape."""
        status_code = HTTPStatus(int(str(status)[:3]))
        known = UNEXPECTED if status_code == HTTPStatus.INTERNAL_SERVER_ERROR else INVALID
        refusal = Refusal(status_code, known.code, known.detail)
        reason = msg or status_code.phrase
        body = json.dumps(ServiceError(refusal, reason=reason).body).encode()
        self.close_connection = True
        headers = {
            **self.server.answer_headers(),
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        lines = [f"HTTP/1.1 {status_code.value} {status_code.phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        with suppress(OSError):
            self.conn.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)


class _Connection(HTTPConnection):
    RequestHandlerClass = _Request

    def communicate(self) -> bool:
        # While the server stops, those that are left in the queue are not waited for.
        communicate = cast("Callable[[], bool]", super().communicate)
        return self.server.ready and communicate()

    def close(self) -> None:
        super().close()
        # The writer holds the socket too; cheroot leaves it to the garbage collector.
        with suppress(OSError):
            self.wfile.close()


class _Gateway(Gateway_10):
    """Between server and app: it cuts the connection where the app asks for it."""

    def respond(self) -> None:
        super().respond()
        if CUT in self.env:
            # Told to nobody: the head, if there was one, has promised the whole body.
            self.req.close_connection = True

    def start_response(self, status: str, headers: Any, exc_info: Any = None) -> Any:
        write = super().start_response(status, headers, exc_info)
        if self.env.get(CUT, 0) is None:
            # Nothing of this answer goes out: let cheroot believe that its head has.
            self.req.sent_headers = True
        return write

    def write(self, chunk: bytes) -> None:
        if CUT in self.env:
            # The app's answers are of one chunk.
            chunk = chunk[: self.env[CUT] or 0]
        if chunk:
            super().write(chunk)


class _Server(Server):
    ConnectionClass = _Connection
    # No wait in a sandbox is worth more than this; it is what stopping costs at most.
    expiration_interval = 0.05
    # Idle connections are kept, however many clients there are.
    keep_alive_conn_limit = sys.maxsize
    max_request_header_size = _MIB
    max_request_body_size = 16 * _MIB

    def __init__(
        self, address: tuple[str, int], answer_headers: Callable[[], Mapping[str, str]]
    ) -> None:
        super().__init__(
            address,
            None,
            server_name="sandbox",
            request_queue_size=128,
            timeout=60,
        )
        self.gateway = _Gateway
        # Seconds that a request which is half read or half answered is given by stop().
        self.shutdown_timeout = 0.5
        self.answer_headers = answer_headers

    @staticmethod
    def bind_socket(socket_: socket.socket, bind_addr: Any) -> socket.socket:
        try:
            socket_.bind(bind_addr)
        except OSError:
            # cheroot forgets the socket of an address that is taken.
            socket_.close()
            raise
        return socket_

    def process_conn(self, conn: Any) -> None:
        if conn.last_used is None:
            # A new one may stay silent, such as those that browsers open in advance: a thread of
            # the pool would wait for its first byte, and there are ten.
            self.put_conn(conn)
        else:
            super().process_conn(conn)

    def error_log(self, *_: object, level: int = logging.INFO, **__: object) -> None:
        """Log what cheroot would write to stderr, without its texts: they may hold targets."""
        error = sys.exc_info()[0]
        _LOG.log(level, "the sandbox's server: %s", error.__name__ if error else "a notice")


class ServerThread:
    """One running server."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        make_app: Callable[[str], Flask],
        answer_headers: Callable[[], Mapping[str, str]],
    ) -> None:
        """Bind, and serve what `make_app` makes of the origin; OSError where binding fails."""
        self._server = _Server((host, port), answer_headers)
        try:
            self._server.prepare()
        except BaseException:
            self._forget()
            raise
        self.origin: str = _origin(*cast("tuple[str, int]", self._server.bind_addr))
        self._server.wsgi_app = make_app(self.origin)
        self._thread = threading.Thread(
            target=self._server.serve, name="snaptrade-sandbox", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Close every socket and wait for the threads to end."""
        self._server.stop()
        self._thread.join()
        self._forget()

    def _forget(self) -> None:
        # cheroot keeps every server for good in a table that it hangs on the logging module.
        statistics = cast("dict[str, object]", getattr(logging, "statistics", {}))
        statistics.pop(f"Cheroot HTTPServer {id(self._server)}", None)


def _origin(host: str, port: int) -> str:
    # An address that stands for every interface is no address to call.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - not bound here
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
