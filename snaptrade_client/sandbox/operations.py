"""The five operations, as data and as functions of the state; pure.

Strategy: an operation gets a `Call`, whose signature has been verified, and gives a JSON value or
raises a ServiceError. What the service documents as optional or does not know is accepted; a value
of the wrong JSON type is not.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from snaptrade_client.checks import is_encodable
from snaptrade_client.sandbox.agenda import Agenda
from snaptrade_client.sandbox.errors import INVALID, NO_RSA_KEY, ServiceError
from snaptrade_client.sandbox.sealing import load_rsa_public_key, seal, signed_jwt
from snaptrade_client.sandbox.state import PortalOptions, State
from snaptrade_client.sandbox.webhooks import Publisher

JWT_LIFETIME = 300
"""Seconds for which a token is valid (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the operations work with; `origin` is the sandbox's own "http://host:port"."""

    state: State
    agenda: Agenda
    publisher: Publisher
    clock: Callable[[], float]
    client_id: str
    consumer_key: str
    origin: str


@dataclass(frozen=True, slots=True)
class Call:
    """The decoded query and the JSON object of one verified request."""

    query: Mapping[str, str]
    body: Mapping[str, object]

    def parameter(self, name: str) -> str:
        """Give a required parameter of the query."""
        value = self.query.get(name)
        if not value:
            raise ServiceError(INVALID, reason=f'The query parameter "{name}" is required.')
        return value

    def text(self, name: str) -> str | None:
        """Give an optional text of the body."""
        value = self.body.get(name)
        if name in self.body and not isinstance(value, str):
            raise ServiceError(INVALID, reason=f'The field "{name}" must be a string.')
        return value if isinstance(value, str) else None

    def boolean(self, name: str) -> bool | None:
        """Give an optional boolean of the body."""
        value = self.body.get(name)
        if name in self.body and not isinstance(value, bool):
            raise ServiceError(INVALID, reason=f'The field "{name}" must be a boolean.')
        return value if isinstance(value, bool) else None


def register_user(desk: Desk, call: Call) -> object:
    """POST /snapTrade/registerUser."""
    user_id = call.text("userId")
    rsa_public_key = call.text("rsaPublicKey")
    if user_id is not None and not _is_storable(user_id):
        raise ServiceError(INVALID, reason='The field "userId" must be text, and not empty.')
    if rsa_public_key is not None:
        try:
            load_rsa_public_key(rsa_public_key)
        except ValueError as error:
            raise ServiceError(INVALID, reason=f'The field "rsaPublicKey" is {error}.') from None
    user_id, user = desk.state.register(user_id=user_id, rsa_public_key=rsa_public_key)
    desk.publisher.publish("USER_REGISTERED", user_id)
    return {"userId": user_id, "userSecret": user.secret}


def list_users(desk: Desk, call: Call) -> object:  # noqa: ARG001 - one signature for all
    """GET /snapTrade/listUsers."""
    return list(desk.state.users)


def login_user(desk: Desk, call: Call) -> object:
    """POST /snapTrade/login."""
    options = PortalOptions(
        broker=call.text("broker"),
        immediate_redirect=call.boolean("immediateRedirect"),
        custom_redirect=call.text("customRedirect"),
        reconnect=call.text("reconnect"),
        connection_type=call.text("connectionType"),
        show_close_button=call.boolean("showCloseButton"),
        dark_mode=call.boolean("darkMode"),
        locale=call.text("locale"),
        connection_portal_version=call.text("connectionPortalVersion"),
    )
    user_id = call.parameter("userId")
    user = desk.state.authenticate(user_id=user_id, secret=call.parameter("userSecret"))
    link = desk.state.create_link(user_id=user_id, options=options)
    answer = {
        "redirectURI": f"{desk.origin}/portal?token={link.token}",
        "sessionId": link.session_id,
    }
    # That the message is the JSON of the plain answer is assumed.
    return seal(json.dumps(answer), user.rsa_public_key) if user.rsa_public_key else answer


def user_jwt(desk: Desk, call: Call) -> object:
    """GET /snapTrade/encryptedJWT; the claims of the token are assumed."""
    user_id = call.parameter("userId")
    user = desk.state.authenticate(user_id=user_id, secret=call.parameter("userSecret"))
    if user.rsa_public_key is None:
        raise ServiceError(NO_RSA_KEY)
    now = int(desk.clock())
    claims = {"sub": user_id, "clientId": desk.client_id, "iat": now, "exp": now + JWT_LIFETIME}
    return seal(signed_jwt(claims, desk.consumer_key), user.rsa_public_key)


def delete_user(desk: Desk, call: Call) -> object:
    """DELETE /snapTrade/deleteUser."""
    user_id = call.parameter("userId")
    due = desk.state.delete(user_id=user_id)
    desk.agenda.add(due, lambda: desk.publisher.publish("USER_DELETED", user_id))
    return {
        "status": "deleted",
        "detail": f"User queued for deletion: {user_id}",
        "userId": user_id,
    }


@dataclass(frozen=True, slots=True)
class Operation:
    """One endpoint: its short name, method, path below the base URL, and what it does."""

    name: str
    method: str
    path: str
    run: Callable[[Desk, Call], object]


OPERATIONS = (
    Operation("register", "POST", "/snapTrade/registerUser", register_user),
    Operation("list", "GET", "/snapTrade/listUsers", list_users),
    Operation("login", "POST", "/snapTrade/login", login_user),
    Operation("jwt", "GET", "/snapTrade/encryptedJWT", user_jwt),
    Operation("delete", "DELETE", "/snapTrade/deleteUser", delete_user),
)


def _is_storable(text: str) -> bool:
    # Half of a surrogate pair is valid in JSON, but no client could name such a user in a query.
    return bool(text) and is_encodable(text)
