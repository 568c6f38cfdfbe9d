"""The five operations: what each sends, gives back, and promises about being sent again."""

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest

from snaptrade_client import (
    ApiClient,
    ApiException,
    ApiTypeError,
    AuthenticationApi,
    ConnectionLostError,
    InvalidResponseError,
    RegistrationOutcomeUnknown,
    SnapTrade,
)
from snaptrade_client.authentication import DELETE, JWT, LIST, LOGIN, REGISTER
from snaptrade_client.sandbox import Sandbox, SandboxUser
from snaptrade_client.sandbox.state import DELETION_DELAY
from snaptrade_client.spelling import snake

from .recording import CLIENT_ID, RecordingServer, Reply

REGISTERED = {"userId": "u1", "userSecret": "s1"}
LINK = {"redirectURI": "https://portal.example/?token=t", "sessionId": "x"}
DELETED = {"status": "deleted", "userId": "u1"}
USER = {"user_id": "u1", "user_secret": "s/1 +"}
SEALED = {
    "encryptedSharedKey": "a",
    "encryptedMessageData": {"encryptedMessage": "b", "tag": "c", "nonce": "d"},
}

CALLS: list[tuple[str, dict[str, Any], Any, str, str, str, Any]] = [
    ("register_snap_trade_user", {}, REGISTERED, "POST", "registerUser", "", {}),
    (
        "register_snap_trade_user",
        {"user_id": "u1", "rsa_public_key": "ssh-rsa A"},
        REGISTERED,
        "POST",
        "registerUser",
        "",
        {"userId": "u1", "rsaPublicKey": "ssh-rsa A"},
    ),
    ("list_snap_trade_users", {}, ["u1", "u2"], "GET", "listUsers", "", None),
    ("login_snap_trade_user", USER, LINK, "POST", "login", "userId=u1&userSecret=s/1%20%2B&", {}),
    (
        "login_snap_trade_user",
        {
            **USER,
            "broker": "ALPACA",
            "immediate_redirect": True,
            "custom_redirect": "https://x.example",
            "reconnect": "8b5f262d",
            "connection_type": "read",
            "show_close_button": False,
            "dark_mode": True,
            "locale": "fr",
            "connection_portal_version": "v4",
        },
        SEALED,
        "POST",
        "login",
        "userId=u1&userSecret=s/1%20%2B&",
        {
            "broker": "ALPACA",
            "immediateRedirect": True,
            "customRedirect": "https://x.example",
            "reconnect": "8b5f262d",
            "connectionType": "read",
            "showCloseButton": False,
            "darkMode": True,
            "locale": "fr",
            "connectionPortalVersion": "v4",
        },
    ),
    (
        "get_user_jwt",
        USER,
        SEALED,
        "GET",
        "encryptedJWT",
        "userId=u1&userSecret=s/1%20%2B&",
        None,
    ),
    (
        "delete_snap_trade_user",
        {"user_id": "u1"},
        DELETED,
        "DELETE",
        "deleteUser",
        "userId=u1&",
        None,
    ),
]


@pytest.mark.parametrize(
    ("name", "arguments", "body", "method", "path", "query", "sent"),
    CALLS,
    ids=[f"{call[0]}-{len(call[1])} arguments" for call in CALLS],
)
def test_what_an_operation_sends_and_gives_back(
    name: str,
    arguments: dict[str, Any],
    body: Any,
    method: str,
    path: str,
    query: str,
    sent: dict[str, Any] | None,
    server: RecordingServer,
    client: SnapTrade,
) -> None:
    limit = (("X-RateLimit-Limit", "250"), ("X-RateLimit-Remaining", "9"))
    server.answer(Reply(body=body, headers=limit))
    response = getattr(client.authentication, name)(**arguments)
    [request] = server.requests
    assert (request.method, request.path) == (method, f"/api/v1/snapTrade/{path}")
    head, _, timestamp = request.query.partition("timestamp=")
    assert head == f"{query}clientId={CLIENT_ID}&"
    assert timestamp.isdecimal()
    if sent is None:
        assert request.body == b""
        assert request.header("Content-Type") is None
    else:
        assert json.loads(request.body) == sent
        assert request.header("Content-Type") == "application/json"
    assert request.header("Accept") == "application/json"
    assert response.body == body
    assert (response.status, response.request_id) == (200, "0123456789abcdef")
    assert (response.rate_limit.limit, response.rate_limit.remaining) == (250, 9)
    assert 0 < response.round_trip_time <= response.elapsed
    assert [attempt.result for attempt in response.attempts] == ["ok"]


LOST = Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", close=True)


@pytest.mark.parametrize(
    ("name", "arguments", "body"),
    [(call[0], call[1], call[2]) for call in CALLS if call[0] != "register_snap_trade_user"],
)
def test_a_lost_answer_is_asked_for_again(
    name: str, arguments: dict[str, Any], body: Any, server: RecordingServer, client: SnapTrade
) -> None:
    server.answer(LOST, Reply(body=body))
    response = getattr(client.authentication, name)(**arguments)
    assert response.body == body
    assert [attempt.result for attempt in response.attempts] == ["lost", "ok"]
    assert len(server.requests) == 2


def test_a_lost_registration_is_never_sent_again(
    server: RecordingServer, client: SnapTrade
) -> None:
    server.answer(LOST)
    with pytest.raises(RegistrationOutcomeUnknown) as caught:
        client.authentication.register_snap_trade_user(user_id="u1")
    assert len(server.requests) == 1
    assert isinstance(caught.value, ConnectionLostError) or caught.value.data == b"{"
    assert (caught.value.user_id, caught.value.outcome) == ("u1", "unknown")
    assert not caught.value.safe_to_retry


def test_a_registration_goes_out_on_a_connection_of_its_own(
    server: RecordingServer, client: SnapTrade
) -> None:
    server.answer(Reply(body=[]), Reply(body=REGISTERED), Reply(body=[]))
    client.authentication.list_snap_trade_users()
    client.authentication.register_snap_trade_user()
    client.authentication.list_snap_trade_users()
    assert [request.connection for request in server.requests] == [1, 2, 1]


@pytest.mark.parametrize("name", ["register_snap_trade_user", "delete_snap_trade_user"])
def test_an_answer_about_another_user_is_not_handed_out(
    name: str, server: RecordingServer, client: SnapTrade
) -> None:
    body = {"status": "deleted", "userId": "somebody-else", "userSecret": "s9"}
    server.answer(Reply(body=body))
    with pytest.raises(InvalidResponseError, match="names another user") as caught:
        getattr(client.authentication, name)(user_id="u1")
    assert caught.value.body == body
    assert "somebody-else" not in str(caught.value)
    assert "s9" not in str(caught.value)


def test_options_of_a_call_are_for_that_call(server: RecordingServer, client: SnapTrade) -> None:
    server.answer(Reply(body=[]), Reply(status=503), Reply(body=[]))
    calls = client.authentication
    calls.list_snap_trade_users(extra_headers={"X-Trace": "t", "user-agent": "mine"})
    with pytest.raises(ApiException):
        calls.list_snap_trade_users(retries=0)
    calls.list_snap_trade_users(timeout=5, deadline=None, fresh_connection=True)
    first, second, third = server.requests
    assert (first.header("X-Trace"), first.header("User-Agent")) == ("t", "mine")
    assert second.header("X-Trace") is None
    assert (second.header("User-Agent") or "").startswith("snaptrade-client/")
    assert third.connection != first.connection


def test_an_unknown_keyword_names_the_method_and_the_argument_that_was_meant(
    client: SnapTrade,
) -> None:
    calls: Any = client.authentication
    with pytest.raises(ApiTypeError) as caught:
        calls.login_snap_trade_user(**USER, imediate_redirect=True)
    assert str(caught.value) == (
        "login_snap_trade_user() got an unexpected keyword 'imediate_redirect': did you mean "
        "'immediate_redirect'?"
    )


OPERATIONS = (REGISTER, LIST, LOGIN, JWT, DELETE)


def test_operations_are_as_the_service_documents_them() -> None:
    assert {each.name for each in OPERATIONS} == {call[0] for call in CALLS}
    assert [each.name for each in OPERATIONS if each.replay == "harmful"] == [REGISTER.name]
    assert [each.name for each in OPERATIONS if each.registers] == [REGISTER.name]


FIELDS = [
    (each.name, snake(name)) for each in OPERATIONS for name in (*each.query, *(each.body or ()))
]


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_every_field_of_every_operation_has_a_type(
    name: str, field: str, server: RecordingServer, client: SnapTrade
) -> None:
    needed = {} if name == REGISTER.name else USER
    if name == DELETE.name:
        needed = {"user_id": "u1"}
    with pytest.raises(ApiTypeError) as caught:
        getattr(client.authentication, name)(**{**needed, field: 5})
    wanted = "bool" if field in {"immediate_redirect", "show_close_button", "dark_mode"} else "str"
    assert str(caught.value) == f"{name}(): {field} must be a {wanted}, not int"
    assert server.connections == 0


def test_the_api_stands_alone_on_an_api_client(server: RecordingServer, client: SnapTrade) -> None:
    server.answer(Reply(body=[]))
    api_client = ApiClient(client.configuration)
    assert AuthenticationApi(api_client).list_snap_trade_users().body == []
    api_client.close()
    assert parse_qsl(server.requests[0].query)[0] == ("clientId", CLIENT_ID)


def test_a_subclass_explains_the_twins_too(client: SnapTrade) -> None:
    class Mine(AuthenticationApi):
        def amend(self) -> str:
            return "mine"

    mine: Any = Mine(client.api_client)
    assert mine.amend() == "mine"
    with pytest.raises(AttributeError, match="this client is synchronous"):
        mine.alist_snap_trade_users()
    with pytest.raises(AttributeError, match=r"^'Mine' object has no attribute 'absent'; there"):
        mine.absent()
    with pytest.raises(AttributeError, match="did you mean 'list_snap_trade_users'"):
        mine.list_snap_trade_user()


def test_the_repr_of_the_operations_names_the_client(client: SnapTrade) -> None:
    assert repr(client.authentication) == f"AuthenticationApi({client.api_client!r})"


def test_a_users_whole_life_in_the_sandbox(sandbox: Sandbox) -> None:
    with sandbox.client() as client:
        registered = client.authentication.register_snap_trade_user(user_id="Ü+1 &").body
        assert sandbox.users["Ü+1 &"] == SandboxUser(secret=registered["user_secret"])
        assert client.authentication.list_snap_trade_users().body == ["Ü+1 &"]
        login = client.authentication.login_snap_trade_user(
            user_id=registered["user_id"], user_secret=registered["user_secret"]
        )
        assert "redirect_uri" in login.body
        deleted = client.authentication.delete_snap_trade_user("Ü+1 &").body
        assert (deleted["status"], deleted["user_id"]) == ("deleted", "Ü+1 &")
        sandbox.clock.shift(DELETION_DELAY)
        assert client.authentication.list_snap_trade_users().body == []
