"""Debian's tinyproxy, on the loopback address, with a password."""

import shutil
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..ports import free_port
from .running import Program, running

# tinyproxy takes letters, digits, ".", "-" and "_".
USER, PASSWORD = "proxy.user", "proxy.password"
# Seconds.
_PATIENCE = 10


class Tinyproxy:
    """A running tinyproxy."""

    def __init__(self, port: int, program: Program) -> None:
        self.address = f"127.0.0.1:{port}"
        self._program = program

    @property
    def log(self) -> str:
        """What it has printed."""
        return self._program.log

    def tunnels(self, authority: str) -> int:
        """How often it was asked for a tunnel to a host and port."""
        return self.log.count(f": CONNECT {authority} HTTP/")


@contextmanager
def tinyproxy(folder: Path, *settings: str) -> Generator[Tinyproxy]:
    """Tinyproxy with more lines in its configuration."""
    program = shutil.which("tinyproxy")
    assert program, "tinyproxy is missing: apt-get install tinyproxy"
    port = free_port()
    lines: Sequence[str] = (
        f"Port {port}",
        "Listen 127.0.0.1",
        "Timeout 30",
        "LogLevel Info",
        f"BasicAuth {USER} {PASSWORD}",
        *settings,
    )
    configuration = folder / "tinyproxy.conf"
    configuration.write_text("\n".join([*lines, ""]))
    with running(folder, program, "-d", "-c", str(configuration)) as process:
        end = time.monotonic() + _PATIENCE
        # Before this, it would not end well when it is asked to.
        while "Accepting connections" not in process.log:
            assert process.processes(), process.log
            assert time.monotonic() < end, process.log
            time.sleep(0.01)
        yield Tinyproxy(port, process)
