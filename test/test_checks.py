"""The checks of arguments: what each lets through, and what it says of the rest."""

import enum
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from urllib3.util import Retry

from snaptrade_client import ApiTypeError, ApiValueError, checks
from snaptrade_client.checks import similar
from snaptrade_client.shapes import is_object

TYPE, VALUE = ApiTypeError, ApiValueError
HERE = Path(__file__)


class Side(str, enum.Enum):  # noqa: UP042 - what Python programs had before StrEnum
    BUY = "buy"


class Page(int, enum.Enum):
    FIRST = 1


ACCEPTED: list[tuple[Callable[[str, Any], Any], Any, Any]] = [
    (checks.string, "", ""),
    (checks.string, Side.BUY, "buy"),
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
    (checks.retries, Retry(total=None, connect=3), None),
    (checks.retries, None, None),
    (checks.assert_hostname, "api.example", "api.example"),
    (checks.assert_hostname, None, None),
    (checks.assert_hostname, True, None),
    (checks.assert_hostname, False, False),
    (checks.socket_options, [(6, 1, 1), [1, 9, 1]], ((6, 1, 1), (1, 9, 1))),
    (checks.socket_options, [(1, 13, b"\1\0")], ((1, 13, b"\1\0"),)),
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
]

REFUSED: list[tuple[Callable[[str, Any], Any], Any, type[Exception], str]] = [
    (checks.string, b"x", TYPE, "arg must be a str, not bytes"),
    (checks.string, "hid\udc80", VALUE, "arg holds a lone surrogate"),
    (checks.text, 5, TYPE, "arg must be a str, not int"),
    (checks.text, "", VALUE, "arg is empty"),
    (checks.text, "\ud800", VALUE, "arg holds a lone surrogate"),
    (checks.key, " ", VALUE, "arg is blank"),
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
    (checks.count(1), 0, VALUE, "arg must be at least 1"),
    (checks.count(1), 1.0, TYPE, "arg must be an int, not float"),
    (checks.count(0), True, TYPE, "arg must be an int, not bool"),
    (checks.retries, -1, VALUE, "arg must be at least 0"),
    (checks.retries, -(10**5000), VALUE, "arg must be at least 0"),
    (checks.retries, Retry(total=-1), VALUE, "arg must be at least 0"),
    (checks.assert_hostname, "", VALUE, "arg is empty"),
    (checks.assert_hostname, 1, TYPE, "arg must be a str, not int"),
    (checks.retries, "2", TYPE, "arg must be an int, not str"),
    (checks.socket_options, (6, 1, 1), TYPE, "arg must be a list of (level, option, value)"),
    (checks.socket_options, [(6, 1)], TYPE, "arg must be a list of (level, option, value)"),
    (checks.socket_options, [(6, 1, "x")], TYPE, "arg must be a list of (level, option, value)"),
    (checks.socket_options, [(6, b"x", 1)], TYPE, "each of two int and an int or bytes"),
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
    (checks.headers, {"A": 5}, TYPE, "arg['A'] must be a str, not int"),
    (checks.headers, {b"A": "b"}, TYPE, "arg: a header's name must be a str, not bytes"),
    (checks.headers, {"A B": "c"}, VALUE, "arg: 'A B' is not the name of a header"),
    (checks.headers, {"": "c"}, VALUE, "arg: '' is not the name of a header"),
    (checks.headers, {"A\r\nB": "c"}, VALUE, "is not the name of a header"),
    (checks.headers, {"A": "b\r\nC: d"}, VALUE, "arg['A'] holds a line break"),
    (checks.headers, {"A": "b\n"}, VALUE, "arg['A'] holds a line break"),
    (checks.headers, {"A": "b\0"}, VALUE, "arg['A'] holds"),
    (checks.headers, {"A": "€"}, VALUE, "beyond Latin-1"),
    (checks.headers, {"Accept": "a", "ACCEPT": "b"}, VALUE, "arg: 'ACCEPT' is given twice"),
    (checks.headers, {"A": "b", 5: "c"}, TYPE, "arg: a header's name must be a str, not int"),
    (checks.headers, {"SIGNATURE": "x"}, VALUE, "arg: 'SIGNATURE' is computed by the client"),
    (checks.headers, {"Host": "x"}, VALUE, "is computed by the client"),
    (checks.headers, {"content-length": "0"}, VALUE, "is computed by the client"),
    (checks.headers, {"Transfer-Encoding": "x"}, VALUE, "is computed by the client"),
    (checks.header_value, "a\r\nb", VALUE, "arg holds a line break"),
    (checks.header_value, 5, TYPE, "arg must be a str, not int"),
    (checks.query, [("a", "b")], TYPE, "arg must be a dict, not list"),
    (checks.query, {10**5000: "b"}, TYPE, "arg: a parameter's name must be a str, not int"),
    (checks.query, {"clientId": "x"}, VALUE, "arg: clientId is the client's to send"),
    (checks.query, {"timestamp": 1}, VALUE, "arg: timestamp is the client's to send"),
    (checks.query, {"a": ["b"]}, TYPE, "arg['a'] must be a str, int or bool, not list"),
    (checks.query, {"a": 1.5}, TYPE, "arg['a'] must be a str, int or bool, not float"),
    (checks.query, {"a": 10**5000}, VALUE, "arg['a'] is an integer of too many digits"),
]


def name_of(value: Any) -> str | None:
    """An id for a parameter, where its repr would be an object's or too long."""
    if callable(value):
        return str(value.__qualname__).partition(".")[0]
    return None if isinstance(value, str) else repr(value)[:30] if not big(value) else "a huge int"


def big(value: Any) -> bool:
    values: list[Any] = [*value, *value.values()] if is_object(value) else [value]
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


def test_the_name_that_was_meant_is_proposed() -> None:
    known = ("timeout", "deadline")
    assert similar("timout", known) == ": did you mean 'timeout'?"
    assert similar("zzz", known) == "; there are: timeout, deadline"
