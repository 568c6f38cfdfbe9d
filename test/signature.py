"""The request signature, a second time.

Strategy: written from the description of the protocol (docs.snaptrade.com, request-signatures)
and sharing no line with the package, so that a defect there can't hide here. It does what the
service does: it takes the path, the query and the body as they arrived, parses the body, and
serializes it again.
"""

import base64
import hashlib
import hmac
import json


def canonical(path: str, query: str, body: bytes | None, *, escaped: bool = True) -> str:
    """The text that is signed; with `escaped=False` non-ASCII text stays as it is."""
    content: object = json.loads(body) if body else None
    if content == {}:
        content = None
    message = {"content": content, "path": path, "query": query}
    return json.dumps(message, separators=(",", ":"), sort_keys=True, ensure_ascii=escaped)


def signature(
    path: str, query: str, body: bytes | None, consumer_key: str, *, escaped: bool = True
) -> str:
    """The value of the header `Signature` for a request as it arrived."""
    # A body may hold half of a surrogate pair, escaped: the service's parser accepts that.
    message = canonical(path, query, body, escaped=escaped).encode(errors="surrogatepass")
    return base64.b64encode(hmac.digest(consumer_key.encode(), message, hashlib.sha256)).decode()


def webhook_signature(payload: bytes, consumer_key: str) -> str:
    """The value of the header `Signature` for a webhook as it arrived."""
    message = json.dumps(json.loads(payload), separators=(",", ":"), sort_keys=True).encode()
    return base64.b64encode(hmac.digest(consumer_key.encode(), message, hashlib.sha256)).decode()


def accepted(path: str, query: str, body: bytes | None, consumer_key: str, given: str) -> bool:
    """Whether `given` signs the request in one of the two forms that clients send."""
    forms = (True, False)
    return given in [signature(path, query, body, consumer_key, escaped=form) for form in forms]
