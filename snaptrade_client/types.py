"""The types of the operations' arguments and answers.

An answer's object holds the service's keys and answers to the specification's spelling too, so
both stand here. The facts are those of the API's reference at docs.snaptrade.com.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NotRequired, TypeAlias, final

from typing_extensions import TypedDict

from snaptrade_client.attempts import Attempt

__all__ = [
    "CallOptions",
    "ClientOptions",
    "ConfigurationOptions",
    "ConnectionOptions",
    "ConnectionType",
    "DeleteResponse",
    "EncryptedMessageData",
    "EncryptedResponse",
    "LoginResponse",
    "QueryValue",
    "RegisterBody",
    "RegisterResponse",
    "Timeout",
    "UserQuery",
    "UserSecretQuery",
]

Timeout: TypeAlias = float | tuple[float | None, float | None] | None
"""Seconds for connecting and for each silence, or (connect, read) seconds; None is no limit."""

ConnectionType: TypeAlias = (
    Literal["read", "trade", "trade-if-available"] | str  # noqa: PYI051 - editors complete it
)
"""What a connection may do. The API adds values: one that is not listed here is sent as it is."""

QueryValue: TypeAlias = str | int | bool | None
"""A value of a query; None is left out, True and False are sent as `true` and `false`."""


class CallOptions(TypedDict, total=False):
    """What can be set on a single call; what is left out is the client's."""

    timeout: Timeout
    """Seconds, or (connect, read) seconds; None is without limit."""
    deadline: float | None
    """Seconds for the whole call with its waits and retries; None is without limit."""
    retries: int | None
    """How often the call is tried again at most; None is the client's."""
    fresh_connection: bool
    """Whether the call opens a connection of its own."""
    extra_headers: Mapping[str, str]
    """Headers to send beside the client's own."""


class ClientOptions(TypedDict, total=False):
    """What `with_options` can change, since it does not touch the connections."""

    timeout: Timeout
    deadline: float | None
    retries: int | None
    fresh_connection: bool
    max_body_bytes: int
    on_attempt: Callable[[str, Attempt], object] | None


class ConnectionOptions(ClientOptions, total=False):
    """The options of a client, beside its credentials and host; see `Configuration`."""

    connection_pool_maxsize: int | None
    proxy: str | None
    proxy_headers: Mapping[str, str] | None
    ssl_ca_cert: str | None
    verify_ssl: bool
    cert_file: str | None
    key_file: str | None
    assert_hostname: str | bool | None
    socket_options: Sequence[tuple[int, int, int | bytes]] | None
    allow_insecure_http: bool
    signed_path_prefix: str | None
    debug: bool


class ConfigurationOptions(ConnectionOptions, total=False):
    """All options of a client; see `Configuration`."""

    consumer_key: str | None
    client_id: str | None
    host: str | None


class UserQuery(TypedDict, total=False):
    """The parameters that name a user, in either spelling."""

    userId: str
    user_id: str


class UserSecretQuery(UserQuery, total=False):
    """The parameters that name a user and prove it, in either spelling."""

    userSecret: str
    user_secret: str


class RegisterBody(TypedDict, total=False):
    """The fields of a registration, in either spelling. Other fields are sent as they are."""

    userId: str | None
    user_id: str | None
    rsaPublicKey: str | None
    rsa_public_key: str | None


class RegisterResponse(TypedDict):
    """A registered user, with the secret that is told this once."""

    userId: str
    user_id: str
    userSecret: str
    user_secret: str


class DeleteResponse(TypedDict):
    """A deletion that was queued."""

    status: str
    userId: str
    user_id: str
    detail: NotRequired[str]


# A login's answer is one of these two. They are final, so that type checkers know from
# `if "redirectURI" in body` which of them it is: a subclass might have had both keys.
@final
class LoginResponse(TypedDict):
    """A link to the connection portal; it expires after five minutes."""

    redirectURI: str
    redirect_uri: str
    sessionId: str
    session_id: str


class EncryptedMessageData(TypedDict):
    """An encrypted message, each part in base64."""

    encryptedMessage: str
    encrypted_message: str
    tag: str
    nonce: str


@final
class EncryptedResponse(TypedDict):
    """An answer for a user with an RSA key; `snaptrade_client.encryption.decrypt` opens it."""

    encryptedSharedKey: str
    encrypted_shared_key: str
    encryptedMessageData: EncryptedMessageData
    encrypted_message_data: EncryptedMessageData
