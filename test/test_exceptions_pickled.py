"""Exceptions that travel to another process: they keep their sense and lose their secrets."""

import copy
import pickle
from typing import Any

import pytest

from snaptrade_client.exceptions import ApiException, InvalidResponseError, RedirectError
from snaptrade_client.headers import Headers

from .pickled import by_pickle
from .test_exceptions import API_EXCEPTIONS, ATTEMPTS, SECRET, refused, sealed


@pytest.mark.parametrize("kind", API_EXCEPTIONS)
@pytest.mark.parametrize("copied", [by_pickle, copy.copy, copy.deepcopy])
def test_a_pickled_exception_keeps_its_sense_and_loses_its_secrets(
    kind: type[ApiException], copied: Any
) -> None:
    failure = refused(kind)
    assert SECRET.encode() not in pickle.dumps(failure)
    other = copied(failure)
    assert type(other) is kind
    assert (str(other), repr(other)) == (str(failure), repr(failure))
    assert (other.status, other.reason, other.outcome) == (400, "Bad Request", "rejected")
    assert (other.code, other.detail, other.request_id) == (1010, "no user ***", "abc")
    assert other.body["userSecret"] == "***"
    assert dict(other.headers or {}) == {"x-request-id": "abc", "Location": "***"}
    assert (other.data, other.api_response) == (None, None)
    assert other.attempts == ATTEMPTS
    assert other.attempts[0].outcome == "unknown"
    assert other.retry_after == 7.0
    assert str(by_pickle(other)) == str(failure)
    assert failure.body["userSecret"] == SECRET


@pytest.mark.parametrize(
    ("body", "pickled"),
    [(f"<p>{SECRET}</p>", None), (b"\xff" + SECRET.encode(), None), ([SECRET], ["***"])],
)
def test_a_pickled_body_of_any_kind_has_no_secret(body: Any, pickled: Any) -> None:
    failure = refused()
    failure.body = body
    assert SECRET.encode() not in pickle.dumps(failure)
    assert by_pickle(failure).body == pickled


def test_an_exception_of_the_callers_own_pickles_with_what_they_assigned() -> None:
    failure = ApiException(status=404, reason="Not Found")
    failure.headers = {"Date": "today"}
    failure.body = {"user_secret": SECRET, "note": (1, 2)}
    failure.note = "mine"  # type: ignore[attr-defined]
    other: Any = by_pickle(failure)
    assert other.note == "mine"
    assert other.headers == {"Date": "today"}
    assert other.body == {"user_secret": "***", "note": [1, 2]}
    assert str(other) == "404 Not Found"


def test_the_text_of_a_pickled_exception_is_what_it_was() -> None:
    """Made anew, it would name no host, since the pickle has the target masked."""
    failure = RedirectError(302, f"Found {SECRET}")
    failure.headers = Headers([("Location", f"https://other.example/?s={SECRET}")])
    sealed(failure)
    assert "302 Found ***; it points to other.example" in str(failure)
    assert SECRET.encode() not in pickle.dumps(failure)
    assert str(by_pickle(failure)) == str(failure)


@pytest.mark.parametrize("body", [{"secret": SECRET}, ["u1", SECRET], {"detail": SECRET}])
def test_nothing_is_shown_or_pickled_of_a_success_that_can_not_be_used(body: Any) -> None:
    """Under what name the service would tell a secret there, nobody knows."""
    failure = InvalidResponseError(200, "OK, but it can't be used")
    failure.body = body
    assert str(failure) == "200 OK, but it can't be used"
    assert by_pickle(failure).body is None
    assert SECRET.encode() not in pickle.dumps(failure)
