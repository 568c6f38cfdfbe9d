"""The request signature: the canonical string, its HMAC, and how to explain it.

Strategy: a room in which nothing does I/O. The canonical string is put together from parts that
are already encoded, so what is signed is byte for byte what is sent. The rules are those of
docs.snaptrade.com, request-signatures.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from json.encoder import encode_basestring_ascii
from typing import Any

from snaptrade_client import checks
from snaptrade_client.encoding import canonical_json
from snaptrade_client.exceptions import ApiValueError
from snaptrade_client.redaction import boundary, mask, mask_query

# Enough to tell two signatures apart, too little to send one.
_SHOWN = 6


@boundary
def sign(path: str, query: str, content: Any, consumer_key: str) -> str:
    """Return the value of the `Signature` header for a request.

    Args:
        path: the URL's path as the service sees it, for example `/api/v1/snapTrade/login`.
        query: the exact query string, percent-encoded as it is sent, without `?`.
        content: the JSON body as a Python value; None where there is none. `{}` signs like None.
        consumer_key: the consumer key.

    Raises:
        ApiTypeError: an argument is of the wrong type, or the content is not JSON.
        ApiValueError: an argument holds what can't be encoded, or an empty consumer key.

    """
    message = _message(path, query, content, consumer_key)
    return signature(message, consumer_key.encode())


@boundary
def explain(path: str, query: str, content: Any, consumer_key: str) -> str:
    """Show how a signature comes about, to compare with another implementation.

    The text holds the canonical string with its secrets masked, its length in bytes, and the
    beginnings of its SHA-256 and of the signature, both computed from the unmasked string. It is
    safe to print. The arguments and errors are those of `sign`.
    """
    message = _message(path, query, content, consumer_key)
    shown = canonical_message(path, mask_query(query), canonical_json(mask(content)))
    digest = hashlib.sha256(message).hexdigest()
    signed = signature(message, consumer_key.encode())
    return (
        f"canonical string, masked: {shown.decode()}\n"
        f"its length, unmasked:     {len(message)} bytes\n"
        f"its SHA-256 begins with:  {digest[: 2 * _SHOWN]}\n"
        f"consumer key:             {len(consumer_key)} characters\n"
        f"the signature begins with {signed[:_SHOWN]}"
    )


def _message(path: str, query: str, content: Any, consumer_key: str) -> bytes:
    """Check the arguments and put the signed message together."""
    if not checks.string("consumer_key", consumer_key):
        raise ApiValueError("consumer_key is empty: pass the key from the SnapTrade dashboard")
    path, query = checks.string("path", path), checks.string("query", query)
    return canonical_message(path, query, canonical_json(content, "content"))


def canonical_message(path: str, query: str, content: str) -> bytes:
    """Put the signed message together; `content` is canonical JSON, `{}` signs as null."""
    path, query = encode_basestring_ascii(path), encode_basestring_ascii(query)
    if content == "{}":
        content = "null"
    return f'{{"content":{content},"path":{path},"query":{query}}}'.encode("ascii")


def signature(message: bytes, consumer_key: bytes) -> str:
    """Return base64(HMAC-SHA256(consumer key, message))."""
    return b64encode(hmac.digest(consumer_key, message, "sha256")).decode("ascii")
