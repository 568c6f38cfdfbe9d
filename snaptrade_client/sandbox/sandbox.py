"""Sandbox: the service in a thread, and everything that a test wants to know of it."""

import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from time import time
from types import TracebackType
from typing import Self

from flask import Flask
from typing_extensions import Unpack

from snaptrade_client import checks
from snaptrade_client.client import SnapTrade
from snaptrade_client.exceptions import ApiTypeError, ApiValueError
from snaptrade_client.redaction import boundary
from snaptrade_client.sandbox.agenda import Agenda
from snaptrade_client.sandbox.answers import answer_headers
from snaptrade_client.sandbox.app import Gates, create_app
from snaptrade_client.sandbox.arguments import LONGEST_SHIFT, number, whole
from snaptrade_client.sandbox.clock import Clock
from snaptrade_client.sandbox.control import add_control
from snaptrade_client.sandbox.dashboard import add_dashboard
from snaptrade_client.sandbox.errors import ServiceError
from snaptrade_client.sandbox.faults import Faults
from snaptrade_client.sandbox.operations import Desk
from snaptrade_client.sandbox.rate_limit import RateLimit
from snaptrade_client.sandbox.recording import RequestLog
from snaptrade_client.sandbox.sealing import load_rsa_public_key
from snaptrade_client.sandbox.server import ServerThread
from snaptrade_client.sandbox.state import DELETION_DELAY, Connection, SandboxUser, State
from snaptrade_client.sandbox.webhooks import REDELIVERY, Publisher, WebhookLog
from snaptrade_client.shapes import is_array, is_object
from snaptrade_client.types import ConfigurationOptions

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
        faults: what the service is to do wrong next: `sandbox.faults.add("login", Status(503))`.
        rate_limit: its `limit` can be set, and `reset()` forgets the requests that were counted.
        requests: the last 1,000 requests, exactly as they arrived; `last("login")` gives one.
        webhooks: what the service told, or would tell, to the app's webhook URL.

    """

    # A traceback may show a sandbox whose constructor has failed.
    _server: ServerThread | None = None

    @boundary
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
        control: bool = False,
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
            control: whether it can be told things over HTTP, below /_sandbox/, by any program that
                reaches it.

        Raises:
            ApiTypeError, ApiValueError: an argument is of no use, and which.

        """
        self.client_id: str = _CREDENTIALS["client_id"]("client_id", client_id)
        self.consumer_key: str = _CREDENTIALS["consumer_key"]("consumer_key", consumer_key)
        self.clock: Clock = Clock(checks.function("clock", clock))
        self.faults: Faults = Faults()
        self.rate_limit: RateLimit = RateLimit(rate_limit, self.clock)
        self.requests: RequestLog = RequestLog()
        self._state = State(
            _users({} if users is None else users),
            clock=self.clock,
            deletion_delay=number("deletion_delay", deletion_delay, 0, LONGEST_SHIFT),
        )
        self._agenda = Agenda(self.clock)
        if not is_array(redelivery):
            raise ApiTypeError(
                f"redelivery must be a list of seconds, not {type(redelivery).__name__}"
            )
        self._publisher = Publisher(
            _WEBHOOK("webhook", webhook),
            client_id=self.client_id,
            consumer_key=self.consumer_key,
            clock=self.clock,
            agenda=self._agenda,
            redelivery=[number("redelivery", delay, 0, LONGEST_SHIFT) for delay in redelivery],
        )
        self.webhooks: WebhookLog = self._publisher.log
        self._address = (checks.text("host", host), whole("port", port, 0, 65535))
        self._control = checks.boolean("control", control)
        self._stopping = threading.Event()

    def start(self) -> Self:
        """Start to serve, in a thread; a `with` statement does it.

        Raises:
            OSError: the address is not there to listen on.
            ApiValueError: the sandbox is running already.

        """
        if self._server is not None:
            raise ApiValueError("The sandbox is running already.")
        host, port = self._address
        self._stopping.clear()
        self._server = ServerThread(
            host=host,
            port=port,
            make_app=self._app,
            answer_headers=lambda: answer_headers(
                uuid.uuid4().hex, self.rate_limit.peek(), self.clock()
            ),
        )
        self._agenda.start()
        return self

    def stop(self) -> None:
        """Stop serving; once it returns, nothing of it is left open. Users stay."""
        if self._server is not None:
            self._stopping.set()
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

    @boundary
    def add_user(self, user_id: str, user: str | SandboxUser) -> None:
        """Add a user: a secret, or a `SandboxUser`. No webhook tells of it.

        Raises:
            ApiTypeError, ApiValueError: an argument is of no use, or the id is taken.

        """
        for name, checked in _users({user_id: user}).items():
            try:
                self._state.add(name, checked)
            except ServiceError as error:
                raise ApiValueError(f"user_id: {error.detail}") from None

    @property
    def connections(self) -> dict[str, Connection]:
        """The connections that users have made in the portal, by id: a copy."""
        return self._state.connections

    @property
    def webhook(self) -> str | None:
        """The URL of the app that webhooks are sent to, and None where none is; it can be set."""
        return self._publisher.url

    @webhook.setter
    @boundary
    def webhook(self, url: str | None) -> None:
        self._publisher.url = _WEBHOOK("webhook", url)

    def break_connection(self, connection_id: str) -> None:
        """Disable a connection, as when a brokerage withdraws its consent; the webhook tells it.

        A login with `reconnect` lets the user fix it.

        Raises:
            ApiValueError: there is no such connection.

        """
        try:
            connection = self._state.disable_connection(connection_id)
        except KeyError:
            raise ApiValueError(
                "connection_id is not that of a connection: `connections` has them"
            ) from None
        self._publisher.publish(
            "CONNECTION_BROKEN", connection.user_id, brokerageAuthorizationId=connection.id
        )

    def settle(self, timeout: float = 5.0) -> bool:
        """Wait until everything that is due has happened: deletions told, webhooks delivered.

        False if that takes longer than `timeout` seconds.
        """
        return self._agenda.settle(timeout)

    @boundary
    def client(self, **options: Unpack[ConfigurationOptions]) -> SnapTrade:
        """Give a client of this sandbox; `options` are those of `Configuration`, and win."""
        mine = ConfigurationOptions(
            consumer_key=self.consumer_key, client_id=self.client_id, host=self.url
        )
        mine.update(options)
        return SnapTrade(**mine)

    def __repr__(self) -> str:
        """Show where it is."""
        return f"<Sandbox {self.url if self._server else 'not running'}>"

    def _app(self, origin: str) -> Flask:
        desk = Desk(
            state=self._state,
            agenda=self._agenda,
            publisher=self._publisher,
            clock=self.clock,
            client_id=self.client_id,
            consumer_key=self.consumer_key,
            origin=origin,
        )
        gates = Gates(
            rate_limit=self.rate_limit,
            faults=self.faults,
            log=self.requests,
            pause=self._stopping.wait,
        )
        app = create_app(desk, gates)
        if self._control:
            add_control(app, self)
            add_dashboard(app, self, self._state)
        return app


# The client's own checks, so that no sandbox has credentials that no client takes.
_CREDENTIALS = {
    "client_id": checks.credential("SNAPTRADE_CLIENT_ID"),
    "consumer_key": checks.credential("SNAPTRADE_CONSUMER_KEY"),
}
_WEBHOOK = checks.optional(checks.text)


def _users(users: object) -> dict[str, SandboxUser]:
    if not is_object(users):
        raise ApiTypeError(f"users must be a dict of users by id, not {type(users).__name__}")
    return {checks.text("a user id", name): _user(user) for name, user in users.items()}


def _user(user: object) -> SandboxUser:
    if not isinstance(user, SandboxUser):
        return SandboxUser(secret=checks.text("a user's secret", user))
    checks.text("a user's secret", user.secret)
    if user.rsa_public_key is not None:
        try:
            load_rsa_public_key(checks.text("rsa_public_key", user.rsa_public_key))
        except ValueError as error:
            raise ApiValueError(f"rsa_public_key is {error}") from None
    return user
