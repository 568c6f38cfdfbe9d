"""Calls through a real proxy, Debian's tinyproxy: credentials, refusals, variables, time, TLS.

Strategy: tinyproxy's log tells whether a call went through it. A loopback host is never reached
through a proxy that the environment names, so for those cases the service has a made-up name, and
tinyproxy hands its tunnel to a proxy of these tests, which knows where the service is.
"""

import time
from base64 import b64encode
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from snaptrade_client import (
    AuthenticationApi,
    DeadlineExceededError,
    NameResolutionError,
    ProxyError,
    TlsError,
    UnauthorizedError,
)

from ..authority import Authority
from ..faults import certificates, steps
from ..faults.answers import secret_of
from ..faults.clients import authentication
from ..faults.crossing import ours
from ..faults.server import FaultServer
from ..proxying import Proxy
from ..raw import RawServer
from .service import service, steady
from .tinyproxy import PASSWORD, USER, Tinyproxy, tinyproxy

# The point may be written as an escape in a URL, and must be one again in the credentials.
ESCAPED = PASSWORD.replace(".", "%2E")
CREDENTIALS = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
PLAIN = steady(steps.pause(0.001))


@contextmanager
def calling(server: FaultServer, **options: Any) -> Generator[AuthenticationApi]:
    """A client on a service."""
    with authentication(server.url, timeout=5, **options) as api:
        yield api


def through(proxy: Tinyproxy, password: str = ESCAPED) -> str:
    return f"http://{USER}:{password}@{proxy.address}"


def call_all(api: AuthenticationApi) -> None:
    """Makes every call that is about a user."""
    for number, call in enumerate(ours(api)):
        assert call(f"user-{number}") == f"user-{number}"


def jwt(api: AuthenticationApi) -> None:
    api.get_user_jwt(user_id="u1", user_secret=secret_of("u1"))


def test_a_tunnel_with_the_credentials_of_the_url(tmp_path: Path) -> None:
    """Registering and deleting take a tunnel each; the other calls share one."""
    with service(PLAIN, tls=True) as server, tinyproxy(tmp_path) as proxy:
        with calling(server, proxy=through(proxy)) as api:
            call_all(api)
        assert proxy.tunnels(f"127.0.0.1:{server.port}") == 3
    assert len(server.requests) == 4
    assert CREDENTIALS.encode() not in server.received


def test_a_tunnel_with_the_credentials_of_a_header(tmp_path: Path) -> None:
    headers = {"Proxy-Authorization": f"Basic {CREDENTIALS}"}
    with service(PLAIN, tls=True) as server, tinyproxy(tmp_path) as proxy:
        with calling(server, proxy=f"http://{proxy.address}", proxy_headers=headers) as api:
            call_all(api)
        assert proxy.tunnels(f"127.0.0.1:{server.port}") == 3
    assert len(server.requests) == 4


def test_a_service_without_tls(tmp_path: Path) -> None:
    """Tinyproxy sends the request on itself, adds headers, and takes the credentials out."""
    with service(PLAIN) as server, tinyproxy(tmp_path) as proxy:
        with calling(server, proxy=through(proxy)) as api:
            call_all(api)
        assert proxy.tunnels(f"127.0.0.1:{server.port}") == 0
    assert [request.header("Via") is not None for request in server.requests] == [True] * 4
    assert CREDENTIALS.encode() not in server.received


@pytest.mark.parametrize(
    ("password", "status"), [("wrong", 401), (None, 407)], ids=["wrong", "none"]
)
def test_refused_credentials(tmp_path: Path, password: str | None, status: int) -> None:
    """They stay wrong, so the call is not repeated."""
    with service(PLAIN, tls=True) as server, tinyproxy(tmp_path) as proxy:
        url = through(proxy, password) if password else f"http://{proxy.address}"
        with calling(server, proxy=url) as api, pytest.raises(ProxyError) as caught:
            jwt(api)
        assert proxy.tunnels(f"127.0.0.1:{server.port}") == 1
    assert str(status) in str(caught.value)
    assert caught.value.outcome == "not_sent"
    assert [attempt.result for attempt in caught.value.attempts] == ["refused"]
    assert server.connections == 0


def test_refused_credentials_of_a_service_without_tls(tmp_path: Path) -> None:
    """Tinyproxy refuses with the status that the service itself would."""
    with (
        service(PLAIN) as server,
        tinyproxy(tmp_path) as proxy,
        calling(server, proxy=through(proxy, "wrong")) as api,
        pytest.raises(UnauthorizedError) as caught,
    ):
        jwt(api)
    assert len(caught.value.attempts) == 1
    assert server.connections == 0


@pytest.mark.parametrize("refusal", ["port", "host"])
def test_a_service_that_is_not_allowed(tmp_path: Path, refusal: str) -> None:
    filters = tmp_path / "filter"
    filters.write_text("127.0.0.1\n")
    setting = "ConnectPort 1" if refusal == "port" else f'Filter "{filters}"'
    with (
        service(PLAIN, tls=True) as server,
        tinyproxy(tmp_path, setting) as proxy,
        calling(server, proxy=through(proxy)) as api,
        pytest.raises(ProxyError) as caught,
    ):
        jwt(api)
    assert "403" in str(caught.value)
    assert [attempt.result for attempt in caught.value.attempts] == ["refused"]
    assert server.connections == 0


def test_a_service_that_the_proxy_does_not_reach(tmp_path: Path) -> None:
    """Tinyproxy answers with a 5xx; that may pass, and nothing was sent, so it is repeated."""
    with steps.refused_port() as port, tinyproxy(tmp_path) as proxy:
        url = f"https://127.0.0.1:{port}/api/v1"
        with (
            authentication(url, proxy=through(proxy)) as api,
            pytest.raises(ProxyError) as caught,
        ):
            jwt(api)
        assert proxy.tunnels(f"127.0.0.1:{port}") == 3
    assert caught.value.outcome == "not_sent"
    assert [attempt.result for attempt in caught.value.attempts] == ["not_sent"] * 3


def test_a_proxy_that_is_not_there(tmp_path: Path) -> None:
    with service(PLAIN, tls=True) as server:
        with tinyproxy(tmp_path) as proxy:
            pass
        with calling(server, proxy=through(proxy)) as api, pytest.raises(ProxyError) as caught:
            jwt(api)
    assert [attempt.result for attempt in caught.value.attempts] == ["not_sent"] * 3
    assert server.connections == 0


def test_an_impostor_behind_the_proxy(tmp_path: Path) -> None:
    with (
        FaultServer(PLAIN, tls=certificates.unknown_ca()) as server,
        tinyproxy(tmp_path) as proxy,
        calling(server, proxy=through(proxy)) as api,
        pytest.raises(TlsError) as caught,
    ):
        jwt(api)
    assert caught.value.outcome == "not_sent"
    assert server.requests == []


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_a_silent_service_behind_the_proxy(tmp_path: Path, tls: bool) -> None:
    with (
        service(steps.silence, tls=tls) as server,
        tinyproxy(tmp_path) as proxy,
        calling(server, proxy=through(proxy), deadline=1) as api,
    ):
        started = time.monotonic()
        with pytest.raises(DeadlineExceededError) as caught:
            jwt(api)
        seconds = time.monotonic() - started
    assert 1 <= seconds <= 1.25
    assert caught.value.outcome == "unknown"


def test_the_variables_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path)
    with (
        FaultServer(PLAIN, tls=authority.server("service.test")) as server,
        RawServer(Proxy(server.port)) as next_proxy,
        tinyproxy(tmp_path, f"Upstream http 127.0.0.1:{next_proxy.port}") as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", through(proxy))
        url, named = f"https://service.test:{server.port}/api/v1", f"service.test:{server.port}"
        with authentication(url, ssl_ca_cert=authority.bundle) as api:
            call_all(api)
        assert proxy.tunnels(named) == 3

        monkeypatch.setenv("NO_PROXY", "service.test")
        with (
            authentication(url, ssl_ca_cert=authority.bundle, retries=0) as api,
            pytest.raises(NameResolutionError),
        ):
            jwt(api)
        # A loopback host does without, whatever the variables say.
        monkeypatch.delenv("NO_PROXY")
        with service(PLAIN) as local, calling(local) as api:
            jwt(api)
        assert (proxy.tunnels(named), local.connections) == (3, 1)
    server.check()
