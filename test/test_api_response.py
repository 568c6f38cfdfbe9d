"""Answers: bodies that answer to both spellings, headers, the rate limit, the frozen rest."""

import copy
import json
import pickle
from collections.abc import Callable
from pprint import pformat
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snaptrade_client import ApiAttributeError, ApiKeyError, ApiResponse, Attempt, RateLimit
from snaptrade_client.api_response import BodyObject, Headers, header_number, snake

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


def by_pickle(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - the test's own


COPIES = pytest.mark.parametrize("copied", [by_pickle, copy.copy, copy.deepcopy])


@pytest.mark.parametrize(
    ("service", "specification"),
    [
        ("userId", "user_id"),
        ("redirectURI", "redirect_uri"),
        ("rsaPublicKey", "rsa_public_key"),
        ("encryptedJWT", "encrypted_jwt"),
        ("URIOf2Parts", "uri_of2_parts"),
        ("status_code", "status_code"),
        ("", ""),
    ],
)
def test_names_of_the_service_in_the_specifications_spelling(
    service: str, specification: str
) -> None:
    assert snake(service) == specification


@pytest.mark.parametrize("key", ["userSecret", "user_secret"])
def test_both_spellings_find_the_entry(key: str) -> None:
    assert body()[key] == "s1"
    assert body().get(key) == "s1"
    assert key in body()
    assert body().setdefault(key, "other") == "s1"
    taken = body()
    assert taken.pop(key) == "s1"
    assert list(taken) == ["userId"]
    changed = body()
    changed[key] = "s2"
    assert changed == {"userId": "u1", "userSecret": "s2"}
    del changed[key]
    assert changed == {"userId": "u1"}
    match body():
        case {"user_secret": secret}:
            assert secret == "s1"
        case _:
            pytest.fail("a pattern in the specification's spelling does not match")


def test_an_update_finds_the_entry_under_either_spelling() -> None:
    updated = body()
    updated.update({"user_secret": "s2"}, user_id="u2")
    updated.update([("userName", "n")])
    assert updated == {**body(), "userSecret": "s2", "userId": "u2", "userName": "n"}
    same = updated
    same |= {"user_secret": "s3"}
    assert same is updated
    assert updated["userSecret"] == "s3"
    assert "user_secret" not in list(updated)


def test_a_key_that_is_not_there() -> None:
    with pytest.raises(ApiKeyError) as caught:
        body()["user_name"]
    assert str(caught.value) == "'user_name' is not in the answer, which has: userId, userSecret"
    assert isinstance(caught.value, KeyError)
    assert "user_name" not in body()
    assert body().get("user_name") is None
    assert body().get("user_name", 5) == 5
    assert body().pop("user_name", 5) == 5
    with pytest.raises(KeyError):
        body().pop("user_name")
    with pytest.raises(KeyError):
        del body()["user_name"]
    added = body()
    assert added.setdefault("userName", "n") == "n"
    assert added["user_name"] == "n"


def test_a_body_is_a_real_dict_and_shows_the_services_keys_only() -> None:
    assert isinstance(body(), dict)
    assert body() == {"userId": "u1", "userSecret": "s1"}
    assert list(body()) == ["userId", "userSecret"]
    assert json.loads(json.dumps(body())) == {"userId": "u1", "userSecret": "s1"}
    assert {**body()} == dict(body())
    assert repr(body()) == repr(dict(body()))
    assert pformat(body()) == pformat(dict(body()))


def test_a_body_is_the_callers_to_change_whatever_they_put_in() -> None:
    changed: Any = body()
    changed[5] = "five"
    changed[None] = "none"
    assert changed["user_id"] == "u1"
    assert changed.get("absent") is None
    with pytest.raises(ApiKeyError, match="userId, userSecret, 5, None"):
        changed["absent"]


def test_an_own_key_comes_before_another_ones_spelling() -> None:
    both = BodyObject({"userId": 1, "user_id": 2})
    assert (both["userId"], both["user_id"]) == (1, 2)


@COPIES
def test_copies_of_a_body_are_bodies(copied: Callable[[BodyObject], BodyObject]) -> None:
    original = BodyObject({"userId": 1, "user_id": 2, "inner": BodyObject({"aB": [1]})})
    other = copied(original)
    assert other == original
    assert type(other) is BodyObject
    assert type(other["inner"]) is BodyObject
    other["new"] = 1
    assert "new" not in original


def test_the_copy_method_gives_a_body() -> None:
    original = body()
    other = original.copy()
    del other["user_id"]
    assert original["user_id"] == "u1"
    assert other["user_secret"] == "s1"


def test_headers_are_found_in_any_case_and_repeated_ones_are_joined() -> None:
    headers = Headers([("X-Request-ID", "abc"), ("Via", "one"), ("via", "two")])
    assert headers["x-request-id"] == headers.get("X-REQUEST-ID") == "abc"
    assert headers["Via"] == "one, two"
    assert "VIA" in headers
    assert cast("str", 5) not in headers
    assert headers.get("Absent") is None
    assert list(headers) == ["X-Request-ID", "Via"]
    assert len(headers) == 2
    assert dict(headers) == {"X-Request-ID": "abc", "Via": "one, two"}
    with pytest.raises(KeyError):
        headers["Absent"]


def test_headers_show_no_secret() -> None:
    headers = Headers([("Location", "https://x/?token=t"), ("Set-Cookie", "c"), ("Date", "d")])
    assert repr(headers) == "{'Location': '***', 'Set-Cookie': '***', 'Date': 'd'}"
    assert headers["Location"] == "https://x/?token=t"


@COPIES
def test_headers_are_copied_whole(copied: Callable[[Headers], Headers]) -> None:
    headers = Headers([("X-Request-ID", "abc")])
    assert copied(headers)["x-request-id"] == "abc"


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
    ("text", "number"),
    [
        ("0", 0.0),
        (" 12.5 ", 12.5),
        ("-1", None),
        ("+1", None),
        ("1e3", None),
        ("1_0", None),
        ("٣", None),
        ("nan", None),
        ("", None),
        ("9" * 16, None),
        ("1.", None),
    ],
)
def test_a_number_in_a_header_is_plain_or_none(text: str, number: float | None) -> None:
    assert header_number({"N": text}, "N") == number


@given(st.text())
def test_no_header_breaks_the_reading_of_numbers(text: str) -> None:
    number = header_number({"N": text}, "N")
    assert number is None or number >= 0


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


@COPIES
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
