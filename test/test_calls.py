"""A call, encoded once: its target, query, body, headers and options; and an attempt's request."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snaptrade_client import ApiTypeError, ApiValueError, Configuration
from snaptrade_client.authentication import DELETE, JWT, LIST, LOGIN, REGISTER
from snaptrade_client.calls import OPTIONS, Call, Encoder, chosen_options
from snaptrade_client.operations import Operation
from snaptrade_client.types import CallOptions

from .recording import CONSUMER_KEY
from .signature import signature

USER = {"userId": "u1", "userSecret": "s3cr3t"}
TEXT = st.text(st.characters(codec="utf-8"))


def call_of(
    operation: Operation = LIST,
    query: dict[str, str] | None = None,
    body: Any = None,
    chosen: dict[str, Any] | None = None,
    **options: Any,
) -> Call:
    given: dict[str, Any] = {"consumer_key": CONSUMER_KEY, "client_id": "C", **options}
    return Encoder(Configuration(**given), "agent/1").encode(
        operation, query=query or {}, body=body, options=chosen or {}
    )


@pytest.mark.parametrize(
    ("host", "prefix", "target", "signed"),
    [
        (None, None, "/api/v1", "/api/v1"),
        ("https://api.snaptrade.com", None, "", ""),
        ("https://api.snaptrade.com/", None, "", ""),
        ("https://gateway.example/snap/", None, "/snap", "/snap"),
        ("https://gateway.example/snap", "/api/v1", "/snap", "/api/v1"),
        ("https://gateway.example/snap", "/api/v1/", "/snap", "/api/v1"),
        ("https://gateway.example/snap", "", "/snap", ""),
        ("https://gateway.example/snap", "/", "/snap", ""),
        ("https://gateway.example", "/api/v1", "", "/api/v1"),
    ],
)
def test_the_path_that_is_requested_and_the_path_that_is_signed(
    host: str | None, prefix: str | None, target: str, signed: str
) -> None:
    call = call_of(host=host, signed_path_prefix=prefix)
    assert call.target == f"{target}/snapTrade/listUsers"
    assert call.signed_path == f"{signed}/snapTrade/listUsers"
    request = call.request(5, CONSUMER_KEY.encode())
    assert request.target == f"{target}/snapTrade/listUsers?clientId=C&timestamp=5"
    assert request.headers["Signature"] == signature(
        f"{signed}/snapTrade/listUsers", "clientId=C&timestamp=5", None, CONSUMER_KEY
    )


def test_client_id_and_timestamp_follow_the_operations_own_parameters() -> None:
    call = call_of(JWT, {"userId": "a b/é", "userSecret": "x+y"}, client_id="C D&")
    target = call.request(1_700_000_000, b"k").target
    assert target.partition("?")[2] == (
        "userId=a%20b/%C3%A9&userSecret=x%2By&clientId=C%20D%26&timestamp=1700000000"
    )


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        (None, None),
        ({}, b"{}"),
        ({"b": [1, None], "a": "é"}, b'{"a":"\\u00e9","b":[1,null]}'),
        ([], b"[]"),
        (0, b"0"),
        ("", b'""'),
        (False, b"false"),
    ],
)
def test_the_bytes_of_a_body_are_what_is_signed(body: Any, sent: bytes | None) -> None:
    call = call_of(LOGIN, USER, body)
    assert call.body == sent
    assert call.content == ("null" if sent is None else sent.decode())
    request = call.request(7, CONSUMER_KEY.encode())
    path, _, query = request.target.partition("?")
    assert request.body == sent
    assert request.headers["Signature"] == signature(path, query, sent, CONSUMER_KEY)
    assert ("Content-Type" in request.headers) is (sent is not None)


@given(
    query=st.dictionaries(TEXT, TEXT),
    body=st.dictionaries(TEXT, TEXT | st.integers() | st.booleans()),
    moments=st.lists(st.integers(0, 2**40), min_size=2, max_size=2, unique=True),
)
def test_every_request_of_a_call_is_signed_for_its_own_moment(
    query: dict[str, str], body: dict[str, Any], moments: list[int]
) -> None:
    call = call_of(LOGIN, query, body)
    requests = [call.request(moment, CONSUMER_KEY.encode()) for moment in moments]
    for request, moment in zip(requests, moments, strict=True):
        path, _, sent = request.target.partition("?")
        assert f"&{sent}".endswith(f"&clientId=C&timestamp={moment}")
        assert request.headers["Signature"] == signature(path, sent, request.body, CONSUMER_KEY)
    # They share nothing that one of them could change for the other.
    requests[0].headers.clear()
    assert requests[1].headers["Accept"] == "application/json"
    assert "Signature" not in call.headers


def test_the_headers_of_a_request() -> None:
    assert call_of().headers == {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "agent/1",
    }
    assert call_of(LOGIN, USER, {}).headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("name", ["Accept", "Accept-Encoding", "User-Agent", "Content-Type"])
@pytest.mark.parametrize("spell", [str, str.lower, str.upper])
def test_an_extra_header_replaces_the_clients_own_in_any_case(name: str, spell: Any) -> None:
    plain = call_of(LOGIN, USER, {}).headers
    chosen = {"extra_headers": {spell(name): "mine", "X-Trace": "5"}}
    headers = call_of(LOGIN, USER, {}, chosen).headers
    assert headers == {
        **{own: value for own, value in plain.items() if own != name},
        spell(name): "mine",
        "X-Trace": "5",
    }


@pytest.mark.parametrize(
    ("query", "body", "user_id"),
    [
        (USER, {}, "u1"),
        ({}, {"userId": "u2"}, "u2"),
        ({"userId": "u1"}, {"userId": "u2"}, "u1"),
        ({}, {}, None),
        ({}, ["userId"], None),
        ({"userId": "u1"}, ["userId"], "u1"),
    ],
)
def test_the_user_that_a_call_is_about(
    query: dict[str, str], body: Any, user_id: str | None
) -> None:
    assert call_of(DELETE, query, body).user_id == user_id


SECRETS: list[tuple[Any, Any, dict[str, str], set[str]]] = [
    (USER, None, {}, {"s3cr3t"}),
    ({"user_secret": "one"}, {"userSecret": "two"}, {}, {"one", "two"}),
    ({"userSecret": "one"}, {"userSecret": "two"}, {}, {"one", "two"}),
    ({}, {"deep": [{"token": "t"}]}, {}, {"t"}),
    ({}, [{"userSecret": "in a list"}], {}, {"in a list"}),
    ({}, None, {"authorization": "Bearer b", "X-Trace": "5"}, {"Bearer b"}),
    ({"userId": "u1"}, {"userId": "u1"}, {}, set()),
]


@pytest.mark.parametrize(("query", "body", "headers", "secrets"), SECRETS)
def test_the_secrets_of_a_call_are_found_wherever_they_stand(
    query: dict[str, str], body: Any, headers: dict[str, str], secrets: set[str]
) -> None:
    assert call_of(LOGIN, query, body, {"extra_headers": headers}).secrets == secrets


@pytest.mark.parametrize(
    ("chosen", "timeout", "deadline", "retries", "fresh"),
    [
        ({}, (3.0, 4.0), 20.0, 5, False),
        ({"timeout": None}, (None, None), 20.0, 5, False),
        ({"timeout": 7}, (7, 7), 20.0, 5, False),
        ({"timeout": (None, 1)}, (None, 1), 20.0, 5, False),
        ({"deadline": None}, (3.0, 4.0), None, 5, False),
        ({"deadline": 0.5}, (3.0, 4.0), 0.5, 5, False),
        ({"retries": 0}, (3.0, 4.0), 20.0, 0, False),
        ({"retries": None}, (3.0, 4.0), 20.0, 5, False),
        ({"fresh_connection": True}, (3.0, 4.0), 20.0, 5, True),
    ],
)
def test_what_a_call_leaves_out_is_the_clients(
    chosen: CallOptions,
    timeout: tuple[float | None, float | None],
    deadline: float | None,
    retries: int,
    fresh: bool,
) -> None:
    checked = chosen_options(LIST, chosen)
    call = call_of(LIST, chosen=checked, timeout=(3.0, 4.0), deadline=20.0, retries=5)
    assert (call.timeout, call.deadline) == (timeout, deadline)
    assert (call.retries, call.fresh) == (retries, fresh)


@pytest.mark.parametrize("clients", [False, True])
@pytest.mark.parametrize("chosen", [None, False, True])
@pytest.mark.parametrize("operation", [REGISTER, JWT, LOGIN])
def test_which_calls_need_a_connection_of_their_own(
    operation: Operation, chosen: bool | None, clients: bool
) -> None:
    given = {} if chosen is None else {"fresh_connection": chosen}
    call = call_of(operation, chosen=given, fresh_connection=clients)
    # A registration always does, whatever was said.
    assert call.fresh is (operation is REGISTER or (clients if chosen is None else chosen))


def test_a_call_shows_no_secret() -> None:
    chosen = {"extra_headers": {"Authorization": "Bearer s3cr3t"}}
    call = call_of(LOGIN, USER, {"token": "s3cr3t"}, chosen)
    assert repr(call) == "Call(POST /api/v1/snapTrade/login)"


def test_the_options_of_a_call_are_those_that_its_type_names() -> None:
    assert set(OPTIONS) == set(CallOptions.__annotations__)


@pytest.mark.parametrize(
    ("operation", "name", "text"),
    [
        (
            LOGIN,
            "user_secrets",
            r"^login_snap_trade_user\(\) got .* 'user_secrets': .*'user_secret'",
        ),
        (LOGIN, "imediate_redirect", r"did you mean 'immediate_redirect'\?$"),
        (REGISTER, "rsa_publik_key", r"did you mean 'rsa_public_key'\?$"),
        (LIST, "time_out", r"^list_snap_trade_users\(\) got .* did you mean 'timeout'\?$"),
        (LIST, "zzz", r"'zzz'; there are: timeout, deadline, retries, fresh_connection, extra_"),
    ],
)
def test_an_unknown_option_is_named_with_the_one_that_was_meant(
    operation: Operation, name: str, text: str
) -> None:
    with pytest.raises(ApiTypeError, match=text):
        chosen_options(operation, {name: "x"})


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        (
            {"timeout": "5"},
            ApiTypeError,
            r"timeout \(connect\) must be a number of seconds, not str",
        ),
        ({"timeout": (1, 2, 3)}, ApiValueError, "timeout must be seconds or a pair"),
        ({"timeout": (1, 0)}, ApiValueError, r"timeout \(read\) must be more than 0"),
        ({"deadline": -1}, ApiValueError, "deadline must be more than 0"),
        ({"deadline": float("nan")}, ApiValueError, "deadline must be more than 0"),
        ({"retries": -1}, ApiValueError, "retries must be at least 0"),
        ({"retries": 1.5}, ApiTypeError, "retries must be an int"),
        ({"fresh_connection": None}, ApiTypeError, "fresh_connection must be True or False"),
        ({"extra_headers": None}, ApiTypeError, "extra_headers must be a dict of str"),
        ({"extra_headers": {"X": "a\r\nB: c"}}, ApiValueError, r"'X'\] holds a line"),
        ({"extra_headers": {"X:": "a"}}, ApiValueError, "'X:' is not the name of a header"),
        ({"extra_headers": {"signature": "a"}}, ApiValueError, "'signature' is computed by the"),
        ({"extra_headers": {"HOST": "a"}}, ApiValueError, "'HOST' is computed by the client"),
        ({"extra_headers": {"Content-length": "1"}}, ApiValueError, "'Content-length' is computed"),
        ({"extra_headers": {"Transfer-Encoding": "x"}}, ApiValueError, "'Transfer-Encoding' is"),
    ],
)
def test_an_option_that_cannot_be_right_is_named(
    options: dict[str, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        chosen_options(LIST, options)


@pytest.mark.parametrize(
    ("query", "body"),
    [({"userId": "\ud800"}, None), ({}, {"userId": "\udfff"}), ({}, {"n": float("inf")})],
)
def test_what_cannot_be_sent_is_refused_when_the_call_is_made(
    query: dict[str, str], body: Any
) -> None:
    with pytest.raises(ApiValueError):
        call_of(REGISTER, query, body)
