"""Why a signature does not fit: where the finding is told, and that it shows no secret."""

import hashlib
import hmac
import json
import logging
from collections.abc import Generator
from urllib.parse import unquote

import pytest

from snaptrade_client.sandbox import Sandbox
from snaptrade_client.sandbox.diagnosis import CLIENT_ID, MISSING, Diagnosis

from .sandboxed import checked_sandbox
from .test_sandbox_diagnosis import (
    BODY,
    KEY,
    KNOWN,
    LOGIN_PATH,
    USER_SECRET,
    names,
    sent,
    signed,
    whole,
)
from .wire import LIST, LOGIN, REGISTER, Wire, unsigned


@pytest.fixture
def sandbox() -> Generator[Sandbox]:
    with checked_sandbox(users={"u 1": USER_SECRET}, consumer_key=KEY) as sandbox:
        yield sandbox


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
        for changed in (unquote(query), query.replace("%2F", "%2f")):
            diagnosis = sent(wire, target, None, signed(whole(path, changed, None)))
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
        unknown = ["wrong key, or changed on the way", *expected]
        assert names(sent_stamp(wire, target, "A" * 44)) == unknown


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
