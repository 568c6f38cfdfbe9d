"""Sandbox: the service in a thread, and everything that a test wants to know of it."""

import math
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from time import time
from types import TracebackType
from typing import Any, Self

from snaptrade_client.client import SnapTrade
from snaptrade_client.exceptions import ApiTypeError, ApiValueError
from snaptrade_client.sandbox.agenda import Agenda
from snaptrade_client.sandbox.app import answer_headers, create_app
from snaptrade_client.sandbox.clock import Clock
from snaptrade_client.sandbox.operations import Desk
from snaptrade_client.sandbox.rate_limit import RateLimit
from snaptrade_client.sandbox.recording import RequestLog
from snaptrade_client.sandbox.sealing import load_rsa_public_key
from snaptrade_client.sandbox.server import ServerThread
from snaptrade_client.sandbox.state import DELETION_DELAY, SandboxUser, State
from snaptrade_client.sandbox.webhooks import REDELIVERY, Publisher, WebhookLog

CLIENT_ID = "SANDBOX-CLIENT"
"""The client id of a sandbox that is given none."""

CONSUMER_KEY = "sandbox-consumer-key"
"""The consumer key of a sandbox that is given none: it protects nothing."""


class Sandbox:
    """A service of its own on this machine, for the time of a `with` statement.

    Attributes:
        client_id: the client id that it accepts.
        consumer_key: the consumer key that signs requests.
        clock: its clock; `sandbox.clock.shift(301)` lets a portal link expire.
        requests: the last 1,000 requests, exactly as they arrived.
        webhooks: what the service told, or would tell, to the app's webhook URL.

    """

    def __init__(
        self,
        *,
        users: Mapping[str, str | SandboxUser] | None = None,
        clock: Callable[[], float] = time,
        rate_limit: int = 250,
        client_id: str = CLIENT_ID,
        consumer_key: str = CONSUMER_KEY,
        host: str = "127.0.0.1",
        port: int = 0,
        webhook: str | None = None,
        redelivery: Sequence[float] = REDELIVERY,
        deletion_delay: float = DELETION_DELAY,
    ) -> None:
        """Prepare a sandbox; nothing is opened yet.

        Args:
            users: the users there are from the start, by id: a secret, or a `SandboxUser`.
            clock: gives Unix seconds, like `time.time`.
            rate_limit: requests that are allowed in any 60 seconds.
            client_id: the client id that it accepts.
            consumer_key: the key that requests are signed with.
            host: the address to listen on.
            port: the port to listen on; 0 takes a free one.
            webhook: the URL of the app that webhooks are sent to; None sends none.
            redelivery: seconds after which a webhook that the app did not take is sent again.
            deletion_delay: seconds from a deletion's answer to the user's end.

        Raises:
            ApiTypeError, ApiValueError: an argument is of no use, and which.

        """
        self.client_id: str = _text("client_id", client_id)
        self.consumer_key: str = _text("consumer_key", consumer_key)
        self.clock: Clock = Clock(clock)
        self.requests: RequestLog = RequestLog()
        self._state = State(
            {_text("a user id", name): _user(user) for name, user in (users or {}).items()},
            clock=self.clock,
            deletion_delay=_seconds("deletion_delay", deletion_delay),
        )
        self._agenda = Agenda(self.clock)
        self._publisher = Publisher(
            None if webhook is None else _text("webhook", webhook),
            client_id=self.client_id,
            consumer_key=self.consumer_key,
            clock=self.clock,
            agenda=self._agenda,
            redelivery=[_seconds("redelivery", delay) for delay in redelivery],
        )
        self.webhooks: WebhookLog = self._publisher.log
        self._rate_limit = RateLimit(
            _count("rate_limit", rate_limit, least=1, most=sys.maxsize), self.clock
        )
        self._address = (_text("host", host), _count("port", port, least=0, most=65535))
        self._server: ServerThread | None = None

    def start(self) -> Self:
        """Start to serve, in a thread; a `with` statement does it.

        Raises:
            OSError: the address is not there to listen on.
            ApiValueError: the sandbox is running already.

        """
        if self._server is not None:
            raise ApiValueError("The sandbox is running already.")
        host, port = self._address
        self._server = ServerThread(
            host=host,
            port=port,
            make_app=lambda origin: create_app(self._desk(origin), self._rate_limit, self.requests),
            answer_headers=lambda: answer_headers(
                uuid.uuid4().hex, self._rate_limit.peek(), self.clock()
            ),
        )
        self._agenda.start()
        return self

    def stop(self) -> None:
        """Stop serving; once it returns, nothing of it is left open. Users stay."""
        if self._server is not None:
            self._server.stop()
            self._agenda.stop()
            self._server = None

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    @property
    def url(self) -> str:
        """The base URL, its "/api/v1" included: what a client takes as `host`."""
        if self._server is None:
            raise ApiValueError(
                "The sandbox is not running: use it in a with statement, or call start()."
            )
        return f"{self._server.origin}/api/v1"

    @property
    def users(self) -> dict[str, SandboxUser]:
        """The users there are now, by id: a copy."""
        return self._state.users

    def settle(self, timeout: float = 5.0) -> bool:
        """Wait until everything that is due has happened: deletions told, webhooks delivered.

        False if that takes longer than `timeout` seconds.
        """
        return self._agenda.settle(timeout)

    def client(self, **options: Any) -> SnapTrade:
        """Give a client of this sandbox; `options` are those of `SnapTrade`, and win."""
        mine: dict[str, Any] = {
            "consumer_key": self.consumer_key,
            "client_id": self.client_id,
            "host": self.url,
        }
        return SnapTrade(**{**mine, **options})

    def __repr__(self) -> str:
        """Show where it is."""
        return f"<Sandbox {self.url if self._server else 'not running'}>"

    def _desk(self, origin: str) -> Desk:
        return Desk(
            state=self._state,
            agenda=self._agenda,
            publisher=self._publisher,
            clock=self.clock,
            client_id=self.client_id,
            consumer_key=self.consumer_key,
            origin=origin,
        )


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ApiTypeError(f"Sandbox: {name} must be of type str, not {type(value).__name__}.")
    if not value:
        raise ApiValueError(f"Sandbox: {name} must not be empty.")
    return value


def _count(name: str, value: object, *, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ApiTypeError(f"Sandbox: {name} must be of type int, not {type(value).__name__}.")
    if not least <= value <= most:
        raise ApiValueError(f"Sandbox: {name} must be from {least} to {most}.")
    return value


def _seconds(name: str, value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ApiTypeError(f"Sandbox: {name} must be in seconds, not {type(value).__name__}.")
    if not (math.isfinite(value) and value >= 0):
        raise ApiValueError(f"Sandbox: {name} must be 0 or more seconds.")
    return value


def _user(user: object) -> SandboxUser:
    if not isinstance(user, SandboxUser):
        return SandboxUser(secret=_text("a user's secret", user))
    _text("a user's secret", user.secret)
    if user.rsa_public_key is not None:
        try:
            load_rsa_public_key(user.rsa_public_key)
        except ValueError as error:
            raise ApiValueError(f"Sandbox: a user's rsa_public_key is {error}.") from None
    return user
