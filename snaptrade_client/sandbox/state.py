"""What the sandbox remembers: users, portal links, connections; pure, in memory, one lock."""

import hmac
import secrets
import threading
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from snaptrade_client.sandbox.errors import (
    NOT_FOUND,
    USER_EXISTS,
    WRONG_CREDENTIALS,
    ServiceError,
)

LINK_LIFETIME = 300
"""Seconds for which a connection portal link works: five minutes, as documented."""

DELETION_DELAY = 1.0
"""Seconds from a deletion's answer, which says "queued", to the user's end (assumed)."""

# How many links that were used up are remembered.
_KEPT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalOptions:
    """What a login asks of its connection portal; None where it does not say."""

    broker: str | None = None
    immediate_redirect: bool | None = None
    custom_redirect: str | None = None
    reconnect: str | None = None
    connection_type: str | None = None
    show_close_button: bool | None = None
    dark_mode: bool | None = None
    locale: str | None = None
    connection_portal_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxUser:
    """A user of the sandbox: its secret, and its RSA public key ("ssh-rsa ...") or None."""

    secret: str = field(repr=False)
    rsa_public_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalLink:
    """A login's one-time link: `expires_at` is in Unix seconds of the sandbox's clock."""

    token: str = field(repr=False)
    session_id: str
    user_id: str
    expires_at: float
    options: PortalOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A user's connection to a brokerage; the service calls it a brokerage authorization too.

    `brokerage` is a slug such as "ALPACA", `type` is "read" or "trade". A connection that is
    `disabled` is fixed by a login with `reconnect`.
    """

    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    user_id: str
    brokerage: str
    type: str
    disabled: bool = False


class State:
    """The users, links and connections of one sandbox. Every method is atomic.

    A user whose deletion is queued is listed, and its id is taken, but it can't log in.
    """

    def __init__(
        self,
        users: Mapping[str, SandboxUser],
        *,
        clock: Callable[[], float],
        deletion_delay: float = DELETION_DELAY,
    ) -> None:
        """Start with `users`, which is copied; `clock` gives Unix seconds."""
        self._users = dict(users)
        self._leaving: dict[str, float] = {}
        self._deletion_delay = deletion_delay
        self._links: dict[str, PortalLink] = {}
        self._finished: deque[PortalLink] = deque(maxlen=_KEPT)
        self._connections: dict[str, Connection] = {}
        self._clock = clock
        self._lock = threading.Lock()

    @property
    def users(self) -> dict[str, SandboxUser]:
        """A copy of the users, by id, in the order of their registration."""
        with self._lock:
            self._part()
            return dict(self._users)

    @property
    def leaving(self) -> dict[str, float]:
        """The users whose deletion is queued, and when each of them is gone, in Unix seconds."""
        with self._lock:
            self._part()
            return dict(self._leaving)

    @property
    def links(self) -> list[PortalLink]:
        """The links that still work, oldest first."""
        with self._lock:
            now = self._clock()
            return [link for link in self._links.values() if link.expires_at > now]

    @property
    def finished_links(self) -> list[PortalLink]:
        """The last links that were used up, oldest first."""
        with self._lock:
            return list(self._finished)

    @property
    def connections(self) -> dict[str, Connection]:
        """A copy of the connections, by id, in the order in which they were made."""
        with self._lock:
            return dict(self._connections)

    def register(
        self, *, user_id: str | None, rsa_public_key: str | None
    ) -> tuple[str, SandboxUser]:
        """Add a user, under a new id where `user_id` is None."""
        user_id = str(uuid.uuid4()) if user_id is None else user_id
        user = SandboxUser(secret=str(uuid.uuid4()), rsa_public_key=rsa_public_key)
        self.add(user_id, user)
        return user_id, user

    def add(self, user_id: str, user: SandboxUser) -> None:
        """Add a user as it is."""
        with self._lock:
            self._part()
            if user_id in self._users:
                raise ServiceError(USER_EXISTS, user_id=user_id)
            self._users[user_id] = user

    def authenticate(self, *, user_id: str, secret: str) -> SandboxUser:
        """Give the user whose id and secret these are."""
        with self._lock:
            user = None if user_id in self._leaving else self._users.get(user_id)
        # An unknown user costs a comparison too, so that time tells nothing.
        expected = user.secret if user else secrets.token_hex(16)
        matches = hmac.compare_digest(expected.encode(), secret.encode())
        if user is None or not matches:
            raise ServiceError(WRONG_CREDENTIALS)
        return user

    def delete(self, *, user_id: str) -> float:
        """Queue a user's deletion, and give the time at which it is gone.

        Its links and connections are gone at once.
        """
        with self._lock:
            self._part()
            if user_id not in self._users or user_id in self._leaving:
                raise ServiceError(NOT_FOUND, what="User")
            self._leaving[user_id] = due = self._clock() + self._deletion_delay
            self._links = {
                token: link for token, link in self._links.items() if link.user_id != user_id
            }
            self._connections = {
                name: old for name, old in self._connections.items() if old.user_id != user_id
            }
        return due

    def _part(self) -> None:
        """Let those go whose time has come; the lock is held."""
        now = self._clock()
        for user_id in [name for name, due in self._leaving.items() if due <= now]:
            del self._leaving[user_id], self._users[user_id]

    def create_link(self, *, user_id: str, options: PortalOptions) -> PortalLink:
        """Make a portal link for a user; links that have expired are forgotten."""
        now = self._clock()
        link = PortalLink(
            token=secrets.token_urlsafe(32),
            session_id=str(uuid.uuid4()),
            user_id=user_id,
            expires_at=now + LINK_LIFETIME,
            options=options,
        )
        with self._lock:
            self._links = {token: old for token, old in self._links.items() if old.expires_at > now}
            self._links[link.token] = link
        return link

    def link(self, token: str) -> PortalLink | None:
        """Give a link that still works; None where it is unknown, finished or expired."""
        with self._lock:
            link = self._links.get(token)
        return None if link is None or link.expires_at <= self._clock() else link

    def finish_link(self, link: PortalLink, connection: Connection | None) -> bool:
        """Use a link up, and keep the connection that came of it; False where it is used up.

        A user whose deletion is queued has no links: so it gets no connection either.
        """
        with self._lock:
            if self._links.pop(link.token, None) is None:
                return False
            self._finished.append(link)
            if connection is not None:
                self._connections[connection.id] = connection
            return True

    def disable_connection(self, connection_id: str) -> Connection:
        """Let a connection be disabled; KeyError where there is none of this id."""
        with self._lock:
            disabled = replace(self._connections[connection_id], disabled=True)
            self._connections[connection_id] = disabled
            return disabled
