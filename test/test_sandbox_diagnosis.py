"""Why a signature does not fit: each mistake is made for real, and found."""

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Generator
from typing import Any
from urllib.parse import quote, unquote, unquote_plus

import pytest

from snaptrade_client.sandbox import Sandbox
from snaptrade_client.sandbox.diagnosis import CLIENT_ID, MISSING, Diagnosis
from snaptrade_client.sandbox.mistakes import ROWS

from .sandboxed import checked_sandbox
from .wire import LIST, LOGIN, REGISTER, Wire, unsigned

KEY = "c2VjcmV0LWtleQ=="
USER_SECRET = "user-secret-1"
KNOWN = f"userId=u%201&userSecret={USER_SECRET}&note=%2Fa%7E"
BODY = b'{"reconnect": null, "broker": "ALPACA", "customRedirect": "https://app.example/<back>?t=hush"}'
LOGIN_PATH = f"/api/v1{LOGIN}"


@pytest.fixture
def sandbox() -> Generator[Sandbox]:
    with checked_sandbox(users={"u 1": USER_SECRET}, consumer_key=KEY) as sandbox:
        yield sandbox


@pytest.fixture
def wire(sandbox: Sandbox) -> Wire:
    return Wire(sandbox)


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


def test_a_path_that_is_encoded(wire: Wire) -> None:
    target = wire.target(LIST).replace("list", "%6Cist")
    path, _, query = target.partition("?")
    assert wire.send("GET", target, None, {"Signature": signed(whole(path, query, None))}).status
    answer = wire.send(
        "GET", target, None, {"Signature": signed(whole(unquote(path), query, None))}
    )
    unsigned(answer)
    diagnosis = wire.sandbox.requests[-1].diagnosis
    assert diagnosis
    assert names(diagnosis) == ["path: decoded"]


@pytest.mark.parametrize("off", [-60, -1, 1, 60])
def test_another_timestamp(wire: Wire, off: int) -> None:
    now = int(wire.sandbox.clock())
    target = wire.target(LIST, timestamp=str(now))
    path, _, query = target.partition("?")
    other = query.replace(str(now), str(now + off))
    diagnosis = sent(wire, target, None, signed(whole(path, other, None)))
    assert names(diagnosis) == ["query: another timestamp"]


def test_two_mistakes_at_once(wire: Wire) -> None:
    target = wire.target(LOGIN, KNOWN)
    path, _, query = target.partition("?")
    text = json.dumps(
        {"path": path.removeprefix("/api/v1"), "query": query, "content": json.loads(BODY)},
        sort_keys=True,
    )
    diagnosis = sent(wire, target, BODY, signed(text))
    assert names(diagnosis) == ["path: without /api/v1", "JSON: white space"]


def test_where_the_texts_part(wire: Wire) -> None:
    target = wire.target(LOGIN, KNOWN)
    path, _, query = target.partition("?")
    wrong = whole(path, query.replace("%20", "+"), None)
    right = whole(path, query, None)
    difference = sent(wire, target, None, signed(wrong)).difference
    assert difference
    at = right.index("%20")
    assert difference.byte == at
    assert difference.before == f"...{right[at - 40 : at]}"
    shown = right.replace(USER_SECRET, "***")
    assert difference.expected == f"{shown[at : at + 60]}..."
    assert difference.signed == f"+{shown[at + 3 : at + 62]}..."


def test_non_ascii_text_is_compared_in_the_form_in_which_it_was_signed(wire: Wire) -> None:
    body = '{"userId":"ß"}'.encode()
    target = wire.target(REGISTER, "b=%2F")
    path, _, query = target.partition("?")
    text = whole(path, query.replace("%2F", "%2f"), json.loads(body)).replace("\\u00df", "ß")
    difference = sent(wire, target, body, signed(text)).difference
    assert difference
    assert difference.byte == text.encode().index(b"%2f") + 2
    # Where only what was signed has such text, what was expected has one form.
    target = wire.target(REGISTER, "b=%C3%9F")
    path, _, query = target.partition("?")
    plain = whole(path, unquote(query), None).replace("\\u00df", "ß")
    diagnosis = sent(wire, target, None, signed(plain))
    assert names(diagnosis) == ["query: decoded"]
    assert diagnosis.difference
    assert (diagnosis.difference.signed[0], diagnosis.difference.expected[0]) == ("ß", "%")


def test_a_difference_inside_of_a_secret_shows_nothing_of_it() -> None:
    with checked_sandbox(users={"u": "open/se same"}, consumer_key=KEY) as sandbox:
        wire = Wire(sandbox)
        target = wire.target(LOGIN, "userId=u&userSecret=open%2Fse%20same")
        path, _, query = target.partition("?")
        for change in (unquote, lambda text: text.replace("%2F", "%2f")):
            diagnosis = sent(wire, target, None, signed(whole(path, change(query), None)))
            assert diagnosis.difference
            assert diagnosis.difference.signed == diagnosis.difference.expected == "***"
            assert diagnosis.difference.before == ""
            assert "same" not in repr(diagnosis)


@pytest.mark.parametrize(
    "body",
    [
        b'{"user_secret":"user-secret-1","deep":{"password":["hush"],"a":"hu\\"sh"}}',
        b'{"password":{"x":"hush"},"y":[1]}',
        b'{"pin":1,"token":123454321}',
    ],
)
def test_the_bodys_own_text_is_masked(wire: Wire, body: bytes) -> None:
    target = wire.target(LOGIN)
    path, _, query = target.partition("?")
    diagnosis = sent(wire, target, body, signed(whole(path, query, body.decode())))
    assert names(diagnosis) == ["content: a text"]
    assert "123454321" not in repr(diagnosis)


def test_what_no_mistake_explains(wire: Wire) -> None:
    target = wire.target(LOGIN, KNOWN)
    [unknown] = sent(wire, target, BODY, "A" * 44).mistakes
    assert unknown.name == "wrong key, or changed on the way"
    assert unknown.advice.endswith("with what was expected.")
    [unknown] = sent(wire, target, BODY, "QUJD").mistakes
    assert unknown.advice.endswith("A signature has 44 characters; this one has 4.")


def test_what_is_large_or_deep_is_not_searched(wire: Wire) -> None:
    for body in (b'{"a":"%s"}' % (b"x" * 20_000), b'{"a":%s%s}' % (b"[" * 300, b"]" * 300)):
        target = wire.target(LOGIN)
        path, _, query = target.partition("?")
        diagnosis = sent(wire, target, body, signed(whole(path, query, None)))
        assert names(diagnosis) == ["wrong key, or changed on the way"]
        assert diagnosis.expected == whole(path, query, "***")


def test_no_signature_and_another_client_id(wire: Wire) -> None:
    assert sent(wire, wire.target(LIST), None, None).mistakes == (MISSING,)
    target = wire.target(LIST).replace("SANDBOX-CLIENT", "SOMEBODY")
    path, _, query = target.partition("?")
    diagnosis = sent(wire, target, None, signed(whole(path, query, None)))
    assert diagnosis.mistakes == (CLIENT_ID,)
    assert diagnosis.difference is None


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("1", ["timestamp"]),
        ("abc", ["timestamp"]),
        ("1000000000000", ["timestamp"]),
        ("1700000000123", ["timestamp: milliseconds"]),
    ],
)
def test_timestamps(stamp: str, expected: list[str]) -> None:
    with checked_sandbox(consumer_key=KEY, clock=lambda: 1_700_000_000.0) as sandbox:
        wire = Wire(sandbox)
        target = wire.target(LIST, timestamp=stamp)
        path, _, query = target.partition("?")
        right, wrong = (signed(whole(path, text, None)) for text in (query, f"?{query}"))
        assert names(sent_stamp(wire, target, right)) == expected
        assert names(sent_stamp(wire, target, wrong)) == ['query: a leading "?"', *expected]


def sent_stamp(wire: Wire, target: str, signature: str) -> Diagnosis:
    unsigned(wire.send("GET", target, None, {"Signature": signature}))
    diagnosis = wire.sandbox.requests[-1].diagnosis
    assert diagnosis
    return diagnosis


def test_the_log_and_the_repr_tell_it(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "snaptrade_client.sandbox")
    target = wire.target(LOGIN, KNOWN)
    path, _, query = target.partition("?")
    signature = hmac.new(KEY.encode(), whole(path, query, None).encode(), hashlib.sha256)
    diagnosis = sent(wire, target, None, signature.hexdigest())
    [record] = [one for one in caplog.records if one.name == "snaptrade_client.sandbox"]
    assert record.getMessage() == f"login was refused: {diagnosis}"
    assert str(diagnosis).startswith("signature: hexadecimal: The digest was sent in hexadecimal")
    shown = repr(wire.sandbox.requests[-1])
    assert shown == f"<POST {LOGIN_PATH}: 401, signature refused (signature: hexadecimal)>"


def test_what_is_accepted_has_no_diagnosis(wire: Wire, sandbox: Sandbox) -> None:
    assert wire.call("GET", LIST).status == 200
    assert wire.call("POST", LOGIN, "userId=x&userSecret=y").status == 401
    assert [request.diagnosis for request in sandbox.requests] == [None, None]
