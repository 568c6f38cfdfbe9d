"""Runs commands of the command line: in this process, or in one of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

from snaptrade_client.cli import main
from snaptrade_client.sandbox import Sandbox

from .raw import CANARY_KEY

# Secrets that no output may show; each begins in its own way, so that parts are found too.
KEY = CANARY_KEY
SECRET = "canary-user-secret-42"


class Done(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout; nothing stands beside it."""
        assert self.err == ""
        return json.loads(self.out)


class Runner:
    """Runs commands in this process, and keeps all that they printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.printed = ""

    def __call__(self, *arguments: str) -> Done:
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = int(str(ended.code))
        out, err = self._capsys.readouterr()
        self.printed += out + err
        return Done(code, out, err)


def environment(sandbox: Sandbox) -> dict[str, str]:
    """The variables that make a sandbox the service."""
    return {
        "SNAPTRADE_HOST": sandbox.url,
        "SNAPTRADE_CLIENT_ID": sandbox.client_id,
        "SNAPTRADE_CONSUMER_KEY": sandbox.consumer_key,
    }


@contextmanager
def serving(monkeypatch: pytest.MonkeyPatch, **options: Any) -> Generator[Sandbox]:
    """A sandbox that the environment of this process makes the service."""
    with Sandbox(**options) as sandbox:
        for name, value in environment(sandbox).items():
            monkeypatch.setenv(name, value)
        yield sandbox


def process(*arguments: str, stdin: str = "", **variables: str) -> Done:
    """Runs a command in a process of its own, warnings as errors."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "snaptrade_client", *arguments],
        capture_output=True,
        input=stdin,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **variables},
    )
    return Done(done.returncode, done.stdout, done.stderr)
