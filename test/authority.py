"""Certificates: an authority of the tests' own, and server contexts with certificates of it."""

import ssl
from pathlib import Path

import trustme


class Authority:
    """A CA; `bundle` is the file that makes a client trust it."""

    def __init__(self, folder: Path) -> None:
        self.ca = trustme.CA(key_type=trustme.KeyType.ECDSA)
        self.bundle = str(folder / "ca.pem")
        self.ca.cert_pem.write_to_path(self.bundle)

    def server(self, *names: str) -> ssl.SSLContext:
        """The context of a server of these names, else of the loopback address."""
        return server_context(self.issue(*names))

    def issue(self, *names: str) -> trustme.LeafCert:
        return self.ca.issue_cert(*(names or ("127.0.0.1",)), key_type=trustme.KeyType.ECDSA)


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context
