"""Bad input, line by line: a clear error that names the argument, before anything is sent.

Strategy: each row is a mistake, and how its error begins: with the argument's name. What holds for
all of them is checked of each (`refusals`): the text has a way out and no secret, no frame of the
package keeps one, and nothing arrives at the server.
"""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from snaptrade_client import ApiTypeError, ApiValueError, SnapTrade

from .recording import RecordingServer
from .refusals import check_refusal

USER: dict[str, Any] = {"user_id": "u1", "user_secret": "hidden-s1"}
TYPE, VALUE = ApiTypeError, ApiValueError


def nested() -> Any:
    """A value that holds itself."""
    value: list[Any] = []
    value.append(value)
    return value


def login(**arguments: Any) -> Callable[[SnapTrade], object]:
    return lambda client: client.authentication.login_snap_trade_user(**arguments)


def body(value: Any) -> Callable[[SnapTrade], object]:
    return lambda client: client.authentication.login_snap_trade_user(**USER, body={"x": value})


def request(*arguments: Any, **options: Any) -> Callable[[SnapTrade], object]:
    return lambda client: client.request(*arguments, **options)


def delete(*arguments: Any, **options: Any) -> Callable[[SnapTrade], object]:
    return lambda client: client.authentication.delete_snap_trade_user(*arguments, **options)


def register(**arguments: Any) -> Callable[[SnapTrade], object]:
    return lambda client: client.authentication.register_snap_trade_user(**arguments)


LOGIN = r"login_snap_trade_user\(\)"
CALLS: list[tuple[str, Callable[[SnapTrade], object], type[Exception], str]] = [
    ("missing user secret", login(user_id="u1"), TYPE, f"{LOGIN} needs user_secret="),
    ("missing user id", delete(), TYPE, r"delete_snap_trade_user\(\) needs user_id="),
    ("None for user id", delete(None), TYPE, r"delete_snap_trade_user\(\) needs user_id="),
    ("unknown keyword", login(**USER, brokr="A"), TYPE, f"{LOGIN} .*'brokr'.*'broker'"),
    ("int as user id", delete(5), TYPE, r"delete_snap_trade_user\(\): user_id must be a str"),
    ("str as flag", login(**USER, immediate_redirect="true"), TYPE, f"{LOGIN}: immediate_redirect"),
    ("int as flag in a body", login(**USER, body={"darkMode": 1}), TYPE, f"{LOGIN}: dark_mode"),
    ("bytes as secret", login(user_id="u1", user_secret=b"x"), TYPE, f"{LOGIN}: user_secret must"),
    ("list as body", login(**USER, body=["x"]), TYPE, f"{LOGIN}: body must be a dict"),
    (
        "str as query_params",
        delete(query_params="userId=u1"),
        TYPE,
        ".*query_params must be a dict",
    ),
    ("empty user id", delete(""), VALUE, r"delete_snap_trade_user\(\): user_id is empty"),
    ("empty user secret", login(user_id="u1", user_secret=""), VALUE, f"{LOGIN}: user_secret is"),
    ("empty id in a body", register(body={"userId": ""}), VALUE, ".*: user_id is empty"),
    ("lone surrogate in a query", delete("\ud800"), VALUE, "'userId' in the query holds a lone"),
    ("lone surrogate in a body", body("\udfff"), VALUE, r"body\['x'\] holds a lone surrogate"),
    ("lone surrogate as a key", body({"\ud800": 1}), VALUE, r"a key of body\['x'\] holds a lone"),
    ("NaN", body(math.nan), VALUE, r"body\['x'\] is nan"),
    ("infinity", body([math.inf]), VALUE, r"body\['x'\]\[0\] is inf"),
    ("integer of 5,000 digits", body(10**4999), VALUE, r"body\['x'\] is an integer of more than"),
    ("key that is not str", body({1: 2}), TYPE, r"body\['x'\] has a key of type int"),
    ("key of 5,000 digits", body({10**4999: 2}), TYPE, r"body\['x'\] has a key of type int"),
    (
        "key that is not str at the top",
        login(**USER, body={1: 2}),
        TYPE,
        f"{LOGIN}: body has a key of type int",
    ),
    (
        "Decimal of 20 digits",
        body(Decimal("0.12345678901234567890")),
        VALUE,
        r"body\['x'\] is a Dec",
    ),
    ("Decimal NaN", body(Decimal("sNaN")), VALUE, r"body\['x'\] is Decimal"),
    ("set", body({1}), TYPE, r"body\['x'\] is a set"),
    ("bytes", body(b"x"), TYPE, r"body\['x'\] is a bytes"),
    ("value that holds itself", body(nested()), VALUE, r"body\['x'\].* nests deeper"),
    (
        "both spellings with different values",
        login(**USER, body={"darkMode": True, "dark_mode": False}),
        VALUE,
        f"{LOGIN}: dark_mode is given twice",
    ),
    (
        "keyword and dictionary with different values",
        delete("u1", query_params={"userId": "u2"}),
        VALUE,
        r"delete_snap_trade_user\(\): user_id is given twice",
    ),
    (
        "timestamp of the caller's",
        delete("u1", query_params={"timestamp": "1"}),
        VALUE,
        ".*timestamp",
    ),
    (
        "CR LF in a header",
        delete("u1", extra_headers={"Authorization": "hidden\r\nC: d"}),
        VALUE,
        r"extra_headers\['Authorization'\] holds a line break",
    ),
    (
        "header's line as its name",
        delete("u1", extra_headers={"Authorization: hidden": ""}),
        VALUE,
        "extra_headers: 'Authorization:' is not the name",
    ),
    (
        "NUL in a header",
        delete("u1", extra_headers={"A": "\0"}),
        VALUE,
        r"extra_headers\['A'\] holds",
    ),
    (
        "CR LF in a header's name",
        delete("u1", extra_headers={"A\r\n": "b"}),
        VALUE,
        "extra_headers: ",
    ),
    (
        "Signature as a header",
        delete("u1", extra_headers={"Signature": "x"}),
        VALUE,
        "extra_headers",
    ),
    ("Host as a header", delete("u1", extra_headers={"HOST": "x"}), VALUE, "extra_headers: 'HOST'"),
    ("Content-Length", delete("u1", extra_headers={"Content-Length": "1"}), VALUE, "extra_headers"),
    (
        "header that is not str",
        delete("u1", extra_headers={"A": 1}),
        TYPE,
        r"extra_headers\['A'\] must be a str, not int",
    ),
    ("timeout of zero", delete("u1", timeout=0), VALUE, "timeout .*must be more than 0"),
    ("deadline of str", delete("u1", deadline="5"), TYPE, "deadline must be a number"),
    ("negative retries", delete("u1", retries=-1), VALUE, "retries must be at least 0"),
    ("path with ?", request("GET", "/accounts?a=b"), VALUE, "path must be a path alone: .*query="),
    ("path with #", request("GET", "/accounts#a"), VALUE, "path must be a path alone"),
    ("path with dot segments", request("GET", "/a/../b"), VALUE, r"path has a segment '.' or '..'"),
    ("path that ends in a dot", request("GET", "/a/."), VALUE, "path has a segment"),
    ("path with encoded dots", request("GET", "/a/%2e%2E"), VALUE, "path has a segment"),
    ("path with a dot inside", request("GET", "/x/./b"), VALUE, "path has a segment"),
    ("dots beside encoded /", request("GET", "/a%2f..%2fb"), VALUE, "path has a segment"),
    ("path without /", request("GET", "accounts"), VALUE, "path must start with '/'"),
    ("path with a space", request("GET", "/my accounts"), VALUE, "path holds .*urllib.parse.quote"),
    ("path with CR LF", request("GET", "/a\r\nHost: x"), VALUE, "path holds a character"),
    ("path of another host", request("GET", "//x.example/a"), VALUE, "path holds a character"),
    ("method with CR LF", request("GET /x\r\n", "/a"), VALUE, "method must be one of"),
    (
        "list in a query",
        request("GET", "/a", query={"b": [1]}),
        TYPE,
        r"query\['b'\] must be a str",
    ),
    (
        "list in query_params",
        lambda client: client.authentication.list_snap_trade_users(query_params={"x": [1]}),
        TYPE,
        r"list_snap_trade_users\(\): query_params\['x'\] must be a str, int or bool, not list",
    ),
    (
        "5,000 digits in query_params",
        delete("u1", query_params={"x": 10**4999}),
        VALUE,
        r"delete_snap_trade_user\(\): query_params\['x'\] is an integer of too many digits",
    ),
    (
        "5,000 digits in a query",
        request("GET", "/a", query={"b": 10**4999}),
        VALUE,
        r"query\['b'\]",
    ),
    (
        "key of a query that is not str",
        request("GET", "/a", query={1: "b"}),
        TYPE,
        "query: a parameter's name must be a str, not int",
    ),
    ("NaN in a request", request("POST", "/a", body=[math.nan]), VALUE, r"body\[0\] is nan"),
    ("body of a GET", request("GET", "/a", body={}), VALUE, "body: a GET request has none"),
]


@pytest.mark.parametrize(
    ("call", "error", "text"), [each[1:] for each in CALLS], ids=[each[0] for each in CALLS]
)
def test_nothing_is_sent_of(
    call: Callable[[SnapTrade], object],
    error: type[Exception],
    text: str,
    server: RecordingServer,
    client: SnapTrade,
) -> None:
    with pytest.raises(error, match=f"^{text}") as caught:
        call(client)
    check_refusal(caught.value, "hidden", client.configuration.consumer_key)
    assert server.connections == 0


def test_what_was_refused_leaves_a_client_that_works(
    server: RecordingServer, client: SnapTrade
) -> None:
    with pytest.raises(ApiTypeError):
        delete(5)(client)
    server.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")
    assert client.authentication.list_snap_trade_users().body == []


@pytest.mark.parametrize("value", ["app\r\nX: y", "app\0", "app €"])
def test_a_user_agent_that_is_no_header_is_refused(value: str, client: SnapTrade) -> None:
    before = client.api_client.user_agent
    with pytest.raises(ApiValueError, match=r"^user_agent holds a line break"):
        client.api_client.user_agent = value
    assert client.api_client.user_agent == before


def test_a_user_agent_that_is_no_str_is_refused(client: SnapTrade) -> None:
    with pytest.raises(ApiTypeError, match=r"^user_agent must be a str, not int$"):
        client.api_client.user_agent = 5  # type: ignore[assignment]
