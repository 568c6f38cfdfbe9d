"""Checks of URLs and their parts: each gives one form, or says what is wrong.

Strategy: what is refused here is what a server, a proxy or the address resolver may read in
another way than the caller meant it. Errors are those of `checks`.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import SplitResult, urlsplit

from snaptrade_client.checks import text
from snaptrade_client.exceptions import ApiValueError

# What a path may hold as it is (RFC 3986, pchar); anything else must be percent-encoded.
_PATH = re.compile(r"(/([A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*)+")
# Some servers decode %2F before they resolve dot segments.
_DOT_SEGMENTS = re.compile(r"(/|%2[Ff])(\.|%2[Ee]){1,2}(/|%2[Ff]|$)")
# The address resolver takes a number for an address: 134744072 is 8.8.8.8, and so is 0x08080808.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


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
    if "." in hostname or ":" in hostname or _NUMBER.fullmatch(hostname):
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
