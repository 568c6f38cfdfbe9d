"""The headers of an answer, and what is read from them."""

import copy
from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snaptrade_client.headers import Headers, header_number, in_any_case, request_id

from .pickled import by_pickle


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


@pytest.mark.parametrize("copied", [by_pickle, copy.copy, copy.deepcopy])
def test_headers_are_copied_whole(copied: Callable[[Headers], Headers]) -> None:
    headers = Headers([("X-Request-ID", "abc")])
    assert copied(headers)["x-request-id"] == "abc"


def test_headers_that_a_caller_assigned_are_found_in_any_case() -> None:
    headers = Headers([("Date", "d")])
    assert in_any_case(headers) is headers
    assert in_any_case({"x-request-id": "abc"})["X-Request-ID"] == "abc"
    assert len(in_any_case(None)) == 0
    odd: Any = {5: None}
    assert in_any_case(odd)["5"] == "None"


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("0123456789abcdef", "0123456789abcdef"),
        ("x" * 128, "x" * 128),
        ("x" * 129, None),
        ("", None),
        ("userSecret=s3cr3t", None),
        ("abc def", None),
        ("abc\n", None),
    ],
)
def test_a_request_id_is_shown_where_it_looks_like_one(told: str, shown: str | None) -> None:
    assert request_id({"X-Request-ID": told}) == shown
    assert request_id({}) is None


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
