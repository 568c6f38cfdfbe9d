"""Debian's Chromium, as a user has it before them: typed, and patient with pages that change."""

# selenium's hints leave dictionaries and some results untyped.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import os
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import ActionChains, Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

PATIENCE = 10.0
"""Seconds that a page has to become what a test expects."""


class Browser:
    """One browser; `driver` is selenium's."""

    def __init__(self) -> None:
        """Start it; a program that is missing fails the test, since nothing is downloaded."""
        options = ChromeOptions()
        options.binary_location = _program("chromium")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        options.add_argument("--headless=new")
        options.add_argument("--disable-dev-shm-usage")
        options.add_argument("--no-proxy-server")
        if os.geteuid() == 0:
            # Chromium's own sandbox does not run as root.
            options.add_argument("--no-sandbox")
        service = ChromeService(_program("chromedriver"))
        self.driver = Chrome(options=options, service=service)

    def reset(self) -> None:
        """Give the next test one empty window of 900 x 900, light colours, scripts that run."""
        first, *others = self.windows
        for window in others:
            self.switch(window)
            self.driver.close()
        self.switch(first)
        self.driver.get("about:blank")
        self.driver.set_window_size(900, 900)
        self.emulate(scheme="light")
        self.command("Emulation.clearDeviceMetricsOverride")
        self.command("Emulation.setScriptExecutionDisabled", value=False)

    def command(self, name: str, **parameters: Any) -> None:
        """Tell the browser what only its developer tools can."""
        self.driver.execute_cdp_cmd(name, parameters)

    def emulate(self, *, scheme: str, width: int | None = None) -> None:
        """Prefer light or dark colours, on a phone of `width` pixels where it is given."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.command("Emulation.setEmulatedMedia", features=[feature])
        if width is not None:
            self.command(
                "Emulation.setDeviceMetricsOverride",
                width=width,
                height=740,
                deviceScaleFactor=1,
                mobile=True,
            )

    def complaints(self) -> list[str]:
        """What the browser's console said since the last time: blocked and missing things too."""
        entries = cast("Callable[[str], list[dict[str, Any]]]", self.driver.get_log)("browser")
        return [str(entry["message"]) for entry in entries]

    @property
    def windows(self) -> list[str]:
        """The windows and tabs, oldest first."""
        return list(self.driver.window_handles)

    def switch(self, window: str) -> None:
        """Go on in another window."""
        self.driver.switch_to.window(window)

    def open(self, url: str) -> None:
        """Open a page."""
        self.driver.get(url)

    def find(self, selector: str) -> WebElement:
        """Give the first element of a CSS selector."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        """Give every element of a CSS selector."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def click(self, selector: str) -> None:
        """Click the first element of a CSS selector."""
        self.find(selector).click()

    def double_click(self, selector: str) -> None:
        """Click twice, fast."""
        ActionChains(self.driver).double_click(self.find(selector)).perform()

    def follow(self, words: str) -> None:
        """Click the link that has these words."""
        self.driver.find_element(By.PARTIAL_LINK_TEXT, words).click()

    def press(self, *keys: str) -> WebElement:
        """Press keys one after the other, and give what has the focus then."""
        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()
        return self.driver.switch_to.active_element

    def run(self, script: str) -> Any:
        """Run a script in the page, and give what it returns."""
        return self.driver.execute_script(script)

    def until(self, condition: Callable[[], Any]) -> Any:
        """Wait for a click to have its effect; a page that is about to go may be asked in vain."""
        wait = WebDriverWait(self.driver, PATIENCE, 0.02, (WebDriverException,))
        return wait.until(lambda _: condition())

    def shows(self, heading: str) -> None:
        """Wait for the page with this heading."""
        self.until(lambda: self.find("h1").text == heading)

    def smallest(self, selector: str) -> float:
        """Give the smallest width or height, in pixels, of the elements of a selector."""
        sizes = [element.size for element in self.all(selector)]
        assert sizes
        return float(min(min(size["width"], size["height"]) for size in sizes))

    def axe(self, name: str) -> list[str]:
        """Give what axe-core finds on the page, of every impact.

        A picture of the page goes to the folder that the variable SCREENSHOTS names, if it is set.
        """
        folder = os.environ.get("SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.driver.save_screenshot(str(Path(folder) / f"{name}.png"))
        self.run(_axe_script())
        report = self.driver.execute_async_script("axe.run(document).then(arguments[0])")
        assert len(report["passes"]) > 10
        return [
            f"{name}: {item['impact']}: {item['id']}: {node['html']}"
            for item in report["violations"]
            for node in item["nodes"]
        ]


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.fail(f"{name} is missing: apt-get install chromium chromium-driver")
    return path


def _axe_script() -> str:
    """The script of axe-core, from the package that brings it; the package is not imported."""
    spec = find_spec("axe_playwright_python")
    origin = spec and spec.origin
    assert origin, "axe-playwright-python is missing: see the environment `browser` of tox.ini"
    return (Path(origin).parent / "axe.min.js").read_text(encoding="utf-8")
