"""A transport and clocks that follow a script: calls without a network, and without waiting.

Strategy: all clocks of a client are one number that only its sleeps and its attempts move, so that
a test knows every moment exactly. The signature of each request is judged by the tests' own
implementation, as the recording server does.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from email.utils import formatdate
from typing import Any, NoReturn
from urllib.parse import parse_qs

from snaptrade_client import ApiClient, AuthenticationApi, Configuration
from snaptrade_client.attempts import Kind, Outcome
from snaptrade_client.exceptions import ApiException
from snaptrade_client.headers import Headers
from snaptrade_client.seams import Seams
from snaptrade_client.transport import Answer, Limits, Payload, Request

from .recording import CLIENT_ID, CONSUMER_KEY
from .signature import accepted

EPOCH = 1_700_000_000.0

Step = Answer | BaseException | Callable[[Request], Answer]


def answer(body: object = None, status: int = 200, **headers: str) -> Answer:
    """A complete answer; a body that is not bytes is JSON, and None is an empty one."""
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    given = {"X_Request_ID": "abc123", **headers}
    pairs = ((name.replace("_", "-"), value) for name, value in given.items())
    return Answer(status, f"Reason {status}", Headers(pairs), Payload(data))


def failed(
    kind: type[ApiException], outcome: Outcome, row: Kind, data: bytes | None = None
) -> Callable[[Request], NoReturn]:
    """An attempt that ends with an exception of the transport, as the transport makes it."""

    def fail(_: Request) -> NoReturn:
        failure = kind(reason="what happened")
        failure.outcome, failure.kind, failure.data = outcome, row, data
        raise failure

    return fail


class FakeTime:
    """One clock: `now` is monotonic, the wall clock is `wrong` seconds ahead of the service's."""

    def __init__(self, jitter: float) -> None:
        self.now = 100.0
        self.wrong = 0.0
        self.sleeps: list[float] = []
        self.jitter = jitter
        self.seams = Seams(self.wall, lambda: self.now, self.sleep, self.uniform)

    def uniform(self, low: float, high: float) -> float:
        """The number that lies at `jitter` of the range."""
        return low + self.jitter * (high - low)

    def true(self) -> float:
        """What the service's clock shows."""
        return EPOCH + self.now

    def wall(self) -> float:
        """What this machine's clock shows."""
        return self.true() + self.wrong

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds


class FakeTransport:
    """Answers from a script; each attempt takes `seconds`."""

    def __init__(self, time: FakeTime, script: Iterable[Step]) -> None:
        self.time = time
        self.script: Iterator[Step] = iter(script)
        self.seconds = 2.0
        self.requests: list[Request] = []
        self.limits: list[Limits] = []
        self.moments: list[float] = []
        self.closed = 0
        # What a gateway in front of the service does to a path before the service sees it.
        self.rewrite: Callable[[str], str] = lambda path: path

    def send(self, request: Request, limits: Limits) -> Answer:
        path, _, query = request.target.partition("?")
        given = request.headers["Signature"]
        assert accepted(self.rewrite(path), query, request.body, CONSUMER_KEY, given)
        self.requests.append(request)
        self.limits.append(limits)
        self.moments.append(self.time.now)
        self.time.now += self.seconds
        step = next(self.script)
        if isinstance(step, BaseException):
            raise step
        return step if isinstance(step, Answer) else step(request)

    def close(self) -> None:
        self.closed += 1


class Fake:
    """A client on a fake transport, with all that can be seen of it.

    `jitter` says where in their range the random parts of waits lie, from 0 to 1.
    """

    def __init__(self, script: Iterable[Step], *, jitter: float = 1.0, **options: Any) -> None:
        self.time = FakeTime(jitter)
        self.transport = FakeTransport(self.time, script)
        given: dict[str, Any] = {"consumer_key": CONSUMER_KEY, "client_id": CLIENT_ID, **options}
        self.client = ApiClient(
            Configuration(**given), transport=self.transport, seams=self.time.seams
        )
        self.authentication = AuthenticationApi(self.client)

    @property
    def sent(self) -> int:
        """The number of requests so far."""
        return len(self.transport.requests)

    @property
    def timestamps(self) -> list[int]:
        """The timestamp of each request."""
        return [timestamp(request) for request in self.transport.requests]


def timestamp(request: Request) -> int:
    """The only timestamp of a request."""
    [text] = parse_qs(request.target.partition("?")[2])["timestamp"]
    return int(text)


class Service:
    """Refuses a timestamp that is off by more than a minute, as the service does."""

    def __init__(
        self, time: FakeTime, body: object, *, status: int = 401, code: Any = 1076
    ) -> None:
        self.time = time
        self.body = body
        self.status = status
        self.error = {} if code is None else {"default_detail": "refused", "default_code": code}

    def __call__(self, request: Request) -> Answer:
        date = formatdate(self.time.true(), usegmt=True)
        if abs(timestamp(request) - self.time.true()) > 60:
            return answer(self.error, self.status, Date=date)
        return answer(self.body, Date=date)
