"""The tutorial: its programs, saved under the names that it gives them, do what it says.

Strategy: the programs run in the order of the page, in a folder of their own, against one sandbox
that tells the app of the page its webhooks. A person with a browser is a form that is posted.
"""

import os
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlencode
from urllib.request import urlopen

import pytest

from snaptrade_client.sandbox import Sandbox, Status
from snaptrade_client.sandbox.state import DELETION_DELAY

from .ports import free_port
from .programs import run_python
from .sandboxed import checked_sandbox

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "tutorial.md").read_text(encoding="utf-8")
PROGRAMS: dict[str, str] = dict(
    re.findall(
        r"Save this as `(\w+\.py)`.*?\n```python3\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE
    )
)
SHOWN = re.findall(r"^```text\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@contextmanager
def running_app(folder: Path, port: int, key: str) -> Generator[None]:
    """The app of the page, from its first "Running on" to the end of the test."""
    paths = os.pathsep.join([str(folder), *sys.path])
    with (
        (folder / "app.out").open("w") as output,
        subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": paths, "SNAPTRADE_CONSUMER_KEY": key},
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stderr
        try:
            assert any(f":{port}" in line for line in process.stderr)
            yield
        finally:
            process.terminate()
            process.stderr.read()


def come_back(link: str) -> str:
    """What the app's page says, where a browser is after a sign-in that succeeds."""
    portal, _, query = link.strip().partition("?")
    form = {"token": parse_qs(query)["token"][0], "broker": "ALPACA", "access": "read"}
    with urlopen(portal, urlencode(form | {"scenario": "success"}).encode()) as last:  # noqa: S310 - the sandbox's
        page = last.read().decode()
    [back] = re.findall(r'href="(http://127\.0\.0\.1:\d+/connected\?[^"]*)"', page)
    with urlopen(back.replace("&amp;", "&")) as connected:  # noqa: S310 - the test's own app
        return str(connected.read().decode())


def run(folder: Path, name: str, sandbox: Sandbox) -> str:
    """What a program of the page prints."""
    program = (
        f"import os, runpy, sys; os.chdir({str(folder)!r}); sys.path.insert(0, {str(folder)!r}); "
    )
    return run_python(
        "-c",
        f"{program}runpy.run_path({name!r}, run_name='__main__')",
        SNAPTRADE_HOST=sandbox.url,
        SNAPTRADE_CLIENT_ID=sandbox.client_id,
        SNAPTRADE_CONSUMER_KEY=sandbox.consumer_key,
    )


def neutral(text: str) -> str:
    """A text without the ids of requests, which no two have in common."""
    return re.sub(r"\b[0-9a-f]{32}\b", "ID", text)


def test_the_page_has_its_programs() -> None:
    names = "store.py", "app.py", "register.py", "link.py", "users.py", "delete.py"
    assert tuple(PROGRAMS) == names
    assert PAGE.count("```python") == len(names)


def test_the_hour_goes_as_the_page_says(tmp_path: Path) -> None:
    port = free_port()
    for name, code in PROGRAMS.items():
        (tmp_path / name).write_text(code.replace("5000", str(port)), encoding="utf-8")
    with (
        checked_sandbox(webhook=f"http://127.0.0.1:{port}/webhooks/snaptrade") as sandbox,
        running_app(tmp_path, port, sandbox.consumer_key),
    ):
        printed = [run(tmp_path, "register.py", sandbox), run(tmp_path, "register.py", sandbox)]
        assert sandbox.settle()
        assert "SUCCESS" in come_back(run(tmp_path, "link.py", sandbox))
        sandbox.faults.add("list", Status(503))
        printed += [run(tmp_path, "users.py", sandbox), run(tmp_path, "delete.py", sandbox)]
        sandbox.clock.shift(DELETION_DELAY)
        assert sandbox.settle()
        assert not sandbox.users
    told = (tmp_path / "app.out").read_text()
    registered, first, again, linked, users, deleted, last = SHOWN
    assert [neutral(text) for text in printed] == [
        neutral(text) for text in (registered, again, users, deleted)
    ]
    lines = [line for line in told.splitlines(keepends=True) if line.startswith("told:")]
    assert "".join(lines) == first + linked + last


@pytest.mark.parametrize(
    "command", re.findall(r"^python -m snaptrade_client (.*)$", PAGE, re.MULTILINE)
)
def test_its_commands_have_the_options_that_there_are(command: str) -> None:
    helped = run_python("-m", "snaptrade_client", command.split(maxsplit=1)[0], "--help")
    assert set(re.findall(r"--[\w-]+", command)) <= set(re.findall(r"--[\w-]+", helped))
