"""How a call ends: the records of its attempts, its answer, or its completed failure."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snaptrade_client.attempts import Attempt, Outcome
from snaptrade_client.authentication import DELETE, LIST, REGISTER
from snaptrade_client.exceptions import (
    ApiException,
    ClientError,
    ConnectionLostError,
    InvalidResponseError,
    RateLimitError,
    RedirectError,
    RegistrationOutcomeUnknown,
    ServerError,
    TransportError,
)
from snaptrade_client.headers import Headers
from snaptrade_client.judgement import Failure, Success, finish, record, wrapped
from snaptrade_client.operations import Operation
from snaptrade_client.transport import Answer, Payload

from .test_judgement import OTHER, answer, failed, judged

ATTEMPTS = (Attempt("lost", "unknown", None, 1.0, 0.5), Attempt("final", "rejected", 404, 0.25, 0))


def test_the_record_of_an_attempt() -> None:
    success, failure = judged(LIST, answer(data=b"[]")), failed(LIST, answer(404))
    assert record(success, 1.5, 0.0) == Attempt("ok", None, 200, 1.5, 0.0, "abc")
    assert record(failure, 1.5, 0.5) == Attempt("final", "rejected", 404, 1.5, 0.5, "abc")
    lost = ConnectionLostError(reason="lost")
    lost.kind, lost.outcome = "lost", "unknown"
    assert record(Failure(lost), 1.5, 0.5) == Attempt("lost", "unknown", None, 1.5, 0.5)


def finished(
    operation: Operation, failure: Failure, attempts: tuple[Attempt, ...] = ATTEMPTS
) -> ApiException:
    return finish(failure, operation, "u1", attempts, 1.75)


def test_what_a_call_gives_back_is_the_answer_and_how_it_was_obtained() -> None:
    given = answer(201, b"[ ]")
    response = wrapped(given, [], ATTEMPTS, 1.75)
    assert (response.status, response.reason, response.body) == (201, "Reason", [])
    assert (response.data, response.headers) == (b"[ ]", given.headers)
    assert (response.round_trip_time, response.elapsed) == (0.25, 1.75)
    assert response.attempts == ATTEMPTS


def test_the_failure_of_a_call_tells_its_attempts_and_the_whole_answer() -> None:
    failure = finished(DELETE, failed(DELETE, answer(404, b'{"code": 1011}')))
    assert failure.attempts == ATTEMPTS
    assert failure.round_trip_time == 0.25
    response = failure.api_response
    assert response is not None
    assert (response.status, response.reason, response.body) == (404, "Reason", {"code": 1011})
    assert (response.data, response.request_id) == (b'{"code": 1011}', "abc")
    assert (response.round_trip_time, response.elapsed) == (0.25, 1.75)
    assert response.attempts == ATTEMPTS


def test_a_failure_without_a_complete_answer_has_no_response() -> None:
    assert finished(LIST, Failure(ConnectionLostError(reason="lost"))).api_response is None


@pytest.mark.parametrize(
    ("earlier", "expected"), [("unknown", True), ("not_sent", False), ("rejected", False)]
)
def test_a_failure_tells_whether_an_earlier_attempt_may_have_acted(
    earlier: Outcome, expected: bool
) -> None:
    attempts = (Attempt("lost", earlier, None, 1.0, 0.5), ATTEMPTS[1])
    failure = finished(DELETE, failed(DELETE, answer(404)), attempts)
    assert failure.prior_attempt_unknown is expected


def test_the_last_attempt_is_not_an_earlier_one() -> None:
    failure = finished(DELETE, failed(DELETE, answer(500)), ATTEMPTS[:1])
    assert failure.prior_attempt_unknown is False


@pytest.mark.parametrize(
    ("status", "harmless", "harmful"),
    [(500, True, False), (404, False, False), (425, True, False), (429, True, True)],
)
def test_a_failure_tells_whether_sending_the_call_again_is_safe(
    status: int, harmless: bool, harmful: bool
) -> None:
    for operation, expected in ((DELETE, harmless), (REGISTER, harmful)):
        failure = failed(operation, answer(status))
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
    failure = finished(REGISTER, failed(REGISTER, given))
    assert isinstance(failure, RegistrationOutcomeUnknown)
    assert isinstance(failure, base)
    assert (failure.user_id, failure.data) == ("u1", given.data)
    assert failure.attempts == ATTEMPTS
    assert failure.api_response is not None


def test_a_lost_registration_is_a_transport_error_too() -> None:
    lost = ConnectionLostError(reason="lost")
    lost.outcome = "unknown"
    failure = finished(REGISTER, Failure(lost))
    assert isinstance(failure, RegistrationOutcomeUnknown)
    assert isinstance(failure, TransportError)


@pytest.mark.parametrize(
    ("given", "kind"), [(answer(302), RedirectError), (answer(429), RateLimitError)]
)
def test_a_registration_that_was_refused_is_not_unknown(
    given: Answer, kind: type[ApiException]
) -> None:
    assert type(finished(REGISTER, failed(REGISTER, given))) is kind


def test_a_registration_that_was_not_sent_is_not_unknown() -> None:
    failure = ConnectionLostError(reason="x")
    failure.outcome = "not_sent"
    assert type(finished(REGISTER, Failure(failure))) is ConnectionLostError


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
    given = Answer(status, reason, Headers(), Payload(json.dumps(body).encode()))
    result = judged(REGISTER, given)
    told = result if isinstance(result, Success) else finished(REGISTER, result)
    assert told.body["user_secret"] == secret
