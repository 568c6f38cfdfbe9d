"""One request and its answer, and what a failure of it means.

Strategy: `connect` is the border between "the service has not seen the request" and "it may have
acted", so there is one function on each side of it. Whatever goes wrong leaves as an exception of
ours that tells its cause in words: the causes themselves hold URLs, and those hold secrets. Each
is raised outside of the `except` that caught its cause, or it would be chained to it.
"""

from __future__ import annotations

import os
import re
import ssl
from contextlib import suppress
from io import BytesIO
from socket import gaierror

from snaptrade_client.api_response import Headers
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
from snaptrade_client.transport import framing
from snaptrade_client.transport.connections import KEPT_BYTES, Connection, Head
from snaptrade_client.transport.messages import Answer
from snaptrade_client.transport.sockets import Limits, Timer, ran_out

# What OpenSSL says of an answer that is no TLS at all; it differs between its versions.
_PLAIN_HTTP = ("WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG")


def connect(connection: Connection) -> None:
    """Open a connection, unless it is open; nothing of the request is sent.

    Raises:
        TransportError: with the outcome `not_sent`.

    """
    try:
        connection.timer.seconds()
        if connection.sock is None:
            connection.connect()
    except Exception as error:  # noqa: BLE001 - whatever it is, nothing was sent
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
    kept = BytesIO()  # not a list: a piece may be one byte
    head: Head | None = None
    end: framing.Framing | None = None
    try:
        # The service may answer before it has read everything, with a 413 for example, and close.
        # Within TLS that is an SSLEOFError.
        with suppress(BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
            connection.send(wire)
        head = Head(connection.sock, connection.timer, method)
        head.begin()
        end = _framing(head, method)
        encoding = head.headers.get("Content-Encoding", "")
        body = framing.pieces(head.reader, end)
        for piece in framing.decoded(body, encoding, limits.max_body_bytes):
            kept.write(piece)
        head.close()
        surplus = head.reader.rest
        if limits.patient and _looks_cut(head.status, kept.getvalue()):
            surplus = head.reader.remains(KEPT_BYTES)
        keep = not (end.odd or head.will_close or surplus) and connection.can_be_kept()
        return Answer(head.status, head.reason, _headers(head), kept.getvalue(), surplus), keep
    except Exception as error:  # noqa: BLE001 - whatever it is, the service may have acted
        failure = _not_answered(error, connection.timer)
    failure.outcome = "unknown"
    if head is not None and head.begun:
        failure.status, failure.headers = head.status, _headers(head)
        kept.write(failure.data or b"")
        if isinstance(failure, InvalidResponseError) and (end is None or failure.data is not None):
            # Its end can't be told: what still comes may hold a secret.
            kept.write(head.reader.remains(KEPT_BYTES))
        head.close()
        # So may what came beyond its length.
        failure.data = (kept.getvalue()[:KEPT_BYTES] + head.reader.rest)[:KEPT_BYTES]
    elif head is not None:
        head.close()
    raise failure


def _framing(head: Head, method: str) -> framing.Framing:
    if head.status == 101:
        raise InvalidResponseError(reason="the answer is 101: another protocol was not asked for")
    return framing.framing(
        bodiless=method == "HEAD" or head.status in (204, 304),
        encodings=head.headers.get_all("Transfer-Encoding", []),
        lengths=head.headers.get_all("Content-Length", []),
        defective=bool(head.headers.defects),
    )


def _looks_cut(status: int, body: bytes) -> bool:
    """Say whether a 2xx ends where no JSON does: the rest, with a secret, may still come."""
    return 200 <= status <= 299 and not body.rstrip().endswith((b"}", b"]"))


def _headers(head: Head) -> Headers:
    return Headers(head.getheaders())


def _not_connected(error: Exception, connection: Connection) -> ApiException:
    """Translate what went wrong before any byte of the request was sent."""
    tunnel = re.match(r"Tunnel connection failed: ([0-9]{3})", str(error))
    if tunnel:
        failure: ApiException = ProxyError(reason=f"the proxy answered CONNECT with {tunnel[1]}")
        failure.kind = "refused" if tunnel[1].startswith("4") else "not_sent"
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
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number) if number else type(error).__name__


def _tls_problem(error: ssl.SSLError) -> str:
    message = getattr(error, "verify_message", None) or error.reason or type(error).__name__
    hint = " (it seems to speak plain HTTP)" if error.reason in _PLAIN_HTTP else ""
    return str(message).lower().replace("_", " ") + hint
