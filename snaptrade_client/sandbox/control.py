"""The sandbox over HTTP: faults, clock, rate limit, users and logs, for tests in other processes.

Strategy: below /_sandbox/, a resource is read with GET, added to or changed with POST and JSON, and
emptied with DELETE. Each does what the attribute of `Sandbox` of its name does. A web page that a
browser on this machine shows could send such requests too, so those are refused that a page of
another site may have made, by their `Host` (a name that was bound to this machine's address) or
their `Origin`; and no answer holds a secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from flask import Blueprint, Flask, Response, request

from snaptrade_client import checks
from snaptrade_client.exceptions import ApiTypeError, ApiValueError
from snaptrade_client.redaction import Secrets, mask
from snaptrade_client.sandbox.arguments import LONGEST_SHIFT, number
from snaptrade_client.sandbox.errors import INVALID, Refusal, ServiceError
from snaptrade_client.sandbox.faults import from_fields, to_fields
from snaptrade_client.sandbox.state import SandboxUser
from snaptrade_client.shapes import is_object

if TYPE_CHECKING:
    from snaptrade_client.sandbox.recording import RecordedRequest
    from snaptrade_client.sandbox.sandbox import Sandbox
    from snaptrade_client.sandbox.webhooks import Webhook

_FOREIGN = Refusal(403, "0000", "{reason}")
_LOOPBACK = re.compile(r"(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)

Fields = Mapping[str, object]
View = Callable[["Sandbox", dict[str, object]], object]


def add_control(app: Flask, sandbox: Sandbox) -> None:
    """Let an app serve the control API of `sandbox`."""
    control = Blueprint("control", __name__, url_prefix="/_sandbox")
    for (method, path), view in _VIEWS.items():
        control.add_url_rule(
            path,
            endpoint=f"{method}-{path[1:]}",
            view_func=partial(_answer, view, sandbox),
            methods=[method],
            provide_automatic_options=False,
        )
    control.before_request(refuse_foreign)
    app.register_blueprint(control)


def refuse_foreign() -> None:
    """Refuse a request that a web page of another site may have made."""
    host = request.headers.get("Host", "")
    origin = request.headers.get("Origin")
    if not _LOOPBACK.fullmatch(host):
        reason = "The Host must be localhost or a loopback address: use http://127.0.0.1."
    elif origin is not None and origin.lower() != f"http://{host.lower()}":
        reason = "The Origin is another site's: send the request without, and not from a web page."
    elif request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        reason = "The request is another site's: send it from a program, not from a web page."
    else:
        return
    raise ServiceError(_FOREIGN, reason=reason)


def _answer(view: View, sandbox: Sandbox) -> Response:
    try:
        value = view(sandbox, _body() if request.method == "POST" else {})
    except (ApiTypeError, ApiValueError) as error:
        raise ServiceError(INVALID, reason=f"{error}.") from None
    return masked_answer(sandbox, value)


def masked_answer(sandbox: Sandbox, value: object) -> Response:
    """Answer with JSON in which no secret is: neither by its name nor one that is known."""
    known = {sandbox.consumer_key, *(user.secret for user in sandbox.users.values())}
    text = json.dumps(Secrets(known).scrub_all(mask(value)))
    answer = Response(text, mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _body() -> dict[str, object]:
    try:
        body: Any = json.loads(request.get_data())
    except (ValueError, RecursionError):
        body = None
    if not is_object(body):
        raise ApiValueError("the body must be a JSON object")
    return dict(body)


def _take(body: dict[str, object], *known: str) -> list[object]:
    """Give the fields of a body, None for one that is not there; no others may be."""
    for name in body:
        if name not in known:
            raise ApiValueError(f"{name} is not a field here; there are: {', '.join(known)}")
    return [body.get(name) for name in known]


def _list_faults(sandbox: Sandbox, _: Fields) -> object:
    return [
        {"operation": entry.operation, **to_fields(entry.fault), "times": entry.left}
        for entry in sandbox.faults.pending
    ]


def _add_fault(sandbox: Sandbox, body: dict[str, object]) -> object:
    operation: Any = body.pop("operation", None)
    times: Any = body.pop("times", 1)
    sandbox.faults.add(operation, from_fields(body), times=times)
    return _list_faults(sandbox, {})


def _clear_faults(sandbox: Sandbox, _: Fields) -> object:
    sandbox.faults.clear()
    return _list_faults(sandbox, {})


def _show_clock(sandbox: Sandbox, _: Fields) -> object:
    return {"now": sandbox.clock()}


def _shift_clock(sandbox: Sandbox, body: dict[str, object]) -> object:
    (seconds,) = _take(body, "shift")
    sandbox.clock.shift(number("shift", seconds, -LONGEST_SHIFT, LONGEST_SHIFT))
    return _show_clock(sandbox, {})


def _show_limit(sandbox: Sandbox, _: Fields) -> object:
    allowance = sandbox.rate_limit.peek()
    return {
        "limit": allowance.limit,
        "remaining": allowance.remaining,
        "reset": allowance.reset,
    }


def _set_limit(sandbox: Sandbox, body: dict[str, object]) -> object:
    limit: Any
    (limit,) = _take(body, "limit")
    sandbox.rate_limit.limit = limit
    return _show_limit(sandbox, {})


def _reset_limit(sandbox: Sandbox, _: Fields) -> object:
    sandbox.rate_limit.reset()
    return _show_limit(sandbox, {})


def _list_users(sandbox: Sandbox, _: Fields) -> object:
    return [
        {"user_id": user_id, "rsa_public_key": user.rsa_public_key}
        for user_id, user in sandbox.users.items()
    ]


def _add_user(sandbox: Sandbox, body: dict[str, object]) -> object:
    user_id, secret, key = _take(body, "user_id", "secret", "rsa_public_key")
    user = SandboxUser(
        secret=checks.text("secret", secret),
        rsa_public_key=checks.optional(checks.text)("rsa_public_key", key),
    )
    sandbox.add_user(checks.text("user_id", user_id), user)
    return _list_users(sandbox, {})


def _list_requests(sandbox: Sandbox, _: Fields) -> object:
    return [_request(entry) for entry in sandbox.requests]


def _clear_requests(sandbox: Sandbox, _: Fields) -> object:
    sandbox.requests.clear()
    return _list_requests(sandbox, {})


def _request(entry: RecordedRequest) -> object:
    return {
        "method": entry.method,
        "path": entry.path,
        "query": dict(parse_qsl(entry.query, keep_blank_values=True)),
        "operation": entry.operation,
        "status": entry.status,
        "signature_accepted": entry.signature_accepted,
        "fault": entry.fault,
        "request_id": entry.request_id,
    }


def _list_webhooks(sandbox: Sandbox, _: Fields) -> object:
    return [_webhook(entry) for entry in sandbox.webhooks]


def _clear_webhooks(sandbox: Sandbox, _: Fields) -> object:
    sandbox.webhooks.clear()
    return _list_webhooks(sandbox, {})


def _webhook(entry: Webhook) -> object:
    return {
        "webhook_id": entry.webhook_id,
        "event_type": entry.event_type,
        "user_id": entry.user_id,
        "fields": dict(entry.fields),
        "delivered": entry.delivered,
        "deliveries": [{"at": one.at, "status": one.status} for one in entry.deliveries],
    }


_VIEWS: Mapping[tuple[str, str], View] = {
    ("GET", "/faults"): _list_faults,
    ("POST", "/faults"): _add_fault,
    ("DELETE", "/faults"): _clear_faults,
    ("GET", "/clock"): _show_clock,
    ("POST", "/clock"): _shift_clock,
    ("GET", "/rate-limit"): _show_limit,
    ("POST", "/rate-limit"): _set_limit,
    ("DELETE", "/rate-limit"): _reset_limit,
    ("GET", "/users"): _list_users,
    ("POST", "/users"): _add_user,
    ("GET", "/requests"): _list_requests,
    ("DELETE", "/requests"): _clear_requests,
    ("GET", "/webhooks"): _list_webhooks,
    ("DELETE", "/webhooks"): _clear_webhooks,
}
