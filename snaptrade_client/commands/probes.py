"""What `doctor` finds out over the network: a connection of its own, step by step, measured.

Strategy: it goes the way that the client's own connections go (`Route` knows it), with a plain
socket, so that each step has its own time and its own failure. It sends one unsigned GET: nothing
secret leaves before the signed call at the end, which is the client's own.
"""

from __future__ import annotations

import os
import socket
import ssl
import time
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from snaptrade_client import __version__
from snaptrade_client.client import SnapTrade
from snaptrade_client.commands import certificates
from snaptrade_client.commands.checkup import Check
from snaptrade_client.exceptions import ApiException, OpenApiException
from snaptrade_client.retry import CLOCK_TOLERANCE, SIGNATURE_REFUSED, http_date
from snaptrade_client.transport.framing import framing, pieces
from snaptrade_client.transport.head import read_head
from snaptrade_client.transport.messages import Limits, Request
from snaptrade_client.transport.routes import Route
from snaptrade_client.transport.sockets import TimedReader, Timer
from snaptrade_client.transport.tls import client_context, trusted_bundle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snaptrade_client.configuration import Configuration
    from snaptrade_client.headers import Headers
    from snaptrade_client.transport.connections import Connection

_STEPS = ("proxy", "name", "connection", "tls", "answer", "clock")
_LONGEST_BODY = 1024 * 1024


class _StepError(Exception):
    """A step failed: what happened, and how to mend it."""

    def __init__(self, text: str, mend: str) -> None:
        super().__init__(text)
        self.text = text
        self.mend = mend


class Probe:
    """One way to the service, gone a step at a time; `reached` says whether it was gone to its end."""

    def __init__(self, configuration: Configuration, seconds: float) -> None:
        self.reached = False
        self._configuration = configuration
        self._seconds = seconds
        base = urlsplit(configuration.host)
        self._secure = base.scheme == "https"
        self._host = base.hostname or ""
        self._route: Route
        self._connection: Connection
        self._addresses: list[Any] = []
        self._sock: socket.socket | None = None
        self._times: dict[str, float] = {}
        self._headers: Headers | None = None
        self._moment = 0.0

    def checks(self) -> Iterator[Check]:
        """Go step by step; what stands behind one that fails is not tried."""
        steps = (self._proxy, self._name, self._connect, self._tls, self._answer)
        try:
            for done, (name, step) in enumerate(zip(_STEPS, steps, strict=False)):
                try:
                    yield step()
                except _StepError as error:
                    yield Check(name, ok=False, text=error.text, mend=error.mend)
                    yield from not_tried(_STEPS[done + 1 :])
                    return
            self.reached = True
            yield self._clock()
        finally:
            if self._sock is not None:
                self._sock.close()

    def _proxy(self) -> Check:
        """Find the way, as the client does."""
        from urllib.request import getproxies  # noqa: PLC0415 - large, as in `routes`

        try:
            self._route = Route(self._configuration)
            # Without the TLS context, which is looked at when its turn comes.
            self._connection = self._route.new_connection()
        except OpenApiException as error:
            raise _StepError(
                f"the environment: {error}", "mend HTTPS_PROXY and its like, and SSL_CERT_FILE"
            ) from None
        bypass = getproxies().get("no")
        told = f"; NO_PROXY is {bypass}" if bypass else ""
        proxy = self._connection.proxy
        facts = {"proxy": str(proxy) if proxy else None, "no_proxy": bypass}
        text = f"through the proxy {proxy}{told}" if proxy else f"directly, without a proxy{told}"
        return Check("proxy", ok=True, text=text, facts=facts)

    def _name(self) -> Check:
        """Resolve the name of the service, or of the proxy."""
        host, port = self._connection.host, self._connection.port
        started = time.monotonic()
        try:
            self._addresses = _resolved(host, port, self._seconds)
        except TimeoutError:
            problem = f"no answer within {self._seconds:g} s"
        except (OSError, UnicodeError) as error:
            problem = getattr(error, "strerror", None) or "it is no name"
        else:
            self._times["resolve_ms"] = _since(started)
            addresses = list(dict.fromkeys(str(found[4][0]) for found in self._addresses))
            text = f"{host} has the addresses {', '.join(addresses)}"
            return Check("name", ok=True, text=text, facts={"addresses": addresses})
        where = "HTTPS_PROXY" if self._connection.proxy else "SNAPTRADE_HOST"
        raise _StepError(
            f"the name {host} was not found: {problem}",
            f"check its spelling in {where}, this machine's DNS, and its network",
        )

    def _connect(self) -> Check:
        """Connect to the first address that answers, and through the proxy's tunnel."""
        place = f"{self._connection.host}, port {self._connection.port}"
        started = time.monotonic()
        problem = "there is no address"
        for family, kind, protocol, _, address in self._addresses:
            sock = self._sock = socket.socket(family, kind, protocol)
            sock.settimeout(max(0.1, self._seconds - (time.monotonic() - started)))
            try:
                sock.connect(address)
            except OSError as error:
                sock.close()
                problem = error.strerror or f"no answer within {self._seconds:g} s"
                continue
            self._times["connect_ms"] = _since(started)
            through = self._tunnel() if self._connection.connect_request else ""
            text = f"connected to {address[0]}, port {address[1]}{through}"
            facts = {"address": address[0], "port": address[1]}
            return Check("connection", ok=True, text=text, facts=facts)
        raise _StepError(
            f"no connection to {place}: {problem}",
            "check host and port, whether something listens there, and the firewalls on the way",
        )

    def _tunnel(self) -> str:
        """Ask the proxy for its tunnel, where it can be done without TLS to the proxy."""
        if isinstance(self._connection.proxy, tuple) and self._connection.proxy.scheme == "https":
            return ", the proxy, which is spoken to over TLS"
        try:
            with TimedReader(self._socket, self._timer()) as reader:
                self._socket.sendall(self._connection.connect_request)
                status = read_head(reader).status
        except (OSError, ApiException) as error:
            raise _StepError(
                f"the proxy did not open a tunnel: {_told(error, self._seconds)}",
                "is it an HTTP proxy? check HTTPS_PROXY",
            ) from None
        if 200 <= status <= 299:
            return ", the proxy, which opened a tunnel"
        mends = {407: "put its user and password into HTTPS_PROXY: http://user:password@host:port"}
        raise _StepError(
            f"the proxy answered CONNECT with {status}",
            mends.get(status, "let the proxy allow the host, or name the host in NO_PROXY"),
        )

    def _tls(self) -> Check:
        """Shake hands, and look at the certificate."""
        proxy = self._connection.proxy
        tls_to_proxy = proxy is not None and proxy.scheme == "https"
        if not self._secure and not tls_to_proxy:
            return Check("tls", ok=True, text="no TLS: the host is on http://")
        bundle = trusted_bundle(self._configuration)
        context = client_context(self._configuration, bundle)
        name = self._connection.host if tls_to_proxy else self._host
        started = time.monotonic()
        try:
            self._socket.settimeout(self._seconds)
            sock = self._sock = context.wrap_socket(self._socket, server_hostname=name)
        except ssl.SSLError as error:
            shown = certificates.presented(self._again, name)
            raise _StepError(*certificates.problem(error, shown, bundle)) from None
        except OSError as error:
            raise _StepError(
                f"no TLS handshake: {_told(error, self._seconds)}",
                "does the port speak TLS? check the port in SNAPTRADE_HOST, and proxies on the way",
            ) from None
        self._times["tls_ms"] = _since(started)
        facts = {"version": sock.version(), "bundle": bundle}
        shown = certificates.Shown.of(sock.getpeercert() or {})
        text = f"{sock.version()}, {shown.text()}; trusted by {bundle}"
        return Check("tls", ok=True, text=text, facts={**facts, **shown.facts()})

    def _again(self) -> socket.socket:
        """Connect once more, to see a certificate that was refused."""
        probe = Probe(self._configuration, self._seconds)
        for step in (probe._proxy, probe._name, probe._connect):  # noqa: SLF001 - its own class
            step()
        return probe._socket  # noqa: SLF001

    def _answer(self) -> Check:
        """Send one unsigned request, and read its answer."""
        if self._connection.connect_request and not isinstance(self._sock, ssl.SSLSocket):
            raise AssertionError
        path = urlsplit(self._configuration.host).path + "/"
        headers = {"User-Agent": f"snaptrade-client/{__version__} doctor", "Connection": "close"}
        wire = self._route.wire(Request("GET", path, headers, None))
        size, started, asked = 0, time.monotonic(), time.time()
        try:
            with TimedReader(self._socket, self._timer()) as reader:
                self._socket.sendall(wire)
                head = read_head(reader)
                self._times["server_ms"] = _since(started)
                self._moment = (asked + time.time()) / 2
                started = time.monotonic()
                for piece in pieces(reader, framing("GET", head)):
                    size += len(piece)
                    if size > _LONGEST_BODY:
                        break
        except (OSError, ApiException) as error:
            scheme = "http://" if self._secure else "https://"
            raise _StepError(
                f"no usable answer: {_told(error, self._seconds)}",
                f"try again later; is it the service that listens there? is it {scheme}?",
            ) from None
        self._times["read_ms"] = _since(started)
        self._headers = head.headers
        parts = [f"{name[:-3]} {self._times[name]:.1f}" for name in _PARTS if name in self._times]
        text = f"an answer ({head.status}) in {sum(self._times.values()):.1f} ms: {', '.join(parts)}"
        facts = {name: self._times.get(name) for name in _PARTS}
        return Check("answer", ok=True, text=text, facts={"status": head.status, **facts})

    def _clock(self) -> Check:
        """Compare this machine's clock with the answer's Date."""
        headers = self._headers
        moment = None if headers is None or "Age" in headers else http_date(headers.get("Date"))
        if moment is None:
            return Check("clock", ok=None, text="the answer tells no time to compare the clock with")
        # A Date has no fractions: on average, it is half a second behind.
        offset = self._moment - (moment + 0.5)
        facts = {"offset_seconds": round(offset, 1)}
        way = "ahead of" if offset > 0 else "behind"
        text = f"this machine's clock is {abs(offset):.0f} s {way} the service's"
        if abs(offset) < CLOCK_TOLERANCE:
            return Check("clock", ok=True, text=text, facts=facts)
        mend = "switch on the synchronization of its time (NTP): signatures carry the time"
        return Check("clock", ok=False, text=text, mend=mend, facts=facts)

    @property
    def _socket(self) -> socket.socket:
        assert self._sock is not None  # noqa: S101 - the steps come in order
        return self._sock

    def _timer(self) -> Timer:
        limits = Limits(None, None, time.monotonic() + self._seconds, _LONGEST_BODY, fresh=True)
        return Timer(limits, time.monotonic)
