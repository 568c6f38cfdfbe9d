"""Webhooks: what is believed, what is refused, and what shows of either.

Strategy: the signatures are made here, from the description of the protocol, with no line of the
package; one of them was made by the openssl command.
"""

import copy
import hmac
import json
import pickle
from base64 import b64encode
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snaptrade_client.webhooks import (
    MAX_PAYLOAD_BYTES,
    KnownEvent,
    WebhookEvent,
    WebhookExpired,
    WebhookSignatureError,
    verify,
)

from .programs import run_python
from .signature import webhook_signature

KEY = "Test-Consumer-Key-1"
STAMP = "2022-05-31T11:13:37.269120+00:00"
MADE = datetime(2022, 5, 31, 11, 13, 37, 269120, UTC)
WEBHOOK: dict[str, Any] = {
    "webhookId": "7467e5e4-4b59-4514-9d04-d05dbc10dea9",
    "clientId": "PARTNER",
    "eventTimestamp": STAMP,
    "userId": "usér-1",
    "eventType": "CONNECTION_ADDED",
    "brokerageId": "c8153291-0761-43a8-8ed0-4642103c2cb8",
    "brokerageAuthorizationId": "a0231bd2-9b77-4732-ba78-f9c6af6a1a62",
    "webhookSecret": "hidden-secret",
    "details": {"b": [True, "ü 😀"], "a": 1.5},
    "accountId": None,
}
# openssl dgst -sha256 -hmac "$KEY" -binary | base64, over the canonical form of WEBHOOK.
SIGNATURE = "nj+J8XXe/Ha0MrBdu5EC9eF31Vq7La1mOUORNWB5guI="
REQUIRED = ["webhookId", "clientId", "eventTimestamp", "userId", "eventType"]

TEXT = st.text(st.characters(codec="utf-8"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=10,
)


def signed(message: bytes, key: str = KEY) -> str:
    return b64encode(hmac.digest(key.encode(), message, "sha256")).decode()


def canonical(fields: object) -> bytes:
    return json.dumps(fields, separators=(",", ":"), sort_keys=True).encode()


def sent(fields: object) -> bytes:
    """The same fields as the service might send them: neither sorted, nor compact, nor ASCII."""
    return json.dumps(fields, ensure_ascii=False).encode()


def checked(payload: bytes, key: str = KEY, **options: Any) -> WebhookEvent:
    """The event of a payload that is signed as it is."""
    arguments: dict[str, Any] = {"now": MADE, **options}
    return verify(payload, signed(payload, key), key, **arguments)


def changed(**fields: Any) -> bytes:
    return canonical(WEBHOOK | fields)


def test_a_webhook_signed_in_the_canonical_form_becomes_an_event() -> None:
    payload = sent(WEBHOOK)
    assert payload != canonical(WEBHOOK)
    assert webhook_signature(payload, KEY) == SIGNATURE
    event = verify(payload, SIGNATURE, KEY, now=MADE)
    assert event == WebhookEvent(
        event_type="CONNECTION_ADDED",
        webhook_id="7467e5e4-4b59-4514-9d04-d05dbc10dea9",
        event_timestamp=MADE,
        client_id="PARTNER",
        user_id="usér-1",
        brokerage_id="c8153291-0761-43a8-8ed0-4642103c2cb8",
        brokerage_authorization_id="a0231bd2-9b77-4732-ba78-f9c6af6a1a62",
        account_id=None,
        body=event.body,
    )
    assert event.body == WEBHOOK


def test_a_webhook_signed_over_its_exact_bytes_becomes_the_same_event() -> None:
    payload = sent(WEBHOOK)
    assert signed(payload) != SIGNATURE
    assert checked(payload) == verify(payload, SIGNATURE, KEY, now=MADE)


def test_the_body_answers_to_both_spellings_at_any_depth() -> None:
    event = checked(canonical(WEBHOOK | {"details": [{"accountId": "a"}]}))
    assert event.body["user_id"] == event.body["userId"] == event.user_id
    assert event.body["details"][0]["account_id"] == "a"
    event.body["mine"] = 1


@pytest.mark.parametrize("name", [*get_args(KnownEvent), "SOMETHING_NEW"])
def test_events_are_given_by_their_name_and_new_ones_too(name: str) -> None:
    assert checked(canonical(WEBHOOK | {"eventType": name})).event_type == name


def test_the_least_that_a_webhook_holds() -> None:
    event = checked(canonical({name: WEBHOOK[name] for name in REQUIRED}))
    assert (event.brokerage_id, event.brokerage_authorization_id, event.account_id) == (None,) * 3


@pytest.mark.parametrize(
    ("stamp", "moment"),
    [
        ("2022-05-31T11:13:37.269120Z", MADE),
        ("2022-05-31T13:13:37.269120+02:00", MADE),
        ("20220531T054337,269120-0530", MADE),
        ("2022-05-31T11:13:37.269120999+00:00", MADE),
        ("2022-05-31T24:00Z", datetime(2022, 6, 1, tzinfo=UTC)),
    ],
)
def test_the_time_is_an_aware_datetime_in_utc(stamp: str, moment: datetime) -> None:
    event = checked(canonical(WEBHOOK | {"eventTimestamp": stamp}), now=moment)
    assert event.event_timestamp == moment
    assert event.event_timestamp.tzinfo is UTC


@pytest.mark.parametrize(
    "signature",
    [f" {SIGNATURE}", f"{SIGNATURE}\t ", f"\r\n{SIGNATURE}\n"],
)
def test_white_space_around_a_signature_is_no_part_of_it(signature: str) -> None:
    assert verify(canonical(WEBHOOK), signature, KEY, now=MADE).user_id == "usér-1"


@pytest.mark.parametrize("keys", [["new", KEY], (KEY, "old"), [KEY], ["a", "b", KEY, "ключ"]])
def test_during_a_rotation_any_of_the_keys_fits(keys: list[str]) -> None:
    for payload, signature in [
        (sent(WEBHOOK), SIGNATURE),
        (sent(WEBHOOK), signed(sent(WEBHOOK))),
    ]:
        assert verify(payload, signature, keys, now=MADE).user_id == "usér-1"


def test_a_key_that_is_rotated_out_fits_no_more() -> None:
    with pytest.raises(WebhookSignatureError):
        verify(canonical(WEBHOOK), SIGNATURE, ["new", "newer"], now=MADE)


def test_a_key_beyond_ascii_signs_as_utf_8() -> None:
    assert checked(canonical(WEBHOOK), "ключ").user_id == "usér-1"


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize(
    ("tolerance", "seconds", "accepted"),
    [(300, 300, True), (300, 300.01, False), (1, 1, True), (1, 1.5, False), (0.5, 1, False)],
)
def test_age_counts_in_both_directions(
    tolerance: float, seconds: float, direction: int, accepted: bool
) -> None:
    now = MADE + timedelta(seconds=seconds * direction)
    for present in (now, now.timestamp(), now.astimezone(timezone(timedelta(hours=5)))):
        if accepted:
            checked(canonical(WEBHOOK), now=present, tolerance=tolerance)
            continue
        with pytest.raises(WebhookExpired) as caught:
            checked(canonical(WEBHOOK), now=present, tolerance=tolerance)
        assert caught.value.age == pytest.approx(seconds * direction)
        assert caught.value.tolerance == tolerance


def test_the_default_tolerance_is_five_minutes() -> None:
    checked(canonical(WEBHOOK), now=MADE + timedelta(seconds=300))
    with pytest.raises(WebhookExpired, match=r"is 301\.0 s old, and 300 s are accepted"):
        checked(canonical(WEBHOOK), now=MADE + timedelta(seconds=301))
    with pytest.raises(WebhookExpired, match=r"is 301\.0 s in the future, and 300 s are accepted"):
        checked(canonical(WEBHOOK), now=MADE - timedelta(seconds=301))


def test_without_a_tolerance_any_age_will_do() -> None:
    assert verify(canonical(WEBHOOK), SIGNATURE, KEY, tolerance=None).event_timestamp == MADE
    assert checked(canonical(WEBHOOK), now=0, tolerance=None).event_timestamp == MADE


def test_the_present_is_this_machines_clock() -> None:
    with pytest.raises(WebhookExpired):
        verify(canonical(WEBHOOK), SIGNATURE, KEY)
    stamp = datetime.now(UTC).isoformat()
    fresh = canonical(WEBHOOK | {"eventTimestamp": stamp})
    assert verify(fresh, signed(fresh), KEY).event_timestamp.isoformat() == stamp


def test_an_expired_webhook_with_a_wrong_signature_has_a_wrong_signature() -> None:
    with pytest.raises(WebhookSignatureError):
        verify(canonical(WEBHOOK), signed(b"x"), KEY)


def test_the_largest_payload_is_accepted() -> None:
    room = MAX_PAYLOAD_BYTES - len(changed(filler=""))
    payload = changed(filler="x" * room)
    assert len(payload) == MAX_PAYLOAD_BYTES
    assert checked(payload).body["filler"] == "x" * room


def test_of_a_field_that_is_there_twice_the_last_one_is_signed_and_counts() -> None:
    first = b'{"userId":"someone else",' + canonical(WEBHOOK)[1:]
    assert verify(first, SIGNATURE, KEY, now=MADE).user_id == "usér-1"
    last = canonical(WEBHOOK)[:-1] + b',"userId":"someone else"}'
    with pytest.raises(WebhookSignatureError):
        verify(last, SIGNATURE, KEY, now=MADE)


def test_a_field_in_the_other_spelling_does_not_take_the_place_of_the_first() -> None:
    assert checked(changed(user_id="someone else")).user_id == "usér-1"


def test_a_number_beyond_a_double_has_no_canonical_form() -> None:
    payload = canonical(WEBHOOK)[:-1] + b',"amount":1e999}'
    assert checked(payload).body["amount"] == float("inf")
    with pytest.raises(WebhookSignatureError):
        verify(payload, signed(canonical(WEBHOOK | {"amount": float("inf")})), KEY, now=MADE)


def test_half_of_a_surrogate_pair_is_signed_as_it_is() -> None:
    fields = WEBHOOK | {"userId": "cut \ud83d"}
    payload = json.dumps(fields, indent=1).encode()
    assert verify(payload, signed(canonical(fields)), KEY, now=MADE).user_id == "cut \ud83d"


def test_a_byte_order_mark_does_not_matter_to_the_canonical_form() -> None:
    payload = b"\xef\xbb\xbf" + canonical(WEBHOOK)
    assert verify(payload, SIGNATURE, KEY, now=MADE).body == WEBHOOK


@given(fields=st.dictionaries(TEXT, JSON))
def test_whatever_a_webhook_holds_arrives_in_both_forms(fields: dict[str, Any]) -> None:
    # Fields that an event reads have types of their own, and an infinity is not JSON.
    webhook = json.loads(json.dumps({**fields, **WEBHOOK}), parse_constant=lambda _: 0)
    for payload in (sent(webhook), canonical(webhook), json.dumps(webhook, indent=3).encode()):
        for signature in (signed(payload), signed(canonical(webhook))):
            assert verify(payload, signature, KEY, now=MADE).body == webhook


def test_an_event_is_frozen_hashable_and_masked() -> None:
    event = checked(canonical(WEBHOOK))
    with pytest.raises(AttributeError):
        event.user_id = "x"  # type: ignore[misc]
    again = checked(canonical(WEBHOOK))
    other = checked(changed(webhookId="another"))
    assert {event, again, other} == {event, other}
    assert "'CONNECTION_ADDED' of 2022-05-31T11:13:37.269120+00:00" in repr(event)
    assert "'webhookSecret': '***'" in repr(event)
    assert "hidden" not in repr(event)
    assert str(event) == repr(event)


def pickled(event: WebhookEvent) -> Any:
    return pickle.loads(pickle.dumps(event))  # noqa: S301 - made here


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, pickled])
def test_an_event_can_be_copied_and_put_into_a_queue(again: Any) -> None:
    event = checked(canonical(WEBHOOK))
    twin = again(event)
    assert twin == event
    assert twin.body["user_id"] == "usér-1"
    assert twin.event_timestamp.tzinfo is UTC


def test_events_are_told_apart_by_their_time_too() -> None:
    stamps = [f"2022-05-31T11:13:{second:02}Z" for second in range(3)]
    events = [checked(changed(eventTimestamp=stamp)) for stamp in stamps]
    assert all(one != other for one, other in pairwise(events))


def test_neither_a_client_nor_the_import_loads_dateutil() -> None:
    program = (
        "import sys, snaptrade_client as s; s.SnapTrade(consumer_key='k', client_id='c'); "
        "print('snaptrade_client.webhooks' in sys.modules); "
        "from snaptrade_client import webhooks; "
        "print(webhooks is s.webhooks, 'dateutil' in sys.modules)"
    )
    assert run_python("-c", program) == "False\nTrue False\n"
