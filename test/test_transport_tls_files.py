"""Files of certificates and keys: which authorities are trusted, and what a client proves."""

import os
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from snaptrade_client import ApiValueError
from snaptrade_client.exceptions import ConnectionLostError, TlsError

from .authority import Authority
from .faults import certificates
from .raw import OK, answering, error_of, failure_of, get
from .test_transport_tls import secure


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_the_environments_bundle_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", certificates.ca_file())
    with secure(answering(OK)) as server:
        assert get(server.transport()).data == b"{}"


def test_a_bundle_that_is_given_wins(monkeypatch: pytest.MonkeyPatch, authority: Authority) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", authority.bundle)
    with secure(answering(OK)) as server:
        assert get(server.transport(ssl_ca_cert=certificates.ca_file())).data == b"{}"
        transport = server.transport()
        assert isinstance(failure_of(lambda: get(transport)), TlsError)


NO_BUNDLE = "ssl_ca_cert (or SSL_CERT_FILE) is not a readable file of PEM certificates"


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nx\n"], ids=repr
)
def test_a_bundle_that_is_none_is_a_mistake(content: bytes, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(content)
    assert rejected(ssl_ca_cert=str(bundle)) == NO_BUNDLE


def test_an_environments_bundle_that_is_none_is_a_mistake(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for path in (tmp_path, tmp_path / "none.pem"):
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        assert rejected() == NO_BUNDLE


def test_a_key_log_that_can_not_be_written_is_a_mistake_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path))
    assert rejected().startswith("SSLKEYLOGFILE is not a file that can be written")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    assert rejected() == NO_BUNDLE


def rejected(**options: str) -> str:
    """The text of the error that a call raises before it connects."""
    with secure(answering(OK)) as server:
        transport = server.transport(**options)
        error = error_of(lambda: get(transport))
        assert server.peers == []
    assert isinstance(error, ApiValueError)
    return str(error)


@pytest.fixture
def demanding(authority: Authority) -> ssl.SSLContext:
    """The context of a server that asks its clients for certificates."""
    context = authority.server()
    authority.ca.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


@pytest.fixture
def certificate(authority: Authority, tmp_path: Path) -> trustme.LeafCert:
    """A client's certificate; it is in the files `cert.pem`, `key.pem` and `both.pem`."""
    certificate = authority.issue("client.test")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    return certificate


@pytest.mark.usefixtures("certificate")
@pytest.mark.parametrize(
    "files", [{"cert_file": "cert.pem", "key_file": "key.pem"}, {"cert_file": "both.pem"}], ids=str
)
def test_a_client_may_have_a_certificate(
    files: dict[str, str], demanding: ssl.SSLContext, authority: Authority, tmp_path: Path
) -> None:
    paths = {option: str(tmp_path / name) for option, name in files.items()}
    with secure(answering(OK), demanding) as server:
        transport = server.transport(ssl_ca_cert=authority.bundle, **paths)
        assert get(transport).data == b"{}"


def test_a_client_without_the_certificate_that_is_asked_for_is_refused(
    demanding: ssl.SSLContext, authority: Authority
) -> None:
    """TLS 1.3 tells it after the handshake, when the request may be under way."""
    with secure(answering(OK), demanding) as server:
        transport = server.transport(ssl_ca_cert=authority.bundle)
        late = failure_of(lambda: get(transport))
    demanding.maximum_version = ssl.TLSVersion.TLSv1_2
    with secure(answering(OK), demanding) as server:
        transport = server.transport(ssl_ca_cert=authority.bundle)
        early = failure_of(lambda: get(transport))
    assert isinstance(late, TlsError | ConnectionLostError)
    assert (late.outcome, late.kind) == ("unknown", "lost")
    assert isinstance(early, TlsError)
    assert (early.outcome, early.kind) == ("not_sent", "refused")


def encrypted(pem: trustme.Blob) -> bytes:
    key = serialization.load_pem_private_key(pem.bytes(), None)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"password"),
    )


@pytest.mark.parametrize("kind", ["garbage", "another", "encrypted", "none"])
def test_a_key_that_does_not_fit_is_a_mistake(
    kind: str, certificate: trustme.LeafCert, authority: Authority, tmp_path: Path
) -> None:
    key = {
        "garbage": b"garbage",
        "another": authority.issue("another.test").private_key_pem.bytes(),
        "encrypted": encrypted(certificate.private_key_pem),
        "none": b"",
    }
    (tmp_path / "other.pem").write_bytes(key[kind])
    text = rejected(cert_file=str(tmp_path / "cert.pem"), key_file=str(tmp_path / "other.pem"))
    assert text == "cert_file and key_file are not a PEM certificate and its unencrypted key"


ASKING = """
import os, sys
from snaptrade_client import ApiValueError, SnapTrade
os.login_tty(int(sys.argv[1]))
options = {"cert_file": sys.argv[2], "key_file": sys.argv[3]}
try:
    SnapTrade(consumer_key="k", client_id="c", **options).authentication.list_snap_trade_users()
except ApiValueError:
    sys.exit(7)
"""


def test_nobody_is_asked_for_a_password_on_the_terminal(
    certificate: trustme.LeafCert, tmp_path: Path
) -> None:
    """OpenSSL would, where there is one, and wait for the answer."""
    (tmp_path / "encrypted.pem").write_bytes(encrypted(certificate.private_key_pem))
    files = [str(tmp_path / name) for name in ("cert.pem", "encrypted.pem")]
    ours, theirs = os.openpty()
    try:
        command = [sys.executable, "-c", ASKING, str(theirs), *files]
        done = subprocess.run(
            command, pass_fds=[theirs], start_new_session=True, timeout=20, check=False
        )
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 7


def test_each_tls_configuration_has_its_own_trust(authority: Authority) -> None:
    """No transport sees what another was told."""
    with secure(answering(OK), authority.server()) as server:
        assert get(server.transport(ssl_ca_cert=authority.bundle)).data == b"{}"
        transport = server.transport(ssl_ca_cert=certificates.ca_file())
        assert isinstance(failure_of(lambda: get(transport)), TlsError)
