"""No secret shows, whatever the service does and whatever is called.

Strategy: every failure of a table meets every operation. Many of the failures repeat the request's
secrets in whatever they can: reason phrase, headers, error texts, garbage.
"""

import json
from collections.abc import Callable, Generator
from contextlib import ExitStack
from urllib.parse import unquote

from snaptrade_client import ApiClient, ApiException, AuthenticationApi
from snaptrade_client.api_client import Sender
from snaptrade_client.transport import Answer, Limits, Request

from ..recording import Recorded
from . import canary, certificates, steps
from .answers import answer, head
from .clients import NO_SLEEP, Figure, configuration, some
from .server import FaultServer, Peer, Step

Call = Callable[[AuthenticationApi], object]
USER = "user-7"

CALLS: dict[str, Call] = {
    "list": lambda api: api.list_snap_trade_users(),
    "register": lambda api: api.register_snap_trade_user(user_id=USER),
    "login": lambda api: api.login_snap_trade_user(user_id=USER, user_secret=canary.SECRET),
    "jwt": lambda api: api.get_user_jwt(user_id=USER, user_secret=canary.SECRET),
    "delete": lambda api: api.delete_snap_trade_user(user_id=USER),
    "other": lambda api: api.api_client.request(
        "PUT", "/x", query={"userSecret": canary.SECRET}, body={"user_secret": canary.SECRET}
    ),
}
BAD_CALLS: dict[str, Call] = {
    "no user": lambda api: api.get_user_jwt(user_id="", user_secret=canary.SECRET),
    "two secrets": lambda api: api.get_user_jwt(
        user_id=USER,
        user_secret=canary.SECRET,
        query_params={"userSecret": f"{canary.SECRET}x"},
    ),
    "a wrong type": lambda api: api.get_user_jwt(
        user_id=USER,
        user_secret=[canary.SECRET],  # type: ignore[arg-type]
    ),
    "an unsendable body": lambda api: api.api_client.request(
        "POST", "/x", body={"userSecret": canary.SECRET, "odd": {1, 2}}
    ),
}

_TRUTH = {
    "userId": USER,
    "userSecret": canary.SECRET,
    "redirectURI": f"https://portal.test/?token={canary.TOKEN}",
    "sessionId": canary.SESSION,
    "status": "deleted",
    "encryptedSharedKey": canary.SEALED,
    "encryptedMessageData": {"encryptedMessage": canary.SEALED, "tag": "t", "nonce": "n"},
}
_STATUSES = (302, 400, 401, 403, 404, 408, 409, 418, 425, 429, 500, 501, 503)


def echo(request: Recorded) -> str:
    """The request's secrets, as a careless service repeats them."""
    query = unquote(request.target)
    return f"{request.target} {query} {request.header('Signature')} {canary.KEY}"


def _truth(request: Recorded) -> object:
    return [USER] if request.path.endswith("/listUsers") else _TRUTH


def _refusal(status: int) -> Callable[[Recorded], bytes]:
    def refuse(request: Recorded) -> bytes:
        signed = str(request.header("Signature"))
        headers = [
            ("Location", f"https://elsewhere.test{request.target}"),
            ("X-Request-ID", signed),
            ("Set-Cookie", request.target),
            ("Retry-After", request.target),
            ("WWW-Authenticate", signed),
        ]
        error = {"detail": echo(request), "code": echo(request), **_TRUTH}
        data = answer(error, *headers, status=status)
        # The reason phrase too.
        return data.replace(b"\r\n", f" {request.target} {signed}\r\n".encode(), 1)

    return refuse


# What comes for a request; then the connection is closed.
ANSWERS: dict[str, Callable[[Recorded], bytes]] = {
    "right": lambda request: answer(_truth(request)),
    "nothing": lambda _: b"",
    "half a head": lambda request: answer(_truth(request))[:30],
    "half a body": lambda request: answer(_truth(request))[:-5],
    "garbage": lambda request: echo(request).encode() + b"\r\n\r\n",
    "a status that is none": lambda request: f"HTTP/1.1 {echo(request)}\r\n\r\n".encode(),
    "a long header": lambda request: head(200, ("X", echo(request) * 800)),
    "101": lambda request: head(101, ("X", quoted(request))),
    "interim answers": lambda request: head(103, ("X", quoted(request))) * 40,
    "a bad chunk": lambda request: (
        head(200, ("Transfer-Encoding", "chunked")) + echo(request).encode() + b"\r\n"
    ),
    "bad compression": lambda request: answer(echo(request).encode(), ("Content-Encoding", "gzip")),
    "an unknown compression": lambda request: answer(
        _truth(request), ("Content-Encoding", quoted(request))
    ),
    "an unknown transfer encoding": lambda request: (
        head(200, ("Transfer-Encoding", quoted(request))) + json.dumps(_TRUTH).encode()
    ),
    "too much": lambda request: answer(json.dumps(_truth(request)).encode() + b" " * 100_000),
    "a page": lambda request: answer(f"<p>{echo(request)}</p>".encode()),
    "cut JSON": lambda request: answer(json.dumps(_truth(request)).encode()[:-2]),
    "bytes": lambda request: answer(b"\xff\xfe" + echo(request).encode()),
    "another shape": lambda request: answer([[echo(request)], _TRUTH]),
    "a text": lambda request: answer(echo(request)),
    "another user": lambda request: answer(
        [USER] if request.path.endswith("/listUsers") else {**_TRUTH, "userId": "another"}
    ),
    "no body": lambda request: head(204, ("X-Request-ID", quoted(request))),
    **{str(status): _refusal(status) for status in _STATUSES},
}


def quoted(request: Recorded) -> str:
    """What a header's value can repeat."""
    return f"{request.target} {request.header('Signature')}"


def _answering(make: Callable[[Recorded], bytes]) -> Step:
    def run(peer: Peer) -> None:
        peer.send(make(peer.request()))
        peer.close()

    return run


SCRIPTS: dict[str, Step] = {
    **{name: _answering(make) for name, make in ANSWERS.items()},
    "closed at once": steps.close,
    "reset": steps.script(steps.request, steps.reset),
    "silence": steps.script(steps.request, steps.silence),
    "drip": steps.script(steps.request, steps.drip(answer(_TRUTH), gap=0.05)),
}

# Where the service repeats nothing, no part of a query may show either.
QUIET = frozenset(
    {
        *("right", "nothing", "half a head", "half a body", "too much", "cut JSON", "another user"),
        *("closed at once", "reset", "silence", "drip", "no TLS", "bad arguments", "an interrupt"),
        *("TLS, wrong host", "TLS, right", "an unknown name"),
        *("a port that is refused", "a port that is full"),
    }
)


class _Interrupted:
    """A transport in which the user presses a key."""

    def send(self, request: Request, limits: Limits) -> Answer:
        raise KeyboardInterrupt(f"{request.method} within {limits.read} s")

    def close(self) -> None:
        """Has nothing to close."""


class _Canary:
    """Calls through every failure, and collects what shows."""

    def __init__(self) -> None:
        self.count = 0
        self.problems: list[str] = []

    def run(
        self, place: str, url: str, server: FaultServer | None, *, transport: Sender | None = None
    ) -> None:
        options = {"consumer_key": canary.KEY, "timeout": 0.1, "deadline": 0.3, "retries": 1}
        chosen = configuration(url, max_body_bytes=50_000, **options)
        calls = BAD_CALLS if place == "bad arguments" else CALLS
        for name, call in calls.items():
            before = 0 if server is None else len(server.requests)
            with canary.watching() as watch:
                client = ApiClient(chosen, seams=NO_SLEEP, transport=transport)
                watch.texts += [("a client", repr(client)), ("a configuration", repr(chosen))]
                watch.texts += _seen(call, AuthenticationApi(client))
                client.close()
            sent = [] if server is None else server.requests[before:]
            self.judge(name, place, watch, sent)

    def judge(self, name: str, place: str, watch: canary.Watch, sent: list[Recorded]) -> None:
        self.count += 1
        secrets = [*canary.MARKS, *(str(request.header("Signature")) for request in sent)]
        if place in QUIET:
            secrets.append(canary.QUERY_END)
        found = canary.hits(watch.texts, secrets)
        self.problems += [f"{name} met {place}: {hit}" for hit in found]


def _seen(call: Call, api: AuthenticationApi) -> Generator[tuple[str, str]]:
    try:
        response = call(api)
    except KeyboardInterrupt as error:
        yield from canary.texts_of(error)
    except Exception as error:  # noqa: BLE001 - all that a call raises is searched
        yield from canary.texts_of(error)
        if isinstance(error, ApiException):
            yield "an answer", repr(error.api_response)
    else:
        yield "a response", f"{response!r} {response}"


def canaries() -> Figure:
    """Every operation through every failure."""
    run = _Canary()
    with FaultServer(steps.close, consumer_key=canary.KEY) as server:
        for place, script in SCRIPTS.items():
            server.script = script
            run.run(place, server.url, server)
        run.run("no TLS", server.url.replace("http:", "https:"), None)
        run.run("bad arguments", server.url, server)
        run.run("an interrupt", server.url, server, transport=_Interrupted())
    server.check()
    for name, context in (("wrong host", certificates.wrong_host()), ("right", None)):
        tls = context or certificates.right()
        with FaultServer(SCRIPTS["half a body"], tls=tls, consumer_key=canary.KEY) as server:
            run.run(f"TLS, {name}", server.url, server)
    with ExitStack() as stack:
        for name, ports in (("refused", steps.refused_port), ("full", steps.full_port)):
            port = stack.enter_context(ports())
            run.run(f"a port that is {name}", f"http://127.0.0.1:{port}", None)
    run.run("an unknown name", "http://unknown-name", None)
    return Figure(f"{len(run.problems)} in {run.count} calls", some(run.problems, 20))
