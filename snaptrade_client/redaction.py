"""What is secret, and how it is kept from showing.

Strategy: one list of names says what is secret; `mask` applies it to data by name, and `scrub`
removes known values from free text, whatever form a server echoes them in. `boundary` wraps every
public function that is handed a secret: an exception leaves it without the frames below, because
error trackers send the local variables of every frame that a traceback holds.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ParamSpec, TypeVar
from urllib.parse import quote, quote_plus

from snaptrade_client.shapes import is_array, is_object

MASK = "***"

# Folded names: lower case, without "_" and "-". The API puts the user secret into the query, so
# URLs with a query (a portal link, a redirect's target) are secrets too.
SECRET_NAMES = frozenset(
    {
        "authorization",
        "consumerkey",
        "encryptedmessage",
        "encryptedmessagedata",
        "encryptedsharedkey",
        "jwt",
        "location",
        "password",
        "proxyauthorization",
        "redirecturi",
        "sessionid",
        "setcookie",
        "signature",
        "token",
        "usersecret",
        "webhooksecret",
    }
)

# Scrubbing a value of one or two characters would turn a text into asterisks.
_SHORTEST_SCRUBBED = 4

_ESCAPE = re.compile("%[0-9A-F]{2}")
# The service's are hexadecimal; a UUID is common elsewhere.
_REQUEST_ID = re.compile(r"[0-9A-Za-z._:-]{1,128}")

P = ParamSpec("P")
R = TypeVar("R")


def is_secret(name: str) -> bool:
    """Say whether a value of this name (a header's, a field's, a parameter's) is a secret."""
    return name.lower().replace("_", "").replace("-", "") in SECRET_NAMES


def mask(value: Any) -> Any:
    """Copy `value` with what stands under a secret name, at any depth, replaced by `***`."""
    if is_object(value):
        return {
            key: MASK
            if isinstance(key, str) and item is not None and is_secret(key)
            else mask(item)
            for key, item in value.items()
        }
    if is_array(value):
        return [mask(item) for item in value]
    return value


def mask_query(query: str) -> str:
    """Copy a query string with the values of secret parameters replaced by `***`."""
    pairs = (parameter.partition("=") for parameter in query.split("&"))
    return "&".join(
        f"{name}={MASK}" if equals and is_secret(name) else f"{name}{equals}{value}"
        for name, equals, value in pairs
    )


def request_id(headers: Mapping[str, str]) -> str | None:
    """Return the id that the service gave to a request; None where it does not look like one.

    It is shown in texts and logs, so nothing else may stand there, such as what a careless proxy
    repeats of the request.
    """
    told = headers.get("X-Request-ID", "")
    return told if _REQUEST_ID.fullmatch(told) else None


def secrets_in(value: Any) -> set[str]:
    """Collect the strings that stand under a secret name, at any depth."""
    found: set[str] = set()
    if is_object(value):
        for key, item in value.items():
            if isinstance(item, str) and isinstance(key, str) and is_secret(key):
                found.add(item)
            else:
                found |= secrets_in(item)
    elif is_array(value):
        for item in value:
            found |= secrets_in(item)
    return found


def scrub(text: str, secrets: Iterable[str]) -> str:
    """Replace each of `secrets` in `text`, as it is and percent-encoded, by `***`."""
    forms = {
        form
        for secret in secrets
        for form in (secret, quote(secret), quote(secret, safe=""), quote_plus(secret))
        if len(secret) >= _SHORTEST_SCRUBBED
    }
    # RFC 3986 takes "%2b" for "%2B", and some servers write it so.
    forms |= {_ESCAPE.sub(lambda escape: escape[0].lower(), form) for form in forms}
    # Longest first: a secret may be the beginning of another one's encoded form.
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


class Secrets:
    """Known secret values, to take out of texts; it shows none of them itself."""

    __slots__ = ("_values",)

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values = frozenset(values)

    def scrub(self, text: str) -> str:
        """Replace each of the secrets in `text`, whatever its form, by `***`."""
        return scrub(text, self._values)

    def scrub_all(self, value: Any) -> Any:
        """Copy a JSON value with the secrets taken out of every text in it."""
        if isinstance(value, str):
            return self.scrub(value)
        if is_object(value):
            return {self.scrub_all(key): self.scrub_all(item) for key, item in value.items()}
        if is_array(value):
            return [self.scrub_all(item) for item in value]
        return value


def boundary(function: Callable[P, R]) -> Callable[P, R]:
    """Let no inner frame, no chained exception and no argument leave with an exception."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - KeyboardInterrupt's frames hold secrets too
            failure = error
        del args, kwargs
        failure.__cause__ = failure.__context__ = None
        # `failure` is let go of, or frame and exception would keep each other alive.
        try:
            raise failure.with_traceback(None)
        finally:
            del failure

    return guarded
