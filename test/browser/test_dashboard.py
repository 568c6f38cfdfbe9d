"""The dashboard in Chromium: requests appear by themselves, and their details by click and key."""

import time
from collections.abc import Generator

import pytest
from selenium.webdriver import Keys

from snaptrade_client.sandbox import Sandbox

from ..sandboxed import checked_sandbox
from ..wire import LIST, Wire
from .chromium import Browser


@pytest.fixture
def sandbox() -> Generator[Sandbox]:
    """A sandbox with its control API, and a user whose id is HTML."""
    with checked_sandbox(users={"<b>u1</b>": "secret-1"}, control=True) as sandbox:
        yield sandbox


@pytest.fixture
def page(browser: Browser, sandbox: Sandbox) -> Generator[Browser]:
    browser.open(f"{sandbox.url.removesuffix('/api/v1')}/_sandbox/")
    browser.until(lambda: browser.find("#link").text == "Live")
    yield browser
    # It would go on asking a sandbox that has stopped.
    browser.open("about:blank")


def wrong(wire: Wire) -> None:
    """A request whose query was signed in another form."""
    target = wire.target(LIST, "a=two%20words")
    signature = wire.sign(target.replace("%20", "+"))
    assert wire.send("GET", target, None, {"Signature": signature}).status == 401


def test_a_request_appears_within_two_seconds(page: Browser, sandbox: Sandbox) -> None:
    assert page.find("#users td").text == "<b>u1</b>"
    started = time.monotonic()
    wrong(Wire(sandbox))
    page.until(lambda: page.all("tr.request"))
    assert time.monotonic() - started < 2
    assert [badge.text for badge in page.all("tr.request .badge")] == ["401", "wrong"]
    page.click(".opener")
    assert page.find(".diagnosis h3").text == 'query: "+" and "%20" exchanged'
    assert [mark.text for mark in page.all(".compare mark")] == ["+", "%"]
    assert page.find(".opener").get_attribute("aria-expanded") == "true"
    page.press(Keys.ENTER)
    assert not page.find(".detail").is_displayed()
    # What is open stays open when more arrives.
    page.press(Keys.SPACE)
    assert Wire(sandbox).call("GET", LIST).status == 200
    page.until(lambda: len(page.all("tr.request")) == 2)
    assert page.find(".diagnosis").is_displayed()
    page.until(lambda: "One new request, the last: list, status 200" in news(page))


def news(page: Browser) -> str:
    """What a screen reader is told."""
    return str(page.find("#news").get_attribute("textContent"))


def test_the_forms(page: Browser, sandbox: Sandbox) -> None:
    before = sandbox.clock()
    page.click("#shift-clock button[value='3600']")
    page.until(lambda: page.find("#ahead").text == "1 h 0 min ahead of this machine's clock")
    assert sandbox.clock() - before > 3599
    page.click("#reset-clock")
    page.until(lambda: page.find("#ahead").text == "As this machine's clock")
    page.click("summary")
    page.find("[name=user_id]").send_keys("u2")
    page.find("[name=secret]").send_keys("secret-2")
    page.click("#add-user button")
    page.until(lambda: len(page.all("#users tbody tr")) == 2)
    assert sandbox.users["u2"].secret == "secret-2"
    wrong(Wire(sandbox))
    page.until(lambda: page.all("tr.request"))
    page.click("#forget-requests")
    page.until(lambda: not page.all("tr.request"))
    assert list(sandbox.requests) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [None, 360])
def test_axe(page: Browser, sandbox: Sandbox, scheme: str, width: int | None) -> None:
    page.emulate(scheme=scheme, width=width)
    wrong(Wire(sandbox))
    page.until(lambda: page.all("tr.request"))
    page.click(".opener")
    # The colour of a new row fades away.
    page.until(lambda: page.run("return document.getAnimations().length") == 0)
    assert page.axe(f"dashboard-{scheme}-{width or 900}") == []
    assert page.run("return document.documentElement.scrollWidth <= window.innerWidth")
