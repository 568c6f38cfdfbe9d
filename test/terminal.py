"""Runs a command with a terminal as its stdin, as somebody who types would."""

import os
import pty
import select
import subprocess
import sys
import time

from .commands import Done


def on_terminal(arguments: list[str], *typed: str) -> Done:
    """Types each text when a question (its end is ": " or "] ") is on the terminal.

    What the terminal echoes is part of `err`, which is the terminal too.
    """
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "snaptrade_client", *arguments],
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=slave,
        start_new_session=True,
    ) as process:
        os.close(slave)
        shown = _conversation(master, list(typed), process)
        os.close(master)
        assert process.stdout
        out = process.stdout.read().decode()
        return Done(process.wait(30), out, shown)


def _conversation(master: int, typed: list[str], process: "subprocess.Popen[bytes]") -> str:
    shown, asked, ends = "", 0, time.monotonic() + 30
    while time.monotonic() < ends:
        if select.select([master], [], [], 0.05)[0]:
            try:
                more = os.read(master, 65536)
            except OSError:  # how Linux tells that the other end is closed
                break
            if not more:
                break
            shown += more.decode()
            if typed and shown[asked:].endswith((": ", "] ")):
                asked = len(shown)
                os.write(master, typed.pop(0).encode())
        elif process.poll() is not None:
            break
    return shown
