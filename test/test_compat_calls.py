"""What programs that use this import name already do, line by line: how they call.

Strategy: see `test_compat`.
"""

import json
from typing import Any

import pytest

import snaptrade_client
from snaptrade_client import SnapTrade

from .recording import RecordingServer, Reply

REGISTERED = {"userId": "u1", "userSecret": "s1"}
USER: dict[str, Any] = {"user_id": "u1", "user_secret": "s1"}


def sent(server: RecordingServer) -> tuple[str, Any]:
    """The operation's own part of the last query, and the last body."""
    request = server.requests[-1]
    own = request.query.partition("clientId=")[0].rstrip("&")
    return own, json.loads(request.body) if request.body else None


def test_keywords(server: RecordingServer, client: SnapTrade) -> None:
    """All that callers pass, those of today's API too; None means not given."""
    server.answer(Reply(), Reply(body=REGISTERED))
    client.authentication.login_snap_trade_user(
        user_id="u1",
        user_secret="s1",
        broker="ALPACA",
        immediate_redirect=True,
        custom_redirect="https://x.example",
        reconnect=None,
        connection_type="trade-if-available",
        show_close_button=True,
        dark_mode=False,
        locale="fr",
        connection_portal_version="v4",
    )
    assert sent(server) == (
        "userId=u1&userSecret=s1",
        {
            "broker": "ALPACA",
            "immediateRedirect": True,
            "customRedirect": "https://x.example",
            "connectionType": "trade-if-available",
            "showCloseButton": True,
            "darkMode": False,
            "locale": "fr",
            "connectionPortalVersion": "v4",
        },
    )
    client.authentication.register_snap_trade_user(user_id=None, rsa_public_key="ssh-rsa A")
    assert sent(server) == ("", {"rsaPublicKey": "ssh-rsa A"})


def test_delete_snap_trade_user_takes_its_first_argument_by_position(
    server: RecordingServer, client: SnapTrade
) -> None:
    server.answer(Reply())
    client.authentication.delete_snap_trade_user("u1")
    assert sent(server) == ("userId=u1", None)


DICTIONARIES: list[tuple[str, str, dict[str, Any], tuple[str, Any]]] = [
    ("body", "register", {"body": {"userId": "u1"}}, ("", {"userId": "u1"})),
    ("an empty body", "register", {"body": {}}, ("", {})),
    (
        "query_params",
        "login",
        {"query_params": {"userId": "u1", "userSecret": "s1"}},
        ("userId=u1&userSecret=s1", {}),
    ),
    (
        "a mixture with keywords",
        "login",
        {"user_id": "u1", "query_params": {"userSecret": "s1"}, "broker": "A", "body": {"a": 1}},
        ("userId=u1&userSecret=s1", {"broker": "A", "a": 1}),
    ),
    (
        "unknown keys in body are sent as they are",
        "register",
        {"user_id": "u1", "body": {"brandNew": [1, {"a": None}], "with_underscore": "x"}},
        ("", {"userId": "u1", "brandNew": [1, {"a": None}], "with_underscore": "x"}),
    ),
    (
        "None in body is left out",
        "register",
        {"body": {"userId": "u1", "rsaPublicKey": None, "unknown": None}},
        ("", {"userId": "u1"}),
    ),
    (
        "the same field twice with the same value",
        "register",
        {"user_id": "u1", "body": {"userId": "u1", "user_id": "u1"}},
        ("", {"userId": "u1"}),
    ),
]


@pytest.mark.parametrize(
    ("method", "arguments", "expected"),
    [each[1:] for each in DICTIONARIES],
    ids=[each[0] for each in DICTIONARIES],
)
def test_dictionaries(
    method: str,
    arguments: dict[str, Any],
    expected: tuple[str, Any],
    server: RecordingServer,
    client: SnapTrade,
) -> None:
    """`body={...}`, `body={}`, `query_params={...}`; the caller's are never changed."""
    server.answer(Reply(body=REGISTERED))
    before = repr(arguments)
    getattr(client.authentication, f"{method}_snap_trade_user")(**arguments)
    assert sent(server) == expected
    assert repr(arguments) == before


@pytest.mark.parametrize(
    "arguments",
    [
        {"user_id": "u1", "body": {"userId": "u2"}},
        {"body": {"userId": "u1", "user_id": "u2"}},
    ],
)
def test_the_same_field_given_twice_with_different_values_is_an_api_value_error(
    arguments: dict[str, Any], server: RecordingServer, client: SnapTrade
) -> None:
    with pytest.raises(snaptrade_client.ApiValueError, match="user_id is given twice"):
        client.authentication.register_snap_trade_user(**arguments)
    assert server.connections == 0


@pytest.mark.parametrize(
    ("method", "arguments", "text"),
    [
        ("delete_snap_trade_user", {}, r"delete_snap_trade_user\(\) needs user_id"),
        (
            "login_snap_trade_user",
            {"user_secret": "s1"},
            r"login_snap_trade_user\(\) needs user_id",
        ),
        ("get_user_jwt", {"user_id": "u1"}, r"get_user_jwt\(\) needs user_secret"),
        ("get_user_jwt", {**USER, "user_secret": b"s1"}, r"get_user_jwt\(\): user_secret must be"),
        ("register_snap_trade_user", {"user_id": 5}, r"register_snap_trade_user\(\): user_id must"),
        ("delete_snap_trade_user", {"user_id": 5}, r"delete_snap_trade_user\(\): user_id must be"),
        (
            "login_snap_trade_user",
            {**USER, "immediate_redirect": "yes"},
            r"login_snap_trade_user\(\): immediate_redirect must be a bool",
        ),
    ],
    ids=[
        "missing user id of delete",
        "missing user id of login",
        "missing secret of the JWT",
        "bytes as user secret",
        "an int as a new user's id",
        "an int as user id",
        "a str as immediate_redirect",
    ],
)
def test_a_required_value_that_is_missing_or_a_wrong_type_is_an_api_type_error(
    method: str,
    arguments: dict[str, Any],
    text: str,
    server: RecordingServer,
    client: SnapTrade,
) -> None:
    """Before anything is sent, naming the method and the argument."""
    with pytest.raises(snaptrade_client.ApiTypeError, match=text):
        getattr(client.authentication, method)(**arguments)
    assert server.connections == 0


@pytest.mark.parametrize("name", USER)
def test_an_empty_user_id_or_user_secret_is_an_api_value_error(
    name: str, server: RecordingServer, client: SnapTrade
) -> None:
    user: dict[str, Any] = {**USER, name: ""}
    with pytest.raises(snaptrade_client.ApiValueError, match=f"{name} is empty"):
        client.authentication.get_user_jwt(**user)
    assert server.connections == 0


def test_a_string_that_the_client_does_not_know_is_sent(
    server: RecordingServer, client: SnapTrade
) -> None:
    server.answer(Reply())
    client.authentication.login_snap_trade_user(**USER, connection_type="of-tomorrow")
    assert sent(server)[1] == {"connectionType": "of-tomorrow"}


@pytest.mark.parametrize(
    "name",
    [
        "alogin_snap_trade_user",
        "aregister_snap_trade_user",
        "alist_snap_trade_users",
        "aget_user_jwt",
        "adelete_snap_trade_user",
    ],
)
def test_a_prefixed_twins_raise_an_attribute_error_that_shows_asyncio_to_thread(
    name: str, client: SnapTrade
) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(client.authentication, name)
    assert "this client is synchronous" in str(caught.value)
    assert f"asyncio.to_thread(snaptrade.authentication.{name[1:]}, ...)" in str(caught.value)
    assert not hasattr(client.authentication, name)
