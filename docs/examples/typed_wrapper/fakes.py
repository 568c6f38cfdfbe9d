"""A fake of what the app needs, for tests that are not about SnapTrade: no sockets, no threads."""

from brokerages import (
    BrokeragesError,
    TakenError,
    User,
    UserId,
    UserSecret,
)
from snaptrade_client.types import ConnectionType


class FakeBrokerages:
    """Remembers its users; `failure`, where it is set, is what the next call raises."""

    def __init__(self) -> None:
        self.users: dict[UserId, UserSecret] = {}
        self.links: list[tuple[UserId, ConnectionType]] = []
        self.failure: BrokeragesError | None = None

    def register(self, user_id: UserId) -> User:
        """Register a user."""
        self._fail()
        if user_id in self.users:
            raise TakenError
        self.users[user_id] = UserSecret(f"secret of {user_id}")
        return User(user_id, self.users[user_id])

    def portal_link(self, user: User, access: ConnectionType = "read") -> str:
        """Make a link that leads nowhere."""
        self._fail()
        if self.users.get(user.id) != user.secret:
            raise BrokeragesError
        self.links.append((user.id, access))
        return f"https://portal.example/{len(self.links)}"

    def delete(self, user_id: UserId) -> bool:
        """Delete a user."""
        self._fail()
        return self.users.pop(user_id, None) is not None

    def _fail(self) -> None:
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure
