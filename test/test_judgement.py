"""What a complete answer means, for each operation and each defect of an answer."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snaptrade_client.api_response import Attempt, BodyObject, Headers, Kind, Outcome
from snaptrade_client.authentication import DELETE, JWT, LIST, LOGIN, REGISTER
from snaptrade_client.exceptions import (
    ApiException,
    BadRequestError,
    ClientError,
    ConnectionLostError,
    InvalidResponseError,
    RateLimitError,
    RedirectError,
    RegistrationOutcomeUnknown,
    ServerError,
    TransportError,
    error_class,
)
from snaptrade_client.judgement import Success, finish, judge, readable
from snaptrade_client.operations import Operation
from snaptrade_client.retry import kind_of_status, outcome_of_status
from snaptrade_client.transport import Answer

ANY = Operation("request", "GET", "/x", "harmless")
REGISTERED = b'{"userId": "u1", "userSecret": "s1"}'
OTHER = b'{"userId": "other", "userSecret": "s1"}'


def answer(status: int = 200, data: bytes = b"{}") -> Answer:
    return Answer(status, "Reason", Headers([("X-Request-ID", "abc")]), data)


def failure_of(operation: Operation, given: Answer, user_id: str | None = "u1") -> ApiException:
    judged = judge(operation, user_id, given)
    assert isinstance(judged, ApiException)
    return judged


@pytest.mark.parametrize(
    ("operation", "status", "data", "body"),
    [
        (LIST, 200, b'["u1"]', ["u1"]),
        (LIST, 200, b"[]", []),
        (LOGIN, 200, b'{"redirectURI": "x"}', {"redirectURI": "x"}),
        (JWT, 200, b"{}", {}),
        (REGISTER, 200, REGISTERED, json.loads(REGISTERED)),
        (REGISTER, 201, b'{"userSecret": "s1", "odd": 1}', {"userSecret": "s1", "odd": 1}),
        (DELETE, 200, b'{"status": "deleted"}', {"status": "deleted"}),
        (DELETE, 200, b'{"userId": "u1"}', {"userId": "u1"}),
        (ANY, 204, b"", None),
        (ANY, 200, b" \r\n", None),
        (ANY, 200, b'"text"', "text"),
        (ANY, 299, b"5", 5),
    ],
)
def test_a_usable_answer_is_a_success(
    operation: Operation, status: int, data: bytes, body: Any
) -> None:
    given = answer(status, data)
    assert judge(operation, "u1", given) == Success(given, body)


def test_a_generated_user_id_may_be_any() -> None:
    assert isinstance(judge(REGISTER, None, answer(data=REGISTERED)), Success)


@pytest.mark.parametrize(
    ("operation", "data", "problem", "body"),
    [
        (LIST, b"{}", "the body is JSON, but an object, not an array", {}),
        (LIST, b"", "the body is JSON, but empty, not an array", None),
        (LOGIN, b"[]", "the body is JSON, but an array, not an object", []),
        (DELETE, b"null", "the body is JSON, but empty, not an object", None),
        (JWT, b"5", "the body is JSON, but a single value, not an object", 5),
        (REGISTER, b'{"userId": "u1"}', "the body has no user secret", {"userId": "u1"}),
        (REGISTER, b'{"userSecret": ""}', "the body has no user secret", {"userSecret": ""}),
        (REGISTER, b'{"userSecret": 5}', "the body has no user secret", {"userSecret": 5}),
        (REGISTER, OTHER, "the body names another user", json.loads(OTHER)),
        (DELETE, b'{"userId": "other"}', "the body names another user", {"userId": "other"}),
        (ANY, b"<html>", "the body is not JSON: expecting value at character 0", "<html>"),
        (ANY, b"\xff", "the body is not JSON: byte 0 is not UTF-8", b"\xff"),
        (REGISTER, REGISTERED[:-1], "the body is not JSON", REGISTERED[:-1].decode()),
    ],
)
def test_an_unusable_2xx_says_what_is_wrong_and_keeps_the_body(
    operation: Operation, data: bytes, problem: str, body: Any
) -> None:
    failure = failure_of(operation, answer(data=data))
    assert type(failure) is InvalidResponseError
    assert (failure.reason or "").startswith(f"Reason, but {problem}")
    assert failure.data == data
    assert failure.body == body
    assert (failure.status, failure.outcome, failure.kind) == (200, "unknown", "final")
    assert failure.request_id == "abc"
    assert "s1" not in str(failure)


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (b"", None),
        (b'{"code": 1}', {"code": 1}),
        (b"<html>", "<html>"),
        (b"\xff", b"\xff"),
        (b" ", " "),
    ],
)
def test_the_body_of_a_refusal_is_read_as_far_as_it_goes(data: bytes, body: Any) -> None:
    failure = failure_of(LIST, answer(400, data))
    assert type(failure) is BadRequestError
    assert (failure.body, failure.data) == (body, data)
    assert (failure.status, failure.reason) == (400, "Reason")
    assert (failure.outcome, failure.kind) == ("rejected", "final")
    assert failure.request_id == "abc"


@pytest.mark.parametrize("data", [None, b""])
def test_nothing_reads_as_none(data: bytes | None) -> None:
    assert readable(data) is None


def test_a_json_error_answers_to_both_spellings() -> None:
    assert type(readable(b'{"errorCode": 1}')) is BodyObject


@pytest.mark.parametrize(
    ("status", "kind", "outcome"),
    [
        (300, "final", "rejected"),
        (302, "final", "rejected"),
        (400, "final", "rejected"),
        (404, "final", "rejected"),
        (408, "server_error", "unknown"),
        (425, "too_early", "rejected"),
        (429, "throttled", "rejected"),
        (499, "final", "rejected"),
        (500, "server_error", "unknown"),
        (501, "final", "unknown"),
        (502, "server_error", "unknown"),
        (503, "unavailable", "unknown"),
        (504, "server_error", "unknown"),
        (505, "final", "unknown"),
        (599, "server_error", "unknown"),
        (600, "final", "unknown"),
    ],
)
def test_a_status_has_a_row_in_the_table_and_an_outcome(
    status: int, kind: Kind, outcome: Outcome
) -> None:
    failure = failure_of(DELETE, answer(status))
    assert type(failure) is error_class(status)
    assert (failure.kind, failure.outcome) == (kind, outcome)
    assert (kind_of_status(status), outcome_of_status(status)) == (kind, outcome)


ATTEMPTS = (Attempt("lost", "unknown", None, 1.0, 0.5), Attempt("final", "rejected", 404, 0.25, 0))


def finished(
    operation: Operation, failure: ApiException, attempts: tuple[Attempt, ...] = ATTEMPTS
) -> ApiException:
    return finish(failure, operation, "u1", attempts)


def test_the_failure_of_a_call_tells_its_attempts_and_the_whole_answer() -> None:
    failure = finished(DELETE, failure_of(DELETE, answer(404, b'{"code": 1011}')))
    assert failure.attempts == ATTEMPTS
    assert failure.round_trip_time == 0.25
    response = failure.api_response
    assert response is not None
    assert (response.status, response.reason, response.body) == (404, "Reason", {"code": 1011})
    assert (response.data, response.request_id) == (b'{"code": 1011}', "abc")
    assert (response.round_trip_time, response.elapsed) == (0.25, 1.75)
    assert response.attempts == ATTEMPTS


def test_a_failure_without_a_complete_answer_has_no_response() -> None:
    assert finished(LIST, ConnectionLostError(reason="lost")).api_response is None


@pytest.mark.parametrize(
    ("earlier", "expected"), [("unknown", True), ("not_sent", False), ("rejected", False)]
)
def test_a_failure_tells_whether_an_earlier_attempt_may_have_acted(
    earlier: Outcome, expected: bool
) -> None:
    attempts = (Attempt("lost", earlier, None, 1.0, 0.5), ATTEMPTS[1])
    failure = finished(DELETE, failure_of(DELETE, answer(404)), attempts)
    assert failure.prior_attempt_unknown is expected


def test_the_last_attempt_is_not_an_earlier_one() -> None:
    failure = finished(DELETE, failure_of(DELETE, answer(500)), ATTEMPTS[:1])
    assert failure.prior_attempt_unknown is False


@pytest.mark.parametrize(
    ("outcome", "kind", "harmless", "harmful"),
    [
        ("not_sent", "not_sent", True, True),
        ("not_sent", "refused", True, True),
        ("rejected", "throttled", True, True),
        ("rejected", "final", False, False),
        ("rejected", "clock", True, True),
        ("unknown", "lost", True, False),
        ("unknown", "server_error", True, False),
        ("unknown", "final", True, False),
    ],
)
def test_safe_to_retry_follows_from_the_outcome_and_the_operation(
    outcome: Outcome, kind: Kind, harmless: bool, harmful: bool
) -> None:
    for operation, expected in ((DELETE, harmless), (REGISTER, harmful)):
        failure = ApiException(reason="x")
        failure.outcome, failure.kind = outcome, kind
        if operation is REGISTER and outcome == "unknown":
            failure = ServerError(500, "x")
            failure.outcome, failure.kind = outcome, kind
        assert finished(operation, failure).safe_to_retry is expected


@pytest.mark.parametrize(
    ("given", "base"),
    [
        (answer(500), ServerError),
        (answer(408), ClientError),
        (answer(data=b"{}"), InvalidResponseError),
        (answer(data=OTHER), InvalidResponseError),
        (answer(600), InvalidResponseError),
    ],
)
def test_a_registration_of_unknown_outcome_keeps_all_that_arrived(
    given: Answer, base: type[ApiException]
) -> None:
    failure = finished(REGISTER, failure_of(REGISTER, given))
    assert isinstance(failure, RegistrationOutcomeUnknown)
    assert isinstance(failure, base)
    assert (failure.user_id, failure.data) == ("u1", given.data)
    assert failure.attempts == ATTEMPTS
    assert failure.api_response is not None


def test_a_lost_registration_is_a_transport_error_too() -> None:
    lost = ConnectionLostError(reason="lost")
    lost.outcome = "unknown"
    failure = finished(REGISTER, lost)
    assert isinstance(failure, RegistrationOutcomeUnknown)
    assert isinstance(failure, TransportError)


@pytest.mark.parametrize(
    ("given", "kind"), [(answer(302), RedirectError), (answer(429), RateLimitError)]
)
def test_a_registration_that_was_refused_is_not_unknown(
    given: Answer, kind: type[ApiException]
) -> None:
    assert type(finished(REGISTER, failure_of(REGISTER, given))) is kind


def test_a_registration_that_was_not_sent_is_not_unknown() -> None:
    failure = ConnectionLostError(reason="x")
    failure.outcome = "not_sent"
    assert type(finished(REGISTER, failure)) is ConnectionLostError


@given(
    secret=st.text(st.characters(codec="utf-8"), min_size=1),
    odd=st.dictionaries(st.text(st.characters(codec="utf-8")), st.none() | st.integers()),
    status=st.integers(200, 299),
    reason=st.text(),
)
def test_a_complete_2xx_never_loses_the_secret(
    secret: str, odd: dict[str, int | None], status: int, reason: str
) -> None:
    """Whatever else is odd in the answer, its secret reaches the caller."""
    body = odd | {"userSecret": secret}
    given = Answer(status, reason, Headers(), json.dumps(body).encode())
    judged = judge(REGISTER, "u1", given)
    if isinstance(judged, ApiException):
        judged = finished(REGISTER, judged)
    assert judged.body["user_secret"] == secret
