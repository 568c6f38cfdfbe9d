"""Runs the measured programs, and the server that they call, each in a process of its own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import trustme

HERE = Path(__file__).parent


class Address(NamedTuple):
    """A server's base URL, and the file that makes a client trust it, or "-"."""

    url: str
    ca: str


@contextmanager
def servers(ids: int) -> Generator[tuple[Address, Address]]:
    """Serve without TLS and with it; a listing has so many ids."""
    with ExitStack() as stack:
        ca, certificate, key = _certificate(
            Path(stack.enter_context(tempfile.TemporaryDirectory()))
        )
        plain = stack.enter_context(_server(ids))
        secure = stack.enter_context(_server(ids, certificate, key))
        yield (
            Address(f"http://127.0.0.1:{plain}/api/v1", "-"),
            Address(f"https://127.0.0.1:{secure}/api/v1", ca),
        )


@contextmanager
def _server(ids: int, *certificate: str) -> Generator[str]:
    command = [sys.executable, str(HERE / "server.py"), str(ids), *certificate]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def _certificate(folder: Path) -> tuple[str, str, str]:
    authority = trustme.CA()
    leaf = authority.issue_cert("127.0.0.1", "localhost")
    paths = tuple(str(folder / name) for name in ("ca.pem", "cert.pem", "key.pem"))
    authority.cert_pem.write_to_path(paths[0])
    leaf.cert_chain_pems[0].write_to_path(paths[1])
    leaf.private_key_pem.write_to_path(paths[2])
    return paths[0], paths[1], paths[2]


def subject(python: str, name: str, measure: str, address: Address, calls: int) -> list[str]:
    """The command that takes one measurement of one subject."""
    return [python, "-P", str(HERE / "subject.py"), name, measure, *address, str(calls)]


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; one that fails shows why."""
    # The same order of dictionaries and sets in every run.
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return done
