"""Proxies on real sockets: tunnels, refusals, and who must prove who they are."""

import base64
import socket
import ssl
from collections.abc import Callable, Generator
from typing import NoReturn

import pytest

from snaptrade_client import ApiClient, AuthenticationApi, SnapTrade
from snaptrade_client.api_client import Seams
from snaptrade_client.exceptions import (
    ConnectTimeoutError,
    NameResolutionError,
    ProxyError,
    TlsError,
)
from snaptrade_client.transport import Transport

from .authority import Authority
from .faults import certificates
from .proxying import Proxy
from .raw import OK, Handler, Peer, RawServer, answering, configuration, failure_of, get, takes

SERVICE = "service.example"


BASIC = base64.b64encode(b"us er:pa:ss/").decode()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def service(authority: Authority) -> Generator[RawServer]:
    """The service behind the proxy, under a name that only the proxy resolves."""
    with RawServer(answering(OK, OK), ssl_context=authority.server(SERVICE)) as service:
        yield service


@pytest.fixture
def plain_service() -> Generator[RawServer]:
    with RawServer(answering(OK, OK)) as service:
        yield service


def test_https_goes_through_a_tunnel_that_is_kept(service: RawServer, authority: Authority) -> None:
    proxy = Proxy(service.port)
    with RawServer(proxy) as server:
        transport = server.transport(
            f"https://{SERVICE}", proxy=server.url, ssl_ca_cert=authority.bundle
        )
        assert [get(transport).data for _ in range(2)] == [b"{}"] * 2
    assert [head.split(b" HTTP")[0] for head in proxy.heads] == [b"CONNECT service.example:443"]


def test_plain_http_is_handed_to_the_proxy_with_its_whole_url(plain_service: RawServer) -> None:
    proxy = Proxy(plain_service.port, tunnel=False)
    with RawServer(proxy) as server:
        transport = server.transport(
            "http://service.example:8080/base",
            proxy=f"http://us%20er:pa%3Ass%2F@127.0.0.1:{server.port}",
            allow_insecure_http=True,
        )
        assert get(transport).data == b"{}"
    head = proxy.heads[0].decode()
    assert head.startswith("GET http://service.example:8080/x HTTP/1.1\r\n")
    assert "\r\nHost: service.example:8080\r\n" in head
    assert f"\r\nProxy-Authorization: Basic {BASIC}\r\n" in head


def test_a_tunnel_within_tls_works_and_is_never_used_twice(
    service: RawServer, authority: Authority
) -> None:
    proxy = Proxy(service.port)
    with RawServer(proxy, ssl_context=authority.server("localhost")) as server:
        transport = server.transport(
            f"https://{SERVICE}",
            proxy=f"https://localhost:{server.port}",
            ssl_ca_cert=authority.bundle,
        )
        assert [get(transport, deadline=5).data for _ in range(2)] == [b"{}"] * 2
        assert len(server.peers) == 2


def test_proxy_and_service_have_one_tls_context_each(
    service: RawServer, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Making one costs 20 ms, and a name that the service's is checked for is not the proxy's."""
    made: list[ssl.SSLContext] = []
    create = ssl.create_default_context

    def counted(*, cafile: str) -> ssl.SSLContext:
        made.append(create(cafile=cafile))
        return made[-1]

    proxy = authority.server("localhost")
    with RawServer(Proxy(service.port), ssl_context=proxy) as server:
        transport = server.transport(
            "https://other.example",
            proxy=f"https://localhost:{server.port}",
            ssl_ca_cert=authority.bundle,
            assert_hostname=SERVICE,
        )
        monkeypatch.setattr(ssl, "create_default_context", counted)
        assert [get(transport, deadline=5).data for _ in range(2)] == [b"{}"] * 2
    assert sorted(context.check_hostname for context in made) == [False, True]


def test_a_tls_proxy_takes_plain_http_too(plain_service: RawServer, authority: Authority) -> None:
    proxy = Proxy(plain_service.port, tunnel=False)
    with RawServer(proxy, ssl_context=authority.server("localhost")) as server:
        transport = server.transport(
            "http://service.example",
            proxy=f"https://localhost:{server.port}",
            ssl_ca_cert=authority.bundle,
            allow_insecure_http=True,
        )
        assert get(transport).data == b"{}"
    assert proxy.heads[0].startswith(b"GET http://service.example/x HTTP/1.1\r\n")


WRONG = {
    "an unknown proxy": (certificates.unknown_ca, certificates.right, "local issuer"),
    "a proxy of another name": (certificates.wrong_host, certificates.right, "for '127.0.0.1'"),
    "an unknown service": (certificates.right, certificates.unknown_ca, "local issuer"),
    "a service of another name": (certificates.right, certificates.wrong_host, f"for '{SERVICE}'"),
}


@pytest.mark.parametrize(("outer", "inner", "text"), WRONG.values(), ids=WRONG)
def test_both_ends_of_a_tunnel_within_tls_must_prove_who_they_are(
    outer: Callable[[], ssl.SSLContext], inner: Callable[[], ssl.SSLContext], text: str
) -> None:
    with (
        RawServer(answering(OK), ssl_context=inner()) as service,
        RawServer(Proxy(service.port), ssl_context=outer()) as server,
        SnapTrade(
            configuration(f"https://{SERVICE}", proxy=server.url),
            ssl_ca_cert=certificates.ca_file(),
        ) as client,
    ):
        failure = failure_of(client.authentication.list_snap_trade_users)
        assert len(server.peers) == 1
    assert isinstance(failure, TlsError)
    assert (failure.outcome, failure.kind) == ("not_sent", "refused")
    assert text in str(failure)


def test_the_name_that_is_told_is_the_service_s_and_not_the_proxy_s(authority: Authority) -> None:
    with (
        RawServer(answering(OK), ssl_context=authority.server("elsewhere.test")) as service,
        RawServer(Proxy(service.port), ssl_context=authority.server()) as server,
    ):
        transport = server.transport(
            f"https://{SERVICE}",
            proxy=server.url,
            ssl_ca_cert=authority.bundle,
            assert_hostname="elsewhere.test",
        )
        assert get(transport).data == b"{}"


def silent(peer: Peer) -> None:
    peer.request()
    peer.silence()


def closing(peer: Peer) -> None:
    peer.request()


def eager(peer: Peer) -> None:
    """Sends what nobody can have answered yet."""
    peer.request()
    peer.send(b"HTTP/1.1 200 OK\r\n\r\n\x16\x03\x03")
    peer.silence()


def no_wait(_: float) -> None:
    """In place of a sleep between two attempts."""


REFUSALS: dict[str, tuple[Handler, str, str]] = {
    "407": (Proxy(0, b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"), "refused", "407"),
    "403": (Proxy(0, b"HTTP/1.1 403 Forbidden\r\n\r\n"), "refused", "403"),
    "502": (Proxy(0, b"HTTP/1.1 502 Bad Gateway\r\n\r\n"), "not_sent", "502"),
    "garbage": (Proxy(0, b"\0\1\2\3\r\n\r\n"), "not_sent", "proxy"),
    "closing": (closing, "not_sent", "proxy"),
    "a tunnel with something in it": (eager, "not_sent", "proxy"),
}


@pytest.mark.parametrize(("handler", "kind", "text"), REFUSALS.values(), ids=REFUSALS)
def test_a_proxy_that_does_not_open_a_tunnel(handler: Handler, kind: str, text: str) -> None:
    """What a proxy refuses it will refuse again; anything else may pass."""
    with RawServer(handler) as server:
        options = configuration(f"https://{SERVICE}", proxy=server.url, retries=2)
        api_client = ApiClient(options, seams=Seams(sleep=no_wait))
        failure = failure_of(AuthenticationApi(api_client).list_snap_trade_users)
        api_client.close()
        assert len(server.peers) == (1 if kind == "refused" else 3)
    assert isinstance(failure, ProxyError)
    assert (failure.kind, failure.outcome) == (kind, "not_sent")
    assert text in str(failure)


def test_a_silent_proxy_ends_with_the_connect_timeout() -> None:
    with RawServer(silent) as server:
        transport = server.transport(f"https://{SERVICE}", proxy=server.url)
        with takes(0.2):
            failure = failure_of(lambda: get(transport, connect=0.2))
    assert isinstance(failure, ConnectTimeoutError)


def test_a_proxy_that_is_not_there(unused_port: int) -> None:
    with RawServer(silent) as server:
        transport = server.transport(f"https://{SERVICE}", proxy=f"http://127.0.0.1:{unused_port}")
        failure = failure_of(lambda: get(transport))
    assert isinstance(failure, ProxyError)
    assert (failure.kind, failure.outcome) == ("not_sent", "not_sent")
    assert str(failure) == (
        f"no connection through the proxy at 127.0.0.1, port {unused_port}: Connection refused"
    )


def test_a_proxy_s_name_that_nobody_has_is_told_from_the_service_s() -> None:
    with RawServer(silent) as server:
        transport = server.transport(f"https://{SERVICE}", proxy="http://nobody.invalid:3128")
        failure = failure_of(lambda: get(transport))
    assert isinstance(failure, NameResolutionError)
    assert (failure.kind, failure.outcome) == ("not_sent", "not_sent")
    assert str(failure) == "the proxy's name was not found: nobody.invalid"


@pytest.fixture
def unused_port() -> int:
    with RawServer(silent) as server:
        return server.port


@pytest.mark.parametrize(("scheme", "port"), [("http", 80), ("https", 443)])
def test_a_proxy_without_a_port_has_its_scheme_s(
    monkeypatch: pytest.MonkeyPatch, scheme: str, port: int
) -> None:
    asked: list[tuple[object, ...]] = []

    def look_up(*arguments: object, **_: object) -> NoReturn:
        asked.append(arguments)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    transport = Transport(
        configuration(f"https://{SERVICE}:8443", proxy=f"{scheme}://proxy.example")
    )
    failure_of(lambda: get(transport))
    assert asked == [(b"proxy.example", port)]
