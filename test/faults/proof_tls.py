"""A service that does not prove who it is gets one connection, and nothing of the request."""

from functools import partial

from snaptrade_client import AuthenticationApi, TlsError

from . import certificates, steps
from .answers import right
from .clients import NO_SLEEP, Figure, authentication, failure_of
from .server import FaultServer

BAD = {
    "self-signed": certificates.self_signed,
    "expired": certificates.expired,
    "wrong host": certificates.wrong_host,
    "unknown CA": certificates.unknown_ca,
    "TLS 1.1 only": certificates.tls_1_1_only,
}


def _register(api: AuthenticationApi) -> object:
    return api.register_snap_trade_user(user_id="u")


def _list(api: AuthenticationApi) -> object:
    return api.list_snap_trade_users()


def refusals() -> Figure:
    """Registers and lists users, with each bad kind of TLS."""
    script = steps.each_request(lambda request: steps.send(right(request)))
    problems: list[str] = []
    calls = 0
    for name, make in BAD.items():
        for call in (_register, _list):
            calls += 1
            with (
                FaultServer(script, tls=make()) as server,
                authentication(server.url, seams=NO_SLEEP) as api,
            ):
                failure = failure_of(partial(call, api))
            server.check()
            if not isinstance(failure, TlsError) or failure.outcome != "not_sent":
                problems.append(f"{name}: it ended with {failure!r}")
            if server.connections != 1 or server.received:
                found = f"{server.connections} connections, {server.received[:80]!r}"
                problems.append(f"{name}: {found}")
    return Figure(f"{len(problems)} accepted or tried again, of {calls} calls", problems)
