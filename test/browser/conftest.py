"""Fixtures: a browser, a sandbox with one user, and an app of another origin."""

from collections.abc import Generator

import pytest

from snaptrade_client.sandbox import Sandbox

from ..sandboxed import checked_sandbox
from .apps import App
from .chromium import Browser


@pytest.fixture(scope="session")
def chromium() -> Generator[Browser]:
    """One browser for all tests."""
    browser = Browser()
    try:
        yield browser
    finally:
        browser.driver.quit()


@pytest.fixture
def browser(chromium: Browser) -> Generator[Browser]:
    """The browser, as new; it must have nothing to complain of but links that are used up."""
    chromium.reset()
    chromium.complaints()
    yield chromium
    # A sandbox may stop while its last page still loads its icon.
    meant = ("status of 410", "net::ERR_CONNECTION_REFUSED")
    complaints = chromium.complaints()
    assert not [text for text in complaints if not any(words in text for words in meant)]


@pytest.fixture
def sandbox() -> Generator[Sandbox]:
    """A sandbox with the user u1."""
    with checked_sandbox(users={"u1": "s1"}) as sandbox:
        yield sandbox


@pytest.fixture
def app() -> Generator[App]:
    """The app."""
    with App() as app:
        yield app
