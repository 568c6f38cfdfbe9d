"""Webhooks that are refused, the mistakes of callers, and that no error shows a secret."""

import hmac
import pickle
import traceback
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snaptrade_client import ApiTypeError, ApiValueError, OpenApiException
from snaptrade_client.webhooks import (
    MAX_PAYLOAD_BYTES,
    WebhookError,
    WebhookExpired,
    WebhookPayloadError,
    WebhookSignatureError,
    verify,
)

from .test_webhooks import (
    JSON,
    KEY,
    MADE,
    REQUIRED,
    SIGNATURE,
    STAMP,
    WEBHOOK,
    canonical,
    changed,
    checked,
    sent,
    signed,
)


@pytest.mark.parametrize(
    "signature",
    [
        signed(canonical(WEBHOOK), "another key"),
        signed(canonical(WEBHOOK), KEY.lower()),
        signed(canonical(WEBHOOK | {"userId": "other"})),
        SIGNATURE[:-1],
        SIGNATURE + "=",
        SIGNATURE.lower(),
        SIGNATURE[:20] + " " + SIGNATURE[20:],
        f"sha256={SIGNATURE}",
        f"{SIGNATURE}, {SIGNATURE}",
        urlsafe_b64encode(hmac.digest(KEY.encode(), canonical(WEBHOOK), "sha256")).decode(),
        hmac.digest(KEY.encode(), canonical(WEBHOOK), "sha256").hex(),
        "ключ",
        "\ud800",
        "\x00",
        "?",
        "x" * 1_000_000,
    ],
)
def test_a_wrong_signature_is_refused(signature: str) -> None:
    with pytest.raises(WebhookSignatureError, match="does not fit"):
        verify(canonical(WEBHOOK), signature, KEY, now=MADE)


@pytest.mark.parametrize("signature", [None, "", " ", "\t\r\n"])
def test_a_missing_signature_is_refused(signature: str | None) -> None:
    with pytest.raises(WebhookSignatureError, match="has no header Signature"):
        verify(canonical(WEBHOOK), signature, KEY, now=MADE)


@given(signature=st.text())
def test_no_text_is_taken_for_the_signature(signature: str) -> None:
    with pytest.raises(WebhookSignatureError):
        verify(canonical(WEBHOOK), signature, KEY, now=MADE)


ARGUMENTS: list[tuple[dict[str, Any], type[OpenApiException], str]] = [
    ({"payload": sent(WEBHOOK).decode()}, ApiTypeError, r"payload .* str: pass request.get_data"),
    ({"payload": WEBHOOK}, ApiTypeError, r"payload .* dict: pass .*request.body \(Django\)"),
    ({"payload": None}, ApiTypeError, "payload .* NoneType"),
    ({"signature": SIGNATURE.encode()}, ApiTypeError, "signature .* bytes: pass request.headers"),
    ({"signature": [SIGNATURE]}, ApiTypeError, "signature .* list"),
    ({"consumer_key": None}, ApiTypeError, "consumer_key must be a str, not NoneType"),
    ({"consumer_key": KEY.encode()}, ApiTypeError, "consumer_key must be a str, not bytes"),
    ({"consumer_key": {KEY: 1}}, ApiTypeError, "consumer_key must be a str, not dict"),
    ({"consumer_key": [KEY, None]}, ApiTypeError, r"consumer_key\[1\] must be a str"),
    ({"consumer_key": ""}, ApiValueError, "consumer_key is empty"),
    ({"consumer_key": " \t"}, ApiValueError, "consumer_key is blank"),
    ({"consumer_key": f"{KEY}\n"}, ApiValueError, "consumer_key .* white space"),
    ({"consumer_key": f'"{KEY}"'}, ApiValueError, "consumer_key has quotes around it"),
    ({"consumer_key": [KEY, ""]}, ApiValueError, r"consumer_key\[1\] is empty"),
    ({"consumer_key": []}, ApiValueError, "consumer_key holds no key"),
    ({"consumer_key": "\ud800"}, ApiValueError, "consumer_key .*lone surrogate"),
    ({"tolerance": "300"}, ApiTypeError, "tolerance must be a number of seconds"),
    ({"tolerance": True}, ApiTypeError, "tolerance"),
    ({"tolerance": timedelta(minutes=5)}, ApiTypeError, "tolerance"),
    ({"tolerance": 0}, ApiValueError, "tolerance must be more than 0"),
    ({"tolerance": -300}, ApiValueError, "tolerance"),
    ({"tolerance": float("nan")}, ApiValueError, "tolerance"),
    ({"tolerance": float("inf")}, ApiValueError, "tolerance .* None is without limit"),
    ({"now": MADE.replace(tzinfo=None)}, ApiValueError, "now is a naive datetime"),
    ({"now": STAMP}, ApiTypeError, "now must be a datetime or Unix seconds, not str"),
    ({"now": True}, ApiTypeError, "now"),
    ({"now": float("nan")}, ApiValueError, "now must be Unix seconds"),
    ({"now": float("-inf")}, ApiValueError, "now must be Unix seconds"),
    ({"now": 10**400}, ApiValueError, "now must be Unix seconds"),
    ({"now": MADE.timestamp() * 1000}, ApiValueError, "now must be Unix seconds"),
]


@pytest.mark.parametrize(("mistake", "kind", "message"), ARGUMENTS)
def test_a_mistake_of_the_callers_names_the_argument(
    mistake: dict[str, Any], kind: type[OpenApiException], message: str
) -> None:
    right = {"payload": canonical(WEBHOOK), "signature": SIGNATURE, "consumer_key": KEY}
    arguments: dict[str, Any] = {**right, "now": MADE, **mistake}
    with pytest.raises(kind, match=message) as caught:
        verify(**arguments)
    assert not isinstance(caught.value, WebhookError)


PAYLOADS: list[tuple[bytes, str]] = [
    (b"", "not JSON"),
    (b"hello", "not JSON: expecting value at character 0"),
    (canonical(WEBHOOK)[:-1], "not JSON"),
    (canonical(WEBHOOK) + b"{}", "not JSON"),
    (b"\xff\xfe" + canonical(WEBHOOK), "not JSON: byte 0 is not UTF-8"),
    (changed(a=float("nan")), "not JSON: NaN"),
    (changed(a=float("-inf")), "not JSON: -Infinity"),
    (b'{"a":%s}' % (b"9" * 5000), "not JSON"),
    (b'{"a":%s}' % (b"[" * 100_000 + b"]" * 100_000), "not JSON: it nests too deep"),
    (b"null", "it is empty"),
    (b"[]", "it is an array"),
    (b'"text"', "it is a single value"),
    (b"{}", "it has no eventType"),
    *[(canonical({**WEBHOOK, name: None}), f"it has no {name}") for name in REQUIRED],
    *[(canonical({**WEBHOOK, name: ""}), f"it has no {name}") for name in REQUIRED],
    *[(canonical({**WEBHOOK, name: 5}), f"its {name} is not text") for name in REQUIRED],
    *[
        (canonical({key: item for key, item in WEBHOOK.items() if key != name}), f"no {name}")
        for name in REQUIRED
    ],
    (changed(accountId=["a"]), "its accountId is not text"),
    (changed(brokerageId={}), "its brokerageId is not text"),
    (changed(brokerageAuthorizationId=False), "its brokerageAuthorizationId is not text"),
    (changed(eventTimestamp="2022-05-31T11:13:37"), "its eventTimestamp has no offset"),
    (changed(eventTimestamp="2022-05-31"), "its eventTimestamp has no offset"),
    (changed(eventTimestamp="31 May 2022"), "its eventTimestamp is not a time in ISO 8601"),
    (changed(eventTimestamp="1653995617"), "its eventTimestamp is not a time"),
    (changed(eventTimestamp="2022-02-30T00:00:00Z"), "its eventTimestamp is not a time"),
    (changed(eventTimestamp="2022-05-31T11:13:37+99:00"), "its eventTimestamp is not a time"),
    (changed(eventTimestamp="0001-01-01T00:00:00+10:00"), "its eventTimestamp is not a time"),
    (changed(eventTimestamp="\uff12022-01-01T00:00:00Z"), "its eventTimestamp is not a time"),
    (changed(filler="x" * MAX_PAYLOAD_BYTES), f"has more than {MAX_PAYLOAD_BYTES} bytes"),
]
MESSAGES = [message for _, message in PAYLOADS]


@pytest.mark.parametrize(("payload", "message"), PAYLOADS, ids=MESSAGES)
def test_what_is_signed_but_no_webhook_is_refused(payload: bytes, message: str) -> None:
    with pytest.raises(WebhookPayloadError, match=message):
        checked(payload)


@pytest.mark.parametrize("payload", [payload for payload, _ in PAYLOADS[:-1]], ids=MESSAGES[:-1])
def test_of_what_is_not_signed_nothing_is_said(payload: bytes) -> None:
    with pytest.raises(WebhookSignatureError, match="does not fit"):
        verify(payload, SIGNATURE, KEY, now=MADE)


def test_where_nesting_becomes_too_deep_the_error_is_ours() -> None:
    """How deep that is depends on Python; what parses may still be too deep to be serialized."""

    def nested(depth: int) -> bytes:
        return b'{"a":%s}' % (b"[" * depth + b"]" * depth)

    parses, fails = 1, MAX_PAYLOAD_BYTES // 3
    while fails - parses > 1:
        depth = (parses + fails) // 2
        with pytest.raises(WebhookPayloadError) as caught:
            checked(nested(depth))
        parses, fails = (parses, depth) if "too deep" in str(caught.value) else (depth, fails)
    assert parses > 100
    for depth in range(parses - 50, parses + 50):
        with pytest.raises(WebhookSignatureError):
            verify(nested(depth), SIGNATURE, KEY, now=MADE)


@given(index=st.integers(0, 2**16), mask=st.integers(1, 255))
def test_a_payload_that_was_changed_is_refused(index: int, mask: int) -> None:
    """Or it says the same: white space may change in what is signed in its canonical form."""
    payload = bytearray(sent(WEBHOOK))
    payload[index % len(payload)] ^= mask
    try:
        event = verify(bytes(payload), SIGNATURE, KEY, now=MADE)
    except WebhookSignatureError:
        return
    assert event.body == WEBHOOK


@given(index=st.integers(0, 2**16), mask=st.integers(1, 255))
def test_exact_bytes_that_were_changed_are_always_refused(index: int, mask: int) -> None:
    payload = bytearray(sent(WEBHOOK))
    payload[index % len(payload)] ^= mask
    with pytest.raises(WebhookSignatureError):
        verify(bytes(payload), signed(sent(WEBHOOK)), KEY, now=MADE)


@given(payload=st.binary() | JSON.map(canonical))
def test_any_signed_payload_is_an_event_or_an_error_of_ours(payload: bytes) -> None:
    with pytest.raises(WebhookPayloadError):
        checked(payload)


@given(stamp=st.text() | st.from_regex(r"[0-9]{1,4}-?[0-9W]{2}-?[0-9]{1,2}T[0-9:.,+\-Z ]{0,24}"))
def test_any_time_is_aware_or_an_error_of_ours(stamp: str) -> None:
    try:
        event = checked(canonical(WEBHOOK | {"eventTimestamp": stamp}), tolerance=None)
    except WebhookPayloadError:
        return
    assert event.event_timestamp.tzinfo is UTC


def failures() -> Iterator[tuple[OpenApiException, str]]:
    """Each way to fail, as a program would see it."""
    expired = {"now": MADE + timedelta(days=1)}
    calls: list[tuple[Any, Any, dict[str, Any]]] = [
        (canonical(WEBHOOK), signed(b"hidden-signature"), {}),
        (canonical(WEBHOOK), None, {}),
        (canonical(WEBHOOK), SIGNATURE, expired),
        (changed(userId=None), signed(changed(userId=None)), {}),
        (changed(eventTimestamp="x"), signed(changed(eventTimestamp="x")), {}),
        (canonical(WEBHOOK)[:-1], signed(canonical(WEBHOOK)[:-1]), {}),
        (WEBHOOK, SIGNATURE, {}),
        (canonical(WEBHOOK), SIGNATURE, {"tolerance": "x"}),
    ]
    for payload, signature, options in calls:
        arguments: dict[str, Any] = {"now": MADE, **options}
        with pytest.raises(OpenApiException) as caught:
            verify(payload, signature, KEY, **arguments)
        # Of the frames, the first is this one, and not the package's.
        inner = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        inner.stack[:1] = []
        yield caught.value, "".join(inner.format())


def test_no_failure_shows_a_secret_or_the_payload() -> None:
    seen = list(failures())
    assert {type(failure) for failure, _ in seen} >= {
        WebhookSignatureError,
        WebhookExpired,
        WebhookPayloadError,
        ApiTypeError,
    }
    for failure, shown in seen:
        assert failure.__cause__ is failure.__context__ is None
        everything = [shown, str(failure), repr(failure), repr(pickle.dumps(failure))]
        for text in everything:
            for secret in (KEY, SIGNATURE, "hidden", "PARTNER", "us\\u00e9r-1", "7467e5e4"):
                assert secret not in text


def test_the_errors_stand_in_one_tree_and_survive_a_pickle() -> None:
    for failure, _ in failures():
        again = pickle.loads(pickle.dumps(failure))  # noqa: S301 - made one line above
        assert (type(again), str(again)) == (type(failure), str(failure))
    kinds = (WebhookSignatureError, WebhookExpired, WebhookPayloadError)
    assert all(issubclass(kind, WebhookError) for kind in kinds)
    assert issubclass(WebhookError, OpenApiException)
