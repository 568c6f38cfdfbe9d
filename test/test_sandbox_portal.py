"""The connection portal over HTTP: its pages, where it leads, and what becomes of it."""

import html
import json
import re
import threading
import time
import uuid
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

import snaptrade_client
from snaptrade_client import ApiValueError
from snaptrade_client.sandbox import Sandbox, Webhook

from .portal import FORM, Visitor, title, visitor
from .sandboxed import checked_sandbox
from .wire import DELETE, Answer, Wire, refused

APP = "https://app.example.com/back"
ALPACA = {"broker": "ALPACA", "scenario": "success"}
ASSETS = {
    "portal.css": "text/css; charset=utf-8",
    "portal.js": "text/javascript; charset=utf-8",
    "portal.svg": "image/svg+xml; charset=utf-8",
}
PAGES = Path(snaptrade_client.__file__).parent / "sandbox" / "pages" / "portal"


@pytest.fixture
def sandbox() -> Generator[Sandbox]:
    with checked_sandbox(users={"u1": "s1", "u2": "s2"}) as sandbox:
        yield sandbox


def told(sandbox: Sandbox) -> list[tuple[str, dict[str, object]]]:
    """The types and fields of the webhooks since the last time."""
    events = [(webhook.event_type, dict(webhook.fields)) for webhook in sandbox.webhooks]
    sandbox.webhooks.clear()
    return events


def message(answer: Answer) -> Any:
    """The window message that a page carries."""
    found = re.search(r"data-message='(.*?)'", answer.body)
    assert found
    return json.loads(found[1])


def links(answer: Answer) -> list[str]:
    return [html.unescape(link) for link in re.findall(r'<a [^>]*href="(.*?)"', answer.body)]


def checked(answer: Answer) -> list[str]:
    """The radio buttons that are on."""
    return re.findall(r'<input type="radio" name="\w+" value="([\w-]+)" checked', answer.body)


def connect(sandbox: Sandbox, **options: Any) -> str:
    """Makes a connection to Alpaca, and gives its id."""
    assert visitor(sandbox, **options).submit(**ALPACA).status == 200
    return list(sandbox.connections)[-1]


def test_the_whole_journey(sandbox: Sandbox) -> None:
    user = visitor(sandbox, customRedirect=APP)
    page = user.look()
    assert title(page) == "Choose your brokerage"
    assert len(links(page)) == 12
    assert "<strong>app.example.com</strong>" in page.body
    page = user.look("ALPACA")
    assert title(page) == "Connect Alpaca"
    assert checked(page) == ["read", "success"]
    assert "different-account" not in page.body
    page = user.submit(broker="ALPACA", access="read", scenario="success")
    assert (page.status, title(page)) == (200, "Alpaca is connected")
    [connection] = sandbox.connections.values()
    assert (connection.user_id, connection.brokerage) == ("u1", "ALPACA")
    assert (connection.type, connection.disabled) == ("read", False)
    assert str(uuid.UUID(connection.id)) == connection.id
    assert links(page) == [f"{APP}?status=SUCCESS&connection_id={connection.id}"]
    assert message(page) == {"status": "SUCCESS", "authorizationId": connection.id}
    assert "data-leave" not in page.body


def test_webhooks_tell_of_a_connection(sandbox: Sandbox) -> None:
    connection_id = connect(sandbox)
    (attempted, first), (added, second) = told(sandbox)
    assert (attempted, added) == ("CONNECTION_ATTEMPTED", "CONNECTION_ADDED")
    brokerage_id = first["brokerageId"]
    assert str(uuid.UUID(str(brokerage_id))) == brokerage_id
    assert first == {"connectionAttemptedResult": "SUCCESS", "brokerageId": brokerage_id}
    assert second == {"brokerageId": brokerage_id, "brokerageAuthorizationId": connection_id}
    assert visitor(sandbox).submit(broker="KRAKEN", scenario="success").status == 200
    assert told(sandbox)[0][1]["brokerageId"] != brokerage_id


@pytest.mark.parametrize(
    ("scenario", "attempted", "status_code", "code"),
    [
        ("invalid-credentials", "INVALID_CREDENTIALS", "403", "1066"),
        ("invalid-code", "INVALID_MFA_CODE", "400", "1086"),
        ("account-locked", "UNCAUGHT_ERROR", "403", "1066"),
        ("unreachable", "UNCAUGHT_ERROR", "500", "3000"),
    ],
)
def test_an_error(
    sandbox: Sandbox, scenario: str, attempted: str, status_code: str, code: str
) -> None:
    page = visitor(sandbox, customRedirect=APP).submit(broker="TRADIER", scenario=scenario)
    assert title(page) == "Tradier could not be connected"
    assert links(page) == [f"{APP}?status=ERROR&status_code={status_code}&error_code={code}"]
    told_by_window = message(page)
    assert told_by_window.pop("detail")
    assert told_by_window == {"status": "ERROR", "errorCode": code, "statusCode": status_code}
    assert sandbox.connections == {}
    (first, fields), failed = told(sandbox)
    assert (first, fields["connectionAttemptedResult"]) == ("CONNECTION_ATTEMPTED", attempted)
    assert failed == ("CONNECTION_FAILED", {})


@pytest.mark.parametrize(
    "fields",
    [
        {"scenario": "abandoned"},
        {"scenario": "abandoned", "broker": "ALPACA"},
        {"scenario": "closed", "broker": "ALPACA"},
    ],
)
def test_giving_up_leads_back_at_once_and_is_no_attempt(
    sandbox: Sandbox, fields: dict[str, str]
) -> None:
    answer = visitor(sandbox, customRedirect=APP).submit(**fields)
    assert (answer.status, answer.headers["Location"]) == (303, f"{APP}?status=ABANDONED")
    page = visitor(sandbox).submit(**fields)
    assert title(page) == "Nothing was connected"
    assert message(page) == "ABANDONED"
    assert links(page) == []
    assert (told(sandbox), sandbox.connections) == ([], {})


@pytest.mark.parametrize(
    ("scenario", "query"),
    [
        ("success", "status=SUCCESS&connection_id="),
        ("unreachable", "status=ERROR&status_code=500&error_code=3000"),
    ],
)
def test_an_immediate_redirect_skips_the_last_page(
    sandbox: Sandbox, scenario: str, query: str
) -> None:
    user = visitor(sandbox, customRedirect=APP, immediateRedirect=True)
    answer = user.submit(broker="ALPACA", scenario=scenario)
    assert answer.status == 303
    assert answer.headers["Location"].startswith(f"{APP}?{query}")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    # A page that listens is sent the message first: only a page can do that.
    user = visitor(sandbox, customRedirect=APP, immediateRedirect=True)
    page = user.submit(broker="ALPACA", scenario=scenario, listener="1")
    assert page.status == 200
    assert f'data-leave="{APP}?{query.replace("&", "&amp;")}' in page.body
    # There is nowhere to go to.
    page = visitor(sandbox, immediateRedirect=True).submit(broker="ALPACA", scenario=scenario)
    assert page.status == 200
    assert "data-leave" not in page.body


@pytest.mark.parametrize(
    ("redirect", "location"),
    [
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000?status=ABANDONED"),
        ("https://a.test/x?y=%20z&y=2#part", "https://a.test/x?y=%20z&y=2&status=ABANDONED#part"),
        ("HTTPS://a.test/?", "https://a.test/?status=ABANDONED"),
        ("https://a.test/é 1?ü=ö", "https://a.test/%C3%A9%201?%C3%BC=%C3%B6&status=ABANDONED"),
        ("https://a.test/\r\nSet-Cookie: x=1", "https://a.test/Set-Cookie:%20x=1?status=ABANDONED"),
        ("https://a.test/?status=OLD", "https://a.test/?status=OLD&status=ABANDONED"),
    ],
)
def test_the_query_of_the_redirect_is_kept(sandbox: Sandbox, redirect: str, location: str) -> None:
    answer = visitor(sandbox, customRedirect=redirect).submit(scenario="abandoned")
    assert (answer.status, answer.headers["Location"]) == (303, location)
    assert answer.headers["Set-Cookie"] is None


@pytest.mark.parametrize(
    "redirect",
    [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "myapp://back",
        "//a.test",
        "/back",
        "https:back",
        "https://",
        "https://a.test:99999",
        "https://[::1",
        "https://\ud800",
    ],
)
def test_a_redirect_that_is_not_http_is_shown_and_not_followed(
    sandbox: Sandbox, redirect: str
) -> None:
    user = visitor(sandbox, customRedirect=redirect, immediateRedirect=True)
    pages = [user.look(), user.submit(**ALPACA)]
    for page in pages:
        assert page.status == 200
        assert page.headers["Content-Security-Policy"].endswith("form-action 'self'")
    assert "follows only http:// and https://" in pages[1].body
    assert not [link for link in links(pages[0]) + links(pages[1]) if "portal" not in link]


def test_a_link_is_looked_at_as_often_as_one_likes_and_finished_once(sandbox: Sandbox) -> None:
    user = visitor(sandbox)
    assert user.look(method="HEAD").body == ""
    for _ in range(3):
        assert title(user.look()) == "Choose your brokerage"
    assert user.submit(**ALPACA).status == 200
    for answer in (user.look(), user.submit(**ALPACA), user.look("ALPACA")):
        assert (answer.status, answer.reason) == (410, "GONE")
        assert title(answer) == "This link no longer works"
    assert len(sandbox.connections) == 1


def test_a_link_expires_between_looking_and_finishing(sandbox: Sandbox) -> None:
    user = visitor(sandbox)
    sandbox.clock.shift(298)
    assert user.look().status == 200
    sandbox.clock.shift(2)
    assert user.submit(**ALPACA).status == 410
    assert user.look().status == 410
    assert (told(sandbox), sandbox.connections) == ([], {})


def test_of_two_that_finish_at_the_same_time_one_does() -> None:
    both = threading.Barrier(2, timeout=10)
    waiting = threading.Semaphore(0)

    def clock() -> float:
        # Both have seen the link, and have not used it yet.
        if waiting.acquire(blocking=False):
            both.wait()
        return time.time()

    answers: list[Answer] = []
    with checked_sandbox(users={"u1": "s1"}, clock=clock) as sandbox:
        user = visitor(sandbox)
        waiting.release(2)
        threads = [
            threading.Thread(target=lambda: answers.append(user.submit(**ALPACA))) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answer.status for answer in answers) == [200, 410]
        assert len(sandbox.connections) == 1
        assert len(sandbox.webhooks.of("CONNECTION_ADDED")) == 1


@pytest.mark.parametrize(
    ("connection_type", "broker", "on", "sent", "access"),
    [
        (None, "ALPACA", "read", None, "read"),
        ("read", "ALPACA", "read", "trade", "trade"),
        ("trade", "ALPACA", "trade", "trade", "trade"),
        ("trade-if-available", "ALPACA", "trade", "read", "read"),
        ("trade-if-available", "FIDELITY", "read", "trade", "read"),
        ("all-of-it", "ALPACA", "read", "read", "read"),
    ],
)
def test_read_or_trade(
    sandbox: Sandbox,
    connection_type: str | None,
    broker: str,
    on: str,
    sent: str | None,
    access: str,
) -> None:
    options = {} if connection_type is None else {"connectionType": connection_type}
    user = visitor(sandbox, **options)
    assert checked(user.look(broker))[0] == on
    fields = {"broker": broker, "scenario": "success"} | ({"access": sent} if sent else {})
    page = user.submit(**fields)
    assert f"The app has {'read and trade' if access == 'trade' else 'read'} access" in page.body
    [connection] = sandbox.connections.values()
    assert connection.type == access


def test_a_brokerage_that_the_app_named_is_the_only_one(sandbox: Sandbox) -> None:
    user = visitor(sandbox, broker="NEW <b>&BROKER", connectionType="trade")
    page = user.look("ALPACA")
    assert title(page) == "Connect NEW <b>&BROKER"
    assert "<b>" not in page.body
    assert "Choose another" not in page.body
    assert checked(page) == ["trade", "success"]
    user.submit(broker="ALPACA", access="trade", scenario="success")
    [connection] = sandbox.connections.values()
    assert (connection.brokerage, connection.type) == ("NEW <b>&BROKER", "trade")
    # What is empty was not named.
    assert title(visitor(sandbox, broker="", reconnect="").look()) == "Choose your brokerage"


def test_reconnecting_fixes_a_broken_connection(sandbox: Sandbox) -> None:
    connection_id = connect(sandbox, connectionType="read")
    sandbox.break_connection(connection_id)
    assert sandbox.connections[connection_id].disabled
    broken = ("CONNECTION_BROKEN", {"brokerageAuthorizationId": connection_id})
    assert told(sandbox)[2:] == [broken]
    user = visitor(sandbox, reconnect=connection_id, broker="KRAKEN")
    page = user.look("TRADIER")
    assert title(page) == "Reconnect Alpaca"
    assert "Choose another" not in page.body
    page = user.submit(broker="TRADIER", access="trade", scenario="success")
    assert title(page) == "Alpaca is connected again"
    assert message(page) == {"status": "SUCCESS", "authorizationId": connection_id}
    [connection] = sandbox.connections.values()
    assert (connection.id, connection.brokerage) == (connection_id, "ALPACA")
    assert (connection.type, connection.disabled) == ("trade", False)
    attempted, fixed = told(sandbox)
    assert attempted[0] == "CONNECTION_ATTEMPTED"
    assert fixed == ("CONNECTION_FIXED", {"brokerageAuthorizationId": connection_id})
    # One that was not broken is only updated.
    visitor(sandbox, reconnect=connection_id).submit(scenario="success")
    updated = ("CONNECTION_UPDATED", {"brokerageAuthorizationId": connection_id})
    assert told(sandbox)[1] == updated


def test_reconnecting_with_another_account_is_an_error(sandbox: Sandbox) -> None:
    connection_id = connect(sandbox)
    sandbox.break_connection(connection_id)
    sandbox.webhooks.clear()
    page = visitor(sandbox, reconnect=connection_id).submit(scenario="different-account")
    assert (message(page)["errorCode"], message(page)["statusCode"]) == ("1023", "400")
    assert sandbox.connections[connection_id].disabled
    assert told(sandbox)[0][1]["connectionAttemptedResult"] == "DIFFERENT_ACCOUNT"
    other = visitor(sandbox).submit(broker="ALPACA", scenario="different-account")
    assert "must be one of: success, invalid-credentials" in refused(other, 400, "0000")


def test_there_is_nothing_to_reconnect(sandbox: Sandbox) -> None:
    theirs = connect(sandbox)
    sandbox.webhooks.clear()
    login = Wire(sandbox).call(
        "POST",
        "/snapTrade/login",
        "userId=u2&userSecret=s2",
        f'{{"reconnect":"{theirs}"}}'.encode(),
    )
    for user in (Visitor(sandbox, login.body["redirectURI"]), visitor(sandbox, reconnect="x")):
        assert title(user.look()) == "Nothing to reconnect"
        assert "unknown-connection, abandoned" in refused(user.submit(**ALPACA), 400, "0000")
        page = user.submit(scenario="unknown-connection")
        assert title(page) == "Your brokerage could not be connected"
        assert message(page)["errorCode"] == "1012"
    assert told(sandbox) == []
    with pytest.raises(ApiValueError, match="connection_id is not that of a connection"):
        sandbox.break_connection("x")


def test_a_deleted_users_connections_are_gone(sandbox: Sandbox) -> None:
    connect(sandbox)
    wire = Wire(sandbox)
    wire.call("DELETE", DELETE, "userId=u2")
    assert len(sandbox.connections) == 1
    wire.call("DELETE", DELETE, "userId=u1")
    assert sandbox.connections == {}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"scenario": "success"},
        {"scenario": "closed", "broker": "UNKNOWN"},
        {"scenario": "invalid-credentials", "broker": "UNKNOWN"},
        {"scenario": "no-such", "broker": "ALPACA"},
    ],
)
def test_a_form_that_is_incomplete_uses_nothing_up(
    sandbox: Sandbox, fields: dict[str, str]
) -> None:
    user = visitor(sandbox)
    detail = refused(user.submit(**fields), 400, "0000")
    assert 'The field "scenario" must be one of:' in detail
    assert user.look().status == 200
    assert told(sandbox) == []


def test_the_token_is_needed_for_everything(sandbox: Sandbox) -> None:
    wire = Wire(sandbox)
    for answer in (
        wire.send("GET", "/portal", None, {}),
        wire.send("GET", "/portal?token=x", None, {}),
        wire.send("POST", "/portal", b"", {}),
        wire.send("POST", "/portal", b"scenario=success&broker=ALPACA&token=", FORM),
    ):
        assert answer.status == 410
    # The token of the URL is not that of a form.
    user = visitor(sandbox)
    answer = wire.send("POST", user.target, b"scenario=success&broker=ALPACA", FORM)
    assert answer.status == 410
    assert wire.send("PUT", user.target, None, {}).headers["Allow"] == "GET, HEAD, POST"


def test_what_the_app_asked_for_is_shown_and_escaped(sandbox: Sandbox) -> None:
    evil = "\"><script>alert(1)</script>'{{7*7}}"
    asked = {
        "customRedirect": f"https://a.test/{evil}",
        "connectionType": evil,
        "locale": evil,
        "connectionPortalVersion": evil,
        "immediateRedirect": False,
    }
    user = visitor(sandbox, **asked)
    page = user.look()
    for name, value in {"userId": "u1", **asked}.items():
        shown = value if isinstance(value, str) else "false"
        escaped = html.escape(shown).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
        assert f"<dt>{name}</dt><dd>{escaped}</dd>" in page.body
    assert "darkMode" not in page.body
    assert user.look(evil).status == 200
    pages = [page, user.look(evil), user.look("ALPACA"), user.submit(**ALPACA)]
    pages.append(visitor(sandbox, broker=evil).submit(scenario="unreachable"))
    pages.append(visitor(sandbox, broker=evil + "\ud800", reconnect="\udfff").look())
    for page in pages:
        assert "<script>alert" not in page.body
        assert "'{{7*7}}'" not in page.body
        assert "49" not in re.sub(r"[0-9a-f-]{36}|[\w-]{43}", "", page.body)


@pytest.mark.parametrize(
    ("locale", "language"),
    [("fr", "fr"), ("pt_BR", "pt-BR"), ("zh-Hant-TW", "zh-Hant-TW"), ("f", "en"), ("", "en")],
)
def test_the_locale(sandbox: Sandbox, locale: str, language: str) -> None:
    body = visitor(sandbox, locale=locale).look().body
    assert f'<html lang="{language}">' in body
    assert '<body lang="en">' in body


def test_dark_mode_and_the_close_button(sandbox: Sandbox) -> None:
    body = visitor(sandbox, darkMode=True, showCloseButton=True).look().body
    assert '<html lang="en" data-theme="dark">' in body
    assert 'aria-label="Close without connecting"' in body
    body = visitor(sandbox, darkMode=False, showCloseButton=False).look("ALPACA").body
    assert '<html lang="en" data-theme="light">' in body
    assert "aria-label" not in body
    # By default there is a close button, and the colours are those that the browser prefers.
    body = visitor(sandbox).look("ALPACA").body
    assert "data-theme" not in body
    assert 'aria-label="Close without connecting"' in body


def test_every_answer_is_guarded(sandbox: Sandbox) -> None:
    user = visitor(sandbox, customRedirect=APP)
    wire = user.wire
    answers = {
        "choose": user.look(),
        "connect": user.look("ALPACA"),
        "finished": user.submit(**ALPACA),
        "expired": user.look(),
        "refused": visitor(sandbox, reconnect="x").look(),
    }
    assets = {name: wire.send("GET", f"/portal/{name}", None, {}) for name in ASSETS}
    for name, answer in {**answers, **assets}.items():
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Request-ID"]
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
        assert "unsafe" not in policy
        way_back = name in {"choose", "connect", "finished"}
        assert policy.endswith("form-action 'self'" + (" http: https:" if way_back else ""))
    for name, answer in answers.items():
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        # No inline style, script or handler, which the policy would block.
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! src=)", answer.body), name
        assert len(re.findall("<h1", answer.body)) == 1
        loaded = re.findall(r'<(?:link|script|img) [^>]*(?:src|href)="([^"]+)"', answer.body)
        assert set(loaded) == {f"/portal/{asset}" for asset in ASSETS}


@pytest.mark.parametrize(("name", "media_type"), ASSETS.items())
def test_the_assets(sandbox: Sandbox, name: str, media_type: str) -> None:
    answer = Wire(sandbox).send("GET", f"/portal/{name}", None, {})
    assert answer.status == 200
    assert answer.headers["Content-Type"] == media_type
    text = (PAGES / name).read_text(encoding="utf-8")
    assert answer.body == text
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|//cdn|@import|url\(", text)


@pytest.mark.parametrize("name", ["base.html", "choose.html", "../portal.py", "", "portal.css/"])
def test_nothing_else_is_served(sandbox: Sandbox, name: str) -> None:
    refused(Wire(sandbox).send("GET", f"/portal/{name}", None, {}), 404, "1011")


def test_a_journey_is_recorded_and_its_webhooks_reach_the_app(sandbox: Sandbox) -> None:
    user = visitor(sandbox)
    user.submit(**ALPACA)
    assert [request.status for request in sandbox.requests] == [200, 200]
    assert sandbox.requests[-1].signature_accepted is None
    webhook = sandbox.webhooks.last("CONNECTION_ADDED")
    assert isinstance(webhook, Webhook)
    assert webhook.user_id == "u1"
