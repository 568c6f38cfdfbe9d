"""The service's webhooks: what happened, told to the app's URL, signed, and told again if need be.

Strategy: an event becomes a `Webhook`, which is kept whether there is a URL or not. A delivery that
the app does not answer with 2xx is repeated after the delays of the service, each time with a new
time and signature, and the same `webhookId` (docs.snaptrade.com/docs/webhooks).
"""

import base64
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from socket import SHUT_RDWR, socket
from threading import Event, Timer
from urllib.parse import urlsplit

from snaptrade_client.exceptions import ApiValueError
from snaptrade_client.sandbox.agenda import Agenda
from snaptrade_client.sandbox.clock import Clock
from snaptrade_client.sandbox.recording import Log

REDELIVERY = (1800.0, 1800.0, 1800.0)
"""Seconds after which an undelivered webhook is sent again: three times (assumed)."""

# Seconds for connecting, and for the answer.
_PATIENCE = 5.0
# What http.client writes into a request line as it is.
_SENDABLE = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try to deliver: `status` is the app's answer, None where none came; `at` is Unix s."""

    at: float
    status: int | None

    @property
    def succeeded(self) -> bool:
        """Whether the app took it."""
        return self.status is not None and 200 <= self.status <= 299


@dataclass(slots=True)
class Webhook:
    """One event, and the tries to deliver it.

    `fields` are those of the event beside the user and the type. `next_at` is when it will be sent
    (again), in Unix seconds, None where it will not.
    """

    event_type: str
    user_id: str
    fields: Mapping[str, object]
    webhook_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    deliveries: tuple[Delivery, ...] = ()
    next_at: float | None = None

    @property
    def delivered(self) -> bool:
        """Whether the app took it."""
        return bool(self.deliveries) and self.deliveries[-1].succeeded


class WebhookLog(Log[Webhook]):
    """The webhooks so far, oldest first; `of` and `last` look up an event's type.

    `clear` forgets them; deliveries that are due are made all the same.
    """

    def _names(self, entry: Webhook) -> Collection[str]:
        return (entry.event_type,)

    def _title(self, entry: Webhook) -> str:
        return entry.event_type


class Publisher:
    """Tells the app what happened."""

    def __init__(
        self,
        url: str | None,
        *,
        client_id: str,
        consumer_key: str,
        clock: Clock,
        agenda: Agenda,
        redelivery: Sequence[float] = REDELIVERY,
    ) -> None:
        self.url = url
        self._client_id = client_id
        self._key = consumer_key.encode()
        self._clock = clock
        self._agenda = agenda
        self._redelivery = tuple(redelivery)
        self.log: WebhookLog = WebhookLog()

    @property
    def url(self) -> str | None:
        """The app's URL; None where nothing is sent."""
        return self._url

    @url.setter
    def url(self, url: str | None) -> None:
        self._url = None if url is None else _checked(url)

    def publish(self, event_type: str, user_id: str, **fields: object) -> None:
        """Tell of an event, now and in the agenda's thread; `fields` are the event's own."""
        webhook = Webhook(event_type, user_id, fields)
        self.log.add(webhook)
        if self._url is not None:
            self._plan(webhook, self._clock())

    def _deliver(self, webhook: Webhook) -> None:
        webhook.next_at = None
        url = self._url
        if url is None:
            # There was one when this was planned.
            return
        now = self._clock()
        delivery = Delivery(now, self._post(url, webhook, now))
        webhook.deliveries = (*webhook.deliveries, delivery)
        tried = len(webhook.deliveries)
        if not delivery.succeeded and tried <= len(self._redelivery):
            self._plan(webhook, now + self._redelivery[tried - 1])

    def _plan(self, webhook: Webhook, due: float) -> None:
        webhook.next_at = due
        self._agenda.add(due, lambda: self._deliver(webhook))

    def _post(self, url: str, webhook: Webhook, now: float) -> int | None:
        """Send one webhook; give the status of the app's answer."""
        payload = {
            "webhookId": webhook.webhook_id,
            "clientId": self._client_id,
            "eventTimestamp": datetime.fromtimestamp(now, UTC).isoformat(),
            "userId": webhook.user_id,
            "eventType": webhook.event_type,
            **webhook.fields,
        }
        base = urlsplit(url)
        kind = HTTPSConnection if base.scheme == "https" else HTTPConnection
        target = (base.path or "/") + (f"?{base.query}" if base.query else "")
        headers = {
            "Content-Type": "application/json",
            "Signature": self._signature(payload),
            "User-Agent": "snaptrade-sandbox",
        }
        try:
            with closing(kind(base.hostname or "", base.port, timeout=_PATIENCE)) as connection:
                connection.connect()
                # The timeout is for each read: who drips an answer would hold all other webhooks.
                ended = Event()
                end = Timer(_PATIENCE, _end, [connection.sock, ended])
                end.start()
                try:
                    # White space and order are the sender's: what is signed is the canonical form.
                    connection.request("POST", target, json.dumps(payload), headers)
                    status = connection.getresponse().status
                    # http.client takes a head that was cut off for a whole one.
                    return None if ended.is_set() else status
                finally:
                    end.cancel()
        except (OSError, HTTPException, UnicodeError):
            # The last one is of a host whose name no resolver takes.
            return None

    def _signature(self, payload: object) -> str:
        text = json.dumps(payload, separators=(",", ":"), sort_keys=True)
        digest = hmac.new(self._key, text.encode(), hashlib.sha256).digest()
        return base64.b64encode(digest).decode()


def _end(sock: socket, ended: Event) -> None:
    ended.set()
    # The base class's method: that of a TLS socket would pull its session away from a reader.
    with suppress(OSError):
        socket.shutdown(sock, SHUT_RDWR)


def _checked(url: str) -> str:
    try:
        base = urlsplit(url)
        named = bool(base.hostname) and "@" not in base.netloc and base.port != 0
        good = base.scheme in ("http", "https") and named and _SENDABLE.fullmatch(url)
    except ValueError:
        good = None
    if not good:
        raise ApiValueError(
            "webhook must be a URL that starts with http:// or https://, percent-encoded, and "
            "without a user name"
        )
    return url
