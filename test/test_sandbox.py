"""The sandbox's five operations, called by hand over sockets."""

import json
import threading
from collections.abc import Generator
from datetime import timedelta
from uuid import UUID

import pytest

from snaptrade_client.exceptions import ApiTypeError, ApiValueError, UnauthorizedError
from snaptrade_client.sandbox import Sandbox
from snaptrade_client.sandbox.state import DELETION_DELAY

from .sandboxed import checked_sandbox
from .wire import DELETE, JWT, LIST, LOGIN, REGISTER, Wire, refused

ED25519_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJPH5sd8TYBHhvDFlFPEWjFTCP8SFZjDg1TBR6qUK5gV"
KNOWN = "userId=u1&userSecret=s1"


@pytest.fixture
def sandbox() -> Generator[Sandbox]:
    with checked_sandbox(users={"u1": "s1"}) as sandbox:
        yield sandbox


@pytest.mark.parametrize("base", ["/api/v1", ""])
def test_a_users_life(sandbox: Sandbox, base: str) -> None:
    wire = Wire(sandbox, base=base)
    registered = wire.call("POST", REGISTER, "", b'{"userId":"new"}')
    assert (registered.status, registered.reason) == (200, "OK")
    assert registered.body["userId"] == "new"
    assert wire.call("GET", LIST).body == ["u1", "new"]
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
    # Queued: the id is still taken, and that is all.
    refused(wire.call("POST", LOGIN, query, b"{}"), 401, "1083")
    refused(wire.call("POST", REGISTER, "", b'{"userId":"new"}'), 400, "1010")
    assert wire.call("GET", LIST).body == ["u1", "new"]
    assert refused(wire.call("DELETE", DELETE, "userId=new"), 404, "1011") == "User not found."
    sandbox.clock.shift(DELETION_DELAY)
    assert wire.call("GET", LIST).body == ["u1"]
    assert refused(wire.call("DELETE", DELETE, "userId=new"), 404, "1011") == "User not found."
    refused(wire.call("POST", LOGIN, query, b"{}"), 401, "1083")
    assert wire.call("POST", REGISTER, "", b'{"userId":"new"}').body["userId"] == "new"


@pytest.mark.parametrize("seconds", [float("nan"), 1e12, -1_000_001])
def test_a_clock_is_not_moved_to_where_there_is_no_time(seconds: float) -> None:
    sandbox = Sandbox(clock=lambda: 1000.0)
    with pytest.raises(ApiValueError, match="seconds must be from -1000000 to 1000000 seconds"):
        sandbox.clock.shift(seconds)
    with pytest.raises(ApiTypeError, match="seconds must be a number of seconds, not timedelta"):
        sandbox.clock.shift(timedelta(seconds=1))  # type: ignore[arg-type]  # the mistake
    assert sandbox.clock() == 1000.0


def test_the_client_of_this_package_plays_it_too() -> None:
    with checked_sandbox() as sandbox, sandbox.client() as client:
        api = client.authentication
        secret = api.register_snap_trade_user(user_id="u é/+&").body["userSecret"]
        assert list(sandbox.users) == ["u é/+&"]
        assert api.login_snap_trade_user(user_id="u é/+&", user_secret=secret).status == 200
        assert api.delete_snap_trade_user(user_id="u é/+&").body["status"] == "deleted"
        sandbox.clock.shift(DELETION_DELAY)
        assert sandbox.users == {}
        with (
            sandbox.client(consumer_key="another", retries=0) as stranger,
            pytest.raises(UnauthorizedError) as caught,
        ):
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
    assert list(sandbox.users) == ["u1", *ids]


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
        ("GET", JWT, "userId=u1&userSecret=s2"),
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
        ("GET", JWT, "userId=u1&userSecret", "userSecret"),
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


def test_the_last_of_repeated_parameters_counts(wire: Wire) -> None:
    assert wire.call("POST", LOGIN, f"userId=nobody&{KNOWN}").status == 200
