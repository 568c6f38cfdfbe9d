"""The page of the command line shows what the commands print.

Strategy: a block of `console` holds one command and its output. The commands run in the order of
the page, in one folder, against one sandbox; what differs from one run to the next is replaced on
both sides.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from snaptrade_client.commands.output import EXIT_CODES
from snaptrade_client.sandbox import Sandbox

from .commands import environment

PAGE = Path(__file__).resolve().parents[1] / "docs" / "command-line.md"
_BLOCK = re.compile(r"^```console\n\$ (.*)\n((?:.*\n)*?)```$", re.MULTILINE)
_PROGRAM = (
    "import sys\nfrom snaptrade_client.cli import main\nsys.exit(main(prog='snaptrade-client'))"
)
_DIFFERENT = [
    (r"(?m)^✓ snaptrade-client [0-9].*$", "VERSIONS"),
    (r"(?m)^✓ snaptrade-client (is|runs).*$", "FOLDER"),
    (r"\b[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\b", "ID"),
    (r"(?<=127\.0\.0\.1)(:|, port )[0-9]+", " PORT"),
    (r"(?<=token=)[\w-]+", "TOKEN"),
    (r"\b[0-9]+\.[0-9]+\b", "TIME"),
    (r"\b[0-9a-f]{12}\.\.\.", "DIGEST"),
    (r'(?<="signature_begins": )".*"', "SIGNATURE"),
    # argparse breaks these lines in another way from one Python to the next.
    (r"(?ms)^usage: .*?^(?=snaptrade-client)", "USAGE\n"),
    (r"0 s (ahead of|behind)", "0 s"),
    (r"1 s (ahead of|behind)", "0 s"),
]


class Shown(NamedTuple):
    """A command of the page, and what is shown of its output."""

    command: str
    output: str


BLOCKS = [Shown(*found) for found in _BLOCK.findall(PAGE.read_text(encoding="utf-8"))]


def neutral(text: str) -> str:
    """A text without what differs from one run to the next."""
    for pattern, replacement in _DIFFERENT:
        text = re.sub(pattern, replacement, text)
    return text


def printed(command: str, folder: Path, variables: dict[str, str]) -> str:
    """What a command of the page prints, to both streams."""
    words = shlex.split(command)
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        variables = {**variables, name: value}
    assert words[0] == "snaptrade-client"
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM, *words[1:]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **variables},
    ).stdout


def test_the_page_shows_what_the_commands_print(sandbox: Sandbox, tmp_path: Path) -> None:
    assert len(BLOCKS) >= 10
    for shown in BLOCKS:
        output = printed(shown.command, tmp_path, environment(sandbox))
        assert neutral(output) == neutral(shown.output), shown.command


def test_the_page_shows_every_command_and_every_exit_code() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in ("users list", "users register", "users delete", "users login", "users jwt"):
        assert f"$ snaptrade-client {name}" in text
    for name in ("doctor", "sign", "sandbox", "demo"):
        assert f"snaptrade-client {name}" in text
    codes = re.findall(r"\b[0-9]+\b", EXIT_CODES)
    rows = re.findall(r"^\| ([0-9]+) \|", text, re.MULTILINE)
    assert rows == codes
