"""A proxy's credentials: they reach the proxy, byte for byte, and nobody else."""

import base64
import http.client
import logging
import pickle
from collections.abc import Callable
from traceback import TracebackException

import pytest

from snaptrade_client import SnapTrade
from snaptrade_client.exceptions import ApiException

from .authority import Authority
from .ports import free_port
from .proxying import ESTABLISHED, Proxy
from .raw import OK, Handler, Peer, RawServer, answering, configuration, failure_of, get

SERVICE = "service.example"
PROXY = "http://us%20er:pa%3Ass%2F@127.0.0.1"
BASIC = base64.b64encode(b"us er:pa:ss/").decode()


@pytest.fixture
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def header(head: bytes, name: str) -> str:
    """The value of the only header of this name."""
    lines = head.decode().split("\r\n")
    (value,) = (line.partition(": ")[2] for line in lines if line.lower().startswith(f"{name}:"))
    return value


def test_the_credentials_of_the_url_and_the_headers_go_to_the_proxy_alone(
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
                proxy=f"{PROXY}:{server.port}",
                proxy_headers={"X-Tenant": "t1"},
                ssl_ca_cert=authority.bundle,
            )
            get(transport)
    assert proxy.heads[0].startswith(b"CONNECT service.example:8443 ")
    assert header(proxy.heads[0], "proxy-authorization") == f"Basic {BASIC}"
    assert header(proxy.heads[0], "x-tenant") == "t1"
    assert b"roxy-" not in requests[0]
    assert b"X-Tenant" not in requests[0]


@pytest.mark.parametrize(
    ("userinfo", "sent"),
    [
        ("user", b"user:"),
        ("user:", b"user:"),
        (":token", b":token"),
        ("user:p%E2%82%AC", "user:p€".encode()),
        ("user:p€", "user:p€".encode()),
        ("user:p%A4", b"user:p\xa4"),
        ("user:a%40b%25", b"user:a@b%"),
        ("us+er:a+b", b"us+er:a+b"),
    ],
)
def test_credentials_are_the_bytes_that_the_url_spells(userinfo: str, sent: bytes) -> None:
    proxy = Proxy(0, b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
    with RawServer(proxy) as server:
        transport = server.transport(
            f"https://{SERVICE}", proxy=f"http://{userinfo}@127.0.0.1:{server.port}"
        )
        failure_of(lambda: get(transport))
    scheme, _, value = header(proxy.heads[0], "proxy-authorization").partition(" ")
    assert (scheme, base64.b64decode(value)) == ("Basic", sent)


def test_the_credentials_of_the_url_win_over_the_headers() -> None:
    proxy = Proxy(0, b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
    with RawServer(proxy) as server:
        transport = server.transport(
            f"https://{SERVICE}",
            proxy=f"{PROXY}:{server.port}",
            proxy_headers={"Proxy-Authorization": "Bearer other"},
        )
        failure_of(lambda: get(transport))
    assert header(proxy.heads[0], "proxy-authorization") == f"Basic {BASIC}"


def echoing(peer: Peer) -> None:
    """Refuses, and tells whoever listens what it was sent."""
    head = peer.request()
    told = header(head, "proxy-authorization").encode()
    peer.send(b"HTTP/1.1 407 not %s\r\nX-Sent: %s\r\n\r\n%s" % (told, told, told))


def closing(peer: Peer) -> None:
    peer.request()


def no_tls(peer: Peer) -> None:
    """Opens the tunnel, and shows in its head and to the handshake what it was sent."""
    told = header(peer.request(), "proxy-authorization").encode()
    peer.send(ESTABLISHED[:-2] + b"X-Sent: %s\r\n\r\n" % told)
    peer.sock.recv(65536)
    peer.send(told)


ENDS: dict[str, Handler] = {
    "407": echoing,
    "garbage": answering(b"\0" + BASIC.encode() + b"\r\n\r\n"),
    "an end": closing,
    "no TLS behind it": no_tls,
}


@pytest.mark.parametrize("handler", ENDS.values(), ids=ENDS)
def test_the_credentials_are_in_no_failure(
    handler: Handler, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with RawServer(handler) as server:
        shown = everything(server.port, caplog)
    assert_hidden(shown + str(capfd.readouterr()))


def test_the_credentials_are_in_no_failure_of_a_proxy_that_is_not_there(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert_hidden(everything(free_port(), caplog))


def everything(port: int, caplog: pytest.LogCaptureFixture) -> str:
    """All that a call through a proxy shows that does not let it through."""
    options = configuration(f"https://{SERVICE}", proxy=f"{PROXY}:{port}", retries=0)
    with (
        caplog.at_level(logging.DEBUG),
        pytest.MonkeyPatch.context() as patch,
        SnapTrade(options) as client,
    ):
        # A program may have asked http.client to print what it sends.
        patch.setattr(http.client.HTTPConnection, "debuglevel", 1)
        error = raised(client.authentication.list_snap_trade_users)
        shown = [*map(repr, (client, client.configuration, client.api_client)), caplog.text]
        shown += [repr(record.__dict__) for record in caplog.records]
    shown += TracebackException.from_exception(error, capture_locals=True).format()
    shown += [str(error), repr(error), str(error.__dict__), str(pickle.dumps(error))]
    return "\n".join(shown)


def raised(call: Callable[[], object]) -> ApiException:
    with pytest.raises(ApiException) as caught:
        call()
    return caught.value


def assert_hidden(shown: str) -> None:
    assert "ProxyError" in shown or "TlsError" in shown
    for secret in ("pa:ss/", "pa%3Ass%2F", BASIC):
        assert secret not in shown
