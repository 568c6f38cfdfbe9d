"""The promises of reliability, each with its target and what was measured.

    python -m test.numbers [--full] [WORD ...]

Run it in the folder of a checkout, with the packages of the group `test` installed. The short form
takes about two minutes, the full one about two hours; words choose the rows that hold one of them.
It ends with 1 where a promise is broken.
"""

import argparse
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from .faults import (
    machine,
    proof_canary,
    proof_clock,
    proof_crossing,
    proof_deadlines,
    proof_garbage,
    proof_leaks,
    proof_load,
    proof_register,
    proof_threads,
    proof_throttling,
    proof_tls,
)
from .faults.clients import Figure


class Proof(NamedTuple):
    """A promise, and how it is measured at the short and at the full size."""

    property: str
    target: str
    measure: Callable[[int], Figure]
    short: int
    full: int


def _whole(measure: Callable[[], Figure]) -> Callable[[int], Figure]:
    """Makes a proof of one that has one size only."""
    return lambda _: measure()


PROOFS = (
    Proof("register's answer cut at every byte", "0", proof_register.every_cut, 3, 1),
    Proof("secret lost on a complete 200", "0", proof_register.mutated_answers, 300, 10_000),
    Proof(
        "wall clock over the deadline, every phase",
        "at most 250 ms",
        _whole(proof_deadlines.deadlines),
        1,
        1,
    ),
    Proof("amplification in an outage", "at most 1.1 N + 10", proof_load.outages, 200, 2_000),
    Proof("amplification and deadline, any story", "0 broken", machine.budget, 150, 5_000),
    Proof("harmless calls at 5% random faults", "at least 99.9%", proof_load.weather, 500, 10_000),
    Proof("clock wrong, repaired, wrong again", "1 each", proof_clock.clock, 8, 200),
    Proof("wrong key", "1 send a call", proof_clock.wrong_key, 40, 400),
    Proof("429 obeyed", "0 early", proof_throttling.told_waits, 150, 5_000),
    Proof(
        "answers crossed: forks, late, stray, interrupts",
        "0",
        proof_crossing.crossings,
        1_600,
        11_000,
    ),
    Proof("32 threads on one client", "0 wrong", proof_threads.threads, 30, 500),
    Proof("leak", "at most 1 MiB, 0 descriptors", proof_leaks.leaks, 1_000, 10_000),
    Proof("secrets found by the canary", "0", _whole(proof_canary.canaries), 1, 1),
    Proof("bad TLS refused on one connection", "0 others", _whole(proof_tls.refusals), 1, 1),
    Proof("random bytes as an answer", "0", proof_garbage.random_bytes, 1_000, 1_000_000),
    Proof(
        "memory that bombs of 300 MB take",
        f"at most {proof_garbage.ALLOWED >> 20} MiB",
        _whole(proof_garbage.bombs),
        1,
        1,
    ),
)


def main() -> int:
    """Measures and prints, row by row."""
    parser = argparse.ArgumentParser(prog="python -m test.numbers", description=__doc__)
    parser.add_argument("--full", action="store_true", help="at the full size")
    parser.add_argument("words", nargs="*", metavar="WORD", help="only rows that hold a word")
    options = parser.parse_args()
    broken = 0
    for proof in PROOFS:
        if options.words and not any(word in proof.property for word in options.words):
            continue
        started = time.monotonic()
        figure = proof.measure(proof.full if options.full else proof.short)
        took = time.monotonic() - started
        row = f"{proof.property:48} | {proof.target:28} | {figure.measured} ({took:.0f} s)"
        print(row, flush=True)
        for problem in figure.problems:
            print(f"  BROKEN: {problem}", flush=True)
        broken += bool(figure.problems)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
