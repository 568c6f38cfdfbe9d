"""TLS: the contexts of a client, and the socket to a proxy that carries TLS inside TLS."""

from __future__ import annotations

import codecs
import os
import ssl
from typing import TYPE_CHECKING, Any

from snaptrade_client.exceptions import ApiValueError

if TYPE_CHECKING:
    from snaptrade_client.configuration import Configuration
    from snaptrade_client.transport.sockets import Timer

# TLS spells a host's name with this codec. A fork while another thread loads it would leave the
# child waiting for ever, so it is loaded with this module.
codecs.lookup("idna")

# What OpenSSL says of an answer that is no TLS at all; it differs between its versions.
PLAIN_HTTP = ("WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG")


def trusted_bundle(configuration: Configuration) -> str:
    """Return the file of the CA certificates to trust."""
    bundle = configuration.ssl_ca_cert or os.environ.get("SSL_CERT_FILE")
    if bundle:
        return bundle
    import certifi  # noqa: PLC0415 - it costs 4 ms, and few tests or sandboxes need it

    return certifi.where()


def client_context(configuration: Configuration, bundle: str) -> ssl.SSLContext:
    """Make the context of a client's connections; it costs 20 ms.

    Raises:
        ApiValueError: the configuration's TLS files can't be used.

    """
    context, key_log = None, ""
    try:
        context = ssl.create_default_context(cafile=bundle)
    except OSError as error:
        # Python opens the key log with each context, and names that file alone where it fails.
        key_log = error.filename
    if context is None:
        if key_log:
            raise ApiValueError("SSLKEYLOGFILE is not a file that can be written: take it away")
        raise ApiValueError(
            "ssl_ca_cert (or SSL_CERT_FILE) is not a readable file of PEM certificates"
        )
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if configuration.cert_file and not _loaded(context, configuration):
        raise ApiValueError(
            "cert_file and key_file are not a PEM certificate and its unencrypted key"
        )
    return context


def _loaded(context: ssl.SSLContext, configuration: Configuration) -> bool:
    """Load the client's own certificate; False where that fails."""
    try:
        # An empty password: without one, OpenSSL would ask for it on the terminal.
        context.load_cert_chain(configuration.cert_file or "", configuration.key_file, password="")
    except OSError:
        return False
    return True


class ProxySocket(ssl.SSLSocket):
    """A TLS socket to a proxy: the TLS inside it takes many small waits for one of its own."""

    timer: Timer | None = None

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Receive, armed anew."""
        self._arm()
        return super().recv(buflen, flags)

    def send(self, data: Any, flags: int = 0) -> int:
        """Send, armed anew."""
        self._arm()
        return super().send(data, flags)

    def _arm(self) -> None:
        if self.timer is not None:
            self.settimeout(self.timer.seconds())
