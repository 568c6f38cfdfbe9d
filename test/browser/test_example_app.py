"""The example app in Chromium: its whole journey by clicks, against the sandbox and its portal."""

import sys
import threading
from collections.abc import Generator
from importlib import import_module
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from snaptrade_client.sandbox import Drop, Sandbox

from .chromium import Browser

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "brokerage_app"
CONNECT = "form[action='/connect'] button"


@pytest.fixture
def url(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[str]:
    """The address of the app, which the sandbox tells what happens."""
    monkeypatch.setenv("SNAPTRADE_HOST", sandbox.url)
    monkeypatch.setenv("SNAPTRADE_CLIENT_ID", sandbox.client_id)
    monkeypatch.setenv("SNAPTRADE_CONSUMER_KEY", sandbox.consumer_key)
    monkeypatch.setattr(sys, "path", [str(EXAMPLE), *sys.path])
    app = import_module("app").create_app(tmp_path / "app.sqlite")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    sandbox.webhook = f"{url}/webhooks/snaptrade"
    yield url
    server.shutdown()
    thread.join()
    server.server_close()


def state(browser: Browser, text: str) -> None:
    """Wait for the app's page to say so."""
    browser.until(lambda: text in browser.find("#state").text)


def sign_up(browser: Browser, url: str) -> None:
    browser.open(url)
    browser.shows("Portfolio")
    browser.find("input[name=name]").send_keys("Zoé")
    browser.click("button")
    state(browser, "Hello, Zoé. Connected brokerages: 0")


def connect(browser: Browser, scenario: str = "success") -> None:
    """Clicks through the portal, and is back in the app."""
    browser.click(CONNECT)
    browser.shows("Choose your brokerage")
    browser.follow("Alpaca")
    browser.shows("Connect Alpaca")
    browser.click(f"input[value={scenario}]")
    browser.click("main .primary")
    browser.shows("Portfolio")


def test_the_whole_journey(browser: Browser, sandbox: Sandbox, url: str) -> None:
    sign_up(browser, url)
    findings = browser.axe("example-signed-up")
    connect(browser)
    assert browser.find("[role=status]").text.startswith("You are back.")
    assert sandbox.settle()
    browser.open(url)
    state(browser, "Connected brokerages: 1")
    connect(browser, "account-locked")
    assert "could not be connected" in browser.find("[role=status]").text
    browser.click("form[action='/delete'] button")
    state(browser, "Goodbye, Zoé.")
    sandbox.clock.shift(1)
    assert sandbox.settle()
    browser.open(url)
    browser.until(lambda: browser.find("input[name=name]"))
    findings += browser.axe("example-empty")
    assert list(sandbox.users) == ["u1"]
    assert not sandbox.connections
    assert findings == []


def test_a_lost_registration_is_made_up_for(browser: Browser, sandbox: Sandbox, url: str) -> None:
    sandbox.faults.add("register", Drop("after"))
    sign_up(browser, url)
    for text in ("Brokerages can't be reached", "We are still setting things up"):
        browser.click(CONNECT)
        browser.shows("Later")
        state(browser, text)
        findings = browser.axe("example-later")
        assert findings == []
        browser.follow("Go back")
        browser.shows("Portfolio")
    sandbox.clock.shift(1)
    assert sandbox.settle()
    connect(browser)
    assert sandbox.settle()
    browser.open(url)
    state(browser, "Connected brokerages: 1")
    assert len(sandbox.users) == 2
    # The pages with status 503 are what the browser's console tells of.
    assert all("status of 503" in text for text in browser.complaints())
