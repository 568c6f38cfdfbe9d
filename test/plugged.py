"""Runs pytest with the plugin in a process of its own, as it runs in a user's project."""

import os
from pathlib import Path

import pytest

# Where the package is installed, its entry point loads the plugin, and this changes nothing.
WITH_PLUGIN = ("-p", "snaptrade_client.pytest_plugin")

# The fixture `pytester` changes to another folder.
_HERE = Path.cwd()


class Project:
    """A project with tests, in a folder of its own."""

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pytester = pytester
        self.path = pytester.path
        # A relative one is relative to the folder in which these tests run.
        folders = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        whole = [str(_HERE / folder) for folder in folders if folder]
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(whole))

    def write(self, name: str, text: str) -> Path:
        """Write a file."""
        path = self.path / name
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run its tests, warnings as errors."""
        return self.pytester.runpytest_subprocess(
            *WITH_PLUGIN, "-W", "error", "-p", "no:cacheprovider", *arguments, timeout=60
        )

    def test(self, source: str, *arguments: str) -> pytest.RunResult:
        """Run a file of tests."""
        self.write("test_it.py", source)
        return self.run("test_it.py", *arguments)


def told(result: pytest.RunResult) -> str:
    """What pytest says in its report: in words, without a traceback of ours."""
    text = result.stdout.str()
    assert "pytest_plugin.py" not in text.partition("short test summary")[0]
    return text
