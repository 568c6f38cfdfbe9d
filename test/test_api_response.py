"""Answers: the request id, the rate limit, and the frozen rest."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from snaptrade_client import ApiAttributeError, ApiResponse, Attempt, RateLimit
from snaptrade_client.headers import Headers
from snaptrade_client.spelling import BodyObject

from .pickled import by_pickle

ATTEMPTS = (Attempt("lost", "unknown", None, 0.5, 0.1), Attempt("ok", None, 200, 0.25, 0.0))


def body() -> BodyObject:
    return BodyObject({"userId": "u1", "userSecret": "s1"})


def response(content: Any = None, status: int = 200, **headers: str) -> ApiResponse[Any]:
    return ApiResponse(
        body=body() if content is None else content,
        status=status,
        headers=Headers((name.replace("_", "-"), value) for name, value in headers.items()),
        reason="OK",
        data=b"{...}",
        round_trip_time=0.25,
        elapsed=0.85,
        attempts=ATTEMPTS,
    )


def test_a_response_tells_its_request_id_and_its_rate_limit() -> None:
    answered = response(
        X_Request_ID="abc",
        X_RateLimit_Limit="250",
        X_RateLimit_Remaining="0",
        x_ratelimit_reset="7.5",
    )
    assert answered.request_id == "abc"
    assert answered.rate_limit == RateLimit(limit=250, remaining=0, reset=7.5)


def test_a_response_without_such_headers_tells_none() -> None:
    assert response().request_id is None
    assert response().rate_limit == (None, None, None)
    assert response(X_RateLimit_Limit="many").rate_limit.limit is None


@pytest.mark.parametrize(
    "name", ["body", "status", "headers", "data", "attempts", "elapsed", "reason", "new"]
)
def test_a_response_is_frozen_but_its_body_is_not(name: str) -> None:
    answered = response()
    with pytest.raises(ApiAttributeError, match=f"'{name}' can't be set: an answer is frozen"):
        setattr(answered, name, 1)
    with pytest.raises(ApiAttributeError, match=f"'{name}' can't be deleted"):
        delattr(answered, name)
    answered.body["userId"] = "u2"
    assert answered.body["user_id"] == "u2"


@pytest.mark.parametrize("copied", [by_pickle, copy.copy, copy.deepcopy])
def test_a_response_is_copied_whole(
    copied: Callable[[ApiResponse[Any]], ApiResponse[Any]],
) -> None:
    other = copied(response(X_Request_ID="abc"))
    assert other.body == {"userId": "u1", "userSecret": "s1"}
    assert other.body["user_secret"] == "s1"
    assert (other.status, other.reason, other.data) == (200, "OK", b"{...}")
    assert (other.round_trip_time, other.elapsed, other.attempts) == (0.25, 0.85, ATTEMPTS)
    assert other.request_id == "abc"


@pytest.mark.parametrize(
    ("content", "status", "shown"),
    [
        (body(), 200, "body {'userId': 'u1', 'userSecret': '***'}>"),
        (["u1", "u2"], 200, "body an array, 5 bytes>"),
        (body(), 299, "body {'userId': 'u1', 'userSecret': '***'}>"),
        (body(), 300, "body an object, 5 bytes>"),
        (BodyObject({"detail": "s1 is wrong"}), 401, "body an object, 5 bytes>"),
        ("<html>s1", 502, "body a single value, 5 bytes>"),
        (b"\xffs1", 502, "body a single value, 5 bytes>"),
    ],
)
def test_the_repr_of_a_response_shows_no_secret(content: Any, status: int, shown: str) -> None:
    text = repr(response(content, status, X_Request_ID="abc"))
    assert text == f"<ApiResponse {status} in 250 ms, request id abc, {shown}"
    assert "s1" not in text


def test_what_a_response_is_made_of_has_defaults() -> None:
    """A test double needs a body, a status and headers."""
    double = ApiResponse(body={"status": "deleted"}, status=200, headers=Headers())
    assert (double.reason, double.data, double.attempts) == ("", b"", ())
    assert (double.round_trip_time, double.elapsed) == (0.0, 0.0)
