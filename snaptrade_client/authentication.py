"""The five operations of the authentication namespace: as data, and as methods.

Strategy: a method names its arguments and its operation, and nothing else. What the operations do
is told at docs.snaptrade.com, in the reference of the authentication API.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from frozendict import frozendict

from snaptrade_client import checks
from snaptrade_client.exceptions import ApiAttributeError
from snaptrade_client.operations import Operation
from snaptrade_client.redaction import boundary

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from snaptrade_client.api_client import ApiClient
    from snaptrade_client.api_response import ApiResponse
    from snaptrade_client.types import (
        CallOptions,
        ConnectionType,
        DeleteResponse,
        EncryptedResponse,
        LoginResponse,
        RegisterResponse,
    )

_USER = frozendict(userId=str)
_USER_AND_SECRET = frozendict(userId=str, userSecret=str)

REGISTER = Operation(
    name="register_snap_trade_user",
    method="POST",
    path="/snapTrade/registerUser",
    replay="harmful",
    body=frozendict(userId=str, rsaPublicKey=str),
    promise="an object",
    registers=True,
    echoes_user=True,
)
LIST = Operation(
    name="list_snap_trade_users",
    method="GET",
    path="/snapTrade/listUsers",
    replay="harmless",
    promise="an array",
)
LOGIN = Operation(
    name="login_snap_trade_user",
    method="POST",
    path="/snapTrade/login",
    replay="harmless",
    query=_USER_AND_SECRET,
    body=frozendict(
        broker=str,
        immediateRedirect=bool,
        customRedirect=str,
        reconnect=str,
        connectionType=str,
        showCloseButton=bool,
        darkMode=bool,
        locale=str,
        connectionPortalVersion=str,
    ),
    promise="an object",
)
JWT = Operation(
    name="get_user_jwt",
    method="GET",
    path="/snapTrade/encryptedJWT",
    replay="harmless",
    query=_USER_AND_SECRET,
    promise="an object",
)
DELETE = Operation(
    name="delete_snap_trade_user",
    method="DELETE",
    path="/snapTrade/deleteUser",
    replay="harmless",
    query=_USER,
    promise="an object",
    echoes_user=True,
)


class AuthenticationApi:
    """Registers an app's users with SnapTrade, links them to the portal, and deletes them.

    A method returns an `ApiResponse`, whose `body` is the answer. Arguments are given by name; one
    too many by position is Python's own TypeError, as everywhere. Every method takes these too,
    and what is left out is the client's:

        timeout: seconds, or (connect, read) seconds; default (5, 15), None is without limit.
        deadline: seconds for the whole call with its retries; default 25, None is without limit.
        retries: how often it is tried again at most; default 2.
        fresh_connection: whether it opens a connection of its own; default False.
        extra_headers: a dict of headers to send beside the client's own.

    Raises:
        ApiTypeError, ApiValueError: an argument is missing or wrong; nothing was sent.
        ApiException: the call failed; the class says how, `outcome` what that means.

    """

    def __init__(self, api_client: ApiClient) -> None:
        self.api_client = api_client

    def __repr__(self) -> str:
        return f"AuthenticationApi({self.api_client!r})"

    @boundary
    def register_snap_trade_user(
        self,
        *,
        user_id: str | None = None,
        rsa_public_key: str | None = None,
        body: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> ApiResponse[RegisterResponse]:
        """Create a user; `body["user_secret"]` is told this once: store it before anything else.

        `user_id` is your own id for it; left out, the service chooses one. With an RSA key
        ("ssh-rsa ..."), the user's login links and JWTs come encrypted.

        Options: `timeout` (default (5, 15) s), `deadline` (25 s), `retries` (2): see the class.

        Returns:
            `body["userId"]` and `body["userSecret"]`.

        Raises:
            BadRequestError: code 1010, there is such a user already.
            RegistrationOutcomeUnknown: the user may be there, and its secret is not known. It is
                never sent twice where the first may have arrived.

        """
        fields = {"userId": user_id, "rsaPublicKey": rsa_public_key}
        return self.api_client.call(REGISTER, fields=fields, body=body, options=options)

    @boundary
    def list_snap_trade_users(
        self, *, query_params: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> ApiResponse[list[str]]:
        """List the ids of all users of the client id; the service does not split it into pages.

        Options: `timeout` (default (5, 15) s), `deadline` (25 s), `retries` (2): see the class.

        Returns:
            `body`, a list of str.

        Raises:
            UnauthorizedError: code 1076, the consumer key does not fit the client id.

        """
        return self.api_client.call(LIST, query_params=query_params, options=options)

    @boundary
    def login_snap_trade_user(
        self,
        *,
        user_id: str | None = None,
        user_secret: str | None = None,
        broker: str | None = None,
        immediate_redirect: bool | None = None,
        custom_redirect: str | None = None,
        reconnect: str | None = None,
        connection_type: ConnectionType | None = None,
        show_close_button: bool | None = None,
        dark_mode: bool | None = None,
        locale: str | None = None,
        connection_portal_version: str | None = None,
        query_params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> ApiResponse[LoginResponse | EncryptedResponse]:
        """Create a link to the connection portal for a user; it expires after five minutes.

        Needs `user_id` and `user_secret`. `broker` skips the choice of one, `reconnect` (a
        connection's id) repairs a connection, `custom_redirect` is where the portal returns to.
        Returns `body["redirectURI"]`; to a user with an RSA key an encrypted answer, which
        `encryption.decrypt` opens. Raises UnauthorizedError, code 1083, for an unknown user or a
        wrong secret. Options: `timeout` (default (5, 15) s), `deadline` (25 s), `retries` (2).
        """
        query = {"userId": user_id, "userSecret": user_secret}
        fields = {
            "broker": broker,
            "immediateRedirect": immediate_redirect,
            "customRedirect": custom_redirect,
            "reconnect": reconnect,
            "connectionType": connection_type,
            "showCloseButton": show_close_button,
            "darkMode": dark_mode,
            "locale": locale,
            "connectionPortalVersion": connection_portal_version,
        }
        return self.api_client.call(
            LOGIN, query=query, fields=fields, query_params=query_params, body=body, options=options
        )

    @boundary
    def get_user_jwt(
        self,
        *,
        user_id: str | None = None,
        user_secret: str | None = None,
        query_params: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> ApiResponse[EncryptedResponse]:
        """Create a JWT for a user with an RSA key; it comes encrypted.

        Needs `user_id` and `user_secret`.

        Options: `timeout` (default (5, 15) s), `deadline` (25 s), `retries` (2): see the class.

        Returns:
            `body`, an encrypted answer; `encryption.decrypt` opens it.

        Raises:
            BadRequestError: the user has no RSA key.
            UnauthorizedError: code 1083, there is no such user, or the secret is wrong.

        """
        query = {"userId": user_id, "userSecret": user_secret}
        return self.api_client.call(JWT, query=query, query_params=query_params, options=options)

    @boundary
    def delete_snap_trade_user(
        self,
        user_id: str | None = None,
        *,
        query_params: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> ApiResponse[DeleteResponse]:
        """Delete a user with its connections and data; needs `user_id`.

        Options: `timeout` (default (5, 15) s), `deadline` (25 s), `retries` (2): see the class.

        Returns:
            `body["userId"]` and `body["status"]`. The deletion is queued; the webhook
            `USER_DELETED` follows when it is done.

        Raises:
            NotFoundError: there is no such user. With `prior_attempt_unknown`, it was most likely
                deleted just now.

        """
        query = {"userId": user_id}
        return self.api_client.call(DELETE, query=query, query_params=query_params, options=options)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            method = name[1:]
            if name.startswith("a") and hasattr(type(self), method):
                raise ApiAttributeError(
                    f"{name!r}: this client is synchronous. In async code, call "
                    f"await asyncio.to_thread(snaptrade.authentication.{method}, ...)"
                )
            methods = [known for known in vars(AuthenticationApi) if not known.startswith("_")]
            raise ApiAttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}"
                + checks.similar(name, methods)
            )
