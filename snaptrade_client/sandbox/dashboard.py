"""The dashboard at /_sandbox/: what the sandbox knows, as one page that asks for news each second.

Strategy: the page is static, and all that it shows comes from one JSON resource. That answers with
the state as it is and with the requests that are newer than the newest the page has, so a page that
looks on costs little. What a secret name holds, and every secret that is known, is masked here, and
the control API's own guard is at the door.
"""

from __future__ import annotations

import json
import time
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, request

from snaptrade_client.redaction import mask, mask_query
from snaptrade_client.sandbox.control import masked_answer, refuse_foreign

if TYPE_CHECKING:
    from snaptrade_client.sandbox.diagnosis import Diagnosis
    from snaptrade_client.sandbox.recording import RecordedRequest
    from snaptrade_client.sandbox.sandbox import Sandbox
    from snaptrade_client.sandbox.state import State
    from snaptrade_client.sandbox.webhooks import Webhook

SHOWN = 100
"""How many requests, users, links and webhooks the page shows: the last ones."""

_PAGES = Path(__file__).parent / "pages" / "dashboard"
_ASSETS = {
    "/": ("dashboard.html", "text/html"),
    "/dashboard.css": ("dashboard.css", "text/css"),
    "/dashboard.js": ("dashboard.js", "text/javascript"),
    "/dashboard.svg": ("dashboard.svg", "image/svg+xml"),
}
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# The headers that may explain a failure; any other may be a secret.
_TELLING = ("Host", "User-Agent", "Accept", "Accept-Encoding", "Content-Type", "Content-Length")
# Characters of a query or a body that are shown.
_LONGEST = 4096
_LARGEST_PARSED = 64 * 1024


def add_dashboard(app: Flask, sandbox: Sandbox, state: State) -> None:
    """Let an app serve the dashboard of `sandbox`, whose users and links are in `state`."""
    dashboard = Blueprint("dashboard", __name__, url_prefix="/_sandbox")
    for path, (name, media_type) in _ASSETS.items():
        dashboard.add_url_rule(
            path,
            endpoint=name.replace(".", "-"),
            view_func=partial(_asset, name, media_type),
            provide_automatic_options=False,
        )
    dashboard.add_url_rule(
        "/dashboard.json",
        endpoint="state",
        view_func=partial(_state, sandbox, state),
        provide_automatic_options=False,
    )
    dashboard.before_request(refuse_foreign)
    app.register_blueprint(dashboard)


def _asset(name: str, media_type: str) -> Response:
    return Response((_PAGES / name).read_bytes(), headers=_HEADERS, mimetype=media_type)


def _state(sandbox: Sandbox, state: State) -> Response:
    now = sandbox.clock()
    allowance = sandbox.rate_limit.peek()
    complete, news = _news(sandbox, request.args.get("after", ""))
    shown = {
        "now": now,
        "ahead": now - time.time(),
        "client_id": sandbox.client_id,
        "base_url": sandbox.url,
        "rate_limit": {
            "limit": allowance.limit,
            "remaining": allowance.remaining,
            "reset": allowance.reset,
        },
        "faults": [
            {"operation": entry.operation, "fault": repr(entry.fault), "times": entry.left}
            for entry in sandbox.faults.pending
        ],
        "user_count": len(sandbox.users),
        "users": _users(sandbox, state),
        "links": _links(state),
        "webhooks": [_webhook(entry) for entry in sandbox.webhooks[-SHOWN:]],
        "complete": complete,
        "requests": [_request(entry) for entry in news],
    }
    answer = masked_answer(sandbox, shown)
    answer.headers.update(_HEADERS)
    return answer


def _news(sandbox: Sandbox, after: str) -> tuple[bool, list[RecordedRequest]]:
    """Give the requests after the one of an id; all, and True, where it is none of the last."""
    last = sandbox.requests[-SHOWN:]
    for index, entry in enumerate(last):
        if entry.request_id == after:
            return False, last[index + 1 :]
    return True, last


def _users(sandbox: Sandbox, state: State) -> list[dict[str, object]]:
    leaving = state.leaving
    connections: dict[str, list[str]] = {}
    for one in sandbox.connections.values():
        text = f"{one.brokerage} ({one.type}{', disabled' if one.disabled else ''})"
        connections.setdefault(one.user_id, []).append(text)
    return [
        {
            "user_id": user_id,
            "rsa_key": user.rsa_public_key is not None,
            "gone_at": leaving.get(user_id),
            "connections": connections.get(user_id, []),
        }
        for user_id, user in islice(reversed(sandbox.users.items()), SHOWN)
    ]


def _links(state: State) -> list[dict[str, object]]:
    used = [(link, True) for link in state.finished_links]
    links = [*((link, False) for link in state.links), *used]
    links.sort(key=lambda entry: entry[0].expires_at)
    return [
        {"user_id": link.user_id, "expires_at": link.expires_at, "used": used}
        for link, used in links[-SHOWN:]
    ]


def _webhook(entry: Webhook) -> dict[str, object]:
    return {
        "event_type": entry.event_type,
        "user_id": entry.user_id,
        "delivered": entry.delivered,
        "deliveries": [delivery.status for delivery in entry.deliveries],
        "next_at": entry.next_at,
    }


def _request(entry: RecordedRequest) -> dict[str, object]:
    return {
        "id": entry.request_id,
        "at": entry.at,
        "method": entry.method,
        "path": entry.path,
        "query": _clipped(mask_query(entry.query)),
        "headers": [*_headers(entry)],
        "body": _clipped(_body(entry)),
        "operation": entry.operation,
        "status": entry.status,
        "signed": entry.signature_accepted,
        "fault": entry.fault,
        "seconds": entry.seconds,
        "diagnosis": None if entry.diagnosis is None else _diagnosis(entry.diagnosis),
    }


def _headers(entry: RecordedRequest) -> list[tuple[str, str]]:
    shown = [(name, entry.headers[name]) for name in _TELLING if name in entry.headers]
    if entry.signature is not None:
        shown.append(("Signature", f"*** ({len(entry.signature)} characters)"))
    return shown


def _body(entry: RecordedRequest) -> str:
    media_type = (entry.content_type or "").partition(";")[0]
    if media_type == "application/x-www-form-urlencoded":
        return mask_query(entry.body.decode("utf-8", "replace"))
    if not entry.body:
        return ""
    try:
        content: Any = json.loads(entry.body[:_LARGEST_PARSED])
    except (ValueError, RecursionError):
        return f"{len(entry.body)} bytes that are not shown: no JSON, or too much of it"
    return json.dumps(mask(content), indent=2, ensure_ascii=False)


def _diagnosis(diagnosis: Diagnosis) -> dict[str, object]:
    difference = diagnosis.difference
    return {
        "mistakes": [
            {"name": mistake.name, "advice": mistake.advice} for mistake in diagnosis.mistakes
        ],
        "expected": _clipped(diagnosis.expected),
        "difference": None
        if difference is None
        else {
            "byte": difference.byte,
            "before": difference.before,
            "ours": difference.expected,
            "theirs": difference.signed,
        },
    }


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
