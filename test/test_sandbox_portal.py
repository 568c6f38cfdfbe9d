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
from snaptrade_client.sandbox import Sandbox

from .portal import title, visitor
from .sandboxed import checked_sandbox
from .wire import Answer

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
