"""What a sandbox shows of itself, and the arguments that it takes."""

from traceback import walk_tb
from types import FrameType

import pytest

from snaptrade_client.exceptions import ApiTypeError, ApiValueError
from snaptrade_client.sandbox import Sandbox, SandboxUser

from .sandboxed import checked_sandbox
from .wire import LIST, LOGIN, REGISTER, Wire


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


def test_a_request_is_looked_up_by_what_it_is_called(wire: Wire, sandbox: Sandbox) -> None:
    with pytest.raises(LookupError, match="none for 'login'; there were: none at all"):
        sandbox.requests.last("login")
    wire.call("POST", LOGIN, "userId=a&userSecret=b")
    Wire(sandbox, base="").call("POST", LOGIN, "userId=c&userSecret=d")
    wire.call("GET", LIST)
    wire.send("GET", "/portal?token=t", None, {})
    first, second, listed, portal = sandbox.requests
    for name in ("login", "login_snap_trade_user", LOGIN, "POST"):
        assert sandbox.requests.of(name) == [first, second]
        assert sandbox.requests.last(name) is second
    assert sandbox.requests.of(f"/api/v1{LOGIN}") == [first]
    assert sandbox.requests.last("list_snap_trade_users") is listed
    assert sandbox.requests.last("GET") is sandbox.requests.last("/portal") is portal
    with pytest.raises(LookupError) as caught:
        sandbox.requests.last("logn")
    assert str(caught.value) == "there was none for 'logn'; there were: login, list, GET /portal"


def test_a_constructor_that_fails_shows_no_secret() -> None:
    with pytest.raises(ApiValueError) as caught:
        Sandbox(users={"u1": "a-secret"}, consumer_key="a-key", port=-1)
    frames: list[FrameType] = [frame for frame, _ in walk_tb(caught.value.__traceback__)]
    # The test's own frame, and the boundary.
    assert [frame.f_code.co_name for frame in frames[1:]] == ["guarded"]
    assert "a-secret" not in repr(frames[1].f_locals)
    assert "a-key" not in repr(frames[1].f_locals)
    assert caught.value.__context__ is None


def test_a_sandbox_that_is_half_made_has_a_repr() -> None:
    assert repr(Sandbox.__new__(Sandbox)) == "<Sandbox not running>"


def test_users_are_added(wire: Wire, sandbox: Sandbox) -> None:
    sandbox.add_user("u1", "a-secret")
    assert wire.call("POST", LOGIN, "userId=u1&userSecret=a-secret").status == 200
    with pytest.raises(ApiValueError, match=r"user_id: User .* already exists: u1"):
        sandbox.add_user("u1", SandboxUser(secret="another"))
    assert sandbox.users == {"u1": SandboxUser(secret="a-secret")}


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
        ({"rate_limit": 10**400}, ApiValueError, "rate_limit"),
        ({"port": "80"}, ApiTypeError, "port must be an int, not str"),
        ({"port": 65536}, ApiValueError, "port must be from 0 to 65535"),
        ({"port": -1}, ApiValueError, "port"),
        ({"host": None}, ApiTypeError, "host"),
        ({"host": ""}, ApiValueError, "host"),
        ({"client_id": ""}, ApiValueError, "client_id is missing or blank"),
        ({"client_id": " a "}, ApiValueError, "client_id has white space around it"),
        ({"client_id": 1}, ApiTypeError, "client_id must be a str, not int"),
        ({"consumer_key": b"key"}, ApiTypeError, "consumer_key"),
        ({"consumer_key": "  "}, ApiValueError, "consumer_key is missing or blank"),
        ({"clock": 5}, ApiTypeError, "clock must be a function, not int"),
        ({"control": "yes"}, ApiTypeError, "control must be True or False, not str"),
        ({"deletion_delay": -1}, ApiValueError, "deletion_delay must be from 0 to"),
        ({"redelivery": 5}, ApiTypeError, "redelivery must be a list of seconds, not int"),
        ({"redelivery": [float("nan")]}, ApiValueError, "redelivery must be from 0 to"),
        ({"webhook": ""}, ApiValueError, "webhook is empty"),
        ({"users": [1]}, ApiTypeError, "users must be a dict of users by id, not list"),
        ({"users": {"u": ""}}, ApiValueError, "a user's secret is empty"),
        ({"users": {"u": None}}, ApiTypeError, "a user's secret"),
        ({"users": {"": "s"}}, ApiValueError, "a user id"),
        (
            {"users": {"u": SandboxUser(secret="s", rsa_public_key="ssh-rsa AAAA")}},
            ApiValueError,
            "rsa_public_key is not an RSA public key",
        ),
    ],
)
def test_arguments(options: dict[str, object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        Sandbox(**options)  # type: ignore[arg-type]
