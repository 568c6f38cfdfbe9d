"""Bad options, line by line: a clear error that names the argument, and no client.

Strategy: see `test_bad_input`.
"""

import math
import re
from collections.abc import Callable
from typing import Any

import pytest

from snaptrade_client import ApiTypeError, ApiValueError, Configuration, SnapTrade

from .recording import CLIENT_ID, RecordingServer
from .refusals import check_refusal

KEY = "confidential-key"
TYPE, VALUE = ApiTypeError, ApiValueError


CONSTRUCTIONS: list[tuple[str, dict[str, Any], type[Exception], str]] = [
    (
        "missing consumer key",
        {"consumer_key": None},
        VALUE,
        "consumer_key .*SNAPTRADE_CONSUMER_KEY",
    ),
    ("missing client id", {"client_id": None}, VALUE, "client_id .*SNAPTRADE_CLIENT_ID"),
    ("empty consumer key", {"consumer_key": ""}, VALUE, "consumer_key .*missing or blank"),
    ("blank consumer key", {"consumer_key": " \n"}, VALUE, "consumer_key .*missing or blank"),
    ("blank client id", {"client_id": "\t"}, VALUE, "client_id .*missing or blank"),
    ("key with a line's end", {"consumer_key": f"{KEY}\n"}, VALUE, "consumer_key .*white space"),
    ("key after a space", {"consumer_key": f" {KEY}"}, VALUE, "consumer_key .*white space"),
    ("client id with a space", {"client_id": f"{CLIENT_ID} "}, VALUE, "client_id .*white space"),
    ("key of bytes", {"consumer_key": KEY.encode()}, TYPE, "consumer_key must be a str"),
    ("client id of int", {"client_id": 5}, TYPE, "client_id must be a str"),
    ("host without scheme", {"host": "api.snaptrade.com"}, VALUE, "host must be a URL that starts"),
    ("host with query", {"host": "https://x.example/?a=hidden"}, VALUE, "host .*query or fragment"),
    ("host with fragment", {"host": "https://x.example/#a"}, VALUE, "host .*query or fragment"),
    (
        "host with userinfo",
        {"host": "https://u:hidden@x.example"},
        VALUE,
        "host .*user name or password",
    ),
    ("host with a bad port", {"host": "https://x.example:99999"}, VALUE, "host: the port must be"),
    ("host with port 0", {"host": "https://x.example:0"}, VALUE, "host: the port must be"),
    ("host with a word as port", {"host": "https://x.example:a"}, VALUE, "host: the port must be"),
    ("host with dot segments", {"host": "https://x.example/a/../b"}, VALUE, "host has a segment"),
    ("host with a line's end", {"host": "https://x.example\r\n"}, VALUE, "host holds white space"),
    ("http to a public name", {"host": "http://api.snaptrade.com"}, VALUE, "host: http:// .*https"),
    ("http to a public address", {"host": "http://8.8.8.8"}, VALUE, "host: http:// .*https"),
    ("http to a public number", {"host": "http://134744072"}, VALUE, "host: http:// .*https"),
    ("http to a public hex", {"host": "http://0x08080808"}, VALUE, "host: http:// .*https"),
    ("another scheme", {"host": "ftp://x.example"}, VALUE, "host must be a URL that starts"),
    ("unknown keyword", {"time_out": 5}, TYPE, "'time_out' is not an option .*'timeout'"),
    ("keyword of the API", {"user_id": "u1"}, TYPE, "'user_id' is not an option of a client"),
    ("timeout of str", {"timeout": "5"}, TYPE, "timeout .*must be a number of seconds"),
    ("timeout of zero", {"timeout": 0}, VALUE, "timeout .*must be more than 0"),
    ("deadline of NaN", {"deadline": math.nan}, VALUE, "deadline must be more than 0"),
    ("negative retries", {"retries": -1}, VALUE, "retries must be at least 0"),
    ("SOCKS proxy", {"proxy": "socks5://x.example:1080"}, VALUE, "proxy: SOCKS is not supported"),
    (
        "CA file that is not there",
        {"ssl_ca_cert": "/absent.pem"},
        VALUE,
        "ssl_ca_cert must be the path of a file",
    ),
    (
        "CR LF in a proxy's header",
        {"proxy_headers": {"A": "hidden\r\nC: d"}},
        VALUE,
        r"proxy_headers\['A'\] holds a line break",
    ),
    (
        "proxy with a password and a bad port",
        {"proxy": "http://u:hidden@x.example:99999"},
        VALUE,
        "proxy: the port must be",
    ),
    (
        "key with a lone surrogate",
        {"consumer_key": f"{KEY}\ud800"},
        VALUE,
        "consumer_key holds a lone surrogate",
    ),
]


def of_configuration(**options: Any) -> SnapTrade:
    return SnapTrade(Configuration(**options))


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [each[1:] for each in CONSTRUCTIONS],
    ids=[each[0] for each in CONSTRUCTIONS],
)
@pytest.mark.parametrize(
    "make",
    [SnapTrade, of_configuration],
    ids=["keywords", "configuration"],
)
def test_a_client_is_not_made_of(
    make: Callable[..., SnapTrade],
    options: dict[str, Any],
    error: type[Exception],
    text: str,
    server: RecordingServer,
) -> None:
    given: dict[str, Any] = {
        "consumer_key": KEY,
        "client_id": CLIENT_ID,
        "host": server.url,
        **options,
    }
    with pytest.raises(error, match=f"^{text}") as caught:
        make(**given)
    check_refusal(caught.value, KEY, "hidden")
    assert server.connections == 0


@pytest.mark.parametrize(
    ("variable", "value", "text"),
    [
        ("CONSUMER_KEY", "  ", "is missing or blank"),
        ("CONSUMER_KEY", f"{KEY}\n", "has white space around it"),
        ("CLIENT_ID", f" {CLIENT_ID}", "has white space around it"),
        ("HOST", "api.snaptrade.com", "must be a URL that starts"),
        ("HOST", "https://u:hidden@x.example", "must not hold a user name or password"),
        ("HOST", "http://api.snaptrade.com", ": http:// would send"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(
    variable: str, value: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {"CONSUMER_KEY": KEY, "CLIENT_ID": CLIENT_ID, variable: value}
    for name, each in named.items():
        monkeypatch.setenv(f"SNAPTRADE_{name}", each)
    argument = re.escape(f"{variable.lower()} (SNAPTRADE_{variable})")
    with pytest.raises(ApiValueError, match=f"^{argument} ?{text}") as caught:
        SnapTrade()
    check_refusal(caught.value, KEY, "hidden")
