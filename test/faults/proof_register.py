"""Registering: never sent twice, and a secret that arrived is never lost."""

import re
import ssl
import zlib
from itertools import count
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Flaky

from snaptrade_client import ApiException, AuthenticationApi, RegistrationOutcomeUnknown

from . import certificates, steps
from .answers import FRAMINGS, answer
from .clients import Figure, authentication, first_of, some
from .mutations import SECRET, USER, Mutated, holds_the_secret, mutated
from .server import FaultServer, Step

BODY = {"userId": USER, "userSecret": SECRET}

Problem = str | None

_MARKS = count(1)


def arrived(sent: bytes, framing: str) -> bytes:
    """What of the body is known after `sent`, the beginning of an answer."""
    data = sent.partition(b"\r\n\r\n")[2]
    if framing == "gzip":
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(data)
    if framing == "chunked":
        return re.sub(rb"(?:^|\r\n)[0-9a-f]+\r\n", b"", data)
    return data


def verdict(api: AuthenticationApi, server: FaultServer, *, secret_expected: bool) -> Problem:
    """Registers once, and says what is wrong with what came of it."""
    # The service may get to an earlier call's request late, on a busy machine.
    mark = str(next(_MARKS))
    try:
        response = api.register_snap_trade_user(user_id=USER, extra_headers={"X-Mark": mark})
    except RegistrationOutcomeUnknown as error:
        held = error.data or b""
        if error.user_id != USER or error.outcome != "unknown" or error.safe_to_retry:
            return f"it says {error.user_id}, {error.outcome}, {error.safe_to_retry}"
        if secret_expected and not holds_the_secret(held):
            return f"the secret is lost: {error!r} holds {held!r}"
    except ApiException as error:
        return f"it raised {error!r}"
    else:
        if response.body["user_secret"] != SECRET:
            return f"it returned {response.data!r}"
    sends = sum(request.header("X-Mark") == mark for request in server.requests[-10:])
    return None if sends == 1 else f"it was sent {sends} times"


def sent_again(server: FaultServer, calls: int) -> list[str]:
    """What is wrong with the number of all requests, once the server has ended."""
    sends = len(server.requests)
    return [] if sends == calls else [f"{sends} requests for {calls} calls"]


def cut_answers(
    *, framing: str, ending: Step = steps.close, tls: ssl.SSLContext | None = None, stride: int = 1
) -> Figure:
    """Cuts the answer after each `stride`-th of its bytes, and ends the connection there."""
    whole = answer(BODY, framing=framing, plain=True)
    problems: list[str] = []
    cuts = range(0, len(whole) + 1, stride)
    with FaultServer(steps.close, tls=tls) as server, authentication(server.url) as api:
        for cut in cuts:
            server.script = steps.script(steps.request, steps.send(whole[:cut]), ending)
            expected = SECRET.encode() in arrived(whole[:cut], framing)
            problem = verdict(api, server, secret_expected=expected)
            if problem:
                problems.append(f"after byte {cut} of {len(whole)}: {problem}")
    server.check()
    problems += sent_again(server, len(cuts))
    return Figure(f"{len(cuts)} cuts, {len(problems)} lost or sent twice", some(problems))


def every_cut(stride: int) -> Figure:
    """All framings, closes and resets, plain and TLS, with and without TLS's closing alert."""
    figures = [
        cut_answers(framing=framing, ending=ending, tls=tls, stride=stride)
        for framing in FRAMINGS
        for ending, tls in (
            (steps.close, None),
            (steps.reset, None),
            (steps.close, certificates.right()),
            (steps.close_notify, certificates.right()),
        )
    ]
    cuts = sum(int(figure.measured.split()[0]) for figure in figures)
    problems = [problem for figure in figures for problem in figure.problems]
    return Figure(f"{len(problems)} in {cuts} cuts", problems)


def mutated_answers(examples: int) -> Figure:
    """Registers with so many mutated answers."""
    problems: list[str] = []
    # Only a mutation that hides the answer's end makes the client wait.
    options: dict[str, Any] = {"timeout": (5.0, 0.25), "deadline": 10.0}
    calls = 0
    with FaultServer(steps.close) as server, authentication(server.url, **options) as api:

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=[
                HealthCheck.too_slow,
                HealthCheck.data_too_large,
                HealthCheck.large_base_example,
            ],
        )
        @given(mutated())
        def each(answer: Mutated) -> None:
            nonlocal calls
            calls += 1
            ending = steps.close if answer.closes else steps.silence
            server.script = steps.script(steps.request, steps.send(answer.data), ending)
            problem = verdict(api, server, secret_expected=True)
            assert problem is None, f"{problem[:500]}: {answer.data[:500]!r}"

        try:
            each()
        except (AssertionError, Flaky) as error:
            problems.append(first_of(error))
    server.check()
    problems += sent_again(server, calls)
    return Figure(f"{len(problems)} in {examples} answers", problems)
