"""The one road to the service: encode, sign, send, judge, wrap or raise, and perhaps once more.

Strategy: an attempt of a `Call` comes to a success or a failure, which are values here; the only
loop asks the retry room about a failure, and waits. The clocks, the sleep, the random numbers and
the transport are given, so everything is tested without waiting.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from frozendict import frozendict

from snaptrade_client import __version__, checks, urls
from snaptrade_client.calls import Call, Encoder, chosen_options
from snaptrade_client.configuration import CHANGEABLE, Configuration
from snaptrade_client.exceptions import (
    ApiException,
    ApiTypeError,
    ApiValueError,
    InsecureConnectionWarning,
)
from snaptrade_client.interrupts import is_from_a_signal
from snaptrade_client.judgement import Failure, Success, finish, judge, record, unanswered, wrapped
from snaptrade_client.logs import switch_on_if_asked, tell
from snaptrade_client.operations import Operation, body_values, query_values
from snaptrade_client.redaction import boundary
from snaptrade_client.retry import Progress, Replay, RetryBudget
from snaptrade_client.seams import Seams, Sender
from snaptrade_client.transport import Limits, Transport

if TYPE_CHECKING:
    from typing import Self

    from typing_extensions import Unpack

    from snaptrade_client.api_response import ApiResponse
    from snaptrade_client.attempts import Attempt
    from snaptrade_client.types import CallOptions, ClientOptions, QueryValue

# Programs import ApiException from here too.
__all__ = ["ApiClient", "ApiException", "Seams", "Sender"]

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_HARMLESS_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_NOTHING: Mapping[str, Any] = frozendict[str, Any]()


class _Shared:
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
        for option in ("verify_ssl", "assert_hostname"):
            if getattr(configuration, option) is False:
                risk = "whoever answers in the service's name gets the user's secrets"
                warnings.warn(
                    f"{option}=False: {risk}", InsecureConnectionWarning, _callers_level()
                )
        switch_on_if_asked(debug=configuration.debug)
        if transport is None:
            transport = Transport(configuration, clock=seams.monotonic)
        user_agent = f"snaptrade-client/{__version__} python/{sys.version.split()[0]}"
        self._use(configuration, _Shared(transport), seams, user_agent)

    def _use(
        self, configuration: Configuration, shared: _Shared, seams: Seams, user_agent: str
    ) -> None:
        self.configuration = configuration
        self._shared = shared
        self._seams = seams
        self._encoder = Encoder(configuration, user_agent)
        self._key = configuration.consumer_key.encode()

    @property
    def user_agent(self) -> str:
        """The `User-Agent` header of all requests, for every copy that is made afterwards too.

        To set it raises ApiTypeError for anything but a str, and ApiValueError for line breaks,
        control characters and characters beyond Latin-1.
        """
        return self._encoder.user_agent

    @user_agent.setter
    def user_agent(self, value: str) -> None:
        self._encoder.user_agent = checks.header_value("user_agent", value)

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
            if name not in CHANGEABLE:
                raise ApiTypeError(
                    f"with_options() can't change {name!r}{checks.similar(name, CHANGEABLE)}; "
                    "anything else needs a client of its own"
                )
        other = type(self).__new__(type(self))
        configuration = self.configuration.replace(**options).frozen()
        other._use(configuration, self._shared, self._seams, self.user_agent)  # noqa: SLF001 - its own class
        return other

    def __reduce__(self) -> tuple[Any, ...]:
        # Connections and clocks stay where they are.
        return (type(self), (self.configuration,), {"user_agent": self.user_agent})

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.user_agent = state["user_agent"]

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
        operation = Operation(
            name="request", method=method, path=urls.path("path", path), replay=replay
        )
        chosen = chosen_options(operation, options)
        parameters = checks.query("query", query)
        return self._run(
            self._encoder.encode(operation, query=parameters, body=body, options=chosen)
        )

    @boundary
    def call(
        self,
        operation: Operation,
        *,
        query: Mapping[str, Any] = _NOTHING,
        fields: Mapping[str, Any] = _NOTHING,
        query_params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] = _NOTHING,
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
            self._encoder.encode(operation, query=parameters, body=content, options=chosen)
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
        signatures: set[str] = set()
        while True:
            began = monotonic()
            result = self._attempt(call, limits, signatures)
            now = monotonic()
            if isinstance(result, Success):
                self._shared.budget.earn()
                attempts += (self._told(call, record(result, now - began, 0.0)),)
                return wrapped(result.answer, result.body, attempts, now - started, now)
            wait, progress = self._following(call, progress, result.error, deadline, now)
            attempts += (self._told(call, record(result, now - began, wait or 0.0)),)
            if wait is None:
                error = finish(result, call.operation, call.user_id, attempts, now - started)
                error._seal({*call.secrets, *signatures, self.configuration.consumer_key})  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - no user's business
                raise error
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

    def _attempt(self, call: Call, limits: Limits, signatures: set[str]) -> Success | Failure:
        """Send a call once, with a timestamp and a signature of its own, one more secret."""
        skew = self._shared.clock_skew
        timestamp = int(self._seams.clock() + skew)
        request = call.request(timestamp, self._key)
        signatures.add(request.headers["Signature"])
        try:
            answer = self._shared.transport.send(request, limits)
        except ApiException as error:
            # Without its frames, which would keep it, and each other, alive.
            return unanswered(error.with_traceback(None))
        now = self._seams.clock()
        result = judge(call.operation, call.user_id, answer, timestamp=timestamp, now=now)
        if isinstance(result, Failure) and result.clock_error is not None:
            self._shared.clock_skew = skew + result.clock_error
        return result

    def _told(self, call: Call, attempt: Attempt) -> Attempt:
        """Log an attempt, and hand it to the client's own callback."""
        operation = call.operation
        tell("%s %s: %s", operation.method, operation.path, attempt)
        if self.configuration.on_attempt is not None:
            try:
                self.configuration.on_attempt(operation.name, attempt)
            except Exception as error:
                if is_from_a_signal(error):
                    raise
                # Metrics must not cost an answer.
                tell("on_attempt failed with %s", type(error).__name__)
        return attempt


def _callers_level() -> int:
    """Return the stack level, for a warning, of the line of the program that called the package."""
    from inspect import currentframe  # noqa: PLC0415 - for a warning only

    level, frame = 0, currentframe()
    # Code that is executed in a namespace of its own may have no name.
    while frame and frame.f_globals.get("__name__", "").partition(".")[0] == "snaptrade_client":
        level, frame = level + 1, frame.f_back
    return level
