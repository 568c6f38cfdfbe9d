"""What a registration and a deletion of unknown outcome come to, and what an exception says.

Strategy: a registration returns a secret once, so that a second one after an unknown outcome would
lose it; whatever did arrive of its answer stays with the exception.
"""

import json
from itertools import repeat
from typing import Any

import pytest

from snaptrade_client import (
    ApiException,
    BadRequestError,
    ClientError,
    ConnectionFailedError,
    ConnectionLostError,
    ConnectTimeoutError,
    DeadlineExceededError,
    ForbiddenError,
    InvalidResponseError,
    NotFoundError,
    RateLimitError,
    ReadTimeoutError,
    RedirectError,
    RegistrationOutcomeUnknown,
    ServerError,
    TlsError,
    TransportError,
)
from snaptrade_client.attempts import Kind, Outcome
from snaptrade_client.exceptions import (
    RegistrationInvalidResponseError,
    RegistrationServerError,
    RegistrationTimeoutError,
    RegistrationTransportError,
)

from .fakes import Fake, Step, answer, failed

SECRET = "told-only-once"
REGISTERED = {"userId": "u1", "userSecret": SECRET}
CUT = b'{"userId": "u1", "userSecret": "told-only-once", "de'

UNKNOWN: dict[str, tuple[Step, type[ApiException], int | None, Any, bytes | None]] = {
    "read timeout": (
        failed(ReadTimeoutError, "unknown", "lost"),
        RegistrationTransportError,
        None,
        None,
        None,
    ),
    "cut off": (
        failed(ConnectionLostError, "unknown", "lost", CUT),
        RegistrationTransportError,
        None,
        CUT.decode(),
        CUT,
    ),
    "cut off after its JSON": (
        failed(ConnectionLostError, "unknown", "lost", json.dumps(REGISTERED).encode()),
        RegistrationTransportError,
        None,
        REGISTERED,
        json.dumps(REGISTERED).encode(),
    ),
    "deadline": (
        failed(DeadlineExceededError, "unknown", "lost"),
        RegistrationTransportError,
        None,
        None,
        None,
    ),
    "TLS record": (
        failed(TlsError, "unknown", "lost"),
        RegistrationTransportError,
        None,
        None,
        None,
    ),
    "not HTTP": (
        failed(InvalidResponseError, "unknown", "final", b"\xff"),
        RegistrationInvalidResponseError,
        None,
        b"\xff",
        b"\xff",
    ),
    "200, not JSON": (answer(CUT), RegistrationInvalidResponseError, 200, CUT.decode(), CUT),
    "200, no secret": (
        answer(b'{"userId":"u1"}'),
        RegistrationInvalidResponseError,
        200,
        {"userId": "u1"},
        b'{"userId":"u1"}',
    ),
    "200, another user": (
        answer(b'{"userId":"U1","userSecret":"told-only-once"}'),
        RegistrationInvalidResponseError,
        200,
        {"userId": "U1", "userSecret": SECRET},
        b'{"userId":"U1","userSecret":"told-only-once"}',
    ),
    "204": (answer(status=204), RegistrationInvalidResponseError, 204, None, b""),
    "101": (answer(status=101), RegistrationInvalidResponseError, 101, None, b""),
    "408": (answer([], 408), RegistrationTimeoutError, 408, [], b"[]"),
    "500": (
        answer({"code": 1000}, 500),
        RegistrationServerError,
        500,
        {"code": 1000},
        b'{"code": 1000}',
    ),
    "501": (answer([], 501), RegistrationServerError, 501, [], b"[]"),
    "503": (answer(b"busy", 503, Retry_After="1"), RegistrationServerError, 503, "busy", b"busy"),
    "599": (answer([], 599), RegistrationServerError, 599, [], b"[]"),
}
BASES: dict[type[ApiException], type[ApiException]] = {
    RegistrationTransportError: TransportError,
    RegistrationInvalidResponseError: InvalidResponseError,
    RegistrationServerError: ServerError,
    RegistrationTimeoutError: ClientError,
}


@pytest.mark.parametrize("name", UNKNOWN)
@pytest.mark.parametrize("retries", [0, 2, 9])
def test_a_registration_of_unknown_outcome_is_never_sent_again(name: str, retries: int) -> None:
    step, kind, status, body, data = UNKNOWN[name]
    fake = Fake(repeat(step))
    with pytest.raises(RegistrationOutcomeUnknown) as caught:
        fake.authentication.register_snap_trade_user(user_id="u1", retries=retries)
    failure = caught.value
    assert type(failure) is kind
    assert isinstance(failure, BASES[kind])
    assert fake.sent == 1 == len(failure.attempts)
    assert fake.time.sleeps == []
    assert (failure.user_id, failure.status, failure.body) == ("u1", status, body)
    assert failure.data == data
    assert (failure.outcome, failure.safe_to_retry) == ("unknown", False)
    assert failure.prior_attempt_unknown is False
    assert failure.round_trip_time == 2.0
    assert (failure.api_response is None) is (status is None)
    text = str(failure)
    assert text.endswith("delete it, wait for USER_DELETED and register it again")
    assert SECRET not in text + repr(failure)


def test_the_secret_of_an_odd_answer_is_found_under_both_spellings() -> None:
    fake = Fake([answer({"userId": "U1", "userSecret": SECRET})])
    with pytest.raises(RegistrationOutcomeUnknown) as caught:
        fake.authentication.register_snap_trade_user(user_id="u1")
    assert caught.value.body["user_secret"] == caught.value.body["userSecret"] == SECRET
    assert caught.value.api_response is not None
    assert caught.value.api_response.body is caught.value.body


def test_the_service_may_choose_the_user_id() -> None:
    lost = failed(ConnectionLostError, "unknown", "lost")
    fake = Fake([answer({"userId": "chosen", "userSecret": SECRET}), lost])
    assert fake.authentication.register_snap_trade_user().body["user_id"] == "chosen"
    with pytest.raises(RegistrationOutcomeUnknown) as caught:
        fake.authentication.register_snap_trade_user()
    assert caught.value.user_id is None


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (answer([], 302), RedirectError),
        (answer([], 400), BadRequestError),
        (answer([], 403), ForbiddenError),
        (answer([], 425), ClientError),
        (answer([], 429), RateLimitError),
        (failed(ConnectTimeoutError, "not_sent", "not_sent"), ConnectTimeoutError),
        (failed(TlsError, "not_sent", "refused"), TlsError),
    ],
)
def test_a_registration_that_did_not_happen_is_not_unknown(
    step: Step, kind: type[ApiException]
) -> None:
    fake = Fake(repeat(step))
    with pytest.raises(kind) as caught:
        fake.authentication.register_snap_trade_user(user_id="u1")
    assert type(caught.value) is kind
    assert not isinstance(caught.value, RegistrationOutcomeUnknown)


def test_a_registration_is_sent_again_until_its_outcome_is_unknown() -> None:
    """What certainly had no effect is tried again, on a fresh connection each time."""
    fake = Fake(
        [
            failed(ConnectionFailedError, "not_sent", "not_sent"),
            answer([], 429),
            answer([], 500),
        ],
    )
    with pytest.raises(RegistrationServerError) as caught:
        fake.authentication.register_snap_trade_user(user_id="u1")
    outcomes = [attempt.outcome for attempt in caught.value.attempts]
    assert outcomes == ["not_sent", "rejected", "unknown"]
    assert [limits.fresh for limits in fake.transport.limits] == [True] * 3


def test_only_a_registration_is_always_on_a_fresh_connection() -> None:
    user: dict[str, Any] = {"user_id": "u1", "user_secret": "s"}
    fake = Fake(repeat(answer({"userId": "u1", "userSecret": SECRET})))
    fake.authentication.register_snap_trade_user(user_id="u1", fresh_connection=False)
    fake.authentication.login_snap_trade_user(**user)
    fake.authentication.login_snap_trade_user(**user, fresh_connection=True)
    fake.client.with_options(fresh_connection=True).request("POST", "/x")
    fake.client.request("POST", "/snapTrade/registerUser", body={"userId": "u1"})
    assert [limits.fresh for limits in fake.transport.limits] == [True, False, True, True, False]


@pytest.mark.parametrize(
    ("first", "prior"),
    [
        (failed(ReadTimeoutError, "unknown", "lost"), True),
        (answer([], 500), True),
        (answer([], 408), True),
        (failed(ConnectionFailedError, "not_sent", "not_sent"), False),
        (answer([], 429), False),
        (answer([], 425), False),
    ],
    ids=["silence", "500", "408", "refused", "429", "425"],
)
def test_a_deletion_that_finds_nothing_tells_whether_it_may_have_been_the_one(
    first: Step, prior: bool
) -> None:
    fake = Fake([first, answer({"code": 1011}, 404)])
    with pytest.raises(NotFoundError) as caught:
        fake.authentication.delete_snap_trade_user("u1")
    assert caught.value.prior_attempt_unknown is prior
    assert (caught.value.outcome, caught.value.safe_to_retry) == ("rejected", False)


def test_a_deletion_that_finds_nothing_at_once_found_nothing() -> None:
    fake = Fake([answer({"code": 1011}, 404)])
    with pytest.raises(NotFoundError) as caught:
        fake.authentication.delete_snap_trade_user("u1")
    assert caught.value.prior_attempt_unknown is False


def test_an_unknown_attempt_before_others_is_remembered() -> None:
    fake = Fake([answer([], 500), answer([], 429), answer({"code": 1011}, 404)])
    with pytest.raises(NotFoundError) as caught:
        fake.authentication.delete_snap_trade_user("u1")
    assert caught.value.prior_attempt_unknown is True


@pytest.mark.parametrize("outcome", ["not_sent", "unknown"])
def test_the_body_that_a_transport_failure_brings_is_read(outcome: Outcome) -> None:
    row: Kind = "refused" if outcome == "not_sent" else "lost"
    fake = Fake(repeat(failed(ConnectionLostError, outcome, row, b'{"a_b": 1, "cD": 2}')))
    with pytest.raises(ConnectionLostError) as caught:
        fake.authentication.list_snap_trade_users()
    assert caught.value.body["c_d"] == 2
    assert caught.value.status is None
    assert caught.value.headers is None
    assert caught.value.request_id is None


def test_the_whole_answer_of_a_failed_call_has_its_times() -> None:
    fake = Fake([answer([], 500), answer([], 500, X_Request_ID="9f"), answer({"code": 1}, 404)])
    with pytest.raises(NotFoundError) as caught:
        fake.authentication.delete_snap_trade_user("u1")
    response = caught.value.api_response
    assert response is not None
    assert (response.round_trip_time, response.elapsed) == (2.0, 3 * 2.0 + 0.25 + 0.5)
    assert response.attempts == caught.value.attempts
    assert [attempt.request_id for attempt in response.attempts] == ["abc123", "9f", "abc123"]
