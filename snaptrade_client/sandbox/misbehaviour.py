"""What a fault does to a request and its answer."""

from collections.abc import Callable
from typing import cast

from flask import Response, request

from snaptrade_client.sandbox.answers import failure_answer, phrase, progress_of_request, throttled
from snaptrade_client.sandbox.errors import (
    INVALID,
    UNEXPECTED,
    WRONG_SIGNATURE,
    Refusal,
    ServiceError,
)
from snaptrade_client.sandbox.faults import (
    CUT,
    BadJson,
    ClockOff,
    Delay,
    Drop,
    Fault,
    Status,
    Throttle,
    Truncate,
)
from snaptrade_client.sandbox.rate_limit import Allowance

Pause = Callable[[float], object]


def misbehave(fault: Fault, run: Callable[[], Response], *, limit: int, pause: Pause) -> Response:
    """Answer a request that meets a fault: `run` is its operation, `limit` the rate limit.

    `pause` waits for some seconds, or until the sandbox stops.
    """
    if fault.when == "before":
        return _strike(fault, None, limit=limit, pause=pause) or run()
    try:
        answer = run()
    except ServiceError as error:
        answer = failure_answer(error)
    return _strike(fault, answer, limit=limit, pause=pause) or answer


def _strike(fault: Fault, answer: Response | None, *, limit: int, pause: Pause) -> Response | None:
    """Do what a fault says; give what is answered now, None to go on.

    `answer` is what the operation has answered; None where it has not begun.
    """
    match fault:
        case Delay():
            pause(fault.seconds)
        case ClockOff():
            progress_of_request().clock_off = fault.seconds
        case Throttle():
            allowance = Allowance(allowed=False, limit=limit, remaining=0, reset=fault.seconds)
            return failure_answer(throttled(allowance))
        case Status():
            return _answer_status(fault)
        case Drop():
            request.environ[CUT] = None
            return answer or Response()
        case _:
            return _spoiled(fault, cast("Response", answer))
    return None


def _answer_status(fault: Status) -> Response:
    usual = UNEXPECTED if fault.status >= 500 else INVALID
    code = fault.code or usual.code
    shape = WRONG_SIGNATURE.shape if code == WRONG_SIGNATURE.code else usual.shape
    refusal = Refusal(fault.status, code, f"{phrase(fault.status)}.", shape)
    answer = failure_answer(ServiceError(refusal))
    if fault.retry_after is not None:
        answer.headers["Retry-After"] = str(fault.retry_after)
    return answer


def _spoiled(fault: Truncate | BadJson, answer: Response) -> Response:
    body = answer.get_data()
    if isinstance(fault, Truncate):
        request.environ[CUT] = min(fault.after, len(body) - 1)
    else:
        answer.set_data(body[:-1])
    return answer
