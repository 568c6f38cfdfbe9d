"""When a proxy of the environment is used, and when it is not."""

from collections.abc import Generator

import pytest

from snaptrade_client import SnapTrade
from snaptrade_client.exceptions import (
    ApiValueError,
    ProxyError,
)

from .authority import Authority
from .proxying import Proxy
from .raw import OK, Peer, RawServer, answering, configuration, failure_of, get

SERVICE = "service.example"


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


def silent(peer: Peer) -> None:
    peer.request()
    peer.silence()


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


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_environment_names_a_proxy_for_plain_http(
    plain_service: RawServer, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    proxy = Proxy(plain_service.port, tunnel=False)
    with RawServer(proxy) as server:
        monkeypatch.setenv(variable, server.url)
        transport = server.transport(f"http://{SERVICE}", allow_insecure_http=True)
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
    with pytest.raises(ApiValueError, match="https_proxy: SOCKS"):
        SnapTrade(configuration(f"https://{SERVICE}"))
