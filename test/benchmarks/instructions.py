"""Counts the instructions of a call with valgrind, which tells the same on a busy machine.

Strategy: the difference of two runs, one with twice the calls, is without the start and the end of
the process. What the kernel does for a call is not in it.
"""

import re
import shutil
import sys

from .running import Address, run, subject

CALLS = 200


def show(subjects: dict[str, str], plain: Address, secure: Address) -> None:
    """Print the instructions per login call of each subject, and the ratio to urllib3's."""
    if shutil.which("valgrind") is None:
        sys.exit("valgrind is needed: apt-get install valgrind")
    for title, address in (("one signed login call", plain), ("the same over TLS", secure)):
        counts = {name: _per_call(python, name, address) for name, python in subjects.items()}
        cells = "  ".join(
            f"{name} {count:9,.0f} ({count / counts['urllib3']:.2f})"
            for name, count in counts.items()
        )
        print(f"instructions of {title:24} {cells}", flush=True)


def _per_call(python: str, name: str, address: Address) -> float:
    once, twice = (
        _counted(subject(python, name, "cpu", address, calls)) for calls in (CALLS, 2 * CALLS)
    )
    return (twice - once) / CALLS


def _counted(command: list[str]) -> int:
    valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    found = re.search(r"Collected : ([0-9]+)", run([*valgrind, *command]).stderr)
    assert found
    return int(found[1])
