"""Connections: urllib3's, made to obey a timer, and how one is opened (TLS, proxy).

Strategy: urllib3's connection classes are public and do the work; `_new_conn`, `_tunnel` and the
reading of the status line are the protected hooks that are needed, the first as urllib3's own SOCKS
support needs it. http.client reads an answer's head, `framing` its body.
"""

from __future__ import annotations

import os
import ssl
from base64 import b64encode
from collections.abc import Mapping
from http.client import HTTPException, HTTPMessage, HTTPResponse, parse_headers
from socket import socket
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

import urllib3.connection
from urllib3.util import Url
from urllib3.util.wait import wait_for_read

from snaptrade_client import checks
from snaptrade_client.exceptions import ApiValueError, InvalidResponseError
from snaptrade_client.transport.messages import Request
from snaptrade_client.transport.sockets import TimedReader, Timer, open_socket

if TYPE_CHECKING:
    from snaptrade_client.configuration import Configuration

MAX_INTERIM_ANSWERS = 32
# How much of an answer that can't be used an exception keeps.
KEPT_BYTES = 1024 * 1024
# TLS inside TLS encrypts what it is given in one go; between two slices the time is looked at.
_SLICE = 256 * 1024


class Head(HTTPResponse):
    """The head of an answer, read by http.client; the body is read by `framing`."""

    headers: HTTPMessage

    def __init__(self, sock: socket, timer: Timer, method: str | None) -> None:
        self.reader: TimedReader = TimedReader(sock, timer)
        self.begun: bool = False
        super().__init__(self, method=method)  # type: ignore[arg-type]

    def begin(self) -> None:
        """Read the head; of an answer that is not HTTP, keep what came: it may hold a secret."""
        try:
            super().begin()
        except HTTPException as error:
            failure = InvalidResponseError(reason=f"the answer is not HTTP: {type(error).__name__}")
        except InvalidResponseError as error:
            failure = error
        else:
            self.begun = True
            return
        failure.data = self.reader.remains(KEPT_BYTES)
        raise failure

    def makefile(self, *_: Any) -> TimedReader:
        """Stand in for the socket, of which http.client wants a buffered file and no more."""
        return self.reader

    def _read_status(self) -> tuple[str, int, str]:
        """Skip interim answers (RFC 9110, 15.2), of which http.client knows 100 only."""
        for _ in range(MAX_INTERIM_ANSWERS + 1):
            line = cast("tuple[str, int, str]", super()._read_status())  # type: ignore[misc]
            version, status, reason = line
            if status // 100 != 1 or status == 101:
                return version, status, reason
            parse_headers(self.fp)
        raise InvalidResponseError(reason=f"more than {MAX_INTERIM_ANSWERS} interim answers")


class Connection(urllib3.connection.HTTPConnection):
    """A connection of urllib3 whose every wait obeys a timer."""

    # http.client would print requests; a program may switch it on for everything.
    debuglevel: int = 0
    timer: Timer

    def _new_conn(self) -> socket:
        return open_socket(self._dns_host, self.port, self.timer, self.socket_options or ())

    def send(self, data: Any) -> None:
        """Send bytes, each write armed anew."""
        view = memoryview(data)
        while view:
            self.sock.settimeout(self.timer.seconds())
            view = view[self.sock.send(view[:_SLICE]) :]

    def response_class(  # type: ignore[override]
        self, sock: socket, *, method: str | None = None
    ) -> Head:
        """Make the reader of a proxy's answer to CONNECT, in place of http.client's own class."""
        return Head(sock, self.timer, method)

    def is_clean(self) -> bool:
        """Say whether nothing arrived since the last answer: bytes, or the connection's end."""
        if self.sock is None or wait_for_read(self.sock, timeout=0.0):
            return False
        # A TLS socket inside another can't tell what it has buffered.
        return not isinstance(self.sock, ssl.SSLSocket) or self.sock.pending() == 0

    def can_be_kept(self) -> bool:
        """Say whether this kind of socket can be told to be clean at all."""
        return isinstance(self.sock, socket)

    def abandon(self) -> None:
        """Close this process's copy of the socket without a word to the other side."""
        if self.can_be_kept():
            descriptor = self.sock.detach()
            if descriptor >= 0:
                os.close(descriptor)


class TlsConnection(  # pyright: ignore[reportIncompatibleVariableOverride] - see Connection
    Connection, urllib3.connection.HTTPSConnection
):
    """The same over TLS."""

    def _tunnel(self) -> None:
        super()._tunnel()
        if isinstance(self.sock, ProxySocket):
            self.sock.timer = self.timer
        # For the handshake with the service, which comes next.
        self.sock.settimeout(self.timer.seconds())


class ProxySocket(ssl.SSLSocket):
    """A TLS socket to a proxy: the TLS inside it takes many small waits for one of its own."""

    timer: Timer | None = None

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Receive, armed anew."""
        self._arm()
        return super().recv(buflen, flags)

    def send(self, data: Any, flags: int = 0) -> int:
        """Send, armed anew."""
        self._arm()
        return super().send(data, flags)

    def _arm(self) -> None:
        if self.timer is not None:
            self.settimeout(self.timer.seconds())


class Connector:
    """Makes connections to one service, directly or through a proxy."""

    def __init__(self, configuration: Configuration) -> None:
        base = urlsplit(configuration.host)
        self._configuration = configuration
        self._secure = base.scheme == "https"
        self._host = base.hostname or ""
        self._port = base.port or (443 if self._secure else 80)
        host = f"[{self._host}]" if ":" in self._host else self._host
        default = self._port == (443 if self._secure else 80)
        self._authority = host if default else f"{host}:{self._port}"
        proxy = _chosen_proxy(configuration)
        self._proxy = urlsplit(proxy) if proxy else None
        self._proxy_headers = _proxy_headers(self._proxy, configuration)
        self._context: ssl.SSLContext | None = None
        self._proxy_context: ssl.SSLContext | None = None

    def wire(self, request: Request) -> bytes:
        """Return the bytes of a request, as the other end of a connection wants them.

        Without TLS a proxy gets the request itself, with the whole URL as its target.
        """
        method, target, headers, body = request
        if self._proxy is not None and not self._secure:
            target, headers = (
                f"http://{self._authority}{target}",
                {**headers, **self._proxy_headers},
            )
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self._authority}"]
        if body is not None or method in ("POST", "PUT", "PATCH"):
            lines.append(f"Content-Length: {len(body or b'')}")
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join((*lines, "", "")).encode("latin-1") + (body or b"")

    def new(self) -> Connection:
        """Make a connection, not yet connected.

        Raises:
            ApiValueError: the configuration's TLS files can't be used.

        """
        options: dict[str, Any] = {}
        if self._configuration.socket_options is not None:
            options["socket_options"] = self._configuration.socket_options
        host, port, kind = self._host, self._port, Connection
        if self._secure:
            kind = TlsConnection
            options["ssl_context"] = self._tls_context()
            options["assert_hostname"] = self._configuration.assert_hostname
        if self._proxy is not None:
            tls_proxy = self._proxy.scheme == "https"
            host, port = self._proxy.hostname or "", self._proxy.port or (443 if tls_proxy else 80)
            # Without the credentials, which urllib3 would show; it needs to know that there is one.
            options["proxy"] = Url(self._proxy.scheme, host=host, port=port)
            if tls_proxy:
                kind = TlsConnection
                context = self._proxy_tls_context()
                # Without a tunnel, urllib3 takes it from here.
                options.setdefault("ssl_context", context)
                options["proxy_config"] = urllib3.connection.ProxyConfig(
                    ssl_context=context,
                    use_forwarding_for_https=False,
                    assert_hostname=None,
                    assert_fingerprint=None,
                )
        connection = kind(host, port, **options)
        if self._proxy is not None and self._secure:
            scheme = self._proxy.scheme
            connection.set_tunnel(self._host, self._port, self._proxy_headers, scheme)
        return connection

    def _tls_context(self) -> ssl.SSLContext:
        # It costs 20 ms. Two threads may both make one: the later one stays, and both are right.
        if self._context is None:
            self._context = _tls_context(self._configuration)
        return self._context

    def _proxy_tls_context(self) -> ssl.SSLContext:
        # One of its own: urllib3 changes the service's, which it uses with assert_hostname.
        if self._proxy_context is None:
            context = _tls_context(self._configuration)
            context.sslsocket_class = ProxySocket
            self._proxy_context = context
        return self._proxy_context


def _chosen_proxy(configuration: Configuration) -> str | None:
    if configuration.proxy:
        return configuration.proxy
    base = urlsplit(configuration.host)
    if checks.is_loopback(base.hostname or "") or not any(
        name.lower().endswith("_proxy") for name in os.environ
    ):
        return None
    # Loaded where a proxy is named only, since it is large.
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415

    if proxy_bypass(base.netloc):
        return None
    proxies = getproxies()
    found = proxies.get(base.scheme) or proxies.get("all")
    return checks.proxy(f"the environment's {base.scheme}_proxy", found) if found else None


def _proxy_headers(proxy: SplitResult | None, configuration: Configuration) -> Mapping[str, str]:
    headers = dict(configuration.proxy_headers or {})
    if proxy is not None and proxy.username is not None:
        pair = unquote_to_bytes(proxy.username), unquote_to_bytes(proxy.password or "")
        headers |= {"Proxy-Authorization": f"Basic {b64encode(b':'.join(pair)).decode()}"}
    return headers


def _tls_context(configuration: Configuration) -> ssl.SSLContext:
    bundle = configuration.ssl_ca_cert or os.environ.get("SSL_CERT_FILE")
    if not bundle:
        import certifi  # noqa: PLC0415 - it costs 4 ms, and few tests or sandboxes need it

        bundle = certifi.where()
    try:
        context = ssl.create_default_context(cafile=bundle)
    except OSError:
        context = None
    if context is None:
        raise ApiValueError(
            "ssl_ca_cert (or SSL_CERT_FILE) is not a readable file of PEM certificates"
        )
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if configuration.cert_file and not _load(context, configuration):
        raise ApiValueError(
            "cert_file and key_file are not a PEM certificate and its unencrypted key"
        )
    return context


def _load(context: ssl.SSLContext, configuration: Configuration) -> bool:
    try:
        # An empty password: without one, OpenSSL would ask for it on the terminal.
        context.load_cert_chain(configuration.cert_file or "", configuration.key_file, password="")
    except OSError:
        return False
    return True
