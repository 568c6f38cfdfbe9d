"""The connection portal in Chromium, continued: frames, looks and access."""

from urllib.parse import quote

import pytest

from snaptrade_client.sandbox import Sandbox

from .apps import App
from .chromium import Browser
from .test_portal import CLOSE, PRIMARY, back, login, messages, pick


@pytest.fixture
def origin(sandbox: Sandbox) -> str:
    return sandbox.url.removesuffix("/api/v1")


def test_an_iframe_stays_when_the_sign_in_window_is_closed(
    browser: Browser, sandbox: Sandbox, app: App, origin: str
) -> None:
    browser.open(f"{app.url}/frame?link={quote(login(sandbox))}")
    browser.driver.switch_to.frame(0)
    pick(browser, scenario="closed")
    assert browser.find("#notice").is_displayed()
    assert len(sandbox.webhooks) == 0
    browser.click(CLOSE)
    browser.shows("Nothing was connected")
    browser.driver.switch_to.default_content()
    assert messages(browser, 2) == [[origin, "CLOSED"], [origin, "CLOSE_MODAL"]]


@pytest.mark.parametrize("scenario", ["closed", "abandoned"])
def test_a_window_of_its_own_tells_who_opened_it(
    browser: Browser, sandbox: Sandbox, app: App, origin: str, scenario: str
) -> None:
    link = login(sandbox, custom_redirect=f"{app.url}/back")
    browser.open(f"{app.url}/popup?link={quote(link)}")
    opener = browser.driver.current_window_handle
    browser.click("#open")
    [portal] = set(browser.windows) - {opener}
    browser.switch(portal)
    pick(browser, scenario=scenario)
    assert back(browser) == "ABANDONED"
    browser.switch(opener)
    assert messages(browser, 1) == [[origin, "ABANDONED"]]


def test_a_redirect_that_would_run_a_script_is_not_followed(
    browser: Browser, sandbox: Sandbox
) -> None:
    evil = "javascript:document.title='run'"
    browser.open(login(sandbox, custom_redirect=evil, immediate_redirect=True))
    pick(browser)
    browser.shows("Alpaca is connected")
    assert browser.driver.title.startswith("Alpaca is connected")
    assert not browser.all("main a")


@pytest.mark.parametrize("prefers", ["light", "dark"])
@pytest.mark.parametrize("asked", [None, False, True])
def test_dark_mode(browser: Browser, sandbox: Sandbox, prefers: str, asked: bool | None) -> None:
    browser.emulate(scheme=prefers)
    options = {} if asked is None else {"dark_mode": asked}
    browser.open(login(sandbox, **options))
    colour = browser.run("return getComputedStyle(document.body).backgroundColor")
    dark = prefers == "dark" if asked is None else asked
    assert colour == ("rgb(14, 19, 26)" if dark else "rgb(238, 241, 245)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [None, 360])
def test_axe_finds_nothing(
    browser: Browser, sandbox: Sandbox, scheme: str, width: int | None
) -> None:
    """Nothing of any impact, on any page; and on a phone nothing is wider than its screen."""
    browser.emulate(scheme=scheme, width=width)
    found: list[str] = []

    def look(name: str, heading: str) -> None:
        browser.shows(heading)
        found.extend(browser.axe(f"portal-{name}-{scheme}-{width or 900}"))
        root = browser.run("return document.documentElement.scrollWidth")
        assert root <= (width or 900), name

    link = login(sandbox, custom_redirect="https://app.example.com/a-long-path/" + "x" * 80)
    browser.open(link)
    look("choose", "Choose your brokerage")
    browser.click("summary")
    look("asked", "Choose your brokerage")
    browser.follow("Fidelity")
    look("connect", "Connect Fidelity")
    browser.click(PRIMARY)
    look("success", "Fidelity is connected")
    browser.open(link)
    look("expired", "This link no longer works")
    browser.open(login(sandbox, custom_redirect="myapp://back", broker="AN-UNKNOWN-BROKERAGE"))
    browser.click("input[value=unreachable]")
    browser.click(PRIMARY)
    look("error", "AN-UNKNOWN-BROKERAGE could not be connected")
    browser.open(login(sandbox, reconnect="unknown"))
    look("refused", "Nothing to reconnect")
    browser.click(CLOSE)
    look("abandoned", "Nothing was connected")
    assert found == []


def test_what_is_clicked_is_large_enough_for_a_finger(browser: Browser, sandbox: Sandbox) -> None:
    browser.emulate(scheme="light", width=360)
    browser.open(login(sandbox))
    assert browser.smallest(".brokerages a, button") >= 44
    browser.follow("Alpaca")
    browser.shows("Connect Alpaca")
    assert browser.smallest(".option, button") >= 44
