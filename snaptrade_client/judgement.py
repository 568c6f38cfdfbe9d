"""What a complete answer means: a body to hand out, or a failure that says what happened.

Strategy: pure functions of an operation and an answer. A 2xx is usable when its body is the JSON
that the operation promises, and about the user that was asked for; a body that is not is kept on
the failure, since there may be a secret in it. Any other status is looked up in one table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from frozendict import frozendict

from snaptrade_client.api_response import ApiResponse
from snaptrade_client.attempts import Attempt
from snaptrade_client.encoding import parse_json
from snaptrade_client.exceptions import (
    ApiException,
    BadRequestError,
    ClientError,
    ConflictError,
    ForbiddenError,
    InvalidResponseError,
    NotFoundError,
    RateLimitError,
    RedirectError,
    ServerError,
    UnauthorizedError,
    registration_unknown,
)
from snaptrade_client.headers import request_id
from snaptrade_client.retry import clock_error, safe_to_retry, told_wait
from snaptrade_client.shapes import is_object, shape

if TYPE_CHECKING:
    from snaptrade_client.attempts import Kind, Outcome
    from snaptrade_client.operations import Operation
    from snaptrade_client.transport import Answer


class Meaning(NamedTuple):
    """What an answer of a status is, where it is not a usable 2xx."""

    error: type[ApiException]
    kind: Kind = "final"
    outcome: Outcome = "rejected"


_STATUSES: frozendict[int, Meaning] = frozendict(
    {
        400: Meaning(BadRequestError),
        401: Meaning(UnauthorizedError),
        403: Meaning(ForbiddenError),
        404: Meaning(NotFoundError),
        408: Meaning(ClientError, "server_error", "unknown"),
        409: Meaning(ConflictError),
        425: Meaning(ClientError, "too_early"),
        429: Meaning(RateLimitError, "throttled"),
        # 501 and 505 say that the service can't do this at all.
        501: Meaning(ServerError, "final", "unknown"),
        503: Meaning(ServerError, "unavailable", "unknown"),
        505: Meaning(ServerError, "final", "unknown"),
    }
)
_HUNDREDS: frozendict[int, Meaning] = frozendict(
    {
        3: Meaning(RedirectError),
        4: Meaning(ClientError),
        5: Meaning(ServerError, "server_error", "unknown"),
    }
)
_UNUSABLE = Meaning(InvalidResponseError, "final", "unknown")


def meaning(status: int) -> Meaning:
    """Return what an answer that is not a usable 2xx means: a complete 3xx or 4xx is a no."""
    return _STATUSES.get(status) or _HUNDREDS.get(status // 100, _UNUSABLE)


class Success(NamedTuple):
    """An attempt with a usable answer."""

    answer: Answer
    body: Any

    def __repr__(self) -> str:
        # The body may hold a secret.
        return f"Success({self.answer.status})"


class Failure(NamedTuple):
    """An attempt that failed."""

    error: ApiException
    answer: Answer | None = None
    """The complete answer; None where none arrived."""
    clock_error: float | None = None
    """The seconds by which its timestamp was off, where that explains the refusal."""

    def __repr__(self) -> str:
        return f"Failure({self.error!r})"


def judge(
    operation: Operation, user_id: str | None, answer: Answer, *, timestamp: int, now: float
) -> Success | Failure:
    """Return the body of a usable 2xx, else the failure that the answer means.

    `timestamp` is the one that the request carried, `now` the wall clock.
    """
    if 200 <= answer.status <= 299:
        problem = None
        try:
            body = None if answer.payload.is_blank() else parse_json(answer.payload)
        except ValueError as error:
            body, problem = readable(answer.data), f"the body is not JSON: {error}"
        problem = problem or _broken_promise(operation, user_id, body)
        if problem is None:
            return Success(answer, body)
        reason = f"{answer.reason}, but {problem}"
        # The end of a body that is longer than it says.
        answer = answer.with_surplus()
    else:
        body, reason = readable(answer.data), answer.reason
    kind, row, outcome = meaning(answer.status)
    failure = kind(answer.status, reason)
    failure.kind, failure.outcome = row, outcome
    failure.body, failure.data, failure.headers = body, answer.data, answer.headers
    failure.retry_after = told_wait(answer.status, answer.headers, body, now)
    off = clock_error(answer.status, failure.code, answer.headers, timestamp)
    if off is not None:
        failure.kind = "clock"
    return Failure(failure, answer, off)


def unanswered(failure: ApiException) -> Failure:
    """Read what arrived of an answer that is not complete."""
    failure.body = readable(failure.data)
    return Failure(failure)


def _broken_promise(operation: Operation, user_id: str | None, body: Any) -> str | None:
    """Say what is wrong with the body of a 2xx; never what stands in it."""
    found = shape(body)
    if operation.promise and found != operation.promise:
        told = "empty or null" if found == "empty" else f"JSON, but {found}"
        return f"the body is {told}, not {operation.promise}"
    if not is_object(body):
        return None
    secret = body.get("userSecret")
    if operation.registers and not (isinstance(secret, str) and secret):
        return "the body has no user secret"
    if operation.echoes_user and user_id is not None and body.get("userId", user_id) != user_id:
        return "the body names another user than the one that was asked for"
    return None


def readable(data: bytes | None) -> Any:
    """Parse a body as far as it goes: JSON, else text, else bytes; None where it is empty."""
    if not data:
        return None
    try:
        return parse_json(data)
    except ValueError:
        pass
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def record(result: Success | Failure, seconds: float, wait: float) -> Attempt:
    """Make the record of an attempt that took `seconds`, and that `wait` seconds follow."""
    if isinstance(result, Success):
        answer = result.answer
        return Attempt("ok", None, answer.status, seconds, wait, request_id(answer.headers))
    error = result.error
    return Attempt(error.kind, error.outcome, error.status, seconds, wait, error.request_id)


def wrapped(
    answer: Answer,
    body: Any,
    attempts: tuple[Attempt, ...],
    elapsed: float,
    arrived: float | None = None,
) -> ApiResponse[Any]:
    """Make what a call hands out of the answer to its last attempt."""
    return ApiResponse(
        body=body,
        status=answer.status,
        headers=answer.headers,
        reason=answer.reason,
        data=answer.payload,
        round_trip_time=attempts[-1].seconds,
        elapsed=elapsed,
        attempts=attempts,
        arrived=arrived,
    )


def finish(
    failure: Failure,
    operation: Operation,
    user_id: str | None,
    attempts: tuple[Attempt, ...],
    elapsed: float,
) -> ApiException:
    """Complete the failure that a call ends with."""
    error, answer, _ = failure
    error.attempts = attempts
    error.round_trip_time = attempts[-1].seconds
    if answer is not None:
        error.api_response = wrapped(answer, error.body, attempts, elapsed)
    error.prior_attempt_unknown = any(attempt.outcome == "unknown" for attempt in attempts[:-1])
    error.safe_to_retry = safe_to_retry(error.kind, error.outcome, operation.replay)
    if operation.registers and error.outcome == "unknown":
        return registration_unknown(error, user_id)
    return error
