"""The checks of URLs: what each lets through, and what it says of the rest."""

from collections.abc import Callable
from typing import Any

import pytest

from snaptrade_client import ApiTypeError, ApiValueError, urls

TYPE, VALUE = ApiTypeError, ApiValueError

ACCEPTED: list[tuple[Callable[[str, Any], str], str, str]] = [
    (urls.path, "/", "/"),
    (urls.path, "/accounts/a%2Fb/x;y=1:@!$&'()*+,", "/accounts/a%2Fb/x;y=1:@!$&'()*+,"),
    (urls.path, "/a//b/...", "/a//b/..."),
    (urls.path, "/a/%2F/b", "/a/%2F/b"),
    (urls.path, "/a%2F...%2Fb", "/a%2F...%2Fb"),
    (urls.path, "/a%2F.b", "/a%2F.b"),
    (urls.path_prefix, "", ""),
    (urls.path_prefix, "/", ""),
    (urls.path_prefix, "/api/v1/", "/api/v1"),
    (urls.host, "https://api.snaptrade.com", "https://api.snaptrade.com"),
    (urls.host, "HTTPS://api.snaptrade.com/api/v1/", "https://api.snaptrade.com/api/v1"),
    (urls.host, "http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
    (urls.host, "https://[::1]:8000/x", "https://[::1]:8000/x"),
    (urls.host, "https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    (urls.proxy, "http://proxy.example:3128", "http://proxy.example:3128"),
    (urls.proxy, "https://user:pass@proxy.example/", "https://user:pass@proxy.example/"),
    (urls.proxy, "proxy.example:3128", "http://proxy.example:3128"),
]
REFUSED: list[tuple[Callable[[str, Any], str], Any, type[Exception], str]] = [
    (urls.path, "accounts", VALUE, "arg must start with '/'"),
    (urls.path, "https://x/accounts", VALUE, "arg must start with '/'"),
    (urls.path, "/a?b=c", VALUE, "arg must be a path alone"),
    (urls.path, "/a#b", VALUE, "arg must be a path alone"),
    (urls.path, "/a/../b", VALUE, "arg has a segment '.' or '..'"),
    (urls.path, "/a/.", VALUE, "arg has a segment"),
    (urls.path, "/%2E%2e/b", VALUE, "arg has a segment"),
    (urls.path, "/.%2e", VALUE, "arg has a segment"),
    (urls.path, "//host/x", VALUE, "arg holds a character that a path can't"),
    (urls.path, "/a b", VALUE, "use urllib.parse.quote(part, safe='')"),
    (urls.path, "/é", VALUE, "arg holds a character"),
    (urls.path, "/100%", VALUE, "arg holds a character"),
    (urls.path, "/a\\b", VALUE, "arg holds a character"),
    (urls.path, "/a\r\nX: y", VALUE, "arg holds a character"),
    (urls.path, "/a\n", VALUE, "arg holds a character"),
    (urls.path, None, TYPE, "arg must be a str, not NoneType"),
    (urls.path, "/x/./b", VALUE, "arg has a segment '.' or '..'"),
    (urls.path, "/%2e%2e%2fadmin", VALUE, "arg has a segment '.' or '..'"),
    (urls.path, "/a%2f..%2fb", VALUE, "arg has a segment '.' or '..'"),
    (urls.path, "/a%2F%2e", VALUE, "arg has a segment '.' or '..'"),
    (urls.path, "/a/..%2Fb", VALUE, "arg has a segment '.' or '..'"),
    (urls.path_prefix, "api", VALUE, "arg must start with '/'"),
    (urls.path_prefix, 5, TYPE, "arg must be a str, not int"),
    (urls.host, "api.snaptrade.com", VALUE, 'arg must be a URL that starts with "https://"'),
    (urls.host, "//api.snaptrade.com", VALUE, "arg must be a URL that starts with"),
    (urls.host, "ftp://api.snaptrade.com", VALUE, "arg must be a URL that starts with"),
    (urls.host, "https:///api", VALUE, "arg must be a URL that starts with"),
    (urls.host, "localhost:8000", VALUE, "arg must be a URL that starts with"),
    (urls.host, "https://user:hidden@x", VALUE, "arg must not hold a user name or password"),
    (urls.host, "https://x?a=hidden", VALUE, "arg must not hold a query or fragment"),
    (urls.host, "https://x/?", VALUE, "arg must not hold a query or fragment"),
    (urls.host, "https://x#hidden", VALUE, "arg must not hold a query or fragment"),
    (urls.host, "https://x:0", VALUE, "arg: the port must be a number from 1 to 65535"),
    (urls.host, "https://x:65536", VALUE, "arg: the port must be a number"),
    (urls.host, "https://x:http", VALUE, "arg: the port must be a number"),
    (urls.host, "https://[::1", VALUE, "arg: the port must be a number"),
    (urls.host, "https://x y", VALUE, "arg holds white space"),
    (urls.host, "https://x\\@y", VALUE, "arg holds white space, a control character or a back"),
    (urls.host, "https://bücher.example", VALUE, "ASCII form (xn--...)"),
    (urls.host, "https://:443", VALUE, "arg: the host's name holds what a name can't"),
    (urls.host, "https://x/a/../b", VALUE, "arg has a segment '.' or '..'"),
    (urls.host, "https://x//", VALUE, "arg holds a character that a path can't"),
    (urls.host, b"https://x", TYPE, "arg must be a str, not bytes"),
    (urls.host, "", VALUE, "arg is empty"),
    (urls.proxy, "socks5://x:1080", VALUE, "arg: SOCKS is not supported"),
    (urls.proxy, "ftp://x", VALUE, "arg must be a URL such as http://proxy.example:3128"),
    (urls.proxy, "http://", VALUE, "arg must be a URL such as"),
    (urls.proxy, "http://x/path", VALUE, "arg must be a URL such as"),
    (urls.proxy, "http://x:99999", VALUE, "arg: the port must be a number"),
    (urls.proxy, "http://user:hid den@x", VALUE, "arg holds white space"),
    (urls.proxy, 5, TYPE, "arg must be a str, not int"),
]


def name_of(value: Any) -> str | None:
    """An id for a check, whose repr would be an object's."""
    return value.__name__ if callable(value) else None


@pytest.mark.parametrize(("check", "value", "expected"), ACCEPTED, ids=name_of)
def test_what_is_right_is_let_through_in_its_one_form(
    check: Callable[[str, Any], str], value: str, expected: str
) -> None:
    assert check("arg", value) == expected


@pytest.mark.parametrize(("check", "value", "error", "text"), REFUSED, ids=name_of)
def test_what_is_wrong_is_named_and_never_repeats_a_secret(
    check: Callable[[str, Any], str], value: Any, error: type[Exception], text: str
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
        "http://7sandbox",
        "http://0xyz",
    ],
)
def test_no_secret_crosses_a_network_unencrypted_to_these(url: str) -> None:
    urls.secure_enough(url, allow_insecure_http=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.snaptrade.com",
        "http://10.0.0.1",
        "http://[2001:db8::1]",
        "http://localhost.example.com",
        "http://notlocalhost.example",
        # The address resolver takes all of these for addresses.
        "http://134744072",
        "http://0x08080808:8000",
        "http://0X08080808",
        "http://010",
    ],
)
def test_http_to_a_public_name_is_refused_unless_it_is_allowed(url: str) -> None:
    with pytest.raises(ApiValueError, match=r"^host: http:// would send .*allow_insecure_http"):
        urls.secure_enough(url, allow_insecure_http=False)
    urls.secure_enough(url, allow_insecure_http=True)


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
    assert urls.is_loopback(name) is expected
