"""Routes: where a client's connections go, directly or through a proxy, and how a request is put.

Strategy: all that the configuration and the environment say about it is worked out once, when the
client is made; a connection costs a few attributes.
"""

from __future__ import annotations

import os
import ssl
from base64 import b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

from urllib3.connection import ProxyConfig
from urllib3.util import Url

from snaptrade_client import urls
from snaptrade_client.transport.connections import Connection, TlsConnection
from snaptrade_client.transport.messages import Request
from snaptrade_client.transport.tls import ProxySocket, client_context, trusted_bundle

if TYPE_CHECKING:
    from snaptrade_client.configuration import Configuration


class Route:
    """The way to one service."""

    def __init__(self, configuration: Configuration) -> None:
        base = urlsplit(configuration.host)
        self._configuration = configuration
        self._secure = base.scheme == "https"
        self._host = base.hostname or ""
        self._port = base.port or _usual_port(base.scheme)
        host = f"[{self._host}]" if ":" in self._host else self._host
        usual = self._port == _usual_port(base.scheme)
        self._authority = host if usual else f"{host}:{self._port}"
        proxy = _chosen_proxy(configuration)
        self._proxy = urlsplit(proxy) if proxy else None
        self._proxy_headers = _proxy_headers(self._proxy, configuration)
        self._connect_request = _head(
            f"CONNECT {host}:{self._port}", f"{host}:{self._port}", self._proxy_headers
        )
        tls = self._secure or (self._proxy is not None and self._proxy.scheme == "https")
        self._bundle = trusted_bundle(configuration) if tls else ""
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
        if body is not None or method in ("POST", "PUT", "PATCH"):
            headers = {"Content-Length": str(len(body or b"")), **headers}
        return _head(f"{method} {target}", self._authority, headers) + (body or b"")

    def new_connection(self) -> Connection:
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
            options["ssl_context"] = self._service_tls()
            options["assert_hostname"] = self._configuration.assert_hostname
        if self._proxy is not None:
            host = self._proxy.hostname or ""
            port = self._proxy.port or _usual_port(self._proxy.scheme)
            # Without the credentials, which urllib3 would show; it needs to know that there is one.
            options["proxy"] = Url(self._proxy.scheme, host=host, port=port)
            if self._proxy.scheme == "https":
                kind = TlsConnection
                context = self._proxy_tls()
                # Without a tunnel, urllib3 takes it from here.
                options.setdefault("ssl_context", context)
                options["proxy_config"] = ProxyConfig(
                    ssl_context=context,
                    use_forwarding_for_https=False,
                    assert_hostname=None,
                    assert_fingerprint=None,
                )
        connection = kind(host, port, **options)
        if self._proxy is not None and self._secure:
            connection.set_tunnel(self._host, self._port, scheme=self._proxy.scheme)
            connection.connect_request = self._connect_request
        return connection

    # Two threads may both make a context: the later one stays, and both are right.

    def _service_tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = client_context(self._configuration, self._bundle)
        return self._context

    def _proxy_tls(self) -> ssl.SSLContext:
        # One of its own: urllib3 changes the service's, which it uses with assert_hostname.
        if self._proxy_context is None:
            context = client_context(self._configuration, self._bundle)
            context.sslsocket_class = ProxySocket
            self._proxy_context = context
        return self._proxy_context


def _head(start: str, authority: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"{start} HTTP/1.1", f"Host: {authority}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join((*lines, "", "")).encode("latin-1")


def _usual_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _chosen_proxy(configuration: Configuration) -> str | None:
    if configuration.proxy:
        return configuration.proxy
    base = urlsplit(configuration.host)
    if urls.is_loopback(base.hostname or "") or not any(
        name.lower().endswith("_proxy") for name in os.environ
    ):
        return None
    # Loaded where a proxy is named only, since it is large.
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415

    if proxy_bypass(base.netloc):
        return None
    proxies = getproxies()
    found = proxies.get(base.scheme) or proxies.get("all")
    return urls.proxy(f"the environment's {base.scheme}_proxy", found) if found else None


def _proxy_headers(proxy: SplitResult | None, configuration: Configuration) -> Mapping[str, str]:
    headers = dict(configuration.proxy_headers or {})
    if proxy is not None and proxy.username is not None:
        pair = unquote_to_bytes(proxy.username), unquote_to_bytes(proxy.password or "")
        headers |= {"Proxy-Authorization": f"Basic {b64encode(b':'.join(pair)).decode()}"}
    return headers
