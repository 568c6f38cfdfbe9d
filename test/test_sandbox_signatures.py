"""What the sandbox says of time, signatures and its own failures."""

import re
import time
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import pytest

from snaptrade_client.sandbox import Sandbox, SandboxUser
from snaptrade_client.sandbox.state import State

from .sandboxed import checked_sandbox
from .wire import LIST, REGISTER, Wire, refused, unsigned


def test_every_answer_carries_the_services_headers(wire: Wire, sandbox: Sandbox) -> None:
    sandbox.clock.shift(-86_400)
    answers = [
        wire.call("GET", LIST),
        wire.call("GET", LIST, "", None, {"Signature": ""}),
        wire.call("GET", "/nothing"),
        wire.call("PUT", LIST),
        wire.send("POST", REGISTER, b"{", {"Content-Type": "application/json"}),
        wire.send("GET", "/portal", None, {}),
    ]
    for answer in answers:
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])
        date = parsedate_to_datetime(answer.headers["Date"]).timestamp()
        assert abs(date - (time.time() - 86_400)) < 5
        assert answer.headers["X-RateLimit-Limit"] == "250"
        assert answer.headers["X-RateLimit-Remaining"] == "249"
        assert 58 <= int(answer.headers["X-RateLimit-Reset"]) <= 60
    assert len({answer.headers["X-Request-ID"] for answer in answers}) == len(answers)
    assert [answer.headers["X-Request-ID"] for answer in answers] == [
        request.request_id for request in sandbox.requests
    ]


@pytest.mark.parametrize(
    ("timestamp", "problem"),
    [
        ("1000000", None),
        ("1000060", None),
        ("999940", None),
        ("0001000000", None),
        ("1000061", "the timestamp is 61 seconds ahead."),
        ("999939", "the timestamp is 61 seconds old."),
        ("0", "the timestamp is 1000000 seconds old."),
        ("", "the query needs a timestamp in Unix seconds."),
        ("1000000.0", "the query needs a timestamp in Unix seconds."),
        ("-1", "the query needs a timestamp in Unix seconds."),
        ("%201000000", "the query needs a timestamp in Unix seconds."),
        ("%D9%A1", "the query needs a timestamp in Unix seconds."),
        ("9" * 5000, "the query needs a timestamp in Unix seconds."),
    ],
)
def test_timestamps(timestamp: str, problem: str | None) -> None:
    with checked_sandbox(clock=lambda: 1_000_000) as sandbox:
        wire = Wire(sandbox)
        target = wire.target(LIST, timestamp=timestamp)
        answer = wire.send("GET", target, None, {"Signature": wire.sign(target)})
        assert sandbox.requests[-1].signature_accepted is True
    if problem is None:
        assert answer.status == 200
    else:
        assert unsigned(answer) == f"Unable to verify signature sent: {problem}"


def test_a_target_without_a_timestamp(wire: Wire, sandbox: Sandbox) -> None:
    target = f"/api/v1{LIST}?clientId={sandbox.client_id}"
    answer = wire.send("GET", target, None, {"Signature": wire.sign(target)})
    assert "needs a timestamp" in unsigned(answer)
    answer = wire.send("GET", f"/api/v1{LIST}", None, {"Signature": wire.sign(f"/api/v1{LIST}")})
    assert "the client id is not known" in unsigned(answer)


def test_another_client_id(wire: Wire) -> None:
    target = wire.target(LIST).replace("clientId=SANDBOX-CLIENT", "clientId=SOMEBODY")
    answer = wire.send("GET", target, None, {"Signature": wire.sign(target)})
    assert "the client id is not known" in unsigned(answer)


def test_a_client_id_that_needs_encoding() -> None:
    with checked_sandbox(client_id="é &=") as sandbox:
        wire = Wire(sandbox)
        target = wire.target(LIST).replace("é &=", quote("é &="))
        answer = wire.send("GET", target, None, {"Signature": wire.sign(target)})
        assert answer.status == 200


@pytest.mark.parametrize("given", [None, "", "x", "é", "A" * 44, "A" * 100_000])
def test_wrong_signatures(wire: Wire, sandbox: Sandbox, given: str | None) -> None:
    headers = {} if given is None else {"Signature": given}
    answer = wire.send("GET", wire.target(LIST), None, headers)
    expected = "header is missing" if given is None else "does not fit"
    assert expected in unsigned(answer)
    assert sandbox.requests[-1].signature_accepted is False


def test_the_signature_covers_path_query_body_and_key(wire: Wire, sandbox: Sandbox) -> None:
    body = b'{"userId":"x"}'
    good = wire.target(REGISTER, "a=%2F%20")
    other_body = wire.sign(good, b'{"userId":"y"}')
    for target, signature in [
        (good, wire.sign(good.replace("/api/v1", ""), body)),
        (good, wire.sign(good.replace("%2F", "/"), body)),
        (good, wire.sign(good.replace("%2F", "%2f"), body)),
        (good, wire.sign(good.replace("%20", "+"), body)),
        (good, wire.sign(good)),
        (good, other_body),
        (good.replace("register", "%72egister"), wire.sign(good, body)),
    ]:
        headers = {"Signature": signature, "Content-Type": "application/json"}
        assert "does not fit" in unsigned(wire.send("POST", target, body, headers))
    assert sandbox.users == {}
    # The path is signed as it is requested, however it is encoded.
    encoded = good.replace("register", "%72egister")
    headers = {"Signature": wire.sign(encoded, body), "Content-Type": "application/json"}
    assert wire.send("POST", encoded, body, headers).status == 200


@pytest.mark.parametrize("escaped", [True, False])
@pytest.mark.parametrize("body", ['{"userId":"é😀"}', '{ "userId" : "\\u00e9\\ud83d\\ude00" }'])
def test_both_canonical_forms(wire: Wire, sandbox: Sandbox, body: str, *, escaped: bool) -> None:
    data = body.encode()
    target = wire.target(REGISTER)
    signature = wire.sign(target, data, escaped=escaped)
    headers = {"Signature": signature, "Content-Type": "application/json"}
    assert wire.send("POST", target, data, headers).status == 200
    assert "é😀" in sandbox.users


def test_the_body_is_parsed_and_serialized_before_it_is_judged(wire: Wire) -> None:
    body = b' {"z": 1.50, "userId": "x", "a": {"c": 1e2, "b": [ ]}, "userId": "y"} '
    answer = wire.call("POST", REGISTER, "", body)
    assert (answer.status, answer.body["userId"]) == (200, "y")


def test_a_body_of_a_get_is_signed_and_otherwise_ignored(wire: Wire) -> None:
    assert wire.call("GET", LIST, "", b'{"a":1}').status == 200


def test_an_unexpected_error_shows_nothing(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: State) -> dict[str, SandboxUser]:
        raise KeyError("a secret")

    monkeypatch.setattr(State, "users", property(fail))
    assert refused(wire.call("GET", LIST), 500, "1000") == "Unexpected error."
    assert [record.getMessage() for record in caplog.records] == [
        "the sandbox failed with KeyError"
    ]
