"""Why a signature does not fit: each mistake is made for real, and found."""

import base64
import hmac
import json
from collections.abc import Callable, Generator
from typing import Any
from urllib.parse import quote, unquote, unquote_plus

import pytest

from snaptrade_client.sandbox import Sandbox
from snaptrade_client.sandbox.diagnosis import Diagnosis
from snaptrade_client.sandbox.mistakes import ROWS

from .sandboxed import checked_sandbox
from .wire import LIST, LOGIN, Wire, unsigned

KEY = "c2VjcmV0LWtleQ=="
USER_SECRET = "user-secret-1"
KNOWN = f"userId=u%201&userSecret={USER_SECRET}&note=%2Fa%7E"
BODY = b'{"reconnect": null, "broker": "ALPACA", "customRedirect": "https://app.example/<back>?t=hush"}'
LOGIN_PATH = f"/api/v1{LOGIN}"


@pytest.fixture
def sandbox() -> Generator[Sandbox]:
    with checked_sandbox(users={"u 1": USER_SECRET}, consumer_key=KEY) as sandbox:
        yield sandbox


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def whole(path: str, query: str, content: object) -> str:
    """The canonical string."""
    return compact({"content": content, "path": path, "query": query})


def signed(text: str, key: str | bytes = KEY, algorithm: str = "sha256") -> str:
    data = key.encode() if isinstance(key, str) else key
    return base64.b64encode(hmac.digest(data, text.encode(), algorithm)).decode()


def raw(text: str) -> bytes:
    return hmac.digest(KEY.encode(), text.encode(), "sha256")


def sent(wire: Wire, target: str, body: bytes | None, signature: str | None) -> Diagnosis:
    """Sends a request that is refused with the service's own words, and gives the diagnosis."""
    headers = {} if signature is None else {"Signature": signature}
    if body is not None:
        headers["Content-Type"] = "application/json"
    method = "GET" if LIST in target else "POST"
    detail = unsigned(wire.send(method, target, body, headers))
    assert detail.startswith("Unable to verify signature sent: the ")
    diagnosis = wire.sandbox.requests[-1].diagnosis
    assert diagnosis is not None
    shown = f"{diagnosis!r}{diagnosis}"
    for secret in (USER_SECRET, KEY, "hush", signature or KEY):
        assert secret not in shown
    return diagnosis


def names(diagnosis: Diagnosis) -> list[str]:
    return [mistake.name for mistake in diagnosis.mistakes]


Maker = Callable[[str, str, Any], str]
"""Makes a signature of a path, a query and a content."""


def query_of(change: Callable[[str], str]) -> Maker:
    return lambda path, query, content: signed(whole(path, change(query), content))


def path_of(change: Callable[[str], str]) -> Maker:
    return lambda path, query, content: signed(whole(change(path), query, content))


def text_of(change: Callable[[str], str]) -> Maker:
    return lambda path, query, content: signed(change(whole(path, query, content)))


def key_of(key: str | bytes) -> Maker:
    return lambda path, query, content: signed(whole(path, query, content), key)


def spelt(change: Callable[[bytes], str]) -> Maker:
    return lambda path, query, content: change(raw(whole(path, query, content)))


def dumped(**options: Any) -> Maker:
    def make(path: str, query: str, content: object) -> str:
        message = {"path": path, "query": query, "content": content}
        return signed(json.dumps(message, **options))

    return make


def without(query: str, *dropped: str) -> str:
    return "&".join(part for part in query.split("&") if part.partition("=")[0] not in dropped)


def base64_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


MISTAKES: list[tuple[str, Maker]] = [
    ('query: "+" and "%20" exchanged', query_of(lambda query: query.replace("%20", "+"))),
    ("query: decoded", query_of(unquote)),
    ("query: decoded", query_of(unquote_plus)),
    (
        "query: case of the percent-encoding",
        query_of(lambda query: query.replace("%2F", "%2f").replace("%7E", "%7e")),
    ),
    ("query: parameters sorted", query_of(lambda query: "&".join(sorted(query.split("&"))))),
    ('query: a leading "?"', query_of(lambda query: f"?{query}")),
    ("query: without timestamp or clientId", query_of(lambda query: without(query, "timestamp"))),
    ("query: without timestamp or clientId", query_of(lambda query: without(query, "clientId"))),
    (
        "query: without timestamp or clientId",
        query_of(lambda query: without(query, "clientId", "timestamp")),
    ),
    ("query: left out", query_of(lambda _: "")),
    ("query: left out", query_of(lambda query: without(query, "userSecret"))),
    ("query: left out", query_of(lambda query: without(query, "userId", "userSecret"))),
    ("query: encoded again", query_of(lambda query: query.replace("%7E", "~"))),
    ("query: encoded again", query_of(lambda query: quote(query, safe="=&"))),
    ("path: without /api/v1", path_of(lambda path: path.removeprefix("/api/v1"))),
    ("path: /api/v1 too often", path_of(lambda path: f"/api/v1{path}")),
    ("path: with the host", path_of(lambda path: f"https://api.snaptrade.com{path}")),
    ("path: with the host", path_of(lambda path: f"api.snaptrade.com{path}")),
    ("path: slashes", path_of(lambda path: f"{path}/")),
    ("path: slashes", path_of(lambda path: path[1:])),
    ("path: with the query", lambda p, q, c: signed(whole(f"{p}?{q}", "", c))),
    ("path: with the query", lambda p, q, c: signed(whole(f"{p}?{q}", q, c))),
    ("content: null in spite of a body", lambda p, q, _: signed(whole(p, q, None))),
    ("content: a text", lambda p, q, _: signed(whole(p, q, BODY.decode()))),
    ("content: a text", lambda p, q, c: signed(whole(p, q, compact(c)))),
    (
        "content: the body's own text",
        lambda p, q, _: signed(whole(p, q, "BODY").replace('"BODY"', BODY.decode())),
    ),
    (
        "content: fields that are null left out",
        lambda p, q, c: signed(whole(p, q, {n: v for n, v in c.items() if v is not None})),
    ),
    ("JSON: white space", dumped(sort_keys=True)),
    ("JSON: white space", dumped(sort_keys=True, indent=2)),
    ("JSON: keys not sorted", dumped(separators=(",", ":"))),
    ("JSON: slashes escaped", text_of(lambda text: text.replace("/", "\\/"))),
    (
        "JSON: HTML characters escaped",
        text_of(
            lambda text: (
                text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
            )
        ),
    ),
    ("JSON: content left out", lambda p, q, _: signed(compact({"path": p, "query": q}))),
    ("key: white space around it", key_of(f"{KEY}\n")),
    ("key: white space around it", key_of(f" {KEY}")),
    ("key: quotes around it", key_of(f'"{KEY}"')),
    ("key: the client id", key_of("SANDBOX-CLIENT")),
    ("key: the user's secret", key_of(USER_SECRET)),
    ("key: decoded", key_of(base64.b64decode(KEY))),
    ("signature: hexadecimal", spelt(bytes.hex)),
    ("signature: hexadecimal", spelt(lambda digest: digest.hex().upper())),
    (
        "signature: base64 of the hexadecimal digest",
        spelt(lambda digest: base64_text(digest.hex().encode())),
    ),
    ("signature: another base64", spelt(lambda digest: base64_text(digest).rstrip("="))),
    (
        "signature: another base64",
        spelt(lambda digest: base64.urlsafe_b64encode(digest).decode().rstrip("=")),
    ),
    ("signature: another base64", spelt(lambda digest: quote(base64_text(digest), safe=""))),
    ("HMAC: SHA-1", lambda p, q, c: signed(whole(p, q, c), algorithm="sha1")),
    ("HMAC: SHA-512", lambda p, q, c: signed(whole(p, q, c), algorithm="sha512")),
    (
        "query: parameters in another order",
        query_of(lambda query: "&".join(reversed(query.split("&")))),
    ),
]
# A sandbox has no key with white space at its ends, and these need a request of their own.
ELSEWHERE = {"content: not null", "path: decoded", "query: another timestamp"}


@pytest.mark.parametrize(("name", "make"), MISTAKES)
def test_a_mistake_is_found(wire: Wire, name: str, make: Maker) -> None:
    target = wire.target(LOGIN, KNOWN)
    path, _, query = target.partition("?")
    diagnosis = sent(wire, target, BODY, make(path, query, json.loads(BODY)))
    assert names(diagnosis) == [name]
    shown = whole(path, query, json.loads(BODY) | {"customRedirect": "***"})
    assert diagnosis.expected == shown.replace(USER_SECRET, "***")
    of_the_text = not name.startswith(("key:", "signature:", "HMAC:"))
    assert (diagnosis.difference is not None) is of_the_text
    assert ("differs from byte" in str(diagnosis)) is of_the_text


def test_every_row_of_the_table_is_tested() -> None:
    assert {row.mistake.name for row in ROWS} == {name for name, _ in MISTAKES} | ELSEWHERE
    assert len({row.mistake.name for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("body", [None, b"{}"])
@pytest.mark.parametrize("content", [{}, ""])
def test_no_body(wire: Wire, body: bytes | None, content: object) -> None:
    target = wire.target(LIST)
    path, _, query = target.partition("?")
    diagnosis = sent(wire, target, body, signed(whole(path, query, content)))
    assert names(diagnosis) == ["content: not null"]
    assert diagnosis.difference
    assert diagnosis.difference.before == '{"content":'
    assert diagnosis.difference.expected.startswith("null,")
