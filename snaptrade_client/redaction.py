"""What is secret, and how it is kept from showing.

Strategy: one list of names says what is secret; `mask` applies it to data by name, and `Secrets`
removes known values from free text: as they are, in forms that are a text of their own, and under
the escapes that a server may have put around them, which are undone a layer at a time. `boundary`
wraps every public function that is handed a secret: an exception leaves it without the frames
below, because error trackers send the local variables of every frame that a traceback holds.
"""

from __future__ import annotations

import functools
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar
from urllib.parse import unquote_plus

from snaptrade_client.shapes import is_array, is_object

MASK = "***"

# Folded names: lower case, without "_" and "-". The API puts the user secret into the query, so
# URLs with a query (a portal link, a redirect's target) are secrets too.
SECRET_NAMES = frozenset(
    {
        "accesstoken",
        "apikey",
        "authorization",
        "clientsecret",
        "consumerkey",
        "encryptedjwt",
        "encryptedmessage",
        "encryptedmessagedata",
        "encryptedsharedkey",
        "jwt",
        "location",
        "loginlink",
        "password",
        "privatekey",
        "proxyauthorization",
        "redirecturi",
        "redirecturl",
        "refreshtoken",
        "rsaprivatekey",
        "secret",
        "sessionid",
        "setcookie",
        "signature",
        "token",
        "usersecret",
        "webhooksecret",
    }
)

_URL_WITH_QUERY = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*://[^?#]*[?#]")
# A query may hold quotes, parentheses and points; at its end they are the text's.
_QUERY_IN_TEXT = re.compile(r"(://[^\s?#]*[?#])[^\s\"<>]*[^\s\"<>').,;]")
# Deeper than anything that the API answers, and less deep than Python's stack.
_DEEPEST = 100

# Scrubbing a value of one or two characters would turn a text into asterisks.
_SHORTEST_SCRUBBED = 4
# A longer text is masked whole: its escapes would cost more than it is worth.
_LONGEST_SCRUBBED = 64 * 1024
# JSON in a query within JSON has three.
_LAYERS = 4

_ESCAPED = re.compile(
    r"""(?:%[0-9A-Fa-f]{2})+ | (?:\\x[0-9A-Fa-f]{2})+    # bytes of a URL or of a repr
    | (?:\\u[0-9A-Fa-f]{4})+ | \\U00[0-9A-Fa-f]{6}       # characters of JSON or of a repr
    | \\["'/\\]""",
    re.VERBOSE,
)

P = ParamSpec("P")
R = TypeVar("R")


def is_secret(name: str) -> bool:
    """Say whether a value of this name (a header's, a field's, a parameter's) is a secret."""
    return name.lower().replace("_", "").replace("-", "") in SECRET_NAMES


def mask(value: Any, depth: int = _DEEPEST) -> Any:
    """Copy `value` with each secret in it replaced by `***`.

    That is what stands under a secret name, a URL with a query, and what lies deeper than `depth`.
    """
    if is_object(value):
        return (
            {
                key: MASK
                if isinstance(key, str) and item is not None and is_secret(key)
                else mask(item, depth - 1)
                for key, item in value.items()
            }
            if depth
            else MASK
        )
    if is_array(value):
        return [mask(item, depth - 1) for item in value] if depth else MASK
    if isinstance(value, str) and _URL_WITH_QUERY.match(value):
        return MASK
    return value


def mask_query(query: str) -> str:
    """Copy a query string with the values of secret parameters replaced by `***`."""
    pairs = (parameter.partition("=") for parameter in query.split("&"))
    return "&".join(
        f"{name}={MASK}" if equals and is_secret(unquote_plus(name)) else f"{name}{equals}{value}"
        for name, equals, value in pairs
    )


def mask_urls(text: str) -> str:
    """Copy a free text with what follows the `?` or `#` of each URL in it replaced by `***`."""
    return _QUERY_IN_TEXT.sub(rf"\g<1>{MASK}", text)


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


class Secrets:
    """Known secret values, to take out of texts; it shows none of them itself."""

    __slots__ = ("_forms",)

    def __init__(self, values: Iterable[str] = ()) -> None:
        # Longest first: a secret, or a form of it, may be the beginning of another one.
        self._forms = [
            sorted(_forms(value), key=len, reverse=True)
            for value in sorted(values, key=len, reverse=True)
            if len(value) >= _SHORTEST_SCRUBBED
        ]

    def scrub(self, text: str) -> str:
        """Replace each of the secrets in `text` by `***`, whatever its form and its case.

        Where one is found under escapes, what is returned is the text without these escapes.
        """
        if self._forms and len(text) > _LONGEST_SCRUBBED:
            return MASK
        for forms in self._forms:
            text = _without(text, forms)
        return text

    def scrub_all(self, value: Any) -> Any:
        """Copy a JSON value with the secrets taken out of every text in it."""
        if isinstance(value, str):
            return self.scrub(value)
        if is_object(value):
            return {self.scrub_all(key): self.scrub_all(item) for key, item in value.items()}
        if is_array(value):
            return [self.scrub_all(item) for item in value]
        return value


def _without(text: str, forms: list[str]) -> str:
    """Replace one secret's forms in a text and under its escapes, a layer at a time."""
    shown = plain = _replaced(text, forms)
    for _ in range(_LAYERS):
        layer = _unescaped(plain)
        if layer == plain:
            break
        plain = _replaced(layer, forms)
        if plain != layer:
            shown = plain
    return shown


def _replaced(text: str, forms: list[str]) -> str:
    folded = text.lower()
    for form in forms:
        if form in folded:
            text = re.sub(re.escape(form), MASK, text, flags=re.IGNORECASE)
            folded = text.lower()
    return text


def _forms(secret: str) -> set[str]:
    """Collect what a secret looks like once all escapes around it are undone, in lower case."""
    forms = [secret]
    for _ in range(_LAYERS):
        # Of a secret that looks escaped itself.
        forms.append(_unescaped(forms[-1]))
    forms += [secret.replace("-", ""), secret.replace(" ", "+"), *_in_base64(secret)]
    if not secret.isascii():
        from unicodedata import normalize  # noqa: PLC0415 - no secret of the service needs it

        forms += [normalize("NFC", secret), normalize("NFD", secret)]
    return {form.lower() for form in forms if len(form) >= _SHORTEST_SCRUBBED}


def _in_base64(secret: str) -> Iterator[str]:
    """Yield a secret in base64, alone and as the inner part of a longer text, in both alphabets."""
    raw = secret.encode(errors="replace")
    encoded = [b64encode(raw).decode()]
    for before in range(3):
        # The characters at its ends hold bits of its neighbours too, and are left out.
        first, end = -(before * 8 // -6), (before + len(raw)) * 8 // 6
        encoded.append(b64encode(bytes(before) + raw).decode()[first:end])
    for form in encoded:
        yield from (form, form.replace("+", "-").replace("/", "_"))


def _unescaped(text: str) -> str:
    """Undo one layer of percent-encoding, of JSON's or a repr's escapes, and of HTML's."""
    if "&" in text:
        from html import unescape  # noqa: PLC0415 - its table of names costs 1 ms

        # An entity whose number has thousands of digits is no character, and int() refuses it.
        with suppress(ValueError):
            text = unescape(text)
    return _ESCAPED.sub(_plain, text)


def _plain(escaped: re.Match[str]) -> str:
    """Give the text that a run of escapes of one kind stands for."""
    run = escaped[0]
    if run[0] == "%":
        return bytes.fromhex(run.replace("%", "")).decode(errors="replace")
    if run[1] == "x":
        raw = bytes.fromhex(run.replace("\\x", ""))
        try:
            return raw.decode()  # of bytes
        except UnicodeDecodeError:
            return raw.decode("latin-1")  # of a str
    if run[1] == "u":
        return bytes.fromhex(run.replace("\\u", "")).decode("utf-16-be", errors="replace")
    if run[1] == "U":
        return bytes.fromhex(run[2:]).decode("utf-32-be", errors="replace")
    return run[1]


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
