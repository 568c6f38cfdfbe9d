"""What `doctor` finds out over the network: a connection of its own, step by step, measured.

Strategy: it goes the way that the client's own connections go (`Route` knows it), with a plain
socket, so that each step has its own time and its own failure. It sends one unsigned GET: no
secret leaves before the signed call at the end, which is the client's own.
"""

from __future__ import annotations

import socket
import ssl
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from snaptrade_client import __version__
from snaptrade_client.commands import certificates
from snaptrade_client.commands.checkup import Check, StepError
from snaptrade_client.exceptions import ApiException, OpenApiException
from snaptrade_client.retry import CLOCK_TOLERANCE, http_date
from snaptrade_client.transport.framing import framing, pieces
from snaptrade_client.transport.head import read_head
from snaptrade_client.transport.messages import Limits, Request
from snaptrade_client.transport.routes import Route
from snaptrade_client.transport.sockets import TimedReader, Timer, ran_out, resolve
from snaptrade_client.transport.tls import client_context, trusted_bundle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snaptrade_client.configuration import Configuration
    from snaptrade_client.headers import Headers
    from snaptrade_client.transport.connections import Connection

STEPS = ("proxy", "name", "connection", "tls", "answer", "clock")
_PARTS = ("resolve_ms", "connect_ms", "tls_ms", "server_ms", "read_ms")
_LONGEST_BODY = 1024 * 1024


def not_tried(names: Iterable[str] = STEPS) -> list[Check]:
    """Make the lines of steps that could not be tried."""
    return [Check(name, None, f"{name}: not tried") for name in names]


class Probe:
    """One way to the service, gone a step at a time.

    `reached` says whether the signed call has a chance.
    """

    def __init__(self, configuration: Configuration, seconds: float) -> None:
        self.reached: bool = False
        self._configuration = configuration
        self._seconds = seconds
        self._base = urlsplit(configuration.host)
        self._secure = self._base.scheme == "https"
        self._addresses: list[Any] = []
        self._times: dict[str, float] = {}
        self._route: Route
        self._connection: Connection
        self._sock: socket.socket

    def checks(self) -> Iterator[Check]:
        """Go step by step; what stands behind one that fails is not tried."""
        steps = (self._proxy, self._name, self._connect, self._tls)
        for done, step in enumerate(steps):
            try:
                yield step()
            except StepError as error:
                yield Check(STEPS[done], ok=False, text=error.text, mend=error.mend)
                yield from not_tried(STEPS[done + 1 :])
                return
        with self._sock:
            if self._secure and self._proxy_scheme() == "https":
                # TLS inside of TLS: the signed call alone goes through it.
                self.reached = True
                yield from not_tried(STEPS[4:])
                return
            try:
                answer, headers, moment = self._answer()
            except StepError as error:
                yield Check("answer", ok=False, text=error.text, mend=error.mend)
                yield from not_tried(STEPS[5:])
                return
        self.reached = True
        yield answer
        yield clock(headers, moment)

    def _proxy_scheme(self) -> str | None:
        proxy = self._connection.proxy
        return proxy.scheme if proxy else None

    def _proxy(self) -> Check:
        """Find the way, as the client does."""
        from urllib.request import getproxies  # noqa: PLC0415 - large, as in `routes`

        try:
            self._route = Route(self._configuration)
            self._connection = self._route.new_connection()
        except OpenApiException as error:
            raise StepError(
                f"the environment: {error}", "mend HTTPS_PROXY and its like, or SSL_CERT_FILE"
            ) from None
        bypass = getproxies().get("no")
        told = f"; NO_PROXY is {bypass}" if bypass else ""
        proxy = self._connection.proxy
        facts = {"proxy": str(proxy) if proxy else None, "no_proxy": bypass}
        text = f"through the proxy {proxy}{told}" if proxy else f"directly, without a proxy{told}"
        return Check("proxy", ok=True, text=text, facts=facts)

    def _name(self) -> Check:
        """Resolve the name of the service, or of the proxy."""
        host = self._connection.host
        started = time.monotonic()
        try:
            self._addresses = resolve(host, self._connection.port, self._timer())
        except (OSError, UnicodeError) as error:
            where = "HTTPS_PROXY" if self._connection.proxy else "the host"
            raise StepError(
                f"the name {host} was not found: {told(error, self._seconds)}",
                f"check the spelling of {where}, this machine's DNS, and its network",
            ) from None
        self._times["resolve_ms"] = _since(started)
        addresses = list(dict.fromkeys(str(address[0]) for *_, address in self._addresses))
        text = f"{host} has the address {', '.join(addresses)}"
        return Check("name", ok=True, text=text, facts={"addresses": addresses})

    def _connect(self) -> Check:
        """Connect to the first address that answers, and through the proxy's tunnel."""
        started = time.monotonic()
        problem = "there is no address"
        for family, kind, protocol, address in self._addresses:
            sock = socket.socket(family, kind, protocol)
            sock.settimeout(max(0.1, self._seconds - (time.monotonic() - started)))
            try:
                sock.connect(address)
            except OSError as error:
                sock.close()
                problem = told(error, self._seconds)
                continue
            self._sock = sock
            self._times["connect_ms"] = _since(started)
            through = self._tunnel() if self._connection.connect_request else ""
            facts = {"address": address[0], "port": address[1]}
            text = f"connected to {address[0]}, port {address[1]}{through}"
            return Check("connection", ok=True, text=text, facts=facts)
        raise StepError(
            f"no connection to {self._connection.host}, port {self._connection.port}: {problem}",
            "check host and port, whether something listens there, and the firewalls on the way",
        )

    def _tunnel(self) -> str:
        """Ask the proxy for its tunnel, where that needs no TLS to the proxy."""
        if self._proxy_scheme() == "https":
            return ", the proxy"
        try:
            with TimedReader(self._sock, self._timer()) as reader:
                self._sock.sendall(self._connection.connect_request)
                status = read_head(reader).status
        except (OSError, ApiException) as error:
            self._sock.close()
            raise StepError(
                f"the proxy did not answer: {told(error, self._seconds)}",
                "check HTTPS_PROXY: is it an HTTP proxy that listens there?",
            ) from None
        if 200 <= status <= 299:
            return ", the proxy, which opened a tunnel"
        self._sock.close()
        raise StepError(
            f"the proxy answered CONNECT with {status}",
            "put its user and password into HTTPS_PROXY: http://user:password@proxy:port"
            if status == 407
            else "let the proxy allow the host, or name the host in NO_PROXY",
        )

    def _tls(self) -> Check:
        """Shake hands, and look at the certificate."""
        proxied = self._proxy_scheme() == "https"
        if not self._secure and not proxied:
            return Check("tls", ok=True, text="no TLS: the host is on http://")
        bundle = trusted_bundle(self._configuration)
        context = client_context(self._configuration, bundle)
        name = self._connection.host if proxied else self._base.hostname or ""
        started = time.monotonic()
        self._sock.settimeout(self._seconds)
        try:
            sock = context.wrap_socket(self._sock, server_hostname=name)
        except OSError as error:
            self._sock.close()
            if not isinstance(error, ssl.SSLError):
                raise StepError(
                    f"no TLS handshake: {told(error, self._seconds)}",
                    "check the host's port: does it speak TLS?",
                ) from None
            shown = certificates.presented(self._again, name)
            raise StepError(*certificates.problem(error, shown, bundle)) from None
        self._sock = sock
        self._times["tls_ms"] = _since(started)
        shown = certificates.Shown.of(sock.getpeercert())
        facts = {"version": sock.version(), "bundle": bundle, **shown.facts()}
        text = f"{sock.version()}, {shown.text()}; trusted by {bundle}"
        return Check("tls", ok=True, text=text, facts=facts)

    def _again(self) -> socket.socket:
        """Connect once more, to see a certificate that was refused."""
        self._connect()
        return self._sock

    def _answer(self) -> tuple[Check, Headers, float]:
        """Send one unsigned request, and read its answer; give its headers and its moment."""
        headers = {"User-Agent": f"snaptrade-client/{__version__} doctor", "Connection": "close"}
        wire = self._route.wire(Request("GET", f"{self._base.path}/", headers, None))
        size, started, asked = 0, time.monotonic(), time.time()
        try:
            with TimedReader(self._sock, self._timer()) as reader:
                self._sock.sendall(wire)
                head = read_head(reader)
                self._times["server_ms"], moment = _since(started), (asked + time.time()) / 2
                started = time.monotonic()
                for piece in pieces(reader, framing("GET", head)):
                    size += len(piece)
                    if size > _LONGEST_BODY:
                        break
        except (OSError, ApiException) as error:
            other = "" if self._secure else "; does the port speak TLS? then use https://"
            raise StepError(
                f"no usable answer: {told(error, self._seconds)}",
                f"check what listens there, and try again later, with a longer --timeout{other}",
            ) from None
        self._times["read_ms"] = _since(started)
        parts = [f"{part[:-3]} {self._times[part]:.1f}" for part in _PARTS if part in self._times]
        text = f"answered in {sum(self._times.values()):.1f} ms: {', '.join(parts)}"
        facts = {"status": head.status, **{part: self._times.get(part) for part in _PARTS}}
        return Check("answer", ok=True, text=text, facts=facts), head.headers, moment

    def _timer(self) -> Timer:
        limits = Limits(None, None, time.monotonic() + self._seconds, _LONGEST_BODY, fresh=True)
        return Timer(limits, time.monotonic)


def clock(headers: Headers, moment: float) -> Check:
    """Compare this machine's clock at a moment with the time that an answer tells."""
    theirs = None if "Age" in headers else http_date(headers.get("Date"))
    if theirs is None:
        return Check("clock", None, "clock: the answer tells no time to compare it with")
    # A Date has no fractions: on average it is half a second behind.
    offset = moment - (theirs + 0.5)
    facts = {"offset_seconds": round(offset, 1)}
    way = "ahead of" if offset > 0 else "behind"
    text = f"this machine's clock is {abs(offset):.0f} s {way} the service's"
    if abs(offset) < CLOCK_TOLERANCE:
        return Check("clock", ok=True, text=text, facts=facts)
    mend = "switch on the synchronization of its time (NTP): signatures carry the time"
    return Check("clock", ok=False, text=text, mend=mend, facts=facts)


def told(error: Exception, seconds: float) -> str:
    """Say in words what an error means."""
    if isinstance(error, ApiException):
        return str(error)
    if ran_out(error):
        return f"nothing within {seconds:g} s"
    return getattr(error, "strerror", None) or type(error).__name__


def _since(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 3)
