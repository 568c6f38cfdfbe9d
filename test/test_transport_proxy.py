"""Proxies on real sockets: tunnels, credentials, refusals, and when the environment's is used."""

import base64
from collections.abc import Generator

import pytest

from snaptrade_client import SnapTrade
from snaptrade_client.exceptions import ApiValueError, ConnectTimeoutError, ProxyError

from .authority import Authority
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


def test_credentials_of_the_url_and_headers_go_to_the_proxy_alone(
    authority: Authority,
) -> None:
    requests: list[bytes] = []

    def handle(peer: Peer) -> None:
        requests.append(peer.request())
        peer.send(OK)
        peer.silence()

    with RawServer(handle, ssl_context=authority.server(SERVICE)) as service:
        proxy = Proxy(service.port)
        with RawServer(proxy) as server:
            transport = server.transport(
                f"https://{SERVICE}:8443/base",
                proxy=f"http://us%20er:pa%3Ass%2F@127.0.0.1:{server.port}",
                proxy_headers={"X-Tenant": "t1"},
                ssl_ca_cert=authority.bundle,
            )
            get(transport)
    assert proxy.heads[0].startswith(b"CONNECT service.example:8443 ")
    assert f"proxy-authorization: Basic {BASIC}\r\n".lower() in proxy.heads[0].decode().lower()
    assert b"X-Tenant: t1\r\n" in proxy.heads[0]
    assert b"roxy-" not in requests[0]
    assert b"X-Tenant" not in requests[0]


def test_plain_http_is_handed_to_the_proxy_with_its_whole_url(plain_service: RawServer) -> None:
    proxy = Proxy(plain_service.port, tunnel=False)
    with RawServer(proxy) as server:
        transport = server.transport(
            "http://service.example:8080/base",
            proxy=f"http://us%20er:pa%3Ass%2F@127.0.0.1:{server.port}",
            allow_insecure_http=True,
            socket_options=[],
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


def silent(peer: Peer) -> None:
    peer.request()
    peer.silence()


def closing(peer: Peer) -> None:
    peer.request()


REFUSALS: dict[str, tuple[Handler, str, str]] = {
    "407": (Proxy(0, b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"), "refused", "407"),
    "403": (Proxy(0, b"HTTP/1.1 403 Forbidden\r\n\r\n"), "refused", "403"),
    "502": (Proxy(0, b"HTTP/1.1 502 Bad Gateway\r\n\r\n"), "not_sent", "502"),
    "garbage": (Proxy(0, b"\0\1\2\3\r\n\r\n"), "not_sent", "proxy"),
    "closing": (closing, "not_sent", "proxy"),
}


@pytest.mark.parametrize(("handler", "kind", "text"), REFUSALS.values(), ids=REFUSALS)
def test_a_proxy_that_does_not_open_a_tunnel(handler: Handler, kind: str, text: str) -> None:
    with RawServer(handler) as server:
        transport = server.transport(f"https://{SERVICE}", proxy=server.url)
        failure = failure_of(lambda: get(transport))
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
        transport = server.transport(
            f"https://{SERVICE}", proxy=f"http://u:secret-pass@127.0.0.1:{unused_port}"
        )
        failure = failure_of(lambda: get(transport))
    assert isinstance(failure, ProxyError)
    assert failure.kind == "not_sent"
    assert "secret-pass" not in str(failure)


@pytest.fixture
def unused_port() -> int:
    with RawServer(silent) as server:
        return server.port


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_the_environment_names_a_proxy(
    service: RawServer,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    proxy = Proxy(service.port)
    with RawServer(proxy) as server:
        monkeypatch.setenv(variable, f"127.0.0.1:{server.port}")
        transport = server.transport(f"https://{SERVICE}", ssl_ca_cert=authority.bundle)
        assert get(transport).data == b"{}"
    assert len(proxy.heads) == 1


def test_no_proxy_keeps_a_host_out_of_it(
    plain_service: RawServer, monkeypatch: pytest.MonkeyPatch, unused_port: int
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{unused_port}")
    # An address of this machine that does not look like one.
    host = f"http://0.0.0.0:{plain_service.port}"
    proxied = plain_service.transport(host, allow_insecure_http=True)
    assert isinstance(failure_of(lambda: get(proxied)), ProxyError)
    monkeypatch.setenv("NO_PROXY", "0.0.0.0")  # noqa: S104 - nothing listens there
    direct = plain_service.transport(host, allow_insecure_http=True)
    assert get(direct).data == b"{}"


def test_this_machine_is_never_reached_through_the_environment_s_proxy(
    plain_service: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    assert get(plain_service.transport()).data == b"{}"


def test_another_scheme_s_proxy_is_not_used(
    monkeypatch: pytest.MonkeyPatch, unused_port: int
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{unused_port}")
    with RawServer(silent) as server:
        transport = server.transport("http://no-such-host-here:1")
        assert not isinstance(failure_of(lambda: get(transport, connect=5)), ProxyError)


def test_a_bad_proxy_in_the_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1080")
    client = SnapTrade(configuration(f"https://{SERVICE}"))
    with client, pytest.raises(ApiValueError, match="https_proxy: SOCKS"):
        client.authentication.list_snap_trade_users()


def test_credentials_of_a_proxy_never_show() -> None:
    options = configuration(f"https://{SERVICE}", proxy="http://u:secret-pass@proxy.example:1")
    with SnapTrade(options) as client:
        assert "secret-pass" not in f"{client!r} {client.configuration!r} {client.api_client!r}"
