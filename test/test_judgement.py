"""What a complete answer means, for each operation and each defect of an answer."""

import json
from typing import Any

import pytest

from snaptrade_client.attempts import Kind, Outcome
from snaptrade_client.authentication import DELETE, JWT, LIST, LOGIN, REGISTER
from snaptrade_client.exceptions import (
    ApiException,
    BadRequestError,
    ClientError,
    ConflictError,
    ConnectionLostError,
    ForbiddenError,
    InvalidResponseError,
    NotFoundError,
    RateLimitError,
    RedirectError,
    ServerError,
    UnauthorizedError,
)
from snaptrade_client.headers import Headers
from snaptrade_client.judgement import (
    Failure,
    Success,
    judge,
    meaning,
    readable,
    unanswered,
)
from snaptrade_client.operations import Operation
from snaptrade_client.spelling import BodyObject
from snaptrade_client.transport import Answer, Payload

ANY = Operation(name="request", method="GET", path="/x", replay="harmless")
NOW = 1_700_000_000
DATE = "Tue, 14 Nov 2023 22:13:20 GMT"
REGISTERED = b'{"userId": "u1", "userSecret": "s1"}'
OTHER = b'{"userId": "other", "userSecret": "s1"}'


def answer(status: int = 200, data: bytes = b"{}", **headers: str) -> Answer:
    pairs = ((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(status, "Reason", Headers([("X-Request-ID", "abc"), *pairs]), Payload(data))


def judged(
    operation: Operation, given: Answer, user_id: str | None = "u1", timestamp: int = NOW
) -> Success | Failure:
    return judge(operation, user_id, given, timestamp=timestamp, now=NOW)


def failed(operation: Operation, given: Answer, timestamp: int = NOW) -> Failure:
    result = judged(operation, given, timestamp=timestamp)
    assert isinstance(result, Failure)
    return result


def failure_of(operation: Operation, given: Answer) -> ApiException:
    return failed(operation, given).error


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
    assert judged(operation, given) == Success(given, body)


def test_a_generated_user_id_may_be_any() -> None:
    assert isinstance(judged(REGISTER, answer(data=REGISTERED), None), Success)


@pytest.mark.parametrize(
    ("operation", "data", "problem", "body"),
    [
        (LIST, b"{}", "the body is JSON, but an object, not an array", {}),
        (LIST, b"", "the body is empty or null, not an array", None),
        (LOGIN, b"[]", "the body is JSON, but an array, not an object", []),
        (DELETE, b"null", "the body is empty or null, not an object", None),
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
    ("status", "error", "kind", "outcome"),
    [
        (300, RedirectError, "final", "rejected"),
        (302, RedirectError, "final", "rejected"),
        (304, RedirectError, "final", "rejected"),
        (400, BadRequestError, "final", "rejected"),
        (401, UnauthorizedError, "final", "rejected"),
        (402, ClientError, "final", "rejected"),
        (403, ForbiddenError, "final", "rejected"),
        (404, NotFoundError, "final", "rejected"),
        (408, ClientError, "server_error", "unknown"),
        (409, ConflictError, "final", "rejected"),
        (425, ClientError, "too_early", "rejected"),
        (429, RateLimitError, "throttled", "rejected"),
        (499, ClientError, "final", "rejected"),
        (500, ServerError, "server_error", "unknown"),
        (501, ServerError, "final", "unknown"),
        (502, ServerError, "server_error", "unknown"),
        (503, ServerError, "unavailable", "unknown"),
        (504, ServerError, "server_error", "unknown"),
        (505, ServerError, "final", "unknown"),
        (599, ServerError, "server_error", "unknown"),
        (600, InvalidResponseError, "final", "unknown"),
        (999, InvalidResponseError, "final", "unknown"),
        (99, InvalidResponseError, "final", "unknown"),
    ],
)
def test_a_status_means_an_error_a_row_of_the_table_and_an_outcome(
    status: int, error: type[ApiException], kind: Kind, outcome: Outcome
) -> None:
    failure = failure_of(DELETE, answer(status))
    assert type(failure) is error
    assert (failure.kind, failure.outcome) == (kind, outcome)
    assert meaning(status) == (error, kind, outcome)


@pytest.mark.parametrize("status", [200, 204, 299])
def test_an_unusable_2xx_means_what_a_nonsensical_status_does(status: int) -> None:
    failure = failure_of(LIST, answer(status))
    assert meaning(status) == (type(failure), failure.kind, failure.outcome) == meaning(600)


@pytest.mark.parametrize(
    ("status", "headers", "told"),
    [
        (429, {"Retry_After": "7"}, 7.0),
        (503, {"Retry_After": "Tue, 14 Nov 2023 22:13:28 GMT"}, 8.0),
        (503, {"Retry_After": "Tue, 14 Nov 2023 22:13:28 GMT", "Date": DATE}, 8.0),
        (200, {"Retry_After": "7"}, 7.0),
        (404, {}, None),
    ],
)
def test_a_failure_tells_when_the_service_takes_requests_again(
    status: int, headers: dict[str, str], told: float | None
) -> None:
    assert failure_of(LIST, answer(status, b"{}", **headers)).retry_after == told


@pytest.mark.parametrize(
    ("status", "data", "off"),
    [
        (401, b'{"code": 1076}', 60.0),
        (403, b'{"default_code": "1076"}', 60.0),
        (401, b"", 60.0),
        (401, b'{"code": 1083}', None),
        (404, b'{"code": 1076}', None),
    ],
)
def test_a_refusal_that_the_clock_explains_tells_by_how_much_it_is_off(
    status: int, data: bytes, off: float | None
) -> None:
    failure = failed(LIST, answer(status, data, Date=DATE), NOW - 60)
    assert failure.clock_error == off
    assert failure.error.kind == ("final" if off is None else "clock")
    # Below ten seconds it is the key.
    assert failed(LIST, answer(status, data, Date=DATE), NOW - 9).clock_error is None


def test_a_result_shows_nothing_of_a_body() -> None:
    assert repr(judged(REGISTER, answer(data=REGISTERED))) == "Success(200)"
    failure = failed(REGISTER, answer(data=OTHER))
    assert repr(failure) == f"Failure({failure.error!r})"
    assert "s1" not in repr(failure)


@pytest.mark.parametrize(
    ("data", "body"), [(None, None), (b'{"a": 1}', {"a": 1}), (b'{"a": ', '{"a": ')]
)
def test_what_arrived_of_an_incomplete_answer_is_read(data: bytes | None, body: Any) -> None:
    lost = ConnectionLostError(reason="lost")
    lost.data = data
    assert unanswered(lost) == Failure(lost)
    assert lost.body == body
