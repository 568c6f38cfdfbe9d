"""A call ends at its deadline, wherever the service falls silent or however slowly it goes on.

Strategy: the phases of a call are a table of scripts. Each is met by registering and by listing,
without any other limit than the deadline, several calls at once.
"""

import ssl
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial

from snaptrade_client import AuthenticationApi, DeadlineExceededError, InvalidResponseError

from . import certificates, steps
from .answers import OK, answer, head
from .clients import Figure, authentication, failure_of
from .server import FaultServer, Step

DEADLINE = 0.4
ALLOWED = 0.25

Call = Callable[[AuthenticationApi], object]

_BODY = {"userId": "u", "userSecret": "s" * 200}
_PLAIN = answer(_BODY)
_CHUNKED = answer(_BODY, framing="chunked")


def _until(data: bytes, mark: bytes) -> bytes:
    return data[: data.index(mark) + len(mark)]


def _asked(*rest: Step) -> Step:
    return steps.script(steps.request, *rest)


def _stalls(data: bytes) -> Step:
    return _asked(steps.send(data), steps.silence)


def _drips(data: bytes, sent: bytes = b"") -> Step:
    return _asked(steps.send(sent), steps.drip(data))


PHASES: dict[str, Step] = {
    "before the head": _stalls(b""),
    "inside the head": _stalls(_PLAIN[:20]),
    "inside an interim answer": _stalls(b"HTTP/1.1 103 Early"),
    "after an interim answer": _stalls(head(103)),
    "inside the body": _stalls(_PLAIN[:-7]),
    "inside a body without a length": _stalls(answer(_BODY, framing="close")),
    "inside a compressed body": _stalls(answer(_BODY, framing="gzip")[:-9]),
    "inside a chunk's size": _stalls(_until(_CHUNKED, b"\r\n\r\n") + b"1"),
    "between chunks": _stalls(_until(_CHUNKED, b"sss\r\n")),
    "inside the trailer": _stalls(_CHUNKED[:-2] + b"T: 1"),
    "dripping the head": _drips(_PLAIN),
    "dripping interim answers": _drips(head(102) * 30),
    "dripping the body": _drips(_PLAIN[len(_PLAIN) - 200 :], _PLAIN[:-200]),
    "dripping chunks": _drips(_CHUNKED[-300:], _CHUNKED[:-300]),
    "dripping trailers": _drips(b"T: 1\r\n" * 90, _CHUNKED[:-2]),
    # What still comes of an answer that can't be used is read on, for a while.
    "after garbage": _stalls(b"garbage\r\n\r\n" + b"x" * 50),
    "dripping after garbage": _drips(b"x" * 500, OK + b"Content-Encoding: br\r\n\r\n"),
}
HANDSHAKES: dict[str, Step] = {
    "before the handshake": steps.silence,
    "inside the handshake": steps.server_flight(
        certificates.right(),
        lambda data: steps.script(steps.send(data[: len(data) // 2]), steps.silence),
    ),
    "dripping the handshake": steps.server_flight(certificates.right(), steps.drip),
}
CALLS: dict[str, Call] = {
    "register": lambda api: api.register_snap_trade_user(user_id="u"),
    "list": lambda api: api.list_snap_trade_users(),
}


def _large(api: AuthenticationApi) -> object:
    return api.register_snap_trade_user(user_id="u", rsa_public_key="k" * 8_000_000)


@contextmanager
def _calls(
    script: Step, *, tls: ssl.SSLContext | None = None, secure: bool = False, large: bool = False
) -> Generator[list[tuple[str, Callable[[], object]]]]:
    with FaultServer(script, tls=tls, small_buffers=large) as server:
        url = server.url.replace("http:", "https:") if secure else server.url
        with authentication(url, timeout=None, deadline=DEADLINE) as api:
            chosen = {"register": _large} if large else CALLS
            yield [(name, partial(call, api)) for name, call in chosen.items()]


@contextmanager
def _unreachable() -> Generator[list[tuple[str, Callable[[], object]]]]:
    with (
        steps.full_port() as port,
        authentication(f"http://127.0.0.1:{port}", timeout=None, deadline=DEADLINE) as api,
    ):
        yield [(name, partial(call, api)) for name, call in CALLS.items()]


def measured(call: Callable[[], object]) -> tuple[float, str | None]:
    """The seconds between the deadline and the call's end, and what is wrong with its end."""
    started = time.monotonic()
    failure = failure_of(call)
    late = time.monotonic() - started - DEADLINE
    if late > ALLOWED:
        return late, f"ended {late:.3f} s late"
    if late < -0.02 and not isinstance(failure, InvalidResponseError):
        return late, f"ended {-late:.3f} s early, with {failure!r}"
    told = isinstance(failure, DeadlineExceededError | InvalidResponseError)
    registering = "registered" in str(failure)
    return late, None if told or registering else f"ended with {failure!r}"


def deadlines() -> Figure:
    """Calls that meet each phase, plain and over TLS, four at once."""
    tls = certificates.right()
    with ExitStack() as stack:
        cases = {"connecting": stack.enter_context(_unreachable())}
        for phase, script in HANDSHAKES.items():
            cases[phase] = stack.enter_context(_calls(script, secure=True))
        for phase, script in PHASES.items():
            cases[phase] = stack.enter_context(_calls(script))
            cases[f"{phase}, TLS"] = stack.enter_context(_calls(script, tls=tls))
        cases["writing"] = stack.enter_context(_calls(steps.deafness, large=True))
        cases["writing, TLS"] = stack.enter_context(_calls(steps.deafness, tls=tls, large=True))
        named = [(f"{name} {phase}", call) for phase, pair in cases.items() for name, call in pair]
        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(measured, [call for _, call in named]))
        # Four at once keep each other waiting now and then: what was late once is measured alone.
        results = [
            measured(call) if problem else (late, problem)
            for (_, call), (late, problem) in zip(named, results, strict=True)
        ]
    problems = [
        f"{name}: {problem}"
        for (name, _), (_, problem) in zip(named, results, strict=True)
        if problem
    ]
    latest = max(late for late, _ in results)
    return Figure(f"{latest * 1000:.0f} ms at most, in {len(named)} calls", problems)
