"""The checks of arguments: what each lets through, and what it says of the rest."""

import enum
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from urllib3.util import Retry

from snaptrade_client import ApiTypeError, ApiValueError, checks
from snaptrade_client.checks import is_loopback, secure_enough, similar
from snaptrade_client.shapes import is_object

TYPE, VALUE = ApiTypeError, ApiValueError
HERE = Path(__file__)


class Side(str, enum.Enum):  # noqa: UP042 - what Python programs had before StrEnum
    BUY = "buy"


class Page(int, enum.Enum):
    FIRST = 1


ACCEPTED: list[tuple[Callable[[str, Any], Any], Any, Any]] = [
    (checks.text, "é", "é"),
    (checks.text, Side.BUY, "buy"),
    (checks.credential("VARIABLE"), "key with space", "key with space"),
    (checks.boolean, False, False),
    (checks.optional(checks.boolean), None, None),
    (checks.optional(checks.boolean), True, True),
    (checks.seconds, 5, 5),
    (checks.seconds, 0.001, 0.001),
    (checks.seconds, 1_000_000, 1_000_000),
    (checks.timeout, 5, (5, 5)),
    (checks.timeout, None, (None, None)),
    (checks.timeout, (1, None), (1, None)),
    (checks.timeout, [None, 2.5], (None, 2.5)),
    (checks.count(1), 1, 1),
    (checks.retries, 0, 0),
    (checks.retries, False, 0),
    (checks.retries, Retry(total=4), 4),
    (checks.retries, Retry(total=False), 0),
    (checks.socket_options, [(6, 1, 1), [1, 9, 1]], ((6, 1, 1), (1, 9, 1))),
    (checks.socket_options, [], ()),
    (checks.file, HERE, str(HERE)),
    (checks.file, str(HERE), str(HERE)),
    (checks.file, bytes(HERE), str(HERE)),
    (checks.headers, {"X-A": "b\tc é"}, {"X-A": "b\tc é"}),
    (checks.header_value, "app/1.0 (x)", "app/1.0 (x)"),
    (checks.query, None, {}),
    (
        checks.query,
        {"a": "b", "n": 5, "t": True, "f": False, "x": None, "p": Page.FIRST},
        {"a": "b", "n": "5", "t": "true", "f": "false", "p": "1"},
    ),
    (checks.query, {"side": Side.BUY}, {"side": "buy"}),
    (checks.path, "/", "/"),
    (checks.path, "/accounts/a%2Fb/x;y=1:@!$&'()*+,", "/accounts/a%2Fb/x;y=1:@!$&'()*+,"),
    (checks.path, "/a//b/...", "/a//b/..."),
    (checks.path_prefix, "", ""),
    (checks.path_prefix, "/", ""),
    (checks.path_prefix, "/api/v1/", "/api/v1"),
    (checks.host, "https://api.snaptrade.com", "https://api.snaptrade.com"),
    (checks.host, "HTTPS://api.snaptrade.com/api/v1/", "https://api.snaptrade.com/api/v1"),
    (checks.host, "http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
    (checks.host, "https://[::1]:8000/x", "https://[::1]:8000/x"),
    (checks.host, "https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    (checks.proxy, "http://proxy.example:3128", "http://proxy.example:3128"),
    (checks.proxy, "https://user:pass@proxy.example/", "https://user:pass@proxy.example/"),
    (checks.proxy, "proxy.example:3128", "http://proxy.example:3128"),
]

REFUSED: list[tuple[Callable[[str, Any], Any], Any, type[Exception], str]] = [
    (checks.text, 5, TYPE, "arg must be a str, not int"),
    (checks.text, "", VALUE, "arg is empty"),
    (checks.text, "\ud800", VALUE, "arg holds a lone surrogate"),
    (checks.credential("VARIABLE"), None, VALUE, "set the environment variable VARIABLE"),
    (checks.credential("VARIABLE"), "", VALUE, "arg is missing or blank"),
    (checks.credential("VARIABLE"), " \t\n", VALUE, "arg is missing or blank"),
    (checks.credential("VARIABLE"), "key\n", VALUE, "arg has white space around it"),
    (checks.credential("VARIABLE"), "\u00a0key", VALUE, "arg has white space around it"),
    (checks.credential("VARIABLE"), '"key"', VALUE, "arg has quotes around it"),
    (checks.credential("VARIABLE"), "'key'", VALUE, "arg has quotes around it"),
    (checks.credential("VARIABLE"), b"key", TYPE, "arg must be a str, not bytes"),
    (checks.credential("VARIABLE"), "k\udcff", VALUE, "arg holds a lone surrogate"),
    (checks.boolean, 1, TYPE, "arg must be True or False, not int"),
    (checks.boolean, None, TYPE, "arg must be True or False, not NoneType"),
    (checks.seconds, "5", TYPE, "arg must be a number of seconds, not str"),
    (checks.seconds, True, TYPE, "arg must be a number of seconds, not bool"),
    (checks.seconds, 0, VALUE, "arg must be more than 0 and at most 1000000 seconds"),
    (checks.seconds, -1, VALUE, "arg must be more than 0"),
    (checks.seconds, float("inf"), VALUE, "None is without limit"),
    (checks.seconds, float("nan"), VALUE, "arg must be more than 0"),
    (checks.seconds, 1_000_001, VALUE, "arg must be more than 0 and at most"),
    (checks.seconds, 10**400, VALUE, "arg must be more than 0 and at most"),
    (checks.timeout, (1, 2, 3), VALUE, "arg must be seconds or a pair of (connect, read) seconds"),
    (checks.timeout, (0, 1), VALUE, "arg (connect) must be more than 0"),
    (checks.timeout, (1, "x"), TYPE, "arg (read) must be a number"),
    (checks.count(1), 0, VALUE, "arg must be at least 1, not 0"),
    (checks.count(1), 1.0, TYPE, "arg must be an int, not float"),
    (checks.count(0), True, TYPE, "arg must be an int, not bool"),
    (checks.retries, -1, VALUE, "arg must be at least 0, not -1"),
    (checks.retries, "2", TYPE, "arg must be an int, not str"),
    (checks.socket_options, (6, 1, 1), TYPE, "arg must be a list of (level, option, value)"),
    (checks.socket_options, [(6, 1)], TYPE, "arg must be a list of (level, option, value)"),
    (checks.socket_options, [(6, 1, "x")], TYPE, "arg must be a list of (level, option, value)"),
    (checks.socket_options, 5, TYPE, "arg must be a list of (level, option, value)"),
    (checks.file, 5, TYPE, "arg must be the path of a file, not int"),
    (checks.file, HERE.parent, VALUE, "arg must be the path of a file"),
    (
        checks.file,
        "absent.pem",
        VALUE,
        "arg must be the path of a file: there is none at 'absent.pem'",
    ),
    (checks.file, "a\0b", VALUE, "arg must be the path of a file"),
    (checks.headers, [("A", "b")], TYPE, "arg must be a dict of str, not list"),
    (checks.headers, {"A": 5}, TYPE, "arg: names and values must be str"),
    (checks.headers, {b"A": "b"}, TYPE, "arg: names and values must be str"),
    (checks.headers, {"A B": "c"}, VALUE, "arg: 'A B' is not the name of a header"),
    (checks.headers, {"": "c"}, VALUE, "arg: '' is not the name of a header"),
    (checks.headers, {"A\r\nB": "c"}, VALUE, "is not the name of a header"),
    (checks.headers, {"A": "b\r\nC: d"}, VALUE, "arg: the value of 'A' holds a line break"),
    (checks.headers, {"A": "b\n"}, VALUE, "arg: the value of 'A' holds a line break"),
    (checks.headers, {"A": "b\0"}, VALUE, "arg: the value of 'A' holds"),
    (checks.headers, {"A": "€"}, VALUE, "beyond Latin-1"),
    (checks.headers, {"Accept": "a", "ACCEPT": "b"}, VALUE, "arg: 'Accept' is given twice"),
    (checks.headers, {"A": "b", 5: "c"}, TYPE, "arg: names and values must be str"),
    (checks.headers, {"SIGNATURE": "x"}, VALUE, "arg: 'SIGNATURE' is computed by the client"),
    (checks.headers, {"Host": "x"}, VALUE, "is computed by the client"),
    (checks.headers, {"content-length": "0"}, VALUE, "is computed by the client"),
    (checks.headers, {"Transfer-Encoding": "x"}, VALUE, "is computed by the client"),
    (checks.header_value, "a\r\nb", VALUE, "arg: the value of"),
    (checks.query, [("a", "b")], TYPE, "arg must be a dict, not list"),
    (checks.query, {"clientId": "x"}, VALUE, "arg: clientId is the client's to send"),
    (checks.query, {"timestamp": 1}, VALUE, "arg: timestamp is the client's to send"),
    (checks.query, {"a": ["b"]}, TYPE, "arg['a'] must be a str, int or bool, not list"),
    (checks.query, {"a": 1.5}, TYPE, "arg['a'] must be a str, int or bool, not float"),
    (checks.query, {"a": 10**5000}, VALUE, "arg['a'] is an integer of too many digits"),
    (checks.path, "accounts", VALUE, "arg must start with '/'"),
    (checks.path, "https://x/accounts", VALUE, "arg must start with '/'"),
    (checks.path, "/a?b=c", VALUE, "arg must be a path alone"),
    (checks.path, "/a#b", VALUE, "arg must be a path alone"),
    (checks.path, "/a/../b", VALUE, "arg has a segment '.' or '..'"),
    (checks.path, "/a/.", VALUE, "arg has a segment"),
    (checks.path, "/%2E%2e/b", VALUE, "arg has a segment"),
    (checks.path, "/.%2e", VALUE, "arg has a segment"),
    (checks.path, "//host/x", VALUE, "arg holds a character that a path can't"),
    (checks.path, "/a b", VALUE, "use urllib.parse.quote(part, safe='')"),
    (checks.path, "/é", VALUE, "arg holds a character"),
    (checks.path, "/100%", VALUE, "arg holds a character"),
    (checks.path, "/a\\b", VALUE, "arg holds a character"),
    (checks.path, "/a\r\nX: y", VALUE, "arg holds a character"),
    (checks.path, "/a\n", VALUE, "arg holds a character"),
    (checks.path, None, TYPE, "arg must be a str, not NoneType"),
    (checks.path_prefix, "api", VALUE, "arg must start with '/'"),
    (checks.path_prefix, 5, TYPE, "arg must be a str, not int"),
    (checks.host, "api.snaptrade.com", VALUE, 'arg must be a URL that starts with "https://"'),
    (checks.host, "//api.snaptrade.com", VALUE, "arg must be a URL that starts with"),
    (checks.host, "ftp://api.snaptrade.com", VALUE, "arg must be a URL that starts with"),
    (checks.host, "https:///api", VALUE, "arg must be a URL that starts with"),
    (checks.host, "localhost:8000", VALUE, "arg must be a URL that starts with"),
    (checks.host, "https://user:hidden@x", VALUE, "arg must not hold a user name or password"),
    (checks.host, "https://x?a=hidden", VALUE, "arg must not hold a query or fragment"),
    (checks.host, "https://x/?", VALUE, "arg must not hold a query or fragment"),
    (checks.host, "https://x#hidden", VALUE, "arg must not hold a query or fragment"),
    (checks.host, "https://x:0", VALUE, "arg: the port must be a number from 1 to 65535"),
    (checks.host, "https://x:65536", VALUE, "arg: the port must be a number"),
    (checks.host, "https://x:http", VALUE, "arg: the port must be a number"),
    (checks.host, "https://[::1", VALUE, "arg: the port must be a number"),
    (checks.host, "https://x y", VALUE, "arg holds white space"),
    (checks.host, "https://x\\@y", VALUE, "arg holds white space, a control character or a back"),
    (checks.host, "https://bücher.example", VALUE, "ASCII form (xn--...)"),
    (checks.host, "https://:443", VALUE, "arg: the host's name holds what a name can't"),
    (checks.host, "https://x/a/../b", VALUE, "arg has a segment '.' or '..'"),
    (checks.host, "https://x//", VALUE, "arg holds a character that a path can't"),
    (checks.host, b"https://x", TYPE, "arg must be a str, not bytes"),
    (checks.host, "", VALUE, "arg is empty"),
    (checks.proxy, "socks5://x:1080", VALUE, "arg: SOCKS is not supported"),
    (checks.proxy, "ftp://x", VALUE, "arg must be a URL such as http://proxy.example:3128"),
    (checks.proxy, "http://", VALUE, "arg must be a URL such as"),
    (checks.proxy, "http://x/path", VALUE, "arg must be a URL such as"),
    (checks.proxy, "http://x:99999", VALUE, "arg: the port must be a number"),
    (checks.proxy, "http://user:hid den@x", VALUE, "arg holds white space"),
    (checks.proxy, 5, TYPE, "arg must be a str, not int"),
]


def name_of(value: Any) -> str | None:
    """An id for a parameter, where its repr would be an object's or too long."""
    if callable(value):
        return str(value.__qualname__).partition(".")[0]
    return None if isinstance(value, str) else repr(value)[:30] if not big(value) else "a huge int"


def big(value: Any) -> bool:
    values: list[Any] = list(value.values()) if is_object(value) else [value]
    return any(isinstance(item, int) and abs(item) > 10**99 for item in values)


@pytest.mark.parametrize(("check", "value", "expected"), ACCEPTED, ids=name_of)
def test_what_is_right_is_let_through_in_its_one_form(
    check: Callable[[str, Any], Any], value: Any, expected: Any
) -> None:
    found = check("arg", value)
    assert found == expected
    assert type(found) is not type(value) or type(found) is not Side


@pytest.mark.parametrize(("check", "value", "error", "text"), REFUSED, ids=name_of)
def test_what_is_wrong_is_named_and_never_repeats_a_secret(
    check: Callable[[str, Any], Any], value: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error) as caught:
        check("arg", value)
    assert text in str(caught.value)
    assert str(caught.value).startswith("arg")
    assert "hid" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "url",
    [
        "https://api.snaptrade.com",
        "http://localhost:8000",
        "http://app.localhost",
        "http://127.0.0.1",
        "http://127.8.8.8",
        "http://[::1]:8000",
        "http://sandbox:8000",
    ],
)
def test_no_secret_crosses_a_network_unencrypted_to_these(url: str) -> None:
    secure_enough(url, allow_insecure_http=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.snaptrade.com",
        "http://10.0.0.1",
        "http://[2001:db8::1]",
        "http://localhost.example.com",
        "http://notlocalhost.example",
    ],
)
def test_http_to_a_public_name_is_refused_unless_it_is_allowed(url: str) -> None:
    with pytest.raises(ApiValueError, match=r"^host: http:// would send .*allow_insecure_http"):
        secure_enough(url, allow_insecure_http=False)
    secure_enough(url, allow_insecure_http=True)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("localhost", True),
        ("a.localhost", True),
        ("127.255.0.1", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("sandbox", False),
        ("", False),
    ],
)
def test_loopback(name: str, expected: bool) -> None:
    assert is_loopback(name) is expected


def test_the_name_that_was_meant_is_proposed() -> None:
    known = ("timeout", "deadline")
    assert similar("timout", known) == ": did you mean 'timeout'?"
    assert similar("zzz", known) == "; there are: timeout, deadline"
