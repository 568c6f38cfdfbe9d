"""The one road to the service: encode, sign, send, judge, wrap or raise, and perhaps once more.

Strategy: an attempt of a `Call` comes to a success or a failure, which are values here; the only
loop asks the retry room about a failure, and waits. The clocks, the sleep, the random numbers and
the transport are given, so everything is tested without waiting.
"""

from __future__ import annotations

import logging
import random
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from snaptrade_client import __version__, checks
from snaptrade_client.api_response import ApiResponse, Attempt
from snaptrade_client.calls import Call, Caller, chosen_options
from snaptrade_client.configuration import Configuration
from snaptrade_client.exceptions import ApiException, ApiTypeError, ApiValueError
from snaptrade_client.judgement import Success, finish, judge, readable
from snaptrade_client.logs import LOGGER, switch_on_if_asked
from snaptrade_client.operations import Operation, body_values, query_values
from snaptrade_client.redaction import boundary, request_id
from snaptrade_client.retry import Progress, Replay, RetryBudget, clock_error, told_wait
from snaptrade_client.transport import Answer, Limits, Request, Transport

if TYPE_CHECKING:
    from typing import Self

    from typing_extensions import Unpack

    from snaptrade_client.types import CallOptions, ClientOptions, QueryValue

# Programs import ApiException from here too.
__all__ = ["ApiClient", "ApiException", "Seams", "Sender", "Shared"]

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_HARMLESS_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE"})
# What does not touch the connections.
_CHANGEABLE = (
    *("timeout", "deadline", "retries", "fresh_connection"),
    *("max_body_bytes", "on_attempt"),
)
_NO_OPTIONS: Mapping[str, Any] = {}


class Sender(Protocol):
    """What an ApiClient needs of a transport."""

    def send(self, request: Request, limits: Limits) -> Answer:
        """Send one request and return its complete answer, or raise one of our exceptions."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


class Seams(NamedTuple):
    """What connects an ApiClient to the world."""

    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    uniform: Callable[[float, float], float] = random.uniform


class Shared:
    """What clients that differ in their options only have in common."""

    def __init__(self, transport: Sender) -> None:
        self.transport = transport
        self.budget: RetryBudget = RetryBudget()
        self.clock_skew: float = 0.0


class ApiClient:
    """Sends operations to the service. Safe from any number of threads.

    It uses a copy of the configuration. `transport` and `seams` replace the network and the clocks,
    for tests.
    """

    @boundary
    def __init__(
        self,
        configuration: Configuration,
        *,
        transport: Sender | None = None,
        seams: Seams = Seams(),  # noqa: B008 - it is immutable
    ) -> None:
        if not isinstance(configuration, Configuration):  # pyright: ignore[reportUnnecessaryIsInstance] - callers' data
            raise ApiTypeError(
                f"configuration must be a Configuration, not {type(configuration).__name__}"
            )
        configuration = configuration.frozen()
        if not configuration.verify_ssl:
            warnings.warn(
                "verify_ssl=False: whoever answers in the service's name gets the user's secrets",
                stacklevel=_callers_level(),
            )
        switch_on_if_asked(debug=configuration.debug)
        if transport is None:
            transport = Transport(configuration, clock=seams.monotonic)
        self._use(configuration, Shared(transport), seams)
        self.user_agent = f"snaptrade-client/{__version__} python/{sys.version.split()[0]}"

    def _use(self, configuration: Configuration, shared: Shared, seams: Seams) -> None:
        self.configuration = configuration
        self._shared = shared
        self._seams = seams
        self._caller = Caller(configuration)
        self._key = configuration.consumer_key.encode()

    @property
    def user_agent(self) -> str:
        """The `User-Agent` header of all requests."""
        return self._user_agent

    @user_agent.setter
    def user_agent(self, value: str) -> None:
        self._user_agent = checks.header_value("user_agent", value)

    @property
    def clock_skew(self) -> float:
        """Seconds by which timestamps are corrected, since the service refused this machine's."""
        return self._shared.clock_skew

    def close(self) -> None:
        """Close the connections; those in use close when their calls end. Then it is unusable."""
        self._shared.transport.close()

    @boundary
    def with_options(self, **options: Unpack[ClientOptions]) -> Self:
        """Return a client with other options that shares connections and retry budget."""
        for name in options:
            if name not in _CHANGEABLE:
                raise ApiTypeError(
                    f"with_options() can't change {name!r}{checks.similar(name, _CHANGEABLE)}; "
                    "anything else needs a client of its own"
                )
        other = type(self).__new__(type(self))
        configuration = self.configuration.replace(**options).frozen()
        other._use(configuration, self._shared, self._seams)  # noqa: SLF001 - its own class
        other.user_agent = self.user_agent
        return other

    def __reduce__(self) -> tuple[Any, ...]:
        # Connections and clocks stay where they are.
        return (type(self), (self.configuration,), {"_user_agent": self._user_agent})

    def __repr__(self) -> str:
        return f"ApiClient({self.configuration!r})"

    @boundary
    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, QueryValue] | None = None,
        body: Any = None,
        idempotent: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> ApiResponse[Any]:
        """Call any endpoint; see `SnapTrade.request`."""
        method = checks.text("method", method).upper()
        if method not in _METHODS:
            raise ApiValueError(f"method must be one of {', '.join(sorted(_METHODS))}")
        if body is not None and method in ("GET", "HEAD", "DELETE"):
            raise ApiValueError(f"body: a {method} request has none; pass its values as query=")
        if body is None and method == "POST":
            body = {}  # as the service wants it: it signs like no body
        if idempotent is None:
            idempotent = method in _HARMLESS_METHODS
        replay: Replay = "harmless" if checks.boolean("idempotent", idempotent) else "harmful"
        operation = Operation("request", method, checks.path("path", path), replay)
        chosen = chosen_options(operation, options)
        parameters = checks.query("query", query)
        return self._run(self._caller.call(operation, parameters, body, chosen, self._user_agent))

    @boundary
    def call(
        self,
        operation: Operation,
        *,
        query: Mapping[str, Any] = _NO_OPTIONS,
        fields: Mapping[str, Any] = _NO_OPTIONS,
        query_params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] = _NO_OPTIONS,
    ) -> ApiResponse[Any]:
        """Call an operation with values as its method was given them.

        Args:
            operation: the endpoint, as data.
            query: parameters that were given as keywords, under the service's names.
            fields: the body's fields that were given as keywords, under the service's names.
            query_params: parameters that were given as a dictionary.
            body: the body's fields that were given as a dictionary.
            options: those of `CallOptions`.

        Raises:
            ApiTypeError, ApiValueError: an argument is missing or wrong; nothing was sent.
            ApiException: the call failed.

        """
        chosen = chosen_options(operation, options)
        parameters = query_values(operation, query, query_params)
        content = body_values(operation, fields, body)
        return self._run(
            self._caller.call(operation, parameters, content, chosen, self._user_agent)
        )

    def _run(self, call: Call) -> ApiResponse[Any]:
        """Attempt a call until it succeeds or must be given up. The only loop."""
        monotonic = self._seams.monotonic
        started = monotonic()
        deadline = None if call.deadline is None else started + call.deadline
        most, registers = self.configuration.max_body_bytes, call.operation.registers
        limits = Limits(*call.timeout, deadline, most, call.fresh, patient=registers)
        progress = Progress(call.retries)
        attempts: tuple[Attempt, ...] = ()
        secrets = {*call.secrets, self.configuration.consumer_key}
        while True:
            began = monotonic()
            result = self._attempt(call, limits, secrets)
            now = monotonic()
            if isinstance(result, Success):
                self._shared.budget.earn()
                attempts += (self._record(call, result, now - began, None),)
                return _response(result, attempts, now - started)
            wait, progress = self._following(call, progress, result, deadline, now)
            attempts += (self._record(call, result, now - began, wait),)
            if wait is None:
                result.seal(secrets)
                raise finish(result, call.operation, call.user_id, attempts)
            self._seams.sleep(wait)

    def _following(
        self,
        call: Call,
        progress: Progress,
        failure: ApiException,
        deadline: float | None,
        now: float,
    ) -> tuple[float | None, Progress]:
        """Return the seconds to wait before the next attempt, or None to give up."""
        following = progress.after(
            failure.kind, call.operation.replay, failure.retry_after, self._seams.uniform
        )
        if following is None or (deadline is not None and now + following[0] >= deadline):
            return None, progress
        return following if self._shared.budget.spend() else (None, progress)

    def _attempt(self, call: Call, limits: Limits, secrets: set[str]) -> Success | ApiException:
        """Send a call once, with a timestamp and a signature of its own, one more secret."""
        skew = self._shared.clock_skew
        timestamp = int(self._seams.clock() + skew)
        request = call.request(timestamp, self._key)
        secrets.add(request.headers["Signature"])
        try:
            answer = self._shared.transport.send(request, limits)
        except ApiException as error:
            failure = error
            failure.body = readable(failure.data)
        else:
            result = judge(call.operation, call.user_id, answer)
            if isinstance(result, Success):
                return result
            failure = result
            failure.retry_after = told_wait(
                answer.status, answer.headers, failure.body, self._seams.clock()
            )
            off = clock_error(answer.status, failure.code, answer.headers, timestamp)
            if off is not None:
                failure.kind = "clock"
                self._shared.clock_skew = skew + off
        return failure

    def _record(
        self, call: Call, result: Success | ApiException, seconds: float, wait: float | None
    ) -> Attempt:
        """Make the record of an attempt, log it, and hand it to the client's own callback."""
        operation = call.operation
        if isinstance(result, Success):
            told = request_id(result.answer.headers)
            attempt = Attempt("ok", None, result.answer.status, seconds, 0.0, told)
        else:
            kind, outcome, status = result.kind, result.outcome, result.status
            attempt = Attempt(kind, outcome, status, seconds, wait or 0.0, result.request_id)
        if LOGGER.isEnabledFor(logging.DEBUG):
            LOGGER.debug("%s %s: %s", operation.method, operation.path, attempt)
        if self.configuration.on_attempt is not None:
            try:
                self.configuration.on_attempt(operation.name, attempt)
            except Exception as error:  # noqa: BLE001 - metrics must not cost an answer
                LOGGER.debug("on_attempt failed with %s", type(error).__name__)
        return attempt


def _callers_level() -> int:
    """Return the stack level, for a warning, of the line of the program that called the package."""
    from inspect import currentframe  # noqa: PLC0415 - for a warning only

    level, frame = 0, currentframe()
    # Code that is executed in a namespace of its own may have no name.
    while frame and frame.f_globals.get("__name__", "").partition(".")[0] == "snaptrade_client":
        level, frame = level + 1, frame.f_back
    return level


def _response(success: Success, attempts: tuple[Attempt, ...], elapsed: float) -> ApiResponse[Any]:
    answer = success.answer
    return ApiResponse(
        body=success.body,
        status=answer.status,
        headers=answer.headers,
        reason=answer.reason,
        data=answer.data,
        round_trip_time=attempts[-1].seconds,
        elapsed=elapsed,
        attempts=attempts,
    )
