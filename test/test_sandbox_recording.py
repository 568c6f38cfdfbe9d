"""What a sandbox shows of itself, and the arguments that it takes."""

import pytest

from snaptrade_client.exceptions import ApiTypeError, ApiValueError
from snaptrade_client.sandbox import Sandbox, SandboxUser

from .sandboxed import checked_sandbox
from .wire import LOGIN, REGISTER, Wire


@pytest.fixture
def wire(sandbox: Sandbox) -> Wire:
    return Wire(sandbox)


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


def test_nothing_shows_a_secret() -> None:
    users = {"u1": "a-secret", "u2": SandboxUser(secret="another-secret")}
    with checked_sandbox(users=users) as sandbox:
        query = "userId=u1&userSecret=a-secret"
        Wire(sandbox).call("POST", LOGIN, query, b'{"broker":"b-value"}')
        shown = f"{sandbox!r} {sandbox.users!r} {sandbox.requests!r} {sandbox.requests[0]!r}"
        signature = sandbox.requests[0].signature or "?"
    assert "<POST /api/v1/snapTrade/login: 200, signature accepted>" in shown
    assert "'u1'" in shown
    for secret in ("-secret", "b-value", sandbox.consumer_key, signature, "userSecret"):
        assert secret not in shown


def test_users_are_a_copy(sandbox: Sandbox) -> None:
    assert sandbox.users == {}
    sandbox.users["u1"] = SandboxUser(secret="s1")
    assert sandbox.users == {}


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"rate_limit": 0}, ApiValueError, "rate_limit"),
        ({"rate_limit": True}, ApiTypeError, "rate_limit"),
        ({"rate_limit": "250"}, ApiTypeError, "rate_limit"),
        ({"port": "80"}, ApiTypeError, "port must be of type int, not str"),
        ({"port": 65536}, ApiValueError, "port must be from 0 to 65535"),
        ({"port": -1}, ApiValueError, "port"),
        ({"host": None}, ApiTypeError, "host"),
        ({"host": ""}, ApiValueError, "host"),
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
