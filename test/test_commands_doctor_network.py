"""`doctor`, with each fault of the network provoked: names, ports, proxies, TLS, silence."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from snaptrade_client.commands import certificates, probes
from snaptrade_client.commands.certificates import Shown
from snaptrade_client.exceptions import InvalidResponseError

from .authority import Authority
from .commands import KEY, Runner
from .faults import certificates as wrongly
from .ports import free_port
from .proxying import Proxy
from .raw import Peer, RawServer
from .test_commands_doctor import verdicts, wrong


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.setenv("SNAPTRADE_CLIENT_ID", "id")
    monkeypatch.setenv("SNAPTRADE_CONSUMER_KEY", KEY)
    return Runner(capsys)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """The authority that the environment tells the client to trust."""
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", authority.bundle)
    return authority


def listing(peer: Peer) -> None:
    """Answers each request with a list of users."""
    while peer.request():
        date = formatdate(usegmt=True)
        head = f"HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: 5\r\n\r\n"
        peer.send(f'{head}["u"]'.encode())


def silent(peer: Peer) -> None:
    peer.silence()


def check(run: Runner, host: str, *arguments: str) -> dict[str, Any]:
    return verdicts(run("doctor", "--host", host, "--json", *arguments))


def untried(checks: dict[str, Any]) -> list[str]:
    return [name for name, found in checks.items() if found["ok"] is None]


def test_over_tls(run: Runner, authority: Authority) -> None:
    with RawServer(listing, ssl_context=authority.server()) as server:
        checks = check(run, server.url)
    assert wrong(checks) == []
    facts = checks["tls"]["facts"]
    assert list(facts) == ["version", "bundle", "subject", "issuer", "names", "days_left"]
    assert facts["version"] == "TLSv1.3"
    assert facts["bundle"] == authority.bundle
    assert facts["names"] == ["127.0.0.1"]
    assert facts["days_left"] > 0
    assert f"; trusted by {authority.bundle}" in checks["tls"]["text"]
    assert checks["answer"]["facts"]["tls_ms"] > 0


def test_a_name_that_is_not_found(run: Runner) -> None:
    checks = check(run, "https://no-such-host.invalid")
    assert wrong(checks) == ["name"]
    assert checks["name"]["text"].startswith("the name no-such-host.invalid was not found: ")
    assert "the spelling of the host" in checks["name"]["mend"]
    assert untried(checks) == ["connection", "tls", "answer", "clock", "signed_call"]


def test_a_name_that_is_looked_up_for_ever(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()

    def slow(*_: object, **__: object) -> list[object]:
        done.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    checks = check(run, "https://host.example", "--timeout", "0.01")
    done.set()
    assert wrong(checks) == ["name"]
    told = "the name host.example was not found: nothing within 0.01 s"
    assert checks["name"]["text"] == told


def test_a_port_that_refuses(run: Runner) -> None:
    port = free_port()
    checks = check(run, f"http://127.0.0.1:{port}")
    assert wrong(checks) == ["connection"]
    assert checks["connection"]["text"].endswith(f"port {port}: Connection refused")
    assert untried(checks) == ["tls", "answer", "clock", "signed_call"]


def test_plain_http_on_a_port_for_tls(run: Runner, authority: Authority) -> None:
    with RawServer(listing, ssl_context=authority.server()) as server:
        checks = check(run, server.url.replace("https", "http"), "--timeout", "2")
    assert wrong(checks) == ["answer"]
    assert "does the port speak TLS? then use https://" in checks["answer"]["mend"]


def test_tls_on_a_port_for_plain_http(run: Runner) -> None:
    def handle(peer: Peer) -> None:
        peer.sock.recv(100)
        peer.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with RawServer(handle) as server:
        checks = check(run, server.url.replace("http", "https"))
    assert wrong(checks) == ["tls"]
    assert checks["tls"]["text"] == "no TLS: what listens there speaks plain HTTP"


@pytest.mark.parametrize(
    ("context", "text", "mend"),
    [
        (wrongly.expired, "certificate has expired; it is a certificate for ", "renew it"),
        (wrongly.wrong_host, "certificate for elsewhere.test, signed by ", "one of the names"),
        (wrongly.self_signed, "for 127.0.0.1, signed by 127.0.0.1, ", "set SSL_CERT_FILE"),
        (wrongly.unknown_ca, "unable to get local issuer certificate", "set SSL_CERT_FILE"),
        (wrongly.tls_1_1_only, "no TLS: ", "check what listens there"),
    ],
)
def test_a_certificate_that_is_refused(
    run: Runner,
    monkeypatch: pytest.MonkeyPatch,
    context: Callable[[], ssl.SSLContext],
    text: str,
    mend: str,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", wrongly.ca_file())
    with RawServer(silent, ssl_context=context()) as server:
        checks = check(run, server.url)
    assert wrong(checks) == ["tls"]
    assert text in checks["tls"]["text"]
    assert mend in checks["tls"]["mend"]
    assert untried(checks) == ["answer", "clock", "signed_call"]


def test_a_certificate_that_can_not_be_seen_again() -> None:
    def gone() -> socket.socket:
        raise ConnectionRefusedError

    assert certificates.presented(gone, "host.example") == Shown()
    assert Shown.of(None) == Shown()
    assert Shown().text() == "a certificate that can't be shown"
    assert Shown().facts()["days_left"] is None


def test_other_certificates_that_are_refused() -> None:
    error = ssl.SSLCertVerificationError("refused")
    error.verify_code, error.verify_message = 23, "certificate revoked"
    text, mend = certificates.problem(error, Shown(), "bundle")
    assert text.startswith("the certificate is refused: certificate revoked; ")
    assert mend == "let whoever runs the host mend its certificate"


def test_a_bundle_that_can_not_be_read(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", __file__)
    checks = check(run, "https://127.0.0.1:1")
    assert wrong(checks) == ["proxy"]
    assert "SSL_CERT_FILE" in checks["proxy"]["text"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_silent_server(run: Runner, scheme: str) -> None:
    with RawServer(silent) as server:
        checks = check(run, server.url.replace("http", scheme), "--timeout", "0.2")
    [name] = wrong(checks)
    assert name == ("answer" if scheme == "http" else "tls")
    assert "nothing within 0.2 s" in checks[name]["text"]


def test_an_answer_without_an_end(run: Runner) -> None:
    def handle(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(3 * 1024 * 1024))
        peer.silence()

    with RawServer(handle) as server:
        checks = check(run, server.url, "--timeout", "2")
    assert checks["answer"]["ok"] is True
    assert wrong(checks) == ["signed_call"]
    assert "is not the service" in checks["signed_call"]["mend"]


@pytest.fixture
def proxied(authority: Authority) -> Iterator[RawServer]:
    """A service that only a proxy can reach, by the name service.example."""
    with RawServer(listing, ssl_context=authority.server("service.example")) as server:
        yield server


URL = "https://service.example/api/v1"


def test_through_a_proxy(run: Runner, proxied: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(Proxy(proxied.port)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//user:canary-password@"))
        monkeypatch.setenv("NO_PROXY", "elsewhere.example")
        done = run("doctor", "--host", URL, "--json")
        checks = verdicts(done)
    assert wrong(checks) == []
    assert "canary-password" not in done.out
    assert checks["proxy"]["text"] == (
        f"through the proxy {proxy.url}; NO_PROXY is elsewhere.example"
    )
    assert checks["connection"]["text"].endswith(", the proxy, which opened a tunnel")
    assert checks["tls"]["facts"]["names"] == ["service.example"]


def test_through_a_proxy_over_tls(
    run: Runner, proxied: RawServer, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RawServer(Proxy(proxied.port), ssl_context=authority.server()) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        checks = check(run, URL)
    assert wrong(checks) == []
    assert untried(checks) == ["answer", "clock"]
    assert checks["tls"]["facts"]["names"] == ["127.0.0.1"]
    assert checks["signed_call"]["ok"] is True


@pytest.mark.parametrize(
    ("answer", "text", "mend"),
    [
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "answered CONNECT with 403", "NO_PROXY"),
        (b"HTTP/1.1 407 Credentials\r\n\r\n", "answered CONNECT with 407", "user:password@"),
        (b"no HTTP\r\n\r\n", "the proxy did not answer: ", "is it an HTTP proxy"),
        (b"", "nothing within 0.3 s", "is it an HTTP proxy"),
    ],
)
def test_a_proxy_that_refuses(
    run: Runner, monkeypatch: pytest.MonkeyPatch, answer: bytes, text: str, mend: str
) -> None:
    def handle(peer: Peer) -> None:
        peer.request()
        peer.send(answer)
        peer.silence()

    with RawServer(handle) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        checks = check(run, URL, "--timeout", "0.3")
    assert wrong(checks) == ["connection"]
    assert text in checks["connection"]["text"]
    assert mend in checks["connection"]["mend"]


def test_a_proxy_that_is_not_there(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://no-such-proxy.invalid:3128")
    checks = check(run, URL)
    assert wrong(checks) == ["name"]
    assert "HTTPS_PROXY" in checks["name"]["mend"]


def test_a_proxy_of_another_kind(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://user:canary-password@127.0.0.1:1")
    done = run("doctor", "--host", URL, "--json")
    assert "canary-password" not in done.out
    checks = verdicts(done)
    assert wrong(checks) == ["proxy"]
    assert "SOCKS is not supported" in checks["proxy"]["text"]


def test_what_an_error_means_in_words() -> None:
    assert probes.told(InvalidResponseError(reason="not HTTP"), 1) == "not HTTP"
    assert probes.told(TimeoutError(), 1.5) == "nothing within 1.5 s"
    assert probes.told(TimeoutError(110, "Connection timed out"), 1) == "Connection timed out"
    assert probes.told(UnicodeError(), 1) == "UnicodeError"
