"""Verifies webhooks, and gives them as typed events.

Strategy: a webhook is believed when its signature fits, and only then is anything said about what
is in it. The signature is over the payload, as it came or in its canonical form, so what is
verified is also what the event holds: the parsed payload, never the bytes. Nothing here does I/O;
the facts are those of docs.snaptrade.com, webhooks.

OpenApiException
└── WebhookError                  the request is to be refused
    ├── WebhookSignatureError     no signature, or none of the keys made it
    ├── WebhookExpired            too old, or from the future
    └── WebhookPayloadError       not a webhook: not JSON, a field that is missing, too large
"""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

from snaptrade_client.checks import key, optional, seconds
from snaptrade_client.encoding import parse_json
from snaptrade_client.exceptions import ApiTypeError, ApiValueError, OpenApiException
from snaptrade_client.redaction import boundary, mask
from snaptrade_client.shapes import is_array, shape
from snaptrade_client.signing import signature as sign_message
from snaptrade_client.spelling import BodyObject

KnownEvent: TypeAlias = Literal[
    "USER_REGISTERED",
    "USER_DELETED",
    "CONNECTION_ATTEMPTED",
    "CONNECTION_ADDED",
    "CONNECTION_DELETED",
    "CONNECTION_BROKEN",
    "CONNECTION_FIXED",
    "CONNECTION_UPDATED",
    "CONNECTION_FAILED",
    "NEW_ACCOUNT_AVAILABLE",
    "ACCOUNT_REMOVED",
    "ACCOUNT_TRANSACTIONS_INITIAL_UPDATE",
    "ACCOUNT_TRANSACTIONS_UPDATED",
    "ACCOUNT_HOLDINGS_UPDATED",
    "TRADES_PLACED",
    "TRADE_DETECTION",
]
EventType: TypeAlias = KnownEvent | str
"""What happened. The service adds events: one that is not listed here is given as it came."""

TOLERANCE = 300
"""Seconds that a webhook may be old, or ahead of this machine's clock, unless told otherwise."""

MAX_PAYLOAD_BYTES = 1 << 20
"""The largest payload. It is parsed before its signature is known to fit its canonical form, so
this bounds what a stranger can make a program parse; the service's have about 500 bytes."""
_FARTHEST = 10**12


class WebhookError(OpenApiException):
    """A request is no webhook of the service's, or not one of now: refuse it."""


class WebhookSignatureError(WebhookError):
    """The signature is missing, or none of the consumer keys made it."""


class WebhookPayloadError(WebhookError):
    """The payload is not that of a webhook."""


class WebhookExpired(WebhookError):
    """The webhook is older than is accepted, or its time lies too far in the future."""

    def __init__(self, age: float, tolerance: float) -> None:
        super().__init__(age, tolerance)
        self.age = age
        """Seconds since `eventTimestamp`; negative where it lies in the future."""
        self.tolerance = tolerance
        """Seconds that were accepted."""

    def __str__(self) -> str:
        apart = f"{abs(self.age):.1f} s {'in the future' if self.age < 0 else 'old'}"
        return (
            f"the webhook is {apart}, and {self.tolerance:g} s are accepted: it was held up, it is "
            "a replay, or this machine's clock is wrong"
        )


@dataclass(frozen=True, kw_only=True)
class WebhookEvent:
    """A webhook whose signature was right."""

    event_type: EventType
    """What happened, for example `USER_DELETED`."""
    webhook_id: str
    """The webhook's id: a webhook that is delivered again has it again."""
    event_timestamp: datetime
    """When it was made: an aware datetime, in UTC."""
    client_id: str
    """The client id of the app that the webhook is for."""
    user_id: str
    """The user that the event is about."""
    brokerage_id: str | None = None
    """The brokerage, in events of connections that name it."""
    brokerage_authorization_id: str | None = None
    """The connection (the API calls it a brokerage authorization too), where there is one."""
    account_id: str | None = None
    """The account, in events of accounts."""
    # A dict has no hash.
    body: BodyObject = field(hash=False)
    """All fields: a dict that answers to both spellings, and yours to change. It may hold the
    deprecated `webhookSecret`: don't log it.
    """

    def __repr__(self) -> str:
        moment = self.event_timestamp.isoformat()
        return f"<WebhookEvent {self.event_type!r} of {moment}, body {mask(self.body)!r}>"


@boundary
def verify(
    payload: bytes,
    signature: str | None,
    consumer_key: str | list[str] | tuple[str, ...],
    *,
    tolerance: float | None = TOLERANCE,
    now: datetime | float | None = None,
) -> WebhookEvent:
    """Check a webhook's signature and age, and give what it says.

    The same webhook may come again: it is redelivered where it was not answered with 200, and
    within the tolerance somebody may replay it. Keep the `webhook_id` of those that are done.

    Args:
        payload: the body of the request, in bytes, as it arrived: `request.get_data()` in Flask,
            `request.body` in Django.
        signature: the request's header `Signature`; None where it has none.
        consumer_key: the consumer key, or several of which one must fit, while keys are rotated.
        tolerance: seconds that `eventTimestamp` may differ from `now`, in the past or the future;
            None accepts any age.
        now: the present, as an aware datetime or in Unix seconds; by default, this machine's clock.

    Raises:
        WebhookSignatureError: the signature is missing or wrong.
        WebhookExpired: the webhook is too old, or from the future.
        WebhookPayloadError: the payload is not a webhook.
        ApiTypeError: an argument is of the wrong type, for example a payload that was parsed.
        ApiValueError: an argument has a value that can't be right, for example a blank key.

    """
    keys = _keys(consumer_key)
    accepted = optional(seconds)("tolerance", tolerance)
    present = _unix_seconds(now)
    event = _event(_signed_body(payload, signature, keys))
    age = present - event.event_timestamp.timestamp()
    if accepted is not None and abs(age) > accepted:
        raise WebhookExpired(age, accepted)
    return event


def _keys(consumer_key: object) -> list[bytes]:
    """Take one key or several; a blank one would let anybody sign."""
    if not is_array(consumer_key):
        return [key("consumer_key", consumer_key).encode()]
    if not consumer_key:
        raise ApiValueError("consumer_key holds no key: pass the key from the SnapTrade dashboard")
    return [key(f"consumer_key[{index}]", each).encode() for index, each in enumerate(consumer_key)]


def _unix_seconds(now: object) -> float:
    if now is None:
        return time.time()
    if isinstance(now, datetime):
        if now.utcoffset() is None:
            raise ApiValueError("now is a naive datetime: pass datetime.now(UTC), or leave it out")
        return now.timestamp()
    if isinstance(now, bool) or not isinstance(now, int | float):
        raise ApiTypeError(f"now must be a datetime or Unix seconds, not {type(now).__name__}")
    # NaN would be as old as one likes; 10**12 is the year 33658, or today in milliseconds.
    if not abs(now) < _FARTHEST:
        raise ApiValueError("now must be Unix seconds: pass time.time(), or leave it out")
    return now


def _signed_body(payload: object, signature: object, keys: list[bytes]) -> Any:
    """Parse a payload and give it if one of its forms was signed with one of the keys."""
    if not isinstance(payload, bytes):
        raise ApiTypeError(
            f"payload must be the bytes of the request's body, not {type(payload).__name__}: pass "
            "request.get_data() (Flask) or request.body (Django), before anything parses it"
        )
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise WebhookPayloadError(f"the payload has more than {MAX_PAYLOAD_BYTES} bytes")
    given = _given(signature)
    body, problem = _parsed(payload)
    if not any(
        hmac.compare_digest(sign_message(form, key).encode(), given)
        for form in _forms(payload, body)
        for key in keys
    ):
        raise WebhookSignatureError(
            "the signature does not fit: it is not the service's, the consumer key is another "
            "one's, or the payload is not the body as it arrived"
        )
    if problem:
        raise WebhookPayloadError(f"the payload is not JSON: {problem}")
    return body


def _given(signature: object) -> bytes:
    """Take the header's value, which a stranger chose: whatever stands in it is no mistake."""
    if signature is not None and not isinstance(signature, str):
        raise ApiTypeError(
            f"signature must be the str in the header Signature, not {type(signature).__name__}: "
            'pass request.headers.get("Signature")'
        )
    if not signature or signature.isspace():
        raise WebhookSignatureError("the request has no header Signature: it is not the service's")
    # compare_digest takes no str beyond ASCII. A lone surrogate becomes "?", which fits nothing.
    return signature.strip().encode(errors="replace")


def _parsed(payload: bytes) -> tuple[Any, str]:
    """Give what a payload holds, or what is wrong with it."""
    try:
        return parse_json(payload), ""
    except ValueError as error:
        return None, str(error)


def _forms(payload: bytes, body: object) -> Iterator[bytes]:
    """Give what the service may have signed: the bytes that it sent, and their canonical form.

    That is the form of request signatures, but with all that a parser lets through, such as a lone
    surrogate: here the service serializes values of its own.
    """
    yield payload
    try:
        yield json.dumps(body, separators=(",", ":"), sort_keys=True, allow_nan=False).encode()
    except (ValueError, RecursionError):
        # It is nested too deep, or holds a number beyond a double's: there is no such form.
        return


def _event(body: object) -> WebhookEvent:
    if not isinstance(body, BodyObject):
        raise WebhookPayloadError(f"the payload is not a webhook: it is {shape(body)}")
    return WebhookEvent(
        event_type=_required(body, "eventType"),
        webhook_id=_required(body, "webhookId"),
        event_timestamp=_timestamp(_required(body, "eventTimestamp")),
        client_id=_required(body, "clientId"),
        user_id=_required(body, "userId"),
        brokerage_id=_optional(body, "brokerageId"),
        brokerage_authorization_id=_optional(body, "brokerageAuthorizationId"),
        account_id=_optional(body, "accountId"),
        body=body,
    )


def _required(body: BodyObject, name: str) -> str:
    value = _optional(body, name)
    if not value:
        raise WebhookPayloadError(f"the payload is not a webhook: it has no {name}")
    return value


def _optional(body: BodyObject, name: str) -> str | None:
    value = body.get(name)
    if value is None or isinstance(value, str):
        return value
    raise WebhookPayloadError(f"the payload is not a webhook: its {name} is not text")


def _timestamp(value: str) -> datetime:
    from dateutil.parser import isoparse  # noqa: PLC0415 - costs more than the rest of this module

    problem = "has no offset, so its age is unknown"
    try:
        moment = isoparse(value)
        if moment.utcoffset() is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        problem = "is not a time in ISO 8601"
    raise WebhookPayloadError(f"the payload is not a webhook: its eventTimestamp {problem}")
