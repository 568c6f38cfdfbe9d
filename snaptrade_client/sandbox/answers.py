"""What answers are made of: JSON, the service's errors and headers; and what is known of a request.

Strategy: a request's `Progress` is filled in on its way, and read at its end by the hook that puts
the headers on the answer and records the request.
"""

import json
import logging
import time
import uuid
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import cast

from flask import Response, g, request
from werkzeug.exceptions import MethodNotAllowed, NotFound, RequestEntityTooLarge

from snaptrade_client.sandbox.diagnosis import Diagnosis
from snaptrade_client.sandbox.errors import (
    FORM_TOO_LARGE,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    THROTTLED,
    UNEXPECTED,
    ServiceError,
)
from snaptrade_client.sandbox.faults import Fault
from snaptrade_client.sandbox.rate_limit import Allowance

_LOG = logging.getLogger("snaptrade_client.sandbox")
_STATUSES = {status.value for status in HTTPStatus}


@dataclass(slots=True)
class Progress:
    """What is known of a request so far; `began` is when it came, of `time.perf_counter`."""

    began: float = field(default_factory=time.perf_counter)
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    body: bytes = b""
    operation: str | None = None
    fault: Fault | None = None
    clock_off: float = 0.0
    signature_accepted: bool | None = None
    diagnosis: Diagnosis | None = None
    allowance: Allowance | None = None


def progress_of_request() -> Progress:
    """Give the progress of this thread's request."""
    return cast("Progress", g.progress)


def answer_headers(request_id: str, allowance: Allowance, now: float) -> dict[str, str]:
    """Give the headers that every answer of the service carries."""
    return {
        "X-Request-ID": request_id,
        "Date": formatdate(now, usegmt=True),
        "X-RateLimit-Limit": str(allowance.limit),
        "X-RateLimit-Remaining": str(allowance.remaining),
        "X-RateLimit-Reset": str(allowance.reset),
    }


def failure_answer(error: Exception) -> Response:
    """Turn what was raised into the service's error."""
    headers: dict[str, str] = {}
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        error = ServiceError(METHOD_NOT_ALLOWED, method=request.method)
    elif isinstance(error, NotFound):
        error = ServiceError(NOT_FOUND, what="The path was")
    elif isinstance(error, RequestEntityTooLarge):
        error = ServiceError(FORM_TOO_LARGE)
    elif not isinstance(error, ServiceError):
        # The text of an unexpected error may hold secrets: its class is all that is told.
        _LOG.error("the sandbox failed with %s", type(error).__name__)
        error = ServiceError(UNEXPECTED)
    answer = json_answer(error.body, error.refusal.status)
    answer.headers.update(headers)
    return answer


def throttled(allowance: Allowance) -> ServiceError:
    """Make the refusal of a request that is beyond the rate limit."""
    progress_of_request().allowance = allowance
    plural = "" if allowance.reset == 1 else "s"
    return ServiceError(THROTTLED, wait=allowance.reset, plural=plural)


def json_answer(value: object, status: int) -> Response:
    """Answer with JSON."""
    # Werkzeug would write the reason in capitals.
    return Response(json.dumps(value), f"{status} {phrase(status)}", mimetype="application/json")


def phrase(status: int) -> str:
    """Give the reason phrase of a status."""
    return HTTPStatus(status).phrase if status in _STATUSES else "Unknown Status"
