"""Prints what a call costs with this package and with others, over bare urllib3.

Each subject is measured in a process (and, for the vendor's client, an environment) of its own.
`--check` ends with an error where a goal is missed by more than 30%, which noise does not explain.
"""

import argparse
import os
import sys

from . import instructions, table
from .running import servers

GROSS_LOSS = 1.3
IDS = 1_000_000


def main() -> None:
    """Measure, print, and perhaps judge."""
    parser = argparse.ArgumentParser(prog="python -m test.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--short", action="store_true", help="a tenth of the calls")
    parser.add_argument("--instructions", action="store_true", help="count them, with valgrind")
    parser.add_argument("--vendor", default=os.environ.get("VENDOR_PYTHON"), metavar="PYTHON")
    parser.add_argument("--check", action="store_true", help="fail on a gross loss")
    parser.add_argument("words", nargs="*", metavar="WORD", help="only rows that hold a word")
    options = parser.parse_args()
    subjects: dict[str, str] = dict.fromkeys(("urllib3", "http.client", "ours"), sys.executable)
    if options.vendor:
        subjects["vendor"] = options.vendor
    scale = 10 if options.short else 1
    with servers(IDS) as (plain, secure):
        if options.instructions:
            instructions.show(subjects, plain, secure)
            return
        loss = table.show(
            subjects, plain, secure, rounds=options.rounds, scale=scale, words=options.words
        )
    if options.check and loss > GROSS_LOSS:
        sys.exit("a goal is missed by more than 30%")


if __name__ == "__main__":
    main()
