"""The page about typing, and the typed wrapper: what they show is what the example does.

Strategy: what the page quotes must stand in the example, line by line, whose tests run here and
which `tox run -e types` checks. What runs by itself is run with the other pages.
"""

import inspect
import re
import shutil
from pathlib import Path

from snaptrade_client import AuthenticationApi, SnapTrade

from .plugged import Project

pytest_plugins = ("pytester",)

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = (DOCS / "typing.md").read_text(encoding="utf-8")
EXAMPLE = DOCS / "examples" / "typed_wrapper"
SOURCES = [path.read_text(encoding="utf-8") for path in sorted(EXAMPLE.glob("*.py"))]
QUOTED = re.findall(r"^```python3\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_what_the_page_quotes_stands_in_the_example() -> None:
    assert len(QUOTED) == 6
    for code in QUOTED:
        assert any(code in source for source in SOURCES), code


def test_the_page_has_the_type_of_every_answer() -> None:
    table = PAGE.partition("| method | type of `body` |\n")[2].partition("\n\n")[0]
    rows = dict(re.findall(r"^\| `(.+)` \| `(.+)` \|$", table.replace("\\|", "|"), re.MULTILINE))
    answers = {
        name: method.__annotations__["return"]
        for name, method in inspect.getmembers(AuthenticationApi, inspect.isfunction)
        if not name.startswith("_")
    }
    answers["SnapTrade.request"] = SnapTrade.request.__annotations__["return"]
    assert {name: f"ApiResponse[{body}]" for name, body in rows.items()} == answers


def test_the_typed_wrapper(project: Project) -> None:
    # A copy shows that it needs nothing of this repository, its settings for pytest included.
    shutil.copytree(EXAMPLE, project.path / "app", ignore=shutil.ignore_patterns("__pycache__"))
    project.run("app").assert_outcomes(passed=15)
