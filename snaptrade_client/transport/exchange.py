"""One request and its answer, and what a failure of it means.

Strategy: `connect` is the border between "the service has not seen the request" and "it may have
acted", so there is one function on each side of it. Whatever goes wrong leaves as an exception of
ours that tells its cause in words: the causes themselves hold URLs, and those hold secrets. Each
is raised outside of the `except` that caught its cause, or it would be chained to it.
"""

from __future__ import annotations

import os
import ssl
from contextlib import suppress
from io import BytesIO
from socket import gaierror

from snaptrade_client.exceptions import (
    ApiException,
    ConnectionFailedError,
    ConnectionLostError,
    InvalidResponseError,
    NameResolutionError,
    ProxyError,
    TlsError,
    TransportError,
)
from snaptrade_client.interrupts import is_from_outside
from snaptrade_client.transport.connections import Connection, TunnelRefusedError
from snaptrade_client.transport.framing import Framing, decoded, framing, pieces
from snaptrade_client.transport.head import Head, read_head
from snaptrade_client.transport.messages import Answer, Limits, Payload
from snaptrade_client.transport.sockets import TimedReader, Timer, ran_out
from snaptrade_client.transport.tls import PLAIN_HTTP

# How much of an answer that can't be used an exception keeps.
KEPT_BYTES = 1024 * 1024
# Seconds for what still comes of an answer that can't be used; most of it came at once.
PATIENCE = 1.0
# The same where it may hold a secret that is told this once.
MORE_PATIENCE = 5.0


def connect(connection: Connection) -> None:
    """Open a connection, unless it is open; nothing of the request is sent.

    Raises:
        TransportError: with the outcome `not_sent`.

    """
    try:
        connection.timer.seconds()
        if connection.sock is None:
            connection.connect()
    except Exception as error:
        if is_from_outside(error) or connection.timer.is_early(error):
            raise
        failure = _not_connected(error, connection)
    else:
        return
    failure.outcome = "not_sent"
    raise failure


def exchange(
    connection: Connection, method: str, wire: bytes, limits: Limits
) -> tuple[Answer, bool]:
    """Send a request, read its answer, and say whether the connection can be used again.

    Raises:
        TransportError: no complete answer arrived; the outcome is `unknown`.
        InvalidResponseError: the answer is not HTTP, or too long; the outcome is `unknown`.

    """
    with TimedReader(connection.sock, connection.timer) as reader:
        arrived = _Arrived()
        try:
            # The service may answer before it has read everything, with a 413 for example, and
            # close. Within TLS that is an SSLEOFError.
            with suppress(BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
                connection.send(wire)
            answer = arrived.read(reader, method, limits)
        except Exception as error:
            if is_from_outside(error) or connection.timer.is_early(error):
                raise
            failure = _not_answered(error, connection.timer)
        else:
            return answer, arrived.is_clean and not answer.surplus and connection.can_be_kept()
        arrived.complete(failure, reader, MORE_PATIENCE if limits.patient else PATIENCE)
    failure.outcome = "unknown"
    raise failure


class _Arrived:
    """What has arrived of an answer so far."""

    def __init__(self) -> None:
        self.head: Head | None = None
        self.end: Framing | None = None
        self.body = BytesIO()  # not a list: a piece may be one byte

    def read(self, reader: TimedReader, method: str, limits: Limits) -> Answer:
        self.head = head = read_head(reader)
        if head.status == 101:
            raise InvalidResponseError(
                reason="the answer is 101: another protocol was not asked for"
            )
        self.end = framing(method, head)
        encoding = head.headers.get("Content-Encoding", "")
        for piece in decoded(pieces(reader, self.end), encoding, limits.max_body_bytes):
            self.body.write(piece)
        body = self.body.getvalue()
        cut = limits.patient and _looks_cut(head.status, body)
        surplus = reader.remains(KEPT_BYTES, PATIENCE) if cut else reader.leftover()
        return Answer(head.status, head.reason, head.headers, Payload(body), surplus)

    @property
    def is_clean(self) -> bool:
        """Whether the answer has ended where it says, and the connection stays open."""
        told = self.end is not None and self.end.end != "close" and not self.end.odd
        return told and self.head is not None and self.head.keep_alive

    def complete(self, failure: ApiException, reader: TimedReader, patience: float) -> None:
        """Put what has arrived on a failure: a secret may be in it."""
        if self.head is not None:
            failure.status, failure.headers = self.head.status, self.head.headers
        kept = self.body.getvalue() + (failure.data or b"")
        endless = self.end is None or failure.data is not None
        if isinstance(failure, InvalidResponseError) and endless:
            # Its end can't be told, so what still comes belongs to it.
            kept += reader.remains(KEPT_BYTES, patience)
        else:
            # So does what came beyond its length.
            kept += reader.leftover()
        if kept or self.head is not None:
            failure.data = kept[:KEPT_BYTES]


def _looks_cut(status: int, body: bytes) -> bool:
    """Say whether a 2xx ends where no JSON does: the rest, with a secret, may still come."""
    return 200 <= status <= 299 and not body.rstrip().endswith((b"}", b"]"))


def _not_connected(error: Exception, connection: Connection) -> ApiException:
    """Translate what went wrong before any byte of the request was sent."""
    if isinstance(error, TunnelRefusedError):
        failure: ApiException = ProxyError(reason=f"the proxy answered CONNECT with {error.status}")
        failure.kind = "refused" if 400 <= error.status <= 499 else "not_sent"
        return failure
    failure = _connect_failure(error, connection)
    # An end in the middle of a handshake may be a hiccup; what OpenSSL objects to stays.
    hiccup = isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError | ssl.SSLSyscallError)
    failure.kind = "refused" if isinstance(failure, TlsError) and not hiccup else "not_sent"
    return failure


def _connect_failure(error: Exception, connection: Connection) -> TransportError:
    place = f" at {connection.host}, port {connection.port}"
    if ran_out(error):
        return connection.timer.failure()
    if isinstance(error, ssl.SSLError):
        return TlsError(reason=f"no secure connection: {_tls_problem(error)}")
    if isinstance(error, gaierror | UnicodeError):
        whose = "proxy" if connection.proxy else "host"
        return NameResolutionError(reason=f"the {whose}'s name was not found: {connection.host}")
    if isinstance(error, ValueError):  # urllib3's CertificateError, with assert_hostname
        return TlsError(reason="no secure connection: the certificate is for another name")
    if connection.proxy:
        return ProxyError(reason=f"no connection through the proxy{place}: {_problem(error)}")
    return ConnectionFailedError(reason=f"no connection to the service{place}: {_problem(error)}")


def _not_answered(error: Exception, timer: Timer) -> ApiException:
    """Translate what went wrong after the request, or some of it, was sent."""
    failure: ApiException
    if isinstance(error, ApiException):
        failure = error
    elif ran_out(error):
        failure = timer.failure()
    elif isinstance(error, ssl.SSLError):
        failure = TlsError(reason=f"the secure connection broke: {_tls_problem(error)}")
    else:
        failure = ConnectionLostError(reason=f"the connection was lost: {_problem(error)}")
    failure.kind = "lost" if isinstance(failure, TransportError) else "final"
    return failure


def _problem(error: Exception) -> str:
    """Tell an error's cause by its class and number; its text may hold a URL."""
    if isinstance(error, ApiException):
        return str(error)
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number) if number else type(error).__name__


def _tls_problem(error: ssl.SSLError) -> str:
    message = getattr(error, "verify_message", None) or error.reason or type(error).__name__
    hint = " (it seems to speak plain HTTP)" if error.reason in PLAIN_HTTP else ""
    return str(message).lower().replace("_", " ") + hint
