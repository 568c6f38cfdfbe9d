"""Checks of what callers hand in: each returns the value in its one form, or says what is wrong.

Strategy: a check is a function of the argument's name and its value. Its error names the argument
and the way out, and never repeats a value that may be a secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast
from urllib.parse import SplitResult, urlsplit

from frozendict import frozendict

from snaptrade_client.exceptions import ApiTypeError, ApiValueError
from snaptrade_client.shapes import is_array, is_object

T = TypeVar("T")
Check = Callable[[str, Any], T]

LONE_SURROGATE = "holds a lone surrogate, which UTF-8 can't encode: decode it as it was encoded"
# Eleven days. Platforms differ in how long a wait they can count, from 49 days on.
LONGEST_SECONDS = 1_000_000

# What a path may hold as it is (RFC 3986, pchar); anything else must be percent-encoded.
_PATH = re.compile(r"(/([A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*)+")
_DOT_SEGMENTS = re.compile(r"/(\.|%2[Ee]){1,2}(/|$)")
# RFC 9110: a token, and visible text. CR, LF and NUL would start another header or request.
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
# The client adds these to every query, and signs them.
OWN_PARAMETERS = frozenset({"clientId", "timestamp"})
# The client computes these, and http.client the framing.
_OWN_HEADERS = frozenset({"signature", "host", "content-length", "transfer-encoding"})


def text(name: str, value: Any) -> str:
    """Take a str that UTF-8 can encode and that is not empty."""
    if not isinstance(value, str):
        raise ApiTypeError(f"{name} must be a str, not {type(value).__name__}")
    if not value:
        raise ApiValueError(f"{name} is empty: pass a value, or leave it out")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ApiValueError(f"{name} {LONE_SURROGATE}")
    return str.__str__(value)


def credential(variable: str) -> Check[str]:
    """Make the check of a credential, which an environment variable may hold instead."""

    def check(name: str, value: Any) -> str:
        if value is None or value == "" or (isinstance(value, str) and value.isspace()):
            raise ApiValueError(
                f"{name} is missing or blank: pass it, or set the environment variable {variable}"
            )
        key = text(name, value)
        if key != key.strip():
            raise ApiValueError(
                f"{name} has white space around it, which makes every signature wrong: strip it"
            )
        if len(key) > 1 and key[0] == key[-1] and key[0] in "\"'":
            raise ApiValueError(
                f"{name} has quotes around it, which make every signature wrong: take them away"
            )
        return key

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
            raise ApiValueError(f"{name} must be at least {least}, not {value}")
        return value

    return check


def retries(name: str, value: Any) -> int:
    """Take the number of extra attempts; an urllib3 Retry counts by its `total`."""
    total = getattr(value, "total", value)
    return 0 if total is False else count(0)(name, total)


def socket_options(name: str, value: Any) -> tuple[tuple[int, int, int], ...]:
    """Take arguments of `socket.setsockopt`: triples of ints."""
    options: list[tuple[int, int, int]] = []
    for item in value if is_array(value) else (value,):
        if not (is_array(item) and len(item) == 3 and all(isinstance(part, int) for part in item)):
            raise ApiTypeError(f"{name} must be a list of (level, option, value), three int each")
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
    for header, content in value.items():
        if not isinstance(header, str) or not isinstance(content, str):
            raise ApiTypeError(f"{name}: names and values must be str")
        if not _HEADER_NAME.fullmatch(header):
            # A whole header line in the place of the name would show its value.
            shown = "".join(header.partition(":")[:2])
            raise ApiValueError(
                f"{name}: {shown!r} is not the name of a header: use letters, digits and '-'"
            )
        if not _HEADER_VALUE.fullmatch(content):
            raise ApiValueError(
                f"{name}: the value of {header!r} holds a line break, a control character or a "
                "character beyond Latin-1: encode it"
            )
        if sum(header.lower() == str(other).lower() for other in value) > 1:
            raise ApiValueError(
                f"{name}: {header!r} is given twice: a header's case has no meaning"
            )
        if header.lower() in _OWN_HEADERS:
            raise ApiValueError(f"{name}: {header!r} is computed by the client: leave it out")
    return frozendict(value)


def header_value(name: str, value: Any) -> str:
    """Take one header's value."""
    return str(headers(name, {"value": value})["value"])


def query(name: str, value: Any) -> dict[str, str]:
    """Take a query's parameters and spell them as text; None is left out."""
    if value is None:
        return {}
    if not is_object(value):
        raise ApiTypeError(f"{name} must be a dict, not {type(value).__name__}")
    parameters: dict[str, str] = {}
    for key, item in value.items():
        if key in OWN_PARAMETERS:
            raise ApiValueError(f"{name}: {key} is the client's to send: leave it out")
        if item is not None:
            parameters[key] = _parameter(f"{name}[{key!r}]", item)
    return parameters


def _parameter(name: str, value: Any) -> str:
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


def path(name: str, value: Any) -> str:
    """Take the path of a URL: absolute, percent-encoded, without query or dot segments."""
    given = text(name, value)
    if not given.startswith("/"):
        raise ApiValueError(f"{name} must start with '/', for example '/accounts'")
    if "?" in given or "#" in given:
        raise ApiValueError(f"{name} must be a path alone: pass what follows '?' as query=")
    if _DOT_SEGMENTS.search(given):
        raise ApiValueError(
            f"{name} has a segment '.' or '..', which servers resolve: leave it out"
        )
    if not _PATH.fullmatch(given) or given.startswith("//"):
        raise ApiValueError(
            f"{name} holds a character that a path can't: use urllib.parse.quote(part, safe='')"
        )
    return given


def path_prefix(name: str, value: Any) -> str:
    """Take the path that stands before every endpoint's; "" for none."""
    return "" if value in ("", "/") else path(name, value).rstrip("/")


def host(name: str, value: Any) -> str:
    """Take a base URL: scheme, host, perhaps a port and a path; nothing else."""
    value = text(name, value)
    parts = _split(name, value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ApiValueError(
            f'{name} must be a URL that starts with "https://", or with "http://" where it is on '
            "this machine"
        )
    if "@" in parts.netloc:
        raise ApiValueError(f"{name} must not hold a user name or password")
    if "?" in value or "#" in value:
        raise ApiValueError(f"{name} must not hold a query or fragment ('?', '#')")
    if not parts.hostname or not re.fullmatch(r"[A-Za-z0-9\-._:%]+", parts.hostname):
        raise ApiValueError(
            f"{name}: the host's name holds what a name can't; give an international one in its "
            "ASCII form (xn--...)"
        )
    return f"{parts.scheme}://{parts.netloc}{path_prefix(name, parts.path)}"


def proxy(name: str, value: Any) -> str:
    """Take the URL of an HTTP proxy."""
    value = text(name, value)
    scheme = _split(name, value).scheme
    if scheme.startswith("socks"):
        raise ApiValueError(f"{name}: SOCKS is not supported: use an HTTP proxy (CONNECT)")
    parts = _split(name, value if "://" in value else f"http://{value}")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise ApiValueError(f"{name} must be a URL such as http://proxy.example:3128")
    return parts.geturl()


def _split(name: str, value: str) -> SplitResult:
    if re.search(r"[\x00-\x20\x7f\\]", value):
        raise ApiValueError(
            f"{name} holds white space, a control character or a backslash: leave it out"
        )
    try:
        parts = urlsplit(value)
        if parts.port != 0:
            return parts
    except ValueError:
        pass
    raise ApiValueError(f"{name}: the port must be a number from 1 to 65535, the host a name")


def secure_enough(base_url: str, *, allow_insecure_http: bool, name: str = "host") -> None:
    """Refuse `http://`, which shows secrets on the way, but for where no network is crossed."""
    parts = urlsplit(base_url)
    hostname = parts.hostname or ""
    if parts.scheme == "https" or allow_insecure_http or is_loopback(hostname):
        return
    # A single-label name is a container or a host of the same network.
    if "." in hostname or ":" in hostname:
        raise ApiValueError(
            f"{name}: http:// would send the signature and user secrets unencrypted: use "
            "https://, or allow_insecure_http=True where the network itself is protected"
        )


def is_loopback(name: str) -> bool:
    """Say whether a host's name or address means this machine."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    from ipaddress import ip_address  # noqa: PLC0415 - needed for few hosts, and not free

    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def similar(name: str, known: Iterable[str]) -> str:
    """Finish an error on an unknown name with the one that was probably meant."""
    from difflib import get_close_matches  # noqa: PLC0415 - for an error only

    found = get_close_matches(name, list(known), n=1)
    return f": did you mean {found[0]!r}?" if found else f"; there are: {', '.join(known)}"
