"""Servers' certificates, right and wrong, for 127.0.0.1.

Strategy: one authority for the whole process, since a key costs time; its certificate is in a file
that goes away with the process.
"""

import atexit
import datetime as dt
import ipaddress
import shutil
import ssl
import tempfile
import warnings
from functools import cache
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def _authority() -> trustme.CA:
    return trustme.CA()


@cache
def ca_file() -> str:
    """The file of the authority that clients are told to trust."""
    path = _folder() / "ca.pem"
    _authority().cert_pem.write_to_path(path)
    return str(path)


def _context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@cache
def right() -> ssl.SSLContext:
    """The certificate that a client accepts."""
    return _context(_authority().issue_cert(HOST))


def wrong_host() -> ssl.SSLContext:
    """A certificate for another host."""
    return _context(_authority().issue_cert("elsewhere.test"))


def expired() -> ssl.SSLContext:
    """A certificate that was right."""
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    return _context(_authority().issue_cert(HOST, not_after=yesterday))


def unknown_ca() -> ssl.SSLContext:
    """A certificate of an authority that the client does not know."""
    return _context(trustme.CA().issue_cert(HOST))


def self_signed() -> ssl.SSLContext:
    """A certificate that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = _folder() / "self-signed.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def tls_1_1_only() -> ssl.SSLContext:
    """The right certificate, and no protocol newer than TLS 1.1."""
    context = _context(_authority().issue_cert(HOST))
    # OpenSSL speaks it at its lowest security level only.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1_1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context
