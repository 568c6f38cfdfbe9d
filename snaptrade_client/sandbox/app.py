"""The service over HTTP.

Strategy: a request goes through the same gates in the same order: the path and the method (404,
405), the body's media type and JSON (415, 400), the client id, timestamp and signature (401), the
rate limit (429), and only then the operation. A gate that stays shut raises; one handler turns
what was raised into the service's own error, and one hook puts the service's headers on every
answer and records the request. A fault strikes before the first gate or after the operation.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import cast
from urllib.parse import parse_qsl

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, NotFound

from snaptrade_client.sandbox.answers import (
    Progress,
    answer_headers,
    failure_answer,
    json_answer,
    progress_of_request,
    throttled,
)
from snaptrade_client.sandbox.diagnosis import Arrived, diagnose
from snaptrade_client.sandbox.errors import (
    INVALID,
    UNSUPPORTED_MEDIA_TYPE,
    WRONG_SIGNATURE,
    ServiceError,
)
from snaptrade_client.sandbox.faults import Drop, Faults
from snaptrade_client.sandbox.misbehaviour import misbehave
from snaptrade_client.sandbox.operations import OPERATIONS, Call, Desk, Operation
from snaptrade_client.sandbox.portal import add_portal
from snaptrade_client.sandbox.rate_limit import RateLimit
from snaptrade_client.sandbox.recording import RecordedRequest, RequestLog
from snaptrade_client.sandbox.signatures import is_signed, split_target, timestamp_error

BASE_PATHS = ("/api/v1", "")
"""Older and newer clients of the service call and sign the same paths below either."""

CONTROL_PATH = "/_sandbox/"
"""Below it the sandbox is itself, not the service: such requests are not recorded."""

_LOG = logging.getLogger("snaptrade_client.sandbox")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """What a request passes on its way to an operation, and what keeps count of it.

    `pause` waits for some seconds, or until the sandbox stops.
    """

    rate_limit: RateLimit
    faults: Faults
    log: RequestLog
    pause: Callable[[float], object]


def create_app(desk: Desk, gates: Gates) -> Flask:
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
                view_func=_view(operation, desk, gates),
                methods=[operation.method],
                provide_automatic_options=False,
            )
    add_portal(app, desk)

    def finish(response: Response) -> Response:
        progress = progress_of_request()
        allowance = progress.allowance or gates.rate_limit.peek()
        now = desk.clock() + progress.clock_off
        response.headers.update(answer_headers(progress.request_id, allowance, now))
        if not split_target(_target())[0].startswith(CONTROL_PATH):
            gates.log.add(_recorded(progress, response.status_code, desk.clock()))
        return response

    app.before_request(_begin)
    app.after_request(finish)
    app.register_error_handler(Exception, failure_answer)
    return app


def _begin() -> None:
    g.progress = progress = Progress()
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


def _view(operation: Operation, desk: Desk, gates: Gates) -> Callable[[], Response]:
    def run() -> Response:
        progress = progress_of_request()
        content = _content(progress.body)
        target = _target()
        query = dict(parse_qsl(split_target(target)[1], keep_blank_values=True))
        mine = replace(desk, clock=lambda: desk.clock() + progress.clock_off)
        _check_signature(mine, target=target, query=query, content=content)
        _check_rate(gates.rate_limit)
        body: object = {} if content is None else content
        if not isinstance(body, dict):
            raise ServiceError(INVALID, reason="The body must be a JSON object.")
        return json_answer(operation.run(mine, Call(query, cast("dict[str, object]", body))), 200)

    def view() -> Response:
        progress = progress_of_request()
        progress.operation = operation.name
        progress.fault = fault = gates.faults.take(operation.name)
        if fault is None:
            return run()
        return misbehave(fault, run, limit=gates.rate_limit.limit, pause=gates.pause)

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
    progress_of_request().signature_accepted = accepted
    reason = timestamp_error(query.get("timestamp"), desk.clock())
    if query.get("clientId") != desk.client_id:
        reason = "the client id is not known."
    elif signature is None:
        reason = "the Signature header is missing."
    elif not accepted:
        reason = "the signature does not fit the path, the query, the body and the consumer key."
    if reason is not None:
        _explain(desk, target=target, query=query, content=content)
        raise ServiceError(WRONG_SIGNATURE, reason=reason)


def _explain(desk: Desk, *, target: str, query: Mapping[str, str], content: object) -> None:
    """Find out why a request is refused: for the log of requests, not for the answer."""
    progress = progress_of_request()
    arrived = Arrived(
        target=target,
        body=progress.body,
        content=content,
        signature=request.headers.get("Signature"),
        client_id=query.get("clientId"),
        timestamp=query.get("timestamp"),
        origin=desk.origin,
    )
    progress.diagnosis = diagnose(
        arrived,
        accepted=bool(progress.signature_accepted),
        client_id=desk.client_id,
        consumer_key=desk.consumer_key,
        now=desk.clock(),
        secrets=(user.secret for user in desk.state.users.values()),
    )
    _LOG.info("%s was refused: %s", progress.operation, progress.diagnosis)


def _check_rate(rate_limit: RateLimit) -> None:
    allowance = rate_limit.take()
    progress_of_request().allowance = allowance
    if not allowance.allowed:
        raise throttled(allowance)


def _target() -> str:
    # cheroot hands over the request target as it arrived; everything else in the environment has
    # been decoded.
    return cast("str", request.environ["REQUEST_URI"])


def _recorded(progress: Progress, status: int, now: float) -> RecordedRequest:
    fault = progress.fault
    return RecordedRequest(
        method=request.method,
        target=_target(),
        signature=request.headers.get("Signature"),
        content_type=request.headers.get("Content-Type"),
        body=progress.body,
        signature_accepted=progress.signature_accepted,
        status=None if fault == Drop("before") else status,
        request_id=progress.request_id,
        operation=progress.operation,
        fault=None if fault is None else repr(fault),
        diagnosis=progress.diagnosis,
        headers=dict(request.headers),
        at=now,
        seconds=time.perf_counter() - progress.began,
    )
