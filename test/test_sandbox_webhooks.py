"""The webhooks of the sandbox, as an app's own server gets them."""

import json
import ssl
import threading
import time
from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any

import pytest

from snaptrade_client import ApiTypeError, ApiValueError
from snaptrade_client.sandbox import CONSUMER_KEY, Sandbox, webhooks
from snaptrade_client.sandbox.agenda import Agenda
from snaptrade_client.sandbox.clock import Clock
from snaptrade_client.sandbox.state import DELETION_DELAY

from .authority import Authority
from .ports import free_port
from .raw import Peer, RawServer
from .sandboxed import checked_sandbox
from .signature import webhook_signature

TAKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
REFUSED = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"


class App:
    """An app's webhook view: it answers as told, and keeps what it got."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []

    def __call__(self, peer: Peer) -> None:
        # The signature of a webhook is of another kind: `got` judges it.
        self.requests.append(peer.message())
        peer.send(self.answers.pop(0) if self.answers else TAKEN)

    def got(self) -> list[dict[str, Any]]:
        """The payloads; every one of them must be well signed."""
        payloads: list[dict[str, Any]] = []
        for request in self.requests:
            head, _, body = request.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
            payloads.append(json.loads(body))
            assert headers["Signature"] == webhook_signature(body, CONSUMER_KEY)
            assert headers["Content-Type"] == "application/json"
        return payloads


class Now:
    """A clock that stands still, near the client's, until it is moved."""

    def __init__(self) -> None:
        self.time = time.time() // 1

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def app() -> App:
    return App()


@pytest.fixture
def receiver(app: App) -> Generator[RawServer]:
    with RawServer(app) as receiver:
        yield receiver


def test_registration_and_deletion_are_told(app: App, receiver: RawServer) -> None:
    hook = f"{receiver.url}/hooks?app=1"
    now = Now()
    with checked_sandbox(webhook=hook, clock=now) as sandbox, sandbox.client() as client:
        client.authentication.register_snap_trade_user(user_id="u é")
        client.authentication.delete_snap_trade_user("u é")
        assert sandbox.settle()
        assert [webhook.event_type for webhook in sandbox.webhooks] == ["USER_REGISTERED"]
        sandbox.clock.shift(DELETION_DELAY)
        assert sandbox.settle()
        registered, deleted = app.got()
        assert deleted == {
            "webhookId": sandbox.webhooks.last("USER_DELETED").webhook_id,
            "clientId": sandbox.client_id,
            "eventTimestamp": datetime.fromtimestamp(now() + 1, UTC).isoformat(),
            "userId": "u é",
            "eventType": "USER_DELETED",
        }
    assert registered["eventType"] == "USER_REGISTERED"
    assert app.requests[0].startswith(b"POST /hooks?app=1 HTTP/1.1\r\n")


def test_what_is_not_taken_is_told_again_three_times(app: App, receiver: RawServer) -> None:
    app.answers = [REFUSED] * 4
    now = Now()
    with checked_sandbox(webhook=receiver.url, clock=now) as sandbox, sandbox.client() as client:
        client.authentication.register_snap_trade_user(user_id="u1")
        for _ in range(5):
            assert sandbox.settle()
            sandbox.clock.shift(1800)
        [webhook] = sandbox.webhooks
        assert [delivery.status for delivery in webhook.deliveries] == [500] * 4
        assert not webhook.delivered
        payloads = app.got()
    assert len({payload["webhookId"] for payload in payloads}) == 1
    times = [datetime.fromisoformat(payload["eventTimestamp"]) for payload in payloads]
    assert [moment.timestamp() - now() for moment in times] == [0, 1800, 3600, 5400]


def test_a_webhook_that_is_taken_at_the_second_try_is_delivered(
    app: App, receiver: RawServer
) -> None:
    app.answers = [b"this is not HTTP\r\n\r\n"]
    with checked_sandbox(webhook=receiver.url, redelivery=[0]) as sandbox:
        with sandbox.client() as client:
            client.authentication.register_snap_trade_user(user_id="u1")
        assert sandbox.settle()
        webhook = sandbox.webhooks.last("USER_REGISTERED")
        assert [delivery.status for delivery in webhook.deliveries] == [None, 200]
        assert webhook.delivered
    assert len(app.got()) == 2


def test_an_app_that_is_not_there_and_one_of_an_unknown_authority_take_nothing(
    tmp_path: Any,
) -> None:
    context: ssl.SSLContext = Authority(tmp_path).server("127.0.0.1")
    with RawServer(App(), ssl_context=context) as unknown:
        for url in (f"http://127.0.0.1:{free_port()}", unknown.url, "http://no..name/"):
            with checked_sandbox(webhook=url) as sandbox, sandbox.client() as client:
                client.authentication.register_snap_trade_user(user_id="u1")
                assert sandbox.settle()
                [webhook] = sandbox.webhooks
                assert [delivery.status for delivery in webhook.deliveries] == [None]


def test_an_app_that_drips_its_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "_PATIENCE", 0.3)

    def drips(peer: Peer) -> None:
        peer.message()
        peer.drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 3000)

    with (
        RawServer(drips) as receiver,
        checked_sandbox(webhook=receiver.url) as sandbox,
        sandbox.client() as client,
    ):
        client.authentication.register_snap_trade_user(user_id="u1")
        assert sandbox.settle()
        [webhook] = sandbox.webhooks
        assert [delivery.status for delivery in webhook.deliveries] == [None]


def test_the_url_can_be_set_and_taken_away(app: App, receiver: RawServer) -> None:
    app.answers = [REFUSED]
    now = Now()
    with checked_sandbox(clock=now) as sandbox, sandbox.client() as client:
        assert sandbox.webhook is None
        sandbox.webhook = receiver.url
        assert sandbox.webhook == receiver.url
        client.authentication.register_snap_trade_user(user_id="u1")
        assert sandbox.settle()
        sandbox.webhook = None
        sandbox.clock.shift(1800)
        assert sandbox.settle()
        [webhook] = sandbox.webhooks
        assert [delivery.status for delivery in webhook.deliveries] == [500]
        assert len(app.got()) == 1
        with pytest.raises(ApiValueError, match="webhook must be a URL"):
            sandbox.webhook = "ftp://x"


def test_without_a_url_webhooks_are_kept() -> None:
    with checked_sandbox() as sandbox, sandbox.client() as client:
        client.authentication.register_snap_trade_user(user_id="u1")
        assert sandbox.webhooks[0].user_id == "u1"
        assert sandbox.webhooks[:1] == sandbox.webhooks.of("USER_REGISTERED")
        assert not sandbox.webhooks[0].delivered
        assert "USER_REGISTERED" in repr(sandbox.webhooks)
        with pytest.raises(LookupError, match="'USER_DELETED'; there were: USER_REGISTERED"):
            sandbox.webhooks.last("USER_DELETED")
        sandbox.webhooks.clear()
        assert len(sandbox.webhooks) == 0
        with pytest.raises(LookupError, match="none at all"):
            sandbox.webhooks.last("USER_DELETED")


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"webhook": "ftp://x"}, ApiValueError, "webhook must be a URL that starts with"),
        ({"webhook": "http://"}, ApiValueError, "webhook must be a URL that starts with"),
        ({"webhook": "http://x:99999"}, ApiValueError, "webhook must be a URL that starts with"),
        ({"webhook": "http://x/\xfc"}, ApiValueError, "webhook must be a URL .*percent-encoded"),
        ({"webhook": "http://x/a b"}, ApiValueError, "webhook must be a URL .*percent-encoded"),
        (
            {"webhook": "http://a:b@x/"},
            ApiValueError,
            "webhook must be a URL .*without a user name",
        ),
        ({"webhook": 1}, ApiTypeError, "webhook must be a str, not int"),
        ({"redelivery": ["1"]}, ApiTypeError, "redelivery must be a number of seconds, not str"),
        ({"redelivery": [-1]}, ApiValueError, "redelivery must be from 0 to"),
        ({"deletion_delay": True}, ApiTypeError, "deletion_delay must be a number of seconds"),
        ({"deletion_delay": float("nan")}, ApiValueError, "deletion_delay must be from 0 to"),
    ],
)
def test_options_of_no_use_are_refused(
    options: dict[str, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        Sandbox(**options)


def test_the_agenda_keeps_the_order_and_outlives_a_failure(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done: list[str] = []
    now = Now()
    agenda = Agenda(Clock(now))
    agenda.add(now() + 2, lambda: done.append("second"))
    agenda.add(now() + 1, lambda: done.append("first"))
    agenda.add(now(), lambda: 1 / 0)
    agenda.start()
    try:
        assert agenda.settle(5)
        assert done == []
        now.time += 2
        assert agenda.settle(5)
        assert done == ["first", "second"]
        assert [record.getMessage() for record in caplog.records] == [
            "the sandbox failed with ZeroDivisionError"
        ]
    finally:
        agenda.stop()
    agenda.stop()


def test_settling_gives_up_in_time() -> None:
    release = threading.Event()
    agenda = Agenda(Clock(Now()))
    agenda.add(0, release.wait)
    agenda.start()
    try:
        assert not agenda.settle(0.05)
    finally:
        release.set()
        agenda.stop()
