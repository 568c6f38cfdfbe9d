"""Builds wheel and sdist, and makes environments to install them in."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str | Path, umask: int = -1, **environment: str) -> str:
    """What a program prints; it must end well. A variable that is "" is not set."""
    variables = {name: value for name, value in environment.items() if value}
    inherited = {name: value for name, value in os.environ.items() if name not in environment}
    done = subprocess.run(
        command,
        # Not a folder that holds the source tree.
        cwd=ROOT.anchor,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
        umask=umask,
        env=inherited | variables,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def build(source: Path, folder: Path, *what: str, umask: int = -1, **environment: str) -> None:
    """Run `python -m build`: an sdist, and from that a wheel, unless told what."""
    # hatchling gives files a fixed date, unless this variable says another.
    environment.setdefault("SOURCE_DATE_EPOCH", "")
    command = [sys.executable, "-m", "build", "--no-isolation", *what]
    run(*command, "--outdir", folder, source, umask=umask, **environment)


def contents(folder: Path) -> dict[str, bytes]:
    """The names and the bytes of a folder's files."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def unpack(sdist: Path, folder: Path) -> Path:
    """Unpack an sdist, and give its folder."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    [unpacked] = folder.iterdir()
    return unpacked


def works(python: str) -> bool:
    """Whether there is this Python."""
    try:
        return (
            subprocess.run([python, "--version"], capture_output=True, check=False).returncode == 0
        )
    except FileNotFoundError:
        return False


class Environment:
    """A fresh environment of a Python, managed by the pip that runs the tests."""

    def __init__(self, python: str, folder: Path) -> None:
        run(python, "-m", "venv", "--without-pip", folder)
        self._bin = folder / "bin"

    def pip(self, *arguments: str) -> str:
        """What pip prints about this environment."""
        return run(sys.executable, "-m", "pip", "--python", self._bin / "python", *arguments)

    def python(self, program: str) -> str:
        """What a program prints, warnings as errors."""
        return run(self._bin / "python", "-W", "error", "-c", program).strip()

    def script(self, name: str, *arguments: str) -> str:
        """What a command prints that the distribution has installed."""
        return run(self._bin / name, *arguments).strip()
