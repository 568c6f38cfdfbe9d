"""What the app knows of SnapTrade: three things that it can do, in types of the app's own.

The rest of the app imports this module and never `snaptrade_client`: a test can put a fake in its
place, and a type checker sees every way in which a call may end.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NewType, Protocol, assert_never

from typing_extensions import Unpack

from snaptrade_client import ApiException, NotFoundError, RateLimitError, SnapTrade
from snaptrade_client.types import CallOptions, ConnectionType

UserId = NewType("UserId", str)
UserSecret = NewType("UserSecret", str)


@dataclass(frozen=True)
class User:
    """A registered user. The secret is in no repr, so in no log either."""

    id: UserId
    secret: UserSecret = field(repr=False)


class BrokeragesError(Exception):
    """What comes of a call that did not do what it should."""


class TakenError(BrokeragesError):
    """There is such a user already."""


@dataclass
class UnavailableError(BrokeragesError):
    """The service could not be asked; it may work later."""

    retry_after: float | None
    """Seconds, where the service said so."""


class UnclearError(BrokeragesError):
    """The service may have acted, or may not: somebody has to look before it is tried again."""


class Brokerages(Protocol):
    """What the app needs; `SnapTradeBrokerages` is the real one."""

    def register(self, user_id: UserId) -> User:
        """Register a user. Store the secret before anything else: it is told this once."""
        ...

    def portal_link(self, user: User, access: ConnectionType = "read") -> str:
        """Make a link to the connection portal; it works for five minutes."""
        ...

    def delete(self, user_id: UserId) -> bool:
        """Delete a user; False if there was none."""
        ...


class SnapTradeBrokerages:
    """The service itself. What is set here is set for every call."""

    def __init__(self, client: SnapTrade, **options: Unpack[CallOptions]) -> None:
        self._api = client.authentication
        self._options = options

    def register(self, user_id: UserId) -> User:
        """Register a user."""
        with _translated():
            body = self._api.register_snap_trade_user(user_id=user_id, **self._options).body
        return User(user_id, UserSecret(body["userSecret"]))

    def portal_link(self, user: User, access: ConnectionType = "read") -> str:
        """Make a link to the connection portal."""
        with _translated():
            body = self._api.login_snap_trade_user(
                user_id=user.id,
                user_secret=user.secret,
                connection_type=access,
                **self._options,
            ).body
        if "redirectURI" in body:
            return body["redirectURI"]
        # Here `body` is an EncryptedResponse: to users who registered an RSA key.
        raise BrokeragesError("the answer is encrypted: this app gives no user an RSA key")

    def delete(self, user_id: UserId) -> bool:
        """Delete a user."""
        with _translated():
            try:
                self._api.delete_snap_trade_user(user_id, **self._options)
            except NotFoundError as error:
                # An attempt before this one, whose answer was lost, may have deleted the user.
                return error.prior_attempt_unknown
        return True


@contextmanager
def _translated() -> Generator[None]:
    """Turn what a call raises into the app's own exceptions."""
    try:
        yield
    except RateLimitError as error:
        raise UnavailableError(error.retry_after) from None
    except ApiException as error:
        match error.outcome:
            case "unknown":
                raise UnclearError(str(error)) from None
            case "not_sent":
                raise UnavailableError(error.retry_after) from None
            case "rejected" | None:
                kind = TakenError if str(error.code) == "1010" else BrokeragesError
                raise kind(str(error)) from None
            case _:
                # A type checker complains here if there is an outcome that no case handles.
                assert_never(error.outcome)
