"""How much of a proof is run: a short form, or all of it where `FAULTS_FULL` is 1."""

import os

FULL = os.environ.get("FAULTS_FULL") == "1"


def scaled(short: int, full: int) -> int:
    """The number that is to be run."""
    return full if FULL else short
