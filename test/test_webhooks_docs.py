"""The page about webhooks: its views take what the sandbox sends, and its tables are complete.

Strategy: the views of Flask and Django are not programs of their own, which `test_docs` runs; they
are taken from the page and run here. Flask's is served over a socket, and the sandbox is what posts
to it. Django is not installed for the tests: the five names that its view imports are stood in for.
"""

import dataclasses
import http.client
import inspect
import json
import re
import sys
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, get_args
from urllib.parse import urlsplit

import pytest
from werkzeug.serving import make_server

from snaptrade_client import webhooks
from snaptrade_client.exceptions import OpenApiException
from snaptrade_client.sandbox.state import DELETION_DELAY
from snaptrade_client.webhooks import WebhookEvent

from .sandboxed import checked_sandbox
from .signature import webhook_signature

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "webhooks.md").read_text(encoding="utf-8")
VIEWS: dict[str, str] = dict(
    re.findall(r"^## (\w+)\n(?:(?!^## ).)*?^```python3\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
)
KEY = "a-consumer-key"
PATH = "/webhooks/snaptrade"


def run(name: str) -> dict[str, Any]:
    """The names that a view's code leaves behind."""
    names: dict[str, Any] = {"__name__": "views"}
    exec(compile(VIEWS[name], name, "exec"), names)  # noqa: S102 - this repository's own page
    return names


def webhook(**fields: str) -> bytes:
    """A webhook of now."""
    now = datetime.now(UTC).isoformat()
    base = {"webhookId": "w-1", "clientId": "APP", "eventTimestamp": now, "userId": "user-1"}
    return json.dumps(base | {"eventType": "CONNECTION_ADDED"} | fields).encode()


@contextmanager
def served(app: Any) -> Generator[str]:
    """The URL of a WSGI app's webhook view."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{PATH}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def post(url: str, payload: bytes, signature: str | None) -> int:
    """The status of what a view answers."""
    headers = {"Content-Type": "application/json"}
    if signature is not None:
        headers["Signature"] = signature
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)) as connection:
        connection.request("POST", PATH, payload, headers)
        return connection.getresponse().status


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that the page's code reads."""
    monkeypatch.setenv("SNAPTRADE_CONSUMER_KEY", KEY)


def test_the_flask_view_takes_what_the_sandbox_sends(capsys: pytest.CaptureFixture[str]) -> None:
    names = run("Flask")
    with (
        served(names["app"]) as url,
        checked_sandbox(webhook=url, consumer_key=KEY) as sandbox,
        sandbox.client() as client,
    ):
        client.authentication.register_snap_trade_user(user_id="user é")
        client.authentication.delete_snap_trade_user("user é")
        sandbox.clock.shift(DELETION_DELAY)
        assert sandbox.settle()
        told = list(sandbox.webhooks)
    assert [each.event_type for each in told] == ["USER_REGISTERED", "USER_DELETED"]
    assert [delivery.status for each in told for delivery in each.deliveries] == [200, 200]
    assert names["done"] == {each.webhook_id for each in told}
    assert "gone: user é\n" in capsys.readouterr().out


def test_the_flask_view_refuses_what_is_not_the_services(caplog: pytest.LogCaptureFixture) -> None:
    names = run("Flask")
    payload = webhook()
    old = webhook(eventTimestamp="2022-05-31T11:16:54.658533+00:00")
    with served(names["app"]) as url:
        assert post(url, payload, None) == 400
        assert post(url, payload, "") == 400
        assert post(url, payload, webhook_signature(payload, "another key")) == 400
        assert post(url, webhook(userId="user-2"), webhook_signature(payload, KEY)) == 400
        assert post(url, old, webhook_signature(old, KEY)) == 400
        assert post(url, b"{}", webhook_signature(b"{}", KEY)) == 400
    assert not names["done"]
    refused = [record.getMessage() for record in caplog.records if record.name == "views"]
    assert len(refused) == 6
    assert all(text.startswith("refused a webhook: the ") for text in refused)
    assert not any(word in text for text in refused for word in ("user-1", KEY, "w-1"))


def test_the_flask_view_does_a_webhook_once(capsys: pytest.CaptureFixture[str]) -> None:
    names = run("Flask")
    with served(names["app"]) as url:
        for _ in range(3):
            payload = webhook(brokerageAuthorizationId="b-1")
            assert post(url, payload, webhook_signature(payload, KEY)) == 200
    assert capsys.readouterr().out == "connected: user-1 b-1\n"


class Response:
    """What stands in for Django's HttpResponse."""

    def __init__(self, content: str = "", *, status: int = 200) -> None:
        self.content = content
        self.status_code = status


def unchanged(view: Any) -> Any:
    return view


@pytest.fixture
def django(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the view imports of Django."""
    stand_ins: dict[str, dict[str, Any]] = {
        "django": {},
        "django.conf": {"settings": SimpleNamespace(SNAPTRADE_CONSUMER_KEYS=["new", KEY])},
        "django.http": {"HttpResponse": Response},
        "django.views": {},
        "django.views.decorators": {},
        "django.views.decorators.csrf": {"csrf_exempt": unchanged},
        "django.views.decorators.http": {"require_POST": unchanged},
    }
    for name, content in stand_ins.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)


@pytest.mark.usefixtures("django")
def test_the_django_view_takes_and_refuses() -> None:
    view = run("Django")["snaptrade_webhook"]
    payload = webhook()
    right, wrong = webhook_signature(payload, KEY), webhook_signature(payload, "another key")
    for signature, status in ((right, 200), (wrong, 400), (None, 400)):
        headers = {} if signature is None else {"Signature": signature}
        assert view(SimpleNamespace(body=payload, headers=headers)).status_code == status


def names_in(header: str, column: int) -> list[str]:
    """The names in backquotes in a column of the table whose first column has this head."""
    table = PAGE.partition(f"\n| {header} |")[2].partition("\n\n")[0]
    rows = [f"|{line}".split("|")[2:] for line in table.splitlines()[2:]]
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row[column])]


def test_the_tables_of_the_page_are_complete() -> None:
    assert set(VIEWS) == {"Flask", "Django"}
    fields = [field.name for field in dataclasses.fields(WebhookEvent)]
    assert names_in("attribute", 0) == fields
    assert names_in("about", 1) == list(get_args(webhooks.KnownEvent))
    own = {
        name
        for name, kind in vars(webhooks).items()
        if isinstance(kind, type) and issubclass(kind, OpenApiException)
    }
    assert set(names_in("exception", 0)) == {name for name in own if name.startswith("Webhook")}
    parameters = inspect.signature(webhooks.verify).parameters
    assert names_in("argument", 0) == list(parameters)
