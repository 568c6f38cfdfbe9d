"""Bad TLS is refused on one connection, before anything of the request is sent."""

import socket
import ssl

import pytest

from .faults import certificates, steps
from .faults.answers import right
from .faults.clients import authentication
from .faults.proof_tls import BAD, refusals
from .faults.server import FaultServer


def test_bad_tls_is_refused_on_one_connection() -> None:
    assert refusals().problems == []


def test_the_right_certificate_is_accepted() -> None:
    """So it is not everything that is refused."""
    script = steps.each_request(lambda request: steps.send(right(request)))
    with (
        FaultServer(script, tls=certificates.right()) as server,
        authentication(server.url) as api,
    ):
        assert api.list_snap_trade_users().body == ["u1", "u2"]
    server.check()


@pytest.mark.parametrize("name", BAD)
def test_a_client_that_does_not_verify_accepts_all_of_them(name: str) -> None:
    """So each is refused for what is bad about it, and not because the server can't serve it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with FaultServer(steps.silence, tls=BAD[name]()) as server:
        plain = socket.create_connection(("127.0.0.1", server.port))
        with context.wrap_socket(plain) as sock:
            assert sock.version() == ("TLSv1.1" if name == "TLS 1.1 only" else "TLSv1.3")
