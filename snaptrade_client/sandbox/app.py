"""The service over HTTP: the only room that knows Flask.

Strategy: a request goes through the same gates in the same order: the path and the method (404,
405), the body's media type and JSON (415, 400), the client id, timestamp and signature (401), the
rate limit (429), and only then the operation. A gate that stays shut raises; one handler turns
what was raised into the service's own error, and one hook puts the service's headers on every
answer and records the request.
"""

import json
import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import cast
from urllib.parse import parse_qsl

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from snaptrade_client.sandbox.errors import (
    INVALID,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    THROTTLED,
    UNEXPECTED,
    UNSUPPORTED_MEDIA_TYPE,
    WRONG_SIGNATURE,
    ServiceError,
)
from snaptrade_client.sandbox.operations import OPERATIONS, Call, Desk, Operation
from snaptrade_client.sandbox.rate_limit import Allowance, RateLimit
from snaptrade_client.sandbox.recording import RecordedRequest, RequestLog
from snaptrade_client.sandbox.signatures import is_signed, split_target, timestamp_error

BASE_PATHS = ("/api/v1", "")
"""Older and newer clients of the service call and sign the same paths below either."""

_LOG = logging.getLogger("snaptrade_client.sandbox")


@dataclass(slots=True)
class _Progress:
    """What is known of a request so far."""

    request_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    body: bytes = b""
    signature_accepted: bool | None = None
    allowance: Allowance | None = None


def create_app(desk: Desk, rate_limit: RateLimit, log: RequestLog) -> Flask:
    """Make the WSGI application of one sandbox."""
    app = Flask(__name__, static_folder=None)
    # Flask logs whole tracebacks, whose texts may hold secrets.
    app.logger.disabled = True
    # "//" is not "/" to a signature: no redirect to a tidier path.
    app.url_map.merge_slashes = False
    for operation in OPERATIONS:
        for base in BASE_PATHS:
            app.add_url_rule(
                base + operation.path,
                endpoint=base + operation.path,
                view_func=_view(operation, desk, rate_limit),
                methods=[operation.method],
                provide_automatic_options=False,
            )
    app.add_url_rule(
        "/portal",
        view_func=lambda: _portal(desk),
        endpoint="portal",
        provide_automatic_options=False,
    )

    def finish(response: Response) -> Response:
        progress = _progress()
        allowance = progress.allowance or rate_limit.peek()
        response.headers.update(answer_headers(progress.request_id, allowance, desk.clock()))
        log.add(_recorded(progress, response.status_code))
        return response

    app.before_request(_begin)
    app.after_request(finish)
    app.register_error_handler(Exception, _answer_failure)
    return app


def answer_headers(request_id: str, allowance: Allowance, now: float) -> dict[str, str]:
    """Give the headers that every answer of the service carries."""
    return {
        "X-Request-ID": request_id,
        "Date": formatdate(now, usegmt=True),
        "X-RateLimit-Limit": str(allowance.limit),
        "X-RateLimit-Remaining": str(allowance.remaining),
        "X-RateLimit-Reset": str(allowance.reset),
    }


def _begin() -> None:
    g.progress = progress = _Progress()
    # Read whole, whatever becomes of the request: the next one on the connection starts behind it.
    try:
        progress.body = request.get_data()
    except (HTTPException, OSError, ValueError):
        # Its length is no length, or its chunks are malformed or too many.
        raise _unreadable() from None
    if request.content_length not in {None, len(progress.body)}:
        raise _unreadable()
    if split_target(_target())[0].startswith("//"):
        # Routing would take "//path" for "/path", and cheroot "//host/path".
        raise NotFound


def _unreadable() -> ServiceError:
    return ServiceError(INVALID, reason="The body could not be read.")


def _view(operation: Operation, desk: Desk, rate_limit: RateLimit) -> Callable[[], Response]:
    def view() -> Response:
        content = _content(_progress().body)
        target = _target()
        query = dict(parse_qsl(split_target(target)[1], keep_blank_values=True))
        _check_signature(desk, target=target, query=query, content=content)
        _check_rate(rate_limit)
        body: object = {} if content is None else content
        if not isinstance(body, dict):
            raise ServiceError(INVALID, reason="The body must be a JSON object.")
        return _json_answer(operation.run(desk, Call(query, cast("dict[str, object]", body))), 200)

    return view


def _content(body: bytes) -> object:
    """Give the parsed body, None where there is none."""
    if not body:
        return None
    if request.mimetype != "application/json":
        raise ServiceError(UNSUPPORTED_MEDIA_TYPE, media_type=request.mimetype)
    try:
        return json.loads(body.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ServiceError(INVALID, reason="JSON parse error.") from None


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _check_signature(desk: Desk, *, target: str, query: Mapping[str, str], content: object) -> None:
    signature = request.headers.get("Signature")
    accepted = is_signed(target, content, signature or "", desk.consumer_key)
    _progress().signature_accepted = accepted
    reason = timestamp_error(query.get("timestamp"), desk.clock())
    if query.get("clientId") != desk.client_id:
        reason = "the client id is not known."
    elif signature is None:
        reason = "the Signature header is missing."
    elif not accepted:
        reason = "the signature does not fit the path, the query, the body and the consumer key."
    if reason is not None:
        raise ServiceError(WRONG_SIGNATURE, reason=reason)


def _check_rate(rate_limit: RateLimit) -> None:
    allowance = rate_limit.take()
    _progress().allowance = allowance
    if not allowance.allowed:
        plural = "" if allowance.reset == 1 else "s"
        raise ServiceError(THROTTLED, wait=allowance.reset, plural=plural)


def _portal(desk: Desk) -> Response:
    """Answer what a browser gets that opens a login's link: for now, whether it is valid."""
    # A HEAD request is a look at the link, not its use.
    link = desk.state.open_link(token=request.args.get("token", ""), use_up=request.method == "GET")
    text = (
        "This connection portal link is valid. It works once.\n"
        if link
        else "This connection portal link has expired, or has been used.\n"
    )
    answer = Response(text, 200, mimetype="text/plain")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _answer_failure(error: Exception) -> Response:
    headers: dict[str, str] = {}
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        error = ServiceError(METHOD_NOT_ALLOWED, method=request.method)
    elif isinstance(error, NotFound):
        error = ServiceError(NOT_FOUND, what="The path was")
    elif not isinstance(error, ServiceError):
        # The text of an unexpected error may hold secrets: its class is all that is told.
        _LOG.error("the sandbox failed with %s", type(error).__name__)
        error = ServiceError(UNEXPECTED)
    answer = _json_answer(error.body, error.refusal.status)
    answer.headers.update(headers)
    return answer


def _json_answer(value: object, status: int) -> Response:
    # Werkzeug would write the reason in capitals.
    reason = f"{status} {HTTPStatus(status).phrase}"
    return Response(json.dumps(value), reason, mimetype="application/json")


def _progress() -> _Progress:
    return cast("_Progress", g.progress)


def _target() -> str:
    # cheroot hands over the request target as it arrived; everything else in the environment has
    # been decoded.
    return cast("str", request.environ["REQUEST_URI"])


def _recorded(progress: _Progress, status: int) -> RecordedRequest:
    return RecordedRequest(
        method=request.method,
        target=_target(),
        signature=request.headers.get("Signature"),
        content_type=request.headers.get("Content-Type"),
        body=progress.body,
        signature_accepted=progress.signature_accepted,
        status=status,
        request_id=progress.request_id,
    )
