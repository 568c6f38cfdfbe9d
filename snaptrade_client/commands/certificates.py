"""What `doctor` says of a service's certificate, of one that was refused too.

Strategy: Python tells what is in a certificate only after it was trusted. So a refused one is
fetched, and then trusted by itself alone, on a connection that nothing is sent over.
"""

from __future__ import annotations

import ssl
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from snaptrade_client.transport.tls import PLAIN_HTTP

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

_DAY = 86400
# X509_V_FLAG_NO_CHECK_TIME of OpenSSL: an expired certificate is to be looked at too.
_NO_CHECK_TIME = 0x200000
# X509_V_ERR_* of OpenSSL.
_NOT_YET_VALID, _EXPIRED, _SELF_SIGNED, _SELF_SIGNED_IN_CHAIN, _NO_ISSUER = 9, 10, 18, 19, 20
_OTHER_NAMES = (62, 64)


class Shown(NamedTuple):
    """What a certificate says."""

    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    expires: float | None = None

    @classmethod
    def of(cls, certificate: Mapping[str, Any] | None) -> Shown:
        """Read what Python tells of a certificate."""
        if not certificate:
            return cls()
        return cls(
            _name(certificate.get("subject", ())),
            _name(certificate.get("issuer", ())),
            tuple(str(name) for _, name in certificate.get("subjectAltName", ())),
            ssl.cert_time_to_seconds(certificate["notAfter"]),
        )

    @property
    def days_left(self) -> int | None:
        """Whole days until it expires; negative afterwards."""
        return None if self.expires is None else int((self.expires - time.time()) // _DAY)

    def facts(self) -> dict[str, Any]:
        """Give it for JSON."""
        return {
            "subject": self.subject,
            "issuer": self.issuer,
            "names": list(self.names),
            "days_left": self.days_left,
        }

    def text(self) -> str:
        """Give it for a line."""
        if self.expires is None:
            return "a certificate that can't be shown"
        date = time.strftime("%Y-%m-%d", time.gmtime(self.expires))
        return (
            f"certificate for {', '.join(self.names) or self.subject}, signed by {self.issuer}, "
            f"valid until {date} ({self.days_left} days)"
        )


def _name(parts: Any) -> str:
    """Put a distinguished name into words: its common name, else its organization."""
    fields = {key: value for part in parts for key, value in part}
    known = (fields.get(key) for key in ("commonName", "organizationName"))
    return str(next((value for value in known if value), "nobody"))


def presented(connect: Callable[[], socket.socket], name: str) -> Shown:
    """Look at a certificate that was refused; nothing is sent, and nothing of it is believed."""
    with suppress(OSError, ValueError):
        anything = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        anything.check_hostname = False
        anything.verify_mode = ssl.CERT_NONE
        with anything.wrap_socket(connect(), server_hostname=name) as sock:
            raw = sock.getpeercert(binary_form=True)
        itself = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        itself.check_hostname = False
        itself.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
        itself.load_verify_locations(cadata=raw or b"")
        with itself.wrap_socket(connect(), server_hostname=name) as sock:
            return Shown.of(sock.getpeercert())
    return Shown()


def problem(error: ssl.SSLError, shown: Shown, bundle: str) -> tuple[str, str]:
    """Say why a handshake failed, and how to mend it."""
    # An error that Python made itself has no reason.
    reason = str(getattr(error, "reason", None) or type(error).__name__)
    if reason in PLAIN_HTTP:
        return (
            "no TLS: what listens there speaks plain HTTP",
            "check the host's port; on this machine, use http://",
        )
    if not isinstance(error, ssl.SSLCertVerificationError):
        reason = reason.lower().replace("_", " ")
        return f"no TLS: {reason}", "check what listens there, and proxies on the way"
    text = f"the certificate is refused: {error.verify_message}; it is a {shown.text()}"
    code = error.verify_code
    if code in (_EXPIRED, _NOT_YET_VALID):
        return text, "let whoever runs the host renew it; or is this machine's clock wrong?"
    if code in _OTHER_NAMES:
        return text, "the host must be one of the names that the certificate is for"
    if code in (_SELF_SIGNED, _SELF_SIGNED_IN_CHAIN, _NO_ISSUER):
        return text, (
            f"nobody in {bundle} has signed it: if a proxy inspects TLS here, or the host is your "
            "own, set SSL_CERT_FILE to a PEM file of its CA"
        )
    return text, "let whoever runs the host mend its certificate"
