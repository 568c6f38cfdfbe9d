"""What a failed call says: its code, its detail, its text, and how the text loses its secrets."""

from typing import Any

import pytest

from snaptrade_client.api_response import ApiResponse
from snaptrade_client.exceptions import ApiException, RedirectError
from snaptrade_client.headers import Headers

from .test_exceptions import API_EXCEPTIONS, SECRET, sealed


@pytest.mark.parametrize(
    ("body", "code", "detail"),
    [
        ({"detail": "d", "status_code": 429, "code": "0000"}, "0000", "d"),
        ({"default_detail": "d", "default_code": 1076}, 1076, "d"),
        ({"message": "d"}, None, "d"),
        ({"detail": ["d"], "code": {"a": 1}}, None, None),
        ({"code": None, "default_code": 1, "detail": None, "message": "d"}, 1, "d"),
        ({"code": 1, "default_code": 2, "detail": "d", "default_detail": "e"}, 1, "d"),
        ({"default_detail": "d", "message": "e"}, None, "d"),
        ({}, None, None),
        ([{"detail": "d"}], None, None),
        ("<html>", None, None),
        (b"\xff", None, None),
        (None, None, None),
    ],
)
def test_code_and_detail_are_read_from_every_shape(
    body: Any, code: str | int | None, detail: str | None
) -> None:
    failure = ApiException(status=400, reason="Bad Request")
    failure.body = body
    assert failure.code == code
    assert failure.detail == detail


def test_the_text_starts_with_status_and_reason_then_detail_code_and_request_id() -> None:
    failure = ApiException(404, "Not Found")
    failure.body = {"detail": "No such user.", "code": 1011}
    failure.headers = {"X-Request-ID": "abc", "Signature": "hidden"}
    assert str(failure) == "404 Not Found: No such user. (code 1011, request id abc)"
    assert repr(failure) == f"ApiException({str(failure)!r})"


@pytest.mark.parametrize(
    ("status", "reason", "text"),
    [
        (None, None, "the call failed"),
        (None, "the deadline passed", "the deadline passed"),
        (500, "", "500"),
        (500, None, "500"),
    ],
)
def test_the_text_goes_without_what_is_not_there(
    status: int | None, reason: str | None, text: str
) -> None:
    assert str(ApiException(status=status, reason=reason)) == text


def test_a_long_detail_is_cut_after_its_secrets_are_gone() -> None:
    failure = ApiException(400, "Bad Request")
    failure.body = {"detail": "x" * 495 + SECRET + "y" * 500}
    sealed(failure)
    assert str(failure) == "400 Bad Request: " + "x" * 495 + "***yy"


def test_a_sealed_text_has_no_secret_in_any_place() -> None:
    failure = ApiException(400, f"Bad {SECRET}")
    failure.body = {"detail": "s3cr3t%2Bvalue", "code": SECRET}
    failure.headers = Headers([("X-Request-ID", SECRET)])
    sealed(failure)
    assert str(failure) == "400 Bad ***: *** (code ***)"
    assert SECRET not in repr(failure)
    assert SECRET not in repr(failure._secrets)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    assert failure.body["code"] == SECRET


@pytest.mark.parametrize("kind", API_EXCEPTIONS)
def test_callers_build_every_class_and_assign_attributes_later(kind: type[ApiException]) -> None:
    failure = kind(status=404, reason="Not Found")
    assert (failure.status, failure.reason) == (404, "Not Found")
    nothing = (failure.body, failure.headers, failure.round_trip_time, failure.api_response)
    assert nothing == (None, None, None, None)
    assert (failure.data, failure.outcome, failure.attempts) == (None, None, ())
    assert not failure.safe_to_retry
    assert not failure.prior_attempt_unknown
    assert failure.kind == "final"
    assert failure.request_id is failure.code is failure.detail is None
    assert str(failure).startswith("404 Not Found")
    failure.body = {"detail": "assigned later", "code": "1011"}
    failure.headers = {"X-Request-ID": "abc"}
    failure.status = 410
    assert str(failure).startswith("410 Not Found: assigned later (code 1011, request id abc)")
    with pytest.raises(kind):
        raise failure


def test_an_exception_made_of_a_response_has_its_parts() -> None:
    response = ApiResponse(
        body={"code": 1}, status=500, headers=Headers(), data=b"{}", round_trip_time=0.5
    )
    failure = ApiException(500, "Internal", response)
    assert failure.api_response is response
    assert (failure.body, failure.data, failure.round_trip_time) == ({"code": 1}, b"{}", 0.5)
    assert failure.headers is response.headers


def test_an_exception_made_of_a_response_alone_has_its_status_and_reason() -> None:
    response = ApiResponse(body=None, status=500, headers=Headers(), reason="Internal")
    failure = ApiException(api_response=response)
    assert (failure.status, failure.reason) == (500, "Internal")
    assert str(failure) == "500 Internal"
    other = ApiException(503, "Else", response)
    assert (other.status, other.reason) == (503, "Else")


@pytest.mark.parametrize("name", ["X-Request-ID", "x-request-id", "X-REQUEST-ID"])
def test_the_names_of_assigned_headers_are_found_in_any_case(name: str) -> None:
    failure = ApiException(500, "Internal")
    failure.headers = {name: "abc"}
    assert failure.request_id == "abc"
    redirect = RedirectError(302, "Found")
    redirect.headers = {"LOCATION": "//other.example/x"}
    assert "points to other.example" in str(redirect)
