"""The pages: their programs run, their links lead somewhere, their lists say what there is.

Strategy: a page is read as lines of Markdown. A program is a fenced block of Python: each runs in
a process of its own, warnings as errors, against a sandbox that the environment names. What a page
shows as its output ("It prints:") must be its output. The specification's examples, under
"### Example", are left to `test_examples`, which gives them the user that they are about.
"""

import inspect
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import snaptrade_client
from snaptrade_client import AuthenticationApi, exceptions, retry
from snaptrade_client.api_response import ApiResponse
from snaptrade_client.configuration import ENVIRONMENT
from snaptrade_client.exceptions import ApiException, OpenApiException
from snaptrade_client.sandbox import Sandbox
from snaptrade_client.types import CallOptions

from .programs import run_python

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
API_PAGE = DOCS / "apis" / "tags" / "AuthenticationApi.md"
ERRORS = DOCS / "errors.md"
PAGES = sorted((*ROOT.glob("*.md"), *DOCS.rglob("*.md")))

# The package under test: the installed one, where tox runs this.
PACKAGE = Path(snaptrade_client.__file__).parent
PROXY_VARIABLES = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_OUTPUT = re.compile(r"\s+It prints:\s+```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


class Program(NamedTuple):
    """A fenced block of Python, and the output that the page shows for it."""

    page: str
    line: int
    code: str
    output: str | None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", _text(page))


def _section(page: Path, heading: str) -> str:
    """What stands under a heading, up to the next one of its level."""
    text = _text(page)
    start = text.index(f"\n{heading}\n") + len(heading) + 2
    level = heading.partition(" ")[0]
    return text[start:].partition(f"\n{level} ")[0]


def _rows(markdown: str, header: str) -> list[list[str]]:
    """The cells of a table, whose first cell is `header`, without the heads of its columns."""
    lines = iter(markdown.splitlines())
    for line in lines:
        if line.startswith(f"| {header} |"):
            next(lines)
            break
    rows: list[list[str]] = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split(" |")])
    return rows


def _programs() -> Iterator[Program]:
    for page in PAGES:
        text = _text(page)
        for fence in _FENCE.finditer(text):
            before = text[: fence.start()]
            if fence[1] not in ("python", "py") or before.endswith("### Example\n\n"):
                continue
            output = _OUTPUT.match(text, fence.end())
            yield Program(
                page.relative_to(ROOT).as_posix(),
                before.count("\n") + 1,
                fence[2],
                output[1] if output else None,
            )


def _run_program(program: Program, sandbox: Sandbox) -> str:
    return run_python(
        "-c",
        program.code,
        SNAPTRADE_CONSUMER_KEY=sandbox.consumer_key,
        SNAPTRADE_CLIENT_ID=sandbox.client_id,
        SNAPTRADE_HOST=sandbox.url,
    )


PROGRAMS = list(_programs())


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_a_program_runs_and_prints_what_the_page_shows(program: Program, sandbox: Sandbox) -> None:
    printed = _run_program(program, sandbox)
    assert printed
    if program.output is not None:
        assert printed == program.output


def test_the_first_program_of_the_readme_registers_a_user_and_shows_the_link(
    sandbox: Sandbox,
) -> None:
    first = next(program for program in PROGRAMS if program.page == "README.md")
    assert len([line for line in first.code.splitlines() if line]) <= 10
    printed = _run_program(first, sandbox)
    origin = sandbox.url.removesuffix("/api/v1")
    assert re.fullmatch(rf"send the user to {origin}/portal\?token=\S+\n", printed)
    assert list(sandbox.users) == ["user-1"]
    # The second time, the user is there: an error of the service, which the program prints.
    assert re.fullmatch(r"400 Bad Request: .*1010.* rejected\n", _run_program(first, sandbox))


def test_every_page_has_its_programs() -> None:
    pages = [program.page for program in PROGRAMS]
    assert pages.count("README.md") == 4
    assert pages.count("docs/apis/tags/AuthenticationApi.md") == 1
    assert pages.count("docs/protocol.md") == 1


def test_the_readme_shows_what_the_demo_prints() -> None:
    def neutral(text: str) -> str:
        """Replace what differs from one run to the next."""
        text = re.sub(r"\b[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\b", "ID", text)
        text = re.sub(r"(?<=127\.0\.0\.1):[0-9]+", ":PORT", text)
        return re.sub(r" +[0-9]+\.[0-9] ms", " TIME", text)

    shown = re.search(r"^```text\n(A user's life.*?)^```$", _text(README), re.MULTILINE | re.DOTALL)
    assert shown
    assert neutral(shown[1]) == neutral(run_python("-m", "snaptrade_client", "demo"))


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as forges make them of their words."""
    headings = re.findall(r"^#+ (.*)$", _prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    for link in _LINK.findall(_prose(page)):
        if re.match(r"https?://", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        assert not anchor or anchor in _anchors(target), link


def test_the_index_of_docs_names_every_page() -> None:
    links = {(DOCS / link).resolve() for link in _LINK.findall(_text(DOCS / "README.md"))}
    assert {page for page in DOCS.rglob("*.md") if page.name != "README.md"} <= links


def _variables_read() -> set[str]:
    """The environment variables that the package reads, each where its code names `os.environ`."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for use in re.findall(r"os\.(?:environ|getenv)\b(.*)", path.read_text(encoding="utf-8")):
            named = re.match(r"""\.get\((?:"(\w+)"|ENVIRONMENT\[)""", use)
            if named is None:
                # The standard library reads the proxies, once the package has seen one named.
                assert path.name == "routes.py", (path, use)
                found |= PROXY_VARIABLES
            else:
                found |= {named[1]} if named[1] else set(ENVIRONMENT.values())
    return found


def test_the_readme_lists_exactly_the_variables_that_the_code_reads() -> None:
    section = _section(README, "## Credentials and environment variables")
    assert {row[0].strip("`") for row in _rows(section, "variable")} == _variables_read()


METHODS = {
    name: method
    for name, method in vars(AuthenticationApi).items()
    if inspect.isfunction(method) and not name.startswith("_")
}


@pytest.mark.parametrize("name", METHODS)
def test_the_page_lists_exactly_a_methods_parameters(name: str) -> None:
    parameters = inspect.signature(METHODS[name]).parameters.values()
    named = [p.name for p in parameters if p.kind is not p.VAR_KEYWORD and p.name != "self"]
    section = _section(API_PAGE, f"## {name}")
    assert [row[0].strip("`") for row in _rows(section, "name")] == named
    assert section.count("### Example\n\n```python\n") == 1


def test_the_page_lists_every_method_every_option_of_a_call_and_every_attribute() -> None:
    common = _section(API_PAGE, "## What all five have in common")
    methods = [row[0] for row in _rows(_text(API_PAGE), "method")]
    assert methods == [f"[`{name}`](#{name})" for name in _listed(methods)]
    assert set(_listed(methods)) == set(METHODS)
    assert _listed(row[0] for row in _rows(common, "name")) == list(CallOptions.__annotations__)
    attributes = set(_listed(row[0] for row in _rows(common, "attribute")))
    assert attributes == _attributes(ApiResponse)


def _attributes(kind: type) -> set[str]:
    """The public attributes of a class, without its methods."""
    names = {*dir(kind), *kind.__annotations__}
    return {
        name
        for name in names
        if not name.startswith("_") and not inspect.isfunction(getattr(kind, name, None))
    }


def _listed(cells: Iterable[str]) -> list[str]:
    """The names in backquotes of a table's cells."""
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def test_the_page_of_errors_shows_the_tree_of_the_code() -> None:
    tree = _section(ERRORS, "## The tree").partition("```text\n")[2].partition("```")[0]
    assert tree.strip() in (exceptions.__doc__ or "")
    exported = {
        name
        for name in snaptrade_client.__all__
        if isinstance(kind := getattr(snaptrade_client, name), type)
        and issubclass(kind, OpenApiException)
    }
    assert set(re.findall(r"[─ ](\w+)", tree)) >= exported - {"OpenApiException"}
    advice = _rows(_section(ERRORS, "## What an app does"), "exception")
    # What an app does about an unknown registration is the same for all its parts.
    parts = {name for name in exported if name.startswith("Registration")}
    listed = set(_listed(row[0] for row in advice))
    assert listed == exported - parts | {"RegistrationOutcomeUnknown"}


def test_the_page_of_errors_shows_the_table_of_retries() -> None:
    rows = _rows(_section(ERRORS, "## What is tried again"), "kind")
    table = {kind.strip("`"): (harmless, harmful) for kind, _, harmless, harmful in rows}
    assert table == {kind: tuple(row) for kind, row in retry.TABLE.items()}


def test_the_page_of_errors_lists_the_attributes_of_a_failed_call() -> None:
    rows = _rows(_section(ERRORS, "## What an ApiException holds"), "attribute")
    named = _attributes(ApiException) - set(dir(Exception))
    assert set(_listed(row[0] for row in rows)) == named


def test_the_page_of_design_names_exactly_the_rooms_there_are() -> None:
    names = set(re.findall(r"`((?:\w+/)?\w+\.py)`", _text(DOCS / "design.md")))
    rooms = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if path.name != "__init__.py"
    }
    assert names - {"__init__.py"} == rooms
