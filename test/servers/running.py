"""Programs that run beside a test, and of which nothing is left after it.

Strategy: each is the head of a session of its own, so that every process it has started can be
found, whoever its parent is by then. A program must end well when it is asked to (SIGTERM), and
must not leave a process behind; if a test fails, all of them are killed.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import snaptrade_client

PYTHON = (
    sys.executable,
    str(Path(__file__).with_name("start.py")),
    str(Path(snaptrade_client.__file__).parents[1]),
)
# Seconds; what is asked to end has at most one call under way.
_PATIENCE = 30
_NONE: Mapping[str, str] = {}


class Program:
    """A program and what it has started."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def log(self) -> str:
        """What all of its processes have printed."""
        return self._log.read_text("utf-8", "replace")

    def ask_to_stop(self) -> None:
        """Sends SIGTERM to the first process, as a service manager does."""
        self._process.terminate()

    def stop(self) -> None:
        """Asks it to stop, and sees that it does, and that no process is left."""
        self.ask_to_stop()
        status = self._process.wait(_PATIENCE)
        assert status == 0, f"ended with {status}: {self.log}"
        left = self.processes()
        assert not left, f"left behind: {left}: {self.log}"

    def processes(self) -> list[int]:
        """The ids of its processes."""
        return [pid for pid, session in _sessions() if session == self._process.pid]

    def kill(self) -> None:
        """Ends what is left of it, by force."""
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(_PATIENCE)


def _sessions() -> Generator[tuple[int, int]]:
    """The processes of this machine, each with its session; dead ones are left out."""
    for file in Path("/proc").glob("[0-9]*/stat"):
        # It may end meanwhile.
        with suppress(OSError):
            # The name of the program, in parentheses, may hold anything.
            state, _, _, session = file.read_text().rpartition(")")[2].split()[:4]
            if state != "Z":
                yield int(file.parent.name), int(session)


@contextmanager
def running(
    folder: Path, *command: str, files: Sequence[int] = (), variables: Mapping[str, str] = _NONE
) -> Generator[Program]:
    """Runs a program in a folder, with these open files and these variables on top of its own."""
    log = folder / "log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **variables},
            pass_fds=files,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    program = Program(process, log)
    try:
        yield program
        program.stop()
    finally:
        program.kill()
