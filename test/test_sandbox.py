"""The sandbox's five operations, called by hand over sockets."""

import base64
import hashlib
import hmac
import json
import re
import threading
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlsplit
from uuid import UUID

import pytest
from Crypto.Cipher import AES, PKCS1_OAEP
from Crypto.PublicKey import RSA

from snaptrade_client.encryption import decrypt
from snaptrade_client.exceptions import (
    ApiTypeError,
    ApiValueError,
    RateLimitError,
    UnauthorizedError,
)
from snaptrade_client.sandbox import Sandbox, SandboxUser
from snaptrade_client.sandbox.state import State

from .sandboxed import checked_sandbox
from .wire import Answer, Wire

REGISTER = "/snapTrade/registerUser"
LIST = "/snapTrade/listUsers"
LOGIN = "/snapTrade/login"
JWT = "/snapTrade/encryptedJWT"
DELETE = "/snapTrade/deleteUser"

# The service's own example, of 1,024 bits.
EXAMPLE_KEY = (
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7vbqajDw4o6gJy8UtmIbkcpnkO3Kwc4qsEnSZp/TR+fQi62F79RHW"
    "mwKOtFmwteURgLbj7D/WGuNLGOfa/2vse3G2eHnHl5CB8ruRX9fBl/KgwCVr2JaEuUm66bBQeP5XeBotdR4cvX38uPYi"
    "vCDdPjJ1QWPdspTBKcxeFbccDw=="
)
ED25519_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJPH5sd8TYBHhvDFlFPEWjFTCP8SFZjDg1TBR6qUK5gV"
PRIVATE_KEY = RSA.generate(2048)
PUBLIC_KEY = PRIVATE_KEY.public_key().export_key("OpenSSH").decode()

KNOWN = "userId=u1&userSecret=s1"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    users = {"u1": "s1", "rsa": SandboxUser(secret="s2", rsa_public_key=PUBLIC_KEY)}
    with checked_sandbox(users=users) as sandbox:
        yield sandbox


@pytest.fixture
def wire(sandbox: Sandbox) -> Wire:
    return Wire(sandbox)


def refused(answer: Answer, status: int, code: str) -> str:
    """Checks an error of the shape that most errors have, and gives its detail."""
    assert set(answer.body) == {"detail", "status_code", "code"}
    assert (answer.status, answer.body["status_code"], answer.body["code"]) == (
        status,
        status,
        code,
    )
    return str(answer.body["detail"])


def unsigned(answer: Answer) -> str:
    """Checks the refusal of a signature, and gives its detail."""
    assert answer.status == 401
    assert set(answer.body) == {"default_detail", "default_code"}
    assert answer.body["default_code"] == 1076
    return str(answer.body["default_detail"])


@pytest.mark.parametrize("base", ["/api/v1", ""])
def test_a_users_life(sandbox: Sandbox, base: str) -> None:
    wire = Wire(sandbox, base=base)
    registered = wire.call("POST", REGISTER, "", b'{"userId":"new"}')
    assert (registered.status, registered.reason) == (200, "OK")
    assert registered.body["userId"] == "new"
    assert wire.call("GET", LIST).body == ["u1", "rsa", "new"]
    query = f"userId=new&userSecret={registered.body['userSecret']}"
    login = wire.call("POST", LOGIN, query, b"{}")
    assert set(login.body) == {"redirectURI", "sessionId"}
    assert str(UUID(login.body["sessionId"])) == login.body["sessionId"]
    deleted = wire.call("DELETE", DELETE, "userId=new")
    assert deleted.body == {
        "status": "deleted",
        "detail": "User queued for deletion: new",
        "userId": "new",
    }
    assert wire.call("GET", LIST).body == ["u1", "rsa"]
    assert refused(wire.call("DELETE", DELETE, "userId=new"), 404, "1011") == "User not found."
    refused(wire.call("POST", LOGIN, query, b"{}"), 401, "1083")


def test_the_client_of_this_package_plays_it_too() -> None:
    with checked_sandbox() as sandbox, sandbox.client() as client:
        api = client.authentication
        secret = api.register_snap_trade_user(user_id="u é/+&").body["userSecret"]
        assert list(sandbox.users) == ["u é/+&"]
        assert api.login_snap_trade_user(user_id="u é/+&", user_secret=secret).status == 200
        assert api.delete_snap_trade_user(user_id="u é/+&").body["status"] == "deleted"
        assert sandbox.users == {}
        with sandbox.client(consumer_key="another", retries=0) as stranger:
            with pytest.raises(UnauthorizedError) as caught:
                stranger.authentication.list_snap_trade_users()
        assert caught.value.code == 1076


def test_a_user_without_an_id_gets_one(wire: Wire, sandbox: Sandbox) -> None:
    answers = [
        wire.call("POST", REGISTER, "", b"{}"),
        wire.call("POST", REGISTER, "", b"null"),
        wire.call("POST", REGISTER),
    ]
    ids = [answer.body["userId"] for answer in answers]
    assert all(str(UUID(user_id)) == user_id for user_id in ids)
    assert list(sandbox.users) == ["u1", "rsa", *ids]


def test_a_user_is_registered_once(wire: Wire, sandbox: Sandbox) -> None:
    answer = wire.call("POST", REGISTER, "", b'{"userId":"u1"}')
    assert refused(answer, 400, "1010") == "User with the following userId already exists: u1"
    assert sandbox.users["u1"].secret == "s1"


def test_a_hundred_threads_register_one_user_once(wire: Wire) -> None:
    statuses: list[int] = []

    def register() -> None:
        statuses.append(wire.call("POST", REGISTER, "", b'{"userId":"one"}').status)

    threads = [threading.Thread(target=register) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [400] * 99


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("POST", LOGIN, "userId=u1&userSecret=s2"),
        ("POST", LOGIN, "userId=nobody&userSecret=s1"),
        ("POST", LOGIN, "userId=u1&userSecret=%C3%A9"),
        ("GET", JWT, "userId=rsa&userSecret=s1"),
        ("GET", JWT, "userId=nobody&userSecret=s1"),
    ],
)
def test_wrong_credentials(wire: Wire, method: str, path: str, query: str) -> None:
    detail = refused(wire.call(method, path, query), 401, "1083")
    assert detail == "Invalid userID or userSecret provided"


@pytest.mark.parametrize(
    ("method", "path", "query", "missing"),
    [
        ("POST", LOGIN, "userSecret=s1", "userId"),
        ("POST", LOGIN, "userId=u1", "userSecret"),
        ("GET", JWT, "userId=&userSecret=s1", "userId"),
        ("GET", JWT, "userId=rsa&userSecret", "userSecret"),
        ("DELETE", DELETE, "", "userId"),
    ],
)
def test_required_parameters(wire: Wire, method: str, path: str, query: str, missing: str) -> None:
    detail = refused(wire.call(method, path, query), 400, "0000")
    assert detail == f'The query parameter "{missing}" is required.'


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        (REGISTER, "userId", 1),
        (REGISTER, "userId", None),
        (REGISTER, "userId", ""),
        (REGISTER, "userId", "\ud800"),
        (REGISTER, "rsaPublicKey", ["ssh-rsa"]),
        (REGISTER, "rsaPublicKey", ""),
        (REGISTER, "rsaPublicKey", "ssh-rsa AAAA"),
        (REGISTER, "rsaPublicKey", "\ud800é"),
        (REGISTER, "rsaPublicKey", ED25519_KEY),
        (LOGIN, "broker", 1),
        (LOGIN, "customRedirect", {}),
        (LOGIN, "reconnect", False),
        (LOGIN, "connectionType", None),
        (LOGIN, "locale", 1.5),
        (LOGIN, "connectionPortalVersion", 4),
        (LOGIN, "immediateRedirect", "true"),
        (LOGIN, "showCloseButton", 1),
        (LOGIN, "darkMode", None),
    ],
)
def test_wrong_values(wire: Wire, sandbox: Sandbox, path: str, field: str, value: object) -> None:
    users = sandbox.users
    answer = wire.call("POST", path, KNOWN, json.dumps({field: value}).encode())
    assert f'"{field}"' in refused(answer, 400, "0000")
    assert sandbox.users == users


def test_known_and_unknown_fields_are_accepted(wire: Wire) -> None:
    body = {
        "broker": "ALPACA",
        "immediateRedirect": True,
        "customRedirect": "https://example.com/é",
        "reconnect": "8b5f262d-4bb9-365d-888a-202bd3b15fa1",
        "connectionType": "whatever-comes-next",
        "showCloseButton": False,
        "darkMode": True,
        "locale": "fr",
        "connectionPortalVersion": "v4",
        "unknown": {"nested": [1, 2.5, None]},
    }
    assert wire.call("POST", LOGIN, KNOWN, json.dumps(body).encode()).status == 200
    answer = wire.call("POST", REGISTER, "", b'{"userId":"x","unknown":1}')
    assert answer.status == 200


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"1", b"true", b"[{}]"])
def test_a_body_must_be_an_object(wire: Wire, body: bytes) -> None:
    detail = refused(wire.call("POST", REGISTER, "", body), 400, "0000")
    assert detail == "The body must be a JSON object."


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{} {}",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'\xef\xbb\xbf{"userId": "a"}',
        b'{"userId": "\xe9"}',
        "{}".encode("utf-16"),
        b'{"a": ' + b"1" * 5000 + b"}",
        b"[" * 100_000,
        b"userId=u1",
    ],
)
def test_a_body_that_is_not_json(wire: Wire, sandbox: Sandbox, body: bytes) -> None:
    headers = {"Signature": "anything", "Content-Type": "application/json"}
    answer = wire.send("POST", wire.target(REGISTER), body, headers)
    assert refused(answer, 400, "0000") == "JSON parse error."
    assert sandbox.requests[-1].signature_accepted is None


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("APPLICATION/JSON", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("", 415),
    ],
)
def test_content_types(wire: Wire, content_type: str, status: int) -> None:
    answer = wire.call("POST", REGISTER, "", b'{"userId":"x"}', {"Content-Type": content_type})
    assert answer.status == status
    if status == 415:
        assert "Unsupported media type" in refused(answer, 415, "0000")


@pytest.mark.parametrize("base", ["/api/v1", ""])
@pytest.mark.parametrize(
    "path", ["/", "/snapTrade", f"{LIST}/", "/snapTrade//listUsers", "/snapTrade%2FlistUsers"]
)
def test_unknown_paths(sandbox: Sandbox, base: str, path: str) -> None:
    answer = Wire(sandbox, base=base).call("GET", path)
    assert refused(answer, 404, "1011") == "The path was not found."
    assert answer.reason == "Not Found"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", REGISTER, "POST"),
        ("PUT", LOGIN, "POST"),
        ("POST", LIST, "GET, HEAD"),
        ("OPTIONS", LIST, "GET, HEAD"),
        ("PATCH", DELETE, "DELETE"),
        ("DELETE", "/../../portal", None),
    ],
)
def test_wrong_methods(wire: Wire, method: str, path: str, allow: str | None) -> None:
    answer = wire.call(method, path)
    if allow is None:
        refused(answer, 404, "1011")
    else:
        assert refused(answer, 405, "0000") == f'Method "{method}" not allowed.'
        assert answer.headers["Allow"] == allow


def test_an_unexpected_error_shows_nothing(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: State) -> dict[str, SandboxUser]:
        raise KeyError("a secret")

    monkeypatch.setattr(State, "users", property(fail))
    assert refused(wire.call("GET", LIST), 500, "1000") == "Unexpected error."
    assert [record.getMessage() for record in caplog.records] == ["the sandbox failed with KeyError"]


# --- Headers, time and signatures


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
    assert sandbox.users.keys() == {"u1", "rsa"}
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


def test_the_last_of_repeated_parameters_counts(wire: Wire) -> None:
    assert wire.call("POST", LOGIN, f"userId=nobody&{KNOWN}").status == 200


# --- Rate limit


def test_the_limit_rolls() -> None:
    now = [1_000_000.0]
    with checked_sandbox(clock=lambda: now[0], rate_limit=3) as sandbox:
        wire = Wire(sandbox)
        remaining: list[tuple[str, str]] = []
        for _ in range(3):
            answer = wire.call("GET", LIST)
            headers = answer.headers
            remaining.append((headers["X-RateLimit-Remaining"], headers["X-RateLimit-Reset"]))
            now[0] += 10.5
        assert remaining == [("2", "60"), ("1", "50"), ("0", "39")]
        answer = wire.call("GET", LIST)
        detail = refused(answer, 429, "0000")
        assert detail == "Request was throttled. Expected available in 29 seconds."
        assert answer.headers["X-RateLimit-Remaining"] == "0"
        assert answer.headers["X-RateLimit-Reset"] == "29"
        assert answer.headers["Retry-After"] is None
        now[0] += 28
        assert "in 1 second." in refused(wire.call("GET", LIST), 429, "0000")
        now[0] += 0.5
        # The first of the three has left the window; the refused ones were never in it.
        assert wire.call("GET", LIST).status == 200
        assert wire.call("GET", LIST).status == 429


def test_only_requests_that_are_signed_well_count() -> None:
    with checked_sandbox(rate_limit=1) as sandbox:
        wire = Wire(sandbox)
        for _ in range(3):
            assert wire.call("GET", LIST, "", None, {"Signature": "x"}).status == 401
        # A request that the operation refuses counts.
        refused(wire.call("DELETE", DELETE, "userId=nobody"), 404, "1011")
        assert wire.call("GET", LIST).status == 429


def test_a_clock_that_is_set_back_starts_a_new_window() -> None:
    with checked_sandbox(rate_limit=1) as sandbox:
        wire = Wire(sandbox)
        assert wire.call("GET", LIST).status == 200
        sandbox.clock.shift(-1000)
        answer = wire.call("GET", LIST)
        assert answer.status == 200
        assert wire.call("GET", LIST).status == 429


def test_the_limit_is_exact_under_threads() -> None:
    with checked_sandbox(rate_limit=100) as sandbox:
        wire = Wire(sandbox)
        answers: list[Answer] = []

        def call() -> None:
            for _ in range(10):
                answers.append(wire.call("GET", LIST))  # noqa: PERF401 - seen by every thread

        threads = [threading.Thread(target=call) for _ in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    accepted = [answer for answer in answers if answer.status == 200]
    assert len(answers) == 320
    assert sorted(int(answer.headers["X-RateLimit-Remaining"]) for answer in accepted) == list(
        range(100)
    )
    assert {answer.status for answer in answers} == {200, 429}


def test_the_client_reads_the_limit() -> None:
    with Sandbox(rate_limit=1) as sandbox, sandbox.client(retries=0) as client:
        answer = client.authentication.list_snap_trade_users()
        assert (answer.rate_limit.limit, answer.rate_limit.remaining) == (1, 0)
        with pytest.raises(RateLimitError) as caught:
            client.authentication.list_snap_trade_users()
        assert 58 <= (caught.value.retry_after or 0) <= 60


# --- The portal's link


def open_link(wire: Wire, uri: str, method: str = "GET") -> str:
    parts = urlsplit(uri)
    assert f"{parts.scheme}://{parts.netloc}/api/v1" == wire.sandbox.url
    answer = wire.send(method, f"{parts.path}?{parts.query}", None, {})
    assert answer.status == 200
    assert answer.headers.get_content_type() == "text/plain"
    assert answer.headers["Cache-Control"] == "no-store"
    return str(answer.body)


def test_a_link_works_once(wire: Wire) -> None:
    uri = wire.call("POST", LOGIN, KNOWN).body["redirectURI"]
    assert uri != wire.call("POST", LOGIN, KNOWN).body["redirectURI"]
    assert open_link(wire, uri, "HEAD") == ""
    assert "is valid" in open_link(wire, uri)
    assert "has expired" in open_link(wire, uri)
    assert "has expired" in open_link(wire, uri[:-1])
    assert "has expired" in open_link(wire, uri.partition("?")[0])


def test_a_link_expires_after_five_minutes(wire: Wire, sandbox: Sandbox) -> None:
    links = [wire.call("POST", LOGIN, KNOWN).body["redirectURI"] for _ in range(3)]
    sandbox.clock.shift(298)
    assert "is valid" in open_link(wire, links[0])
    sandbox.clock.shift(2)
    assert "has expired" in open_link(wire, links[1])
    fresh = wire.call("POST", LOGIN, KNOWN).body["redirectURI"]
    assert "has expired" in open_link(wire, links[2])
    assert "is valid" in open_link(wire, fresh)


def test_a_deleted_users_link_is_gone(wire: Wire) -> None:
    other = wire.register("other")
    uri = wire.call("POST", LOGIN, KNOWN).body["redirectURI"]
    stays = wire.call("POST", LOGIN, f"userId=other&userSecret={other}").body["redirectURI"]
    wire.call("DELETE", DELETE, "userId=u1")
    assert "has expired" in open_link(wire, uri)
    assert "is valid" in open_link(wire, stays)


# --- Encryption


def opened(body: dict[str, object]) -> str:
    """Opens an encrypted answer with PyCryptodome, as the service's example does."""
    data = body["encryptedMessageData"]
    assert isinstance(data, dict)
    assert set(body) == {"encryptedSharedKey", "encryptedMessageData"}
    assert set(data) == {"encryptedMessage", "tag", "nonce"}
    message, tag, nonce = (
        base64.b64decode(data[name]) for name in ("encryptedMessage", "tag", "nonce")
    )
    assert (len(tag), len(nonce)) == (16, 15)
    sealed = base64.b64decode(str(body["encryptedSharedKey"]))
    shared_key = PKCS1_OAEP.new(PRIVATE_KEY).decrypt(sealed)
    assert (len(shared_key), shared_key.decode().isprintable()) == (32, True)
    cipher = AES.new(shared_key, AES.MODE_OCB, nonce=nonce)
    return cipher.decrypt_and_verify(message, tag).decode()


def test_a_login_of_a_user_with_a_key_is_encrypted(wire: Wire) -> None:
    answer = wire.call("POST", LOGIN, "userId=rsa&userSecret=s2")
    plain = json.loads(opened(answer.body))
    assert set(plain) == {"redirectURI", "sessionId"}
    assert plain == json.loads(decrypt(answer.body, PRIVATE_KEY.export_key()))
    assert "is valid" in open_link(wire, plain["redirectURI"])


def test_the_jwt_is_encrypted_and_signed(wire: Wire, sandbox: Sandbox) -> None:
    answers = [wire.call("GET", JWT, "userId=rsa&userSecret=s2").body for _ in range(2)]
    assert answers[0]["encryptedSharedKey"] != answers[1]["encryptedSharedKey"]
    token = opened(answers[0])
    assert token == decrypt(answers[0], PRIVATE_KEY.export_key("PEM").decode())
    signed, _, signature = token.rpartition(".")
    digest = hmac.digest(sandbox.consumer_key.encode(), signed.encode(), hashlib.sha256)
    assert base64.urlsafe_b64encode(digest).decode() == f"{signature}="
    header, claims = (json.loads(base64.urlsafe_b64decode(f"{x}==")) for x in signed.split("."))
    assert header == {"alg": "HS256", "typ": "JWT"}
    assert (claims["sub"], claims["clientId"]) == ("rsa", sandbox.client_id)
    assert claims["exp"] - claims["iat"] == 300
    assert abs(claims["iat"] - time.time()) < 5


def test_a_user_without_a_key_has_no_jwt(wire: Wire) -> None:
    assert "no RSA public key" in refused(wire.call("GET", JWT, KNOWN), 400, "0000")


def test_keys_are_taken_at_registration(wire: Wire, sandbox: Sandbox) -> None:
    commented = f"{PUBLIC_KEY} somebody@example.com"
    secret = wire.register("mine", commented)
    wire.register("example", EXAMPLE_KEY)
    assert sandbox.users["example"].rsa_public_key == EXAMPLE_KEY
    answer = wire.call("GET", JWT, f"userId=mine&userSecret={secret}")
    assert opened(answer.body)


# --- What it shows


def test_requests_are_recorded_exactly(wire: Wire, sandbox: Sandbox) -> None:
    body = b' {"userId":"x", "a":"\xc3\xa9"}'
    wire.call("POST", REGISTER, "a=%2f&b=+", body)
    request = sandbox.requests[-1]
    assert request.method == "POST"
    assert request.target == f"{request.path}?{request.query}"
    assert request.path == f"/api/v1{REGISTER}"
    assert request.query.startswith("a=%2f&b=+&clientId=SANDBOX-CLIENT&timestamp=")
    assert request.signature == wire.sign(request.target, body)
    assert request.content_type == "application/json"
    assert (request.body, request.signature_accepted, request.status) == (body, True, 200)
    wire.call("GET", "/nothing", "", None, {"Signature": "x"})
    request = sandbox.requests[-1]
    assert (request.status, request.signature, request.body) == (404, "x", b"")
    assert (request.signature_accepted, request.content_type) == (None, None)


def test_the_log_is_a_sequence_with_an_end(sandbox: Sandbox, wire: Wire) -> None:
    assert not sandbox.requests
    for _ in range(1003):
        wire.send("GET", "/", None, {})
    assert len(sandbox.requests) == 1000
    assert len(list(sandbox.requests)) == 1000
    assert sandbox.requests[:2] == list(sandbox.requests)[:2]
    sandbox.requests.clear()
    assert list(sandbox.requests) == []


def test_nothing_shows_a_secret(wire: Wire, sandbox: Sandbox) -> None:
    wire.call("POST", LOGIN, KNOWN, b'{"broker":"b-value"}')
    shown = f"{sandbox!r} {sandbox.users!r} {sandbox.requests!r} {sandbox.requests[0]!r}"
    assert "/api/v1" in shown
    assert "'u1'" in shown
    signature = sandbox.requests[0].signature or "?"
    for secret in ("s1", "s2", "b-value", sandbox.consumer_key, signature, "userSecret"):
        assert secret not in shown


def test_users_are_a_copy(sandbox: Sandbox) -> None:
    sandbox.users.clear()
    assert sandbox.users["u1"] == SandboxUser(secret="s1")


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"rate_limit": 0}, ApiValueError, "rate_limit"),
        ({"rate_limit": True}, ApiValueError, "rate_limit"),
        ({"rate_limit": "250"}, ApiValueError, "rate_limit"),
        ({"client_id": ""}, ApiValueError, "client_id must not be empty"),
        ({"client_id": 1}, ApiTypeError, "client_id must be of type str, not int"),
        ({"consumer_key": b"key"}, ApiTypeError, "consumer_key"),
        ({"users": {"u": ""}}, ApiValueError, "a user's secret must not be empty"),
        ({"users": {"u": None}}, ApiTypeError, "a user's secret"),
        ({"users": {"": "s"}}, ApiValueError, "a user id"),
        (
            {"users": {"u": SandboxUser(secret="s", rsa_public_key="ssh-rsa AAAA")}},
            ApiValueError,
            "rsa_public_key",
        ),
    ],
)
def test_arguments(options: dict[str, object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        Sandbox(**options)  # type: ignore[arg-type]
