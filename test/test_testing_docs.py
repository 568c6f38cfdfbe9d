"""The page about testing, and the example app: what they show is what happens.

Strategy: each block of Python is a file of the project that the page describes. The first two are
named in the text; every other is a file of tests, but for the one that is a `conftest.py`, which is
tried with a test of ours. All run in a process of their own.
"""

import re
import shutil
from pathlib import Path

import pytest

from .plugged import Project

pytest_plugins = ("pytester",)

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
CODE = [code for language, code in BLOCKS if language == "python3"]
SHOP, TEST, *OTHERS = CODE
CONFTEST = next(code for code in OTHERS if "def test_" not in code)
TESTS = [code for code in OTHERS if "def test_" in code]
EXAMPLE = ROOT / "docs" / "examples" / "brokerage_app"


def count(code: str) -> int:
    """The number of its tests."""
    return code.count("\ndef test_")


def test_the_page_has_the_blocks_that_are_run() -> None:
    assert {language for language, _ in BLOCKS} == {"python3", "sh"}
    assert "`shop.py`" in PAGE.partition(SHOP)[0]
    assert "`test_shop.py`" in PAGE.partition(TEST)[0]
    assert len(TESTS) + 3 == len(CODE) == 11


def test_five_minutes(project: Project) -> None:
    project.write("shop.py", SHOP)
    project.write("test_shop.py", TEST)
    project.run().assert_outcomes(passed=1)


@pytest.mark.parametrize("code", TESTS, ids=lambda code: code.partition("def test_")[2][:12])
def test_a_recipe(project: Project, code: str) -> None:
    project.write("shop.py", SHOP)
    # The fixture `browser` stands in the page's first test.
    project.write("conftest.py", TEST.partition("\n\n\ndef test_")[0])
    project.test(code).assert_outcomes(passed=count(code))


def test_the_options_of_a_project(project: Project) -> None:
    project.write("conftest.py", CONFTEST)
    project.test("""
def test_it(snaptrade, snaptrade_sandbox):
    assert snaptrade.authentication.delete_snap_trade_user("user-1").rate_limit.limit == 20
    assert snaptrade_sandbox.settle()
    assert not snaptrade_sandbox.users
""").assert_outcomes(passed=1)


def test_the_example_app(project: Project) -> None:
    # A copy shows that it needs nothing of this repository, its settings for pytest included.
    shutil.copytree(EXAMPLE, project.path / "app", ignore=shutil.ignore_patterns("__pycache__"))
    result = project.run("app")
    assert result.ret == 0
    result.assert_outcomes(passed=result.parseoutcomes()["passed"])
    assert result.parseoutcomes()["passed"] > 12
