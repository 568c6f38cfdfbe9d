"""Checks of what callers hand in: each returns the value in its one form, or says what is wrong.

Strategy: a check is a function of the argument's name and its value. Its error names the argument
and the way out, and never repeats a value that may be a secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeVar, cast

from frozendict import frozendict

from snaptrade_client.exceptions import ApiTypeError, ApiValueError
from snaptrade_client.shapes import is_array, is_object

T = TypeVar("T")
Check = Callable[[str, Any], T]

# Eleven days. Platforms differ in how long a wait they can count, from 49 days on.
LONGEST_SECONDS = 1_000_000

# RFC 9110: a token, and visible text. CR, LF and NUL would start another header or request.
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
# The client adds these to every query, and signs them.
OWN_PARAMETERS = frozenset({"clientId", "timestamp"})
# The client computes these, and http.client the framing.
_OWN_HEADERS = frozenset({"signature", "host", "content-length", "transfer-encoding"})


def is_encodable(value: str) -> bool:
    """Say whether UTF-8 can encode a text: half of a surrogate pair is none."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def string(name: str, value: Any) -> str:
    """Take a str that UTF-8 can encode; it may be empty."""
    if not isinstance(value, str):
        raise ApiTypeError(f"{name} must be a str, not {type(value).__name__}")
    if not is_encodable(value):
        raise ApiValueError(
            f"{name} holds a lone surrogate, which UTF-8 can't encode: decode it as it was encoded"
        )
    return str.__str__(value)


def text(name: str, value: Any) -> str:
    """Take a str that UTF-8 can encode and that is not empty."""
    given = string(name, value)
    if not given:
        raise ApiValueError(f"{name} is empty: pass a value, or leave it out")
    return given


def key(name: str, value: Any) -> str:
    """Take a key without white space or quotes around it, which make every signature wrong."""
    given = text(name, value)
    if given.isspace():
        raise ApiValueError(f"{name} is blank: pass the key from the SnapTrade dashboard")
    if given != given.strip():
        raise ApiValueError(
            f"{name} has white space around it, which makes every signature wrong: strip it"
        )
    if len(given) > 1 and given[0] == given[-1] and given[0] in "\"'":
        raise ApiValueError(
            f"{name} has quotes around it, which make every signature wrong: take them away"
        )
    return given


def credential(variable: str) -> Check[str]:
    """Make the check of a credential, which an environment variable may hold instead."""

    def check(name: str, value: Any) -> str:
        if value is None or value == "" or (isinstance(value, str) and value.isspace()):
            raise ApiValueError(
                f"{name} is missing or blank: pass it, or set the environment variable {variable}"
            )
        return key(name, value)

    return check


def boolean(name: str, value: Any) -> bool:
    """Take True or False."""
    if not isinstance(value, bool):
        raise ApiTypeError(f"{name} must be True or False, not {type(value).__name__}")
    return value


def function(name: str, value: Any) -> Callable[..., Any]:
    """Take something that can be called."""
    if not callable(value):
        raise ApiTypeError(f"{name} must be a function, not {type(value).__name__}")
    return cast("Callable[..., Any]", value)


def optional(check: Check[T]) -> Check[T | None]:
    """Let None through a check."""
    return lambda name, value: None if value is None else check(name, value)


def seconds(name: str, value: Any) -> float:
    """Take a number of seconds: more than 0, and not more than any platform can wait."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ApiTypeError(f"{name} must be a number of seconds, not {type(value).__name__}")
    if not 0 < value <= LONGEST_SECONDS:
        raise ApiValueError(
            f"{name} must be more than 0 and at most {LONGEST_SECONDS} seconds; None is without "
            "limit"
        )
    return value


def timeout(name: str, value: Any) -> tuple[float | None, float | None]:
    """Take seconds or (connect, read) seconds, each of them or both None for no limit."""
    pair = value if is_array(value) else (value, value)
    if len(pair) != 2:
        raise ApiValueError(f"{name} must be seconds or a pair of (connect, read) seconds")
    check = optional(seconds)
    return check(f"{name} (connect)", pair[0]), check(f"{name} (read)", pair[1])


def count(least: int) -> Check[int]:
    """Make the check of an int of at least `least`."""

    def check(name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ApiTypeError(f"{name} must be an int, not {type(value).__name__}")
        if value < least:
            # Without the value: Python refuses to write down an integer of too many digits.
            raise ApiValueError(f"{name} must be at least {least}")
        return value

    return check


def retries(name: str, value: Any) -> int | None:
    """Take the number of extra attempts, or a Retry of urllib3, which has it as `total`."""
    total = getattr(value, "total", value)
    return 0 if total is False else optional(count(0))(name, total)


def assert_hostname(name: str, value: Any) -> str | Literal[False] | None:
    """Take the name that a certificate must have; None and True mean the host's, False any."""
    if value is None or value is True:
        return None
    return False if value is False else text(name, value)


def socket_options(name: str, value: Any) -> tuple[tuple[int, int, int | bytes], ...]:
    """Take arguments of `socket.setsockopt`: triples of two ints and an int or bytes."""
    options: list[tuple[int, int, int | bytes]] = []
    for item in value if is_array(value) else (value,):
        if not (
            is_array(item)
            and len(item) == 3
            and all(isinstance(part, int) for part in item[:2])
            and isinstance(item[2], int | bytes)
        ):
            raise ApiTypeError(
                f"{name} must be a list of (level, option, value), each of two int and an int or "
                "bytes"
            )
        options.append((item[0], item[1], item[2]))
    return tuple(options)


def file(name: str, value: Any) -> str:
    """Take the path of a file that is there."""
    try:
        path = os.fsdecode(value)
    except TypeError:
        path = None
    if path is None:
        raise ApiTypeError(f"{name} must be the path of a file, not {type(value).__name__}")
    if not os.path.isfile(path):  # noqa: PTH113 - pathlib costs 4 ms
        raise ApiValueError(f"{name} must be the path of a file: there is none at {path!r}")
    return path


def headers(name: str, value: Any) -> frozendict[str, str]:
    """Take headers that may be sent as they are, beside those that the client computes."""
    if not is_object(value):
        raise ApiTypeError(f"{name} must be a dict of str, not {type(value).__name__}")
    checked: dict[str, str] = {}
    lower: set[str] = set()
    for header, content in value.items():
        if not isinstance(header, str):
            raise ApiTypeError(
                f"{name}: a header's name must be a str, not {type(header).__name__}"
            )
        if not _HEADER_NAME.fullmatch(header):
            # A whole header line in the place of the name would show its value.
            shown = "".join(header.partition(":")[:2])
            raise ApiValueError(
                f"{name}: {shown!r} is not the name of a header: use letters, digits and '-'"
            )
        if header.lower() in _OWN_HEADERS:
            raise ApiValueError(f"{name}: {header!r} is computed by the client: leave it out")
        if header.lower() in lower:
            raise ApiValueError(
                f"{name}: {header!r} is given twice, and case has no meaning: give it once"
            )
        lower.add(header.lower())
        checked[str.__str__(header)] = header_value(f"{name}[{header!r}]", content)
    return frozendict(checked)


def header_value(name: str, value: Any) -> str:
    """Take one header's value."""
    if not isinstance(value, str):
        raise ApiTypeError(f"{name} must be a str, not {type(value).__name__}")
    if not _HEADER_VALUE.fullmatch(value):
        raise ApiValueError(
            f"{name} holds a line break, a control character or a character beyond Latin-1: "
            "encode it"
        )
    return str.__str__(value)


def query(name: str, value: Any) -> dict[str, str]:
    """Take a query's parameters and spell them as text; None is left out."""
    if value is None:
        return {}
    if not is_object(value):
        raise ApiTypeError(f"{name} must be a dict, not {type(value).__name__}")
    parameters: dict[str, str] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise ApiTypeError(
                f"{name}: a parameter's name must be a str, not {type(key).__name__}"
            )
        if key in OWN_PARAMETERS:
            raise ApiValueError(f"{name}: {key} is the client's to send: leave it out")
        if item is not None:
            parameters[key] = parameter(f"{name}[{key!r}]", item)
    return parameters


def parameter(name: str, value: Any) -> str:
    """Take a value of a query and spell it as text."""
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, str):
        return str.__str__(value)
    if not isinstance(value, int):
        raise ApiTypeError(
            f"{name} must be a str, int or bool, not {type(value).__name__}: several values go "
            "into one str, as the endpoint's documentation says"
        )
    try:
        return str(int(value))
    except ValueError:
        pass
    raise ApiValueError(f"{name} is an integer of too many digits: send it as a str")


def similar(name: str, known: Iterable[str]) -> str:
    """Finish an error on an unknown name with the one that was probably meant."""
    from difflib import get_close_matches  # noqa: PLC0415 - for an error only

    found = get_close_matches(name, list(known), n=1)
    return f": did you mean {found[0]!r}?" if found else f"; there are: {', '.join(known)}"
