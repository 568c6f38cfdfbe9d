"""Runs Python in a process of its own, as a user would."""

import os
import subprocess
import sys


def run_python(*arguments: str, **environment: str) -> str:
    """What it printed, warnings as errors; it must end well and have nothing to say beside."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout
