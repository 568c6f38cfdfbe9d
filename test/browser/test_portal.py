"""The connection portal in Chromium: journeys by clicks and by keys, window messages, axe-core."""

from typing import Any
from urllib.parse import quote

import pytest
from selenium.webdriver import Keys

from snaptrade_client.sandbox import Sandbox

from .apps import App
from .chromium import Browser

CLOSE = "[aria-label='Close without connecting']"
PRIMARY = "main .primary"


def login(sandbox: Sandbox, **options: Any) -> str:
    """A new link for u1."""
    with sandbox.client() as client:
        answer = client.authentication.login_snap_trade_user(
            user_id="u1", user_secret="s1", **options
        )
    return str(answer.body.get("redirectURI"))


def pick(browser: Browser, brokerage: str = "Alpaca", scenario: str = "success") -> None:
    """Clicks through the pages, up to the last one."""
    browser.follow(brokerage)
    browser.shows(f"Connect {brokerage}")
    browser.click(f"input[value={scenario}]")
    browser.click(PRIMARY)


def back(browser: Browser) -> str:
    """What the app's page says, once the user is back there."""
    return str(browser.until(lambda: browser.find("#status").text))


def messages(browser: Browser, count: int) -> list[Any]:
    """The window messages that the app's page has got: as many as there must be, and no more."""
    browser.until(lambda: browser.run("return messages.length") >= count)
    return list(browser.run("return messages"))


@pytest.fixture
def origin(sandbox: Sandbox) -> str:
    return sandbox.url.removesuffix("/api/v1")


def test_success(browser: Browser, sandbox: Sandbox, app: App) -> None:
    browser.open(login(sandbox, custom_redirect=f"{app.url}/back?state=7", connection_type="trade"))
    assert browser.driver.title == "Choose your brokerage - Connection portal (sandbox)"
    pick(browser, "Charles Schwab")
    browser.shows("Charles Schwab is connected")
    [connection] = sandbox.connections.values()
    assert (connection.brokerage, connection.type) == ("SCHWAB", "trade")
    assert app.returns == []
    browser.click(PRIMARY)
    assert back(browser) == "SUCCESS"
    query = {"state": ["7"], "status": ["SUCCESS"], "connection_id": [connection.id]}
    assert app.returns == [query]
    assert app.referrers == [None]


def test_an_error(browser: Browser, sandbox: Sandbox, app: App) -> None:
    browser.open(login(sandbox, custom_redirect=f"{app.url}/back", broker="SCHWAB"))
    browser.shows("Connect Charles Schwab")
    browser.click("input[value=account-locked]")
    browser.click(PRIMARY)
    browser.shows("Charles Schwab could not be connected")
    browser.click(PRIMARY)
    assert back(browser) == "ERROR"
    assert app.returns == [{"status": ["ERROR"], "status_code": ["403"], "error_code": ["1066"]}]


def test_abandoned(browser: Browser, sandbox: Sandbox, app: App) -> None:
    browser.open(login(sandbox, custom_redirect=f"{app.url}/back"))
    browser.click(CLOSE)
    assert back(browser) == "ABANDONED"
    browser.open(login(sandbox, custom_redirect=f"{app.url}/back"))
    pick(browser, scenario="abandoned")
    assert back(browser) == "ABANDONED"
    assert app.returns == [{"status": ["ABANDONED"]}] * 2
    browser.open(login(sandbox))
    browser.click(CLOSE)
    browser.shows("Nothing was connected")


@pytest.mark.parametrize("path", ["/back", "/onward"])
def test_an_immediate_redirect(browser: Browser, sandbox: Sandbox, app: App, path: str) -> None:
    """To the app, and on to where the app itself redirects: the policy is in nobody's way."""
    browser.open(login(sandbox, custom_redirect=f"{app.url}{path}", immediate_redirect=True))
    pick(browser)
    assert back(browser) == "SUCCESS"
    assert app.returns[0]["connection_id"] == list(sandbox.connections)
    assert app.referrers == [None]


def test_a_reconnect(browser: Browser, sandbox: Sandbox) -> None:
    browser.open(login(sandbox))
    pick(browser, "Kraken")
    browser.shows("Kraken is connected")
    [connection_id] = sandbox.connections
    sandbox.break_connection(connection_id)
    browser.open(login(sandbox, reconnect=connection_id))
    browser.shows("Reconnect Kraken")
    browser.click(PRIMARY)
    browser.shows("Kraken is connected again")
    assert not sandbox.connections[connection_id].disabled


def test_links_that_do_not_work(browser: Browser, sandbox: Sandbox) -> None:
    link = login(sandbox)
    browser.open(link)
    pick(browser)
    browser.shows("Alpaca is connected")
    browser.driver.back()
    browser.shows("This link no longer works")
    late = login(sandbox)
    browser.open(late)
    sandbox.clock.shift(300)
    browser.follow("Alpaca")
    browser.shows("This link no longer works")
    assert len(sandbox.connections) == 1


def test_a_reload_of_an_open_page_and_the_way_back_to_the_list(
    browser: Browser, sandbox: Sandbox
) -> None:
    browser.open(login(sandbox))
    browser.driver.refresh()
    browser.follow("Webull")
    browser.shows("Connect Webull")
    browser.driver.refresh()
    browser.follow("Choose another brokerage")
    browser.shows("Choose your brokerage")
    pick(browser, "Questrade")
    browser.shows("Questrade is connected")


def test_a_double_click_connects_once(browser: Browser, sandbox: Sandbox) -> None:
    browser.open(login(sandbox, broker="ALPACA"))
    browser.double_click(PRIMARY)
    browser.shows("Alpaca is connected")
    assert len(sandbox.connections) == 1


def test_by_keys_alone(browser: Browser, sandbox: Sandbox, app: App) -> None:
    browser.open(login(sandbox, custom_redirect=f"{app.url}/back"))

    assert browser.press(Keys.TAB).accessible_name == "Close without connecting"
    assert browser.press(Keys.TAB).accessible_name == "Alpaca"
    browser.press(Keys.ENTER)
    browser.shows("Connect Alpaca")
    # The close button, the way back, the access, and how it goes.
    assert browser.press(Keys.TAB, Keys.TAB, Keys.TAB).get_attribute("value") == "read"
    assert browser.press(Keys.ARROW_DOWN).get_attribute("value") == "trade"
    assert browser.press(Keys.TAB).get_attribute("value") == "success"
    assert browser.press(Keys.ARROW_DOWN).get_attribute("value") == "invalid-credentials"
    outline = "return getComputedStyle(document.activeElement.parentElement).outlineStyle"
    assert browser.run(outline) == "solid"
    assert browser.press(Keys.TAB).text == "Connect"
    browser.press(Keys.ENTER)
    browser.shows("Alpaca could not be connected")
    browser.press(Keys.TAB, Keys.ENTER)
    assert back(browser) == "ERROR"


def test_without_scripts(browser: Browser, sandbox: Sandbox, app: App) -> None:
    browser.command("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(login(sandbox, custom_redirect=f"{app.url}/back", immediate_redirect=True))
    pick(browser)
    assert back(browser) == "SUCCESS"


@pytest.mark.parametrize("immediate", [False, True])
def test_an_iframe_tells_its_page(
    browser: Browser, sandbox: Sandbox, app: App, origin: str, immediate: bool
) -> None:
    options = {"custom_redirect": f"{app.url}/back", "immediate_redirect": immediate}
    browser.open(f"{app.url}/frame?link={quote(login(sandbox, **options))}")
    browser.driver.switch_to.frame(0)
    pick(browser)
    if immediate:
        assert back(browser) == "SUCCESS"
    else:
        browser.shows("Alpaca is connected")
    browser.driver.switch_to.default_content()
    told = {"status": "SUCCESS", "authorizationId": next(iter(sandbox.connections))}
    assert messages(browser, 1) == [[origin, told]]


def test_an_iframe_tells_of_an_error(
    browser: Browser, sandbox: Sandbox, app: App, origin: str
) -> None:
    browser.open(f"{app.url}/frame?link={quote(login(sandbox))}")
    browser.driver.switch_to.frame(0)
    pick(browser, scenario="invalid-credentials")
    browser.shows("Alpaca could not be connected")
    browser.driver.switch_to.default_content()
    told = {
        "status": "ERROR",
        "errorCode": "1066",
        "statusCode": "403",
        "detail": "Invalid credentials provided, please try again.",
    }
    assert messages(browser, 1) == [[origin, told]]
