"""What a complete answer means: a body to hand out, or a failure that says what happened.

Strategy: pure functions of an operation and an answer. A 2xx is usable when its body is the JSON
that the operation promises, and about the user that was asked for; a body that is not is kept on
the failure, since there may be a secret in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from snaptrade_client.api_response import ApiResponse
from snaptrade_client.encoding import parse_json
from snaptrade_client.exceptions import (
    ApiException,
    InvalidResponseError,
    error_class,
    registration_unknown,
)
from snaptrade_client.retry import kind_of_status, outcome_of_status
from snaptrade_client.shapes import is_object, shape

if TYPE_CHECKING:
    from snaptrade_client.api_response import Attempt
    from snaptrade_client.operations import Operation
    from snaptrade_client.transport import Answer


class Success(NamedTuple):
    """A usable answer."""

    answer: Answer
    body: Any


def judge(operation: Operation, user_id: str | None, answer: Answer) -> Success | ApiException:
    """Return the body of a usable 2xx, else the failure that the answer means."""
    if 200 <= answer.status <= 299:
        problem = None
        try:
            body = parse_json(answer.data) if answer.data.strip() else None
        except ValueError as error:
            body, problem = readable(answer.data), f"the body is not JSON: {error}"
        problem = problem or _broken_promise(operation, user_id, body)
        if problem is None:
            return Success(answer, body)
        failure: ApiException = InvalidResponseError(
            answer.status, f"{answer.reason}, but {problem}"
        )
        failure.body = body
        # The end of a body that is longer than it says.
        answer = answer._replace(data=answer.data + answer.surplus)
    else:
        failure = error_class(answer.status)(answer.status, answer.reason)
        failure.body = readable(answer.data)
        failure.kind = kind_of_status(answer.status)
    failure.outcome = outcome_of_status(answer.status)
    failure.data, failure.headers = answer.data, answer.headers
    failure.api_response = ApiResponse(
        body=failure.body,
        status=answer.status,
        headers=answer.headers,
        reason=answer.reason,
        data=answer.data,
    )
    return failure


def _broken_promise(operation: Operation, user_id: str | None, body: Any) -> str | None:
    """Say what is wrong with the body of a 2xx; never what stands in it."""
    found = shape(body)
    if operation.promise and found != operation.promise:
        return f"the body is JSON, but {found}, not {operation.promise}"
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


def finish(
    failure: ApiException, operation: Operation, user_id: str | None, attempts: tuple[Attempt, ...]
) -> ApiException:
    """Complete the failure that a call ends with."""
    failure.attempts = attempts
    failure.round_trip_time = attempts[-1].seconds
    if failure.api_response is not None:
        failure.api_response = _measured(failure.api_response, attempts)
    failure.prior_attempt_unknown = any(attempt.outcome == "unknown" for attempt in attempts[:-1])
    failure.safe_to_retry = (
        failure.outcome == "not_sent"
        # Once refused for its clock, a client has corrected it.
        or failure.kind in ("throttled", "clock")
        or (failure.outcome == "unknown" and operation.replay == "harmless")
    )
    if operation.registers and failure.outcome == "unknown":
        return registration_unknown(failure, user_id)
    return failure


def _measured(response: ApiResponse[Any], attempts: tuple[Attempt, ...]) -> ApiResponse[Any]:
    return ApiResponse(
        body=response.body,
        status=response.status,
        headers=response.headers,
        reason=response.reason,
        data=response.data,
        round_trip_time=attempts[-1].seconds,
        elapsed=sum(attempt.seconds + attempt.wait for attempt in attempts),
        attempts=attempts,
    )
