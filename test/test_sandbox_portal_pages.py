"""The connection portal over HTTP: what its pages allow, and what becomes of a link."""

import html
import re
from collections.abc import Generator

import pytest

from snaptrade_client import ApiValueError
from snaptrade_client.sandbox import Sandbox, Webhook

from .portal import FORM, Visitor, title, visitor
from .sandboxed import checked_sandbox
from .test_sandbox_portal import (
    ALPACA,
    APP,
    ASSETS,
    PAGES,
    checked,
    connect,
    message,
    told,
)
from .wire import DELETE, Wire, refused


@pytest.fixture
def sandbox() -> Generator[Sandbox]:
    with checked_sandbox(users={"u1": "s1", "u2": "s2"}) as sandbox:
        yield sandbox


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


def test_a_form_of_too_many_parts_is_refused(sandbox: Sandbox) -> None:
    user = visitor(sandbox)
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = user.wire.send("POST", "/portal", part * 1001 + b"--x--\r\n", headers)
    assert refused(answer, 413, "0000") == "The form is too large."


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
