"""Whether a request's signature and timestamp are right; pure.

Strategy: only what arrived counts. The path and the query are the raw request target, never
decoded and encoded again, and the content is the body, parsed and serialized again, as the service
does (docs.snaptrade.com/docs/request-signatures). This is written apart from the client's own
signing on purpose: a mistake there must not be repeated here. Non-ASCII text is accepted in both
forms in which clients of this service sign it, escaped and as it is.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator

TOLERANCE = 60
"""How far a timestamp may be off, in seconds, into the past or the future (assumed)."""

_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


def split_target(target: str) -> tuple[str, str]:
    """Give the raw path and the raw query of a request target, absolute-form included."""
    origin = _ORIGIN.match(target)
    path, _, query = target[origin.end() if origin else 0 :].partition("?")
    return path, query


def is_signed(target: str, content: object, signature: str, consumer_key: str) -> bool:
    """Tell whether `signature` is right for the raw target and the parsed body (None for none)."""
    given = signature.encode("utf-8", "replace")
    accepted = False
    for message in _canonical_forms(target, content):
        digest = hmac.new(consumer_key.encode(), message, hashlib.sha256).digest()
        accepted |= hmac.compare_digest(base64.b64encode(digest), given)
    return accepted


def timestamp_error(timestamp: str | None, now: float) -> str | None:
    """Say what is wrong with the query's timestamp, or None; `now` is in Unix seconds."""
    if timestamp is None or not _TIMESTAMP.fullmatch(timestamp):
        return "the query needs a timestamp in Unix seconds."
    age = now - int(timestamp)
    if abs(age) > TOLERANCE:
        return f"the timestamp is {abs(age):.0f} seconds {'old' if age > 0 else 'ahead'}."
    return None


def _canonical_forms(target: str, content: object) -> Iterator[bytes]:
    path, query = split_target(target)
    # An empty object is signed as null, like no body at all.
    message = {"content": None if content == {} else content, "path": path, "query": query}
    for ensure_ascii in (True, False):
        text = json.dumps(message, separators=(",", ":"), sort_keys=True, ensure_ascii=ensure_ascii)
        # JSON can hold half of a surrogate pair, escaped; strict UTF-8 can't, unescaped.
        yield text.encode("utf-8", "surrogatepass")
