"""Answers that are not answers: random bytes, and bombs that would fill the memory."""

import gc
import json
import time
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky

from snaptrade_client import OpenApiException

from . import programs, steps
from .answers import OK, answer, head
from .clients import Figure, authentication, first_of
from .server import FaultServer, Peer, Step

DEADLINE = 0.3
# It is a hang that is looked for; a busy machine may take its time.
GRACE = 2.0

_PIECES = (
    OK,
    b"HTTP/1.1 404 Not Found\r\n",
    b"HTTP/1.1 103 Early\r\n\r\n",
    b"HTTP/1.1 99999 X\r\n",
    b"Content-Length: 5\r\n",
    b"Content-Length: -5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Encoding: gzip\r\n",
    b"Content-Encoding: deflate\r\n",
    b"Date: Tue, 99 Foo 2023 22:00:00 GMT\r\n",
    b"Retry-After: 1e400\r\n",
    b"X-RateLimit-Reset: nan\r\n",
    b"\r\n",
    b"\n",
    b"0\r\n\r\n",
    b"5\r\n",
    b"ffffffffffffffff\r\n",
    b"[]",
    b'{"userSecret":',
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    b"\x78\x9c",
    b"\xed\xa0\x80",
    b"1" * 5000,
    b"[" * 2000,
)
garbage = st.one_of(
    st.binary(max_size=300),
    st.lists(st.one_of(st.sampled_from(_PIECES), st.binary(max_size=20)), max_size=12).map(
        b"".join
    ),
    st.lists(st.one_of(st.sampled_from(_PIECES), st.binary(max_size=20)), max_size=8).map(
        lambda pieces: OK + b"".join(pieces)
    ),
)


# What hypothesis remembers of each example would make the collector pause for seconds after a
# million, which looks like a hang. So from time to time all that is there is left out of its way.
_FREEZE = 5_000


def _seconds_of(call: Callable[[], object], data: bytes) -> float:
    """How long a call that is answered with `data` takes; it must end well or with our own."""
    started = time.monotonic()
    try:
        call()
    except OpenApiException:
        pass
    except BaseException as error:
        raise AssertionError(f"{error!r}: {data!r}") from error
    took = time.monotonic() - started
    assert took <= DEADLINE + GRACE, f"{took:.3f} s: {data!r}"
    return took


def random_bytes(count: int) -> Figure:
    """`count` calls that get garbage: they end with an exception of ours, or luckily rightly."""
    problems: list[str] = []
    done, slowest = 0, 0.0
    # Without the whole deadline's silence for each answer whose end can't be told.
    options: dict[str, Any] = {"timeout": (1.0, 0.05), "deadline": DEADLINE, "retries": 0}
    with FaultServer(steps.close) as server, authentication(server.url, **options) as api:
        calls: list[Callable[[], object]] = [
            api.list_snap_trade_users,
            lambda: api.register_snap_trade_user(user_id="u"),
        ]

        @settings(
            max_examples=count,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        @given(garbage, st.sampled_from([0, 1]), st.integers(0, 99))
        def each(data: bytes, kind: int, dice: int) -> None:
            nonlocal done, slowest
            done += 1
            if done % _FREEZE == 0:
                server.forget()
                gc.freeze()
            ending = steps.silence if dice == 0 else steps.close
            server.script = steps.script(steps.request, steps.send(data), ending)
            slowest = max(slowest, _seconds_of(calls[kind], data))

        try:
            each()
        except (AssertionError, Flaky) as error:
            problems.append(first_of(error))
        finally:
            gc.unfreeze()
        server.check()
    return Figure(f"{len(problems)} in {count} answers, the slowest {slowest:.2f} s", problems)


BOMB = 300_000_000
LIMIT = 16 * 1024 * 1024
ALLOWED = LIMIT + 32 * 1024 * 1024


@cache
def _bomb(window: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    step = bytes(1_000_000)
    packed = [packer.compress(step) for _ in range(BOMB // len(step))]
    return b"".join([*packed, packer.flush()])


def _packed(window: int, coding: str, framing: str = "length") -> Callable[[], Iterator[bytes]]:
    return lambda: iter(
        [answer(_bomb(window), ("Content-Encoding", coding), framing=framing, plain=True)]
    )


def _endless(start: bytes, piece: bytes) -> Callable[[], Iterator[bytes]]:
    def send() -> Iterator[bytes]:
        yield start
        while True:
            yield piece

    return send


_CHUNKED = head(200, ("Transfer-Encoding", "chunked"))
BOMBS: dict[str, Callable[[], Iterator[bytes]]] = {
    "gzip": _packed(16 + 15, "gzip"),
    "deflate": _packed(15, "deflate"),
    "raw deflate": _packed(-15, "deflate"),
    "gzip without a length": _packed(16 + 15, "gzip", "close"),
    "endless chunks": _endless(_CHUNKED, b"10000\r\n" + bytes(65536) + b"\r\n"),
    "endless small chunks": _endless(_CHUNKED, (b"20\r\n" + bytes(32) + b"\r\n") * 2000),
    "an endless chunk size": _endless(_CHUNKED, b"1" * 65536),
    "endless trailers": _endless(_CHUNKED + b"0\r\n", b"T: 1\r\n" * 1000),
    "a huge length": _endless(head(200, ("Content-Length", "9" * 18)), bytes(65536)),
    "no length": _endless(head(200), bytes(65536)),
    "an endless status line": _endless(b"", b"H" * 65536),
    "endless headers": _endless(OK, b"X: y\r\n" * 1000),
    "an endless header": _endless(OK + b"X: ", b"y" * 65536),
    "endless interim answers": _endless(b"", head(103) * 100),
    "garbage without an end": _endless(b"garbage\r\n\r\n", bytes(65536)),
}


def bombs() -> Figure:
    """The peak memory of a program that lists users while the service sends bombs."""
    for window in (31, 15, -15):
        assert len(_bomb(window)) < 400_000

    def throw(make: Callable[[], Iterator[bytes]]) -> Step:
        def run(peer: Peer) -> None:
            peer.request()
            for data in make():
                peer.send(data)

        return run

    # The first connection's answer is right, to warm the program up.
    scripts = [throw(lambda: iter([answer(["u1"])])), *map(throw, BOMBS.values())]
    script = steps.each_connection(lambda number: scripts[number - 1])
    with FaultServer(script) as server:
        printed = programs.run("bombed", server.url, str(len(BOMBS)), str(LIMIT), timeout=120)
    ends, grown = json.loads(printed)
    problems = [
        f"{name}: {end}"
        for name, end in zip(BOMBS, ends, strict=True)
        if end not in ("InvalidResponseError", "ConnectionLostError")
    ]
    if grown > ALLOWED:
        problems.append(f"{grown / 2**20:.0f} MiB, more than {ALLOWED / 2**20:.0f}")
    return Figure(f"{grown / 2**20:.0f} MiB at a limit of {LIMIT / 2**20:.0f} MiB", problems)
