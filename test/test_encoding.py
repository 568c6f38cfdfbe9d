"""Query strings and JSON: what goes out unchanged, what is refused, and what comes in."""

import enum
import json
import math
import sys
from collections import OrderedDict
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest
from frozendict import frozendict
from hypothesis import given
from hypothesis import strategies as st

from snaptrade_client import ApiTypeError, ApiValueError
from snaptrade_client.encoding import MAX_DEPTH, canonical_json, encode_query, parse_json
from snaptrade_client.spelling import BodyObject

TEXT = st.text(st.characters(codec="utf-8"))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)

TOO_LONG = "is an integer of more than 4300 digits: send it as a str"
NO_JSON = (
    ", which JSON does not have: send str(value), or a dict, list, str, int, float, bool or None"
)


class Colour(str, enum.Enum):  # noqa: UP042 - what Python programs had before StrEnum
    RED = "red"


class Size(int, enum.Enum):
    SMALL = 3


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("a b", "a%20b"),
        ("+&=#?%", "%2B%26%3D%23%3F%25"),
        ("/~-._", "/~-._"),
        ("'\"", "%27%22"),
        ("\r\n\0", "%0D%0A%00"),
        ("é", "%C3%A9"),
        ("😀", "%F0%9F%98%80"),
        ("", ""),
        (Colour.RED, "red"),
    ],
)
def test_a_query_is_percent_encoded_as_the_service_does_it(value: str, encoded: str) -> None:
    assert encode_query([("user id", value)]) == f"user%20id={encoded}"


@given(st.lists(st.tuples(TEXT, TEXT)))
def test_a_query_keeps_its_order_and_every_character(pairs: list[tuple[str, str]]) -> None:
    query = encode_query(pairs)
    parts = [tuple(map(unquote, part.split("="))) for part in query.split("&") if part]
    assert parts == pairs
    assert query.isascii()
    assert "+" not in query


@pytest.mark.parametrize(
    ("pair", "error", "text"),
    [
        (("userId", 5), ApiTypeError, "'userId' in the query must be a str, not int"),
        (("userId", b"u"), ApiTypeError, "'userId' in the query must be a str, not bytes"),
        ((5, "u"), ApiTypeError, "5 in the query must be a str, not int"),
        (("userId", "\udc80"), ApiValueError, "'userId' in the query holds a lone surrogate"),
    ],
)
def test_what_a_query_cannot_hold_is_named(
    pair: tuple[Any, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=f"^{text}") as caught:
        encode_query([pair])
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        ([True, False], "[true,false]"),
        ({}, "{}"),
        ({"b": 1, "a": {"d": True, "c": None}}, '{"a":{"c":null,"d":true},"b":1}'),
        ({"é": "😀"}, '{"\\u00e9":"\\ud83d\\ude00"}'),
        ((1, 2.5, -0.0, 1e16), "[1,2.5,-0.0,1e+16]"),
        (frozendict(a=OrderedDict([("b", "c")])), '{"a":{"b":"c"}}'),
        ({"a": Colour.RED, "b": Size.SMALL}, '{"a":"red","b":3}'),
        ({Colour.RED: "key"}, '{"red":"key"}'),
        ([Decimal("0.1"), Decimal(3)], "[0.1,3.0]"),
        pytest.param(10**4300 - 1, "9" * 4300, id="4300 digits"),
        pytest.param(1 - 10**4300, "-" + "9" * 4300, id="minus 4300 digits"),
    ],
)
def test_canonical_json_is_sorted_and_without_white_space(value: object, text: str) -> None:
    assert canonical_json(value) == text


@given(JSON)
def test_canonical_json_survives_being_parsed_and_serialized_again(value: object) -> None:
    text = canonical_json(value)
    again = json.dumps(json.loads(text), separators=(",", ":"), sort_keys=True)
    assert again == text


@given(NUMBERS)
def test_a_decimal_that_a_double_prints_back_is_sent(number: float) -> None:
    assert float(canonical_json(Decimal(repr(number)))) == number


def nested(levels: int, kind: type[list[Any]] | type[dict[str, Any]]) -> object:
    value: object = "innermost"
    for _ in range(levels):
        value = [value] if kind is list else {"a": value}
    return value


@pytest.mark.parametrize("kind", [list, dict])
def test_nesting_is_bounded(kind: type[list[Any]] | type[dict[str, Any]]) -> None:
    text = canonical_json(nested(MAX_DEPTH, kind))
    assert text.count("[") + text.count("{") == MAX_DEPTH == 100
    with pytest.raises(
        ApiValueError, match=r"nests deeper than 100 levels, or holds itself: send a flatter value$"
    ):
        canonical_json(nested(MAX_DEPTH + 1, kind))


def test_a_body_that_holds_itself_is_refused() -> None:
    body: dict[str, Any] = {}
    body["self"] = body
    with pytest.raises(ApiValueError, match="or holds itself"):
        canonical_json(body)


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (math.nan, ApiValueError, "body['a'] is nan, which JSON does not have"),
        (-math.inf, ApiValueError, "body['a'] is -inf"),
        (Decimal("NaN"), ApiValueError, "body['a'] is Decimal('NaN')"),
        (Decimal("sNaN"), ApiValueError, "body['a'] is Decimal('sNaN')"),
        (Decimal("Infinity"), ApiValueError, "body['a'] is Decimal('Infinity')"),
        (Decimal("1E+400"), ApiValueError, "body['a'] is Decimal('1E+400')"),
        (Decimal("0.12345678901234567890"), ApiValueError, "body['a'] is a Decimal with more"),
        pytest.param(10**4300, ApiValueError, f"body['a'] {TOO_LONG}", id="4301 digits"),
        pytest.param(-(10**4300), ApiValueError, f"body['a'] {TOO_LONG}", id="minus 4301 digits"),
        ("\ud800", ApiValueError, "body['a'] holds a lone surrogate"),
        ({"\ud800": 1}, ApiValueError, "a key of body['a'] holds a lone surrogate"),
        ({5: 1}, ApiTypeError, "body['a'] has a key of type int: keys must be str"),
        ([1, {None: 1}], ApiTypeError, "body['a'][1] has a key of type NoneType"),
        (b"bytes", ApiTypeError, "body['a'] is a bytes, which JSON does not have"),
        ({1, 2}, ApiTypeError, "body['a'] is a set"),
        (object(), ApiTypeError, f"body['a'] is a object{NO_JSON}"),
    ],
)
def test_what_json_cannot_hold_is_named_with_its_place(
    value: object, error: type[Exception], text: str
) -> None:
    with pytest.raises(error) as caught:
        canonical_json({"a": value})
    assert str(caught.value).startswith(text)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(("limit", "most"), [(640, 640), (1000, 1000), (5000, 4300), (0, 4300)])
def test_a_program_may_have_another_limit_on_digits(limit: int, most: int) -> None:
    """Python refuses to write down an integer of more digits; 0 is no limit."""
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(limit)
    try:
        assert canonical_json([10**most - 1]) == f"[{'9' * most}]"
        for value in (10**most, -(10**most)):
            with pytest.raises(ApiValueError) as caught:
                canonical_json([value])
            assert str(caught.value) == (
                f"body[0] is an integer of more than {most} digits: send it as a str"
            )
            assert caught.value.__context__ is None
    finally:
        sys.set_int_max_str_digits(before)


def test_the_callers_dictionary_stays_as_it_is() -> None:
    inner = {"b": (1,)}
    body = {"z": inner, "a": Colour.RED}
    canonical_json(body)
    assert body == {"z": {"b": (1,)}, "a": Colour.RED}
    assert body["z"] is inner


def test_objects_that_come_in_answer_to_both_spellings_and_arrays_are_lists() -> None:
    body = parse_json(b'\xef\xbb\xbf [{"userSecret": {"innerKey": 1}}, []]')
    assert [type(each) for each in (body, *body)] == [list, BodyObject, list]
    assert body[0]["user_secret"]["inner_key"] == 1


@given(JSON)
def test_what_went_out_comes_in_again(value: object) -> None:
    assert parse_json(canonical_json(value).encode()) == value


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "expecting value at character 0"),
        (b"[1, secret]", "expecting value at character 4"),
        (b'{"a": 1} secret', "extra data at character 9"),
        (b'["secret', "unterminated string starting at character 1$"),
        (b'["secret\xff"]', "byte 8 is not UTF-8"),
        (b"[NaN]", "NaN is not JSON"),
        (b"-Infinity", "-Infinity is not JSON"),
        pytest.param(b"[" * 100_000, "it nests too deep", id="nested"),
        pytest.param(b"1" * 5000, "Exceeds the limit", id="5000 digits"),
    ],
)
def test_what_is_not_json_is_a_value_error_without_the_text(data: bytes, text: str) -> None:
    with pytest.raises(ValueError, match=f"^{text}") as caught:
        parse_json(data)
    assert type(caught.value) is ValueError
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert "secret" not in str(caught.value)
