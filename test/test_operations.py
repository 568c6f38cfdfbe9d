"""How keywords and dictionaries become one query and one body."""

import enum
from types import MappingProxyType
from typing import Any

import pytest
from frozendict import frozendict
from hypothesis import given
from hypothesis import strategies as st

from snaptrade_client import ApiTypeError, ApiValueError
from snaptrade_client.authentication import DELETE, JWT, LIST, LOGIN, REGISTER
from snaptrade_client.operations import Operation, body_values, query_values
from snaptrade_client.spelling import BodyObject

USER = {"userId": "u1", "userSecret": "s1"}
KNOWN = {"userId", "user_id", "rsaPublicKey", "rsa_public_key"}
UNKNOWN = st.text().filter(lambda key: key not in KNOWN)


class Broker(str, enum.Enum):  # noqa: UP042 - what Python programs had before StrEnum
    ALPACA = "ALPACA"


@pytest.mark.parametrize(
    ("keywords", "dictionary"),
    [
        (USER, None),
        ({"userId": None, "userSecret": None}, USER),
        ({}, {"user_secret": "s1", "user_id": "u1"}),
        ({"userSecret": "s1"}, {"userId": "u1"}),
        (USER, USER),
        (USER, {"user_id": "u1", "userSecret": None}),
        ({}, MappingProxyType(USER)),
        ({}, BodyObject(USER)),
        ({}, {**USER, "user_id": "u1"}),
    ],
)
def test_however_a_query_is_given_it_is_the_same_in_the_operations_order(
    keywords: dict[str, Any], dictionary: dict[str, Any] | None
) -> None:
    values = query_values(LOGIN, keywords, dictionary)
    assert list(values.items()) == [("userId", "u1"), ("userSecret", "s1")]


def test_parameters_that_the_operation_does_not_know_come_after_its_own() -> None:
    values = query_values(DELETE, {"userId": "u1"}, {"new": "a", "other_one": "b", "none": None})
    assert list(values.items()) == [("userId", "u1"), ("new", "a"), ("other_one", "b")]
    assert query_values(LIST, {}, None) == {}


@pytest.mark.parametrize(
    ("keywords", "dictionary", "error", "text"),
    [
        ({"userId": "u1"}, None, ApiTypeError, "get_user_jwt() needs user_secret=..."),
        ({}, {"userId": None}, ApiTypeError, "get_user_jwt() needs user_id=..."),
        ({"userId": 5}, None, ApiTypeError, "get_user_jwt(): user_id must be a str, not int"),
        ({"userId": ""}, None, ApiValueError, "get_user_jwt(): user_id is empty"),
        (USER, {"userSecret": ""}, ApiValueError, "get_user_jwt(): user_secret is empty"),
        (USER, {"user_id": "u2"}, ApiValueError, "user_id is given twice, with different values"),
        (USER, {"user_id": "u2"}, ApiValueError, "as a keyword or in query_params"),
        ({}, {"userId": "a", "user_id": "b"}, ApiValueError, "user_id is given twice"),
        (USER, {"clientId": "c"}, ApiValueError, "clientId is the client's to send"),
        (USER, {"timestamp": "1"}, ApiValueError, "timestamp is the client's to send"),
        (USER, {5: "x"}, ApiTypeError, "query_params has a key of type int: keys must be str"),
        (USER, [("userId", "u1")], ApiTypeError, "query_params must be a dict, not list"),
    ],
)
def test_a_bad_query_is_named_with_its_method_and_argument(
    keywords: dict[str, Any], dictionary: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error) as caught:
        query_values(JWT, keywords, dictionary)
    assert text in str(caught.value)
    assert str(caught.value).startswith("get_user_jwt()")
    assert "s1" not in str(caught.value)


@pytest.mark.parametrize(
    ("keywords", "dictionary", "expected"),
    [
        ({}, None, {}),
        ({}, {}, {}),
        ({"broker": None}, {"locale": None}, {}),
        ({"broker": "ALPACA"}, {"dark_mode": False}, {"broker": "ALPACA", "darkMode": False}),
        ({"broker": "A"}, {"broker": "A"}, {"broker": "A"}),
        ({}, {"broker": Broker.ALPACA}, {"broker": "ALPACA"}),
        ({}, {"newField": [1, None], "new_field": 2}, {"newField": [1, None], "new_field": 2}),
        ({"broker": ""}, {"customRedirect": ""}, {"broker": "", "customRedirect": ""}),
    ],
)
def test_keywords_and_dictionary_make_one_body(
    keywords: dict[str, Any], dictionary: dict[str, Any] | None, expected: dict[str, Any]
) -> None:
    assert body_values(LOGIN, keywords, dictionary) == expected


@pytest.mark.parametrize(
    ("keywords", "dictionary", "error", "text"),
    [
        ({"immediateRedirect": "yes"}, None, ApiTypeError, "immediate_redirect must be a bool"),
        ({}, {"darkMode": 1}, ApiTypeError, "dark_mode must be a bool, not int"),
        ({"broker": True}, None, ApiTypeError, "broker must be a str, not bool"),
        ({"broker": "A"}, {"broker": "B"}, ApiValueError, "give it once, as a keyword or in body"),
        ({"darkMode": True}, {"dark_mode": False}, ApiValueError, "dark_mode is given twice"),
        ({}, "{}", ApiTypeError, "body must be a dict, not str"),
        (
            {},
            {b"broker": "A"},
            ApiTypeError,
            "body has a key of type bytes: keys must be str",
        ),
    ],
)
def test_a_bad_body_is_named_with_its_method_and_argument(
    keywords: dict[str, Any], dictionary: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error) as caught:
        body_values(LOGIN, keywords, dictionary)
    assert text in str(caught.value)
    assert str(caught.value).startswith("login_snap_trade_user()")


def test_an_empty_user_id_is_refused_in_a_body_too() -> None:
    with pytest.raises(ApiValueError, match="user_id is empty"):
        body_values(REGISTER, {}, {"userId": ""})


def test_an_operation_without_a_body_has_none() -> None:
    assert body_values(LIST, {}, None) is None
    assert (
        body_values(Operation(name="x", method="GET", path="/x", replay="harmless"), {}, None)
        is None
    )


@given(
    st.dictionaries(UNKNOWN, st.integers() | st.text()),
    st.sampled_from([{}, {"userId": "u1"}, {"user_id": "u1"}]),
)
def test_unknown_fields_are_sent_as_they_are_and_the_callers_dictionary_stays(
    unknown: dict[str, Any], known: dict[str, str]
) -> None:
    given_body = {**unknown, **known}
    before = dict(given_body)
    sent = body_values(REGISTER, {"rsaPublicKey": None}, given_body)
    assert sent is not None
    assert sent is not given_body
    assert given_body == before
    assert {key: value for key, value in sent.items() if key != "userId"} == unknown
    assert ("userId" in sent) == bool(known)


def test_an_operation_promises_nothing_unless_it_says_so() -> None:
    operation = Operation(name="x", method="GET", path="/x", replay="harmless")
    assert (operation.query, operation.body, operation.promise) == ({}, None, None)
    assert not operation.registers
    assert not operation.echoes_user


def test_an_operation_cannot_be_changed() -> None:
    assert isinstance(LOGIN.body, frozendict)
    assert isinstance(LOGIN.query, frozendict)
