"""A program whose calls are interrupted by a signal; it prints what came of them.

Strategy: a program of its own, since a signal may strike anything that runs in its process, a
coverage tool with its locks included.
"""

import gc
import json
import signal
import sys
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from random import Random
from types import FrameType

from .clients import authentication
from .crossing import Tally, ours


class InterruptError(Exception):
    """What a signal's handler raises; Celery's soft time limit is such an Exception too."""


def _interrupt(_: int, __: FrameType | None) -> None:
    raise InterruptError


@contextmanager
def _interrupting() -> Generator[None]:
    """Lets SIGALRM interrupt this thread."""
    before = signal.signal(signal.SIGALRM, _interrupt)
    told = sys.unraisablehook

    def tell(unraisable: "sys.UnraisableHookArgs") -> None:
        # Python drops what strikes within a finalizer or the garbage collector.
        if not isinstance(unraisable.exc_value, InterruptError):
            told(unraisable)

    sys.unraisablehook = tell
    try:
        # An interrupt within the clean-up leaves a socket to the collector, which says so.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            yield
            gc.collect()
    finally:
        signal.signal(signal.SIGALRM, before)
        sys.unraisablehook = told


def main() -> None:
    url, bundle, count, read_timeout = sys.argv[1:]
    random, tally, struck = Random(7), Tally(), 0
    # A handshake must have a chance.
    longest = 0.012 if bundle else 0.004
    timeout = (5.0, float(read_timeout))
    with (
        _interrupting(),
        authentication(url, timeout=timeout, ssl_ca_cert=bundle or None) as api,
    ):
        calls = ours(api)
        # The TLS context is made by the first call, and takes longer than any that follows.
        tally.add(calls[0], "first")
        for number in range(int(count)):
            try:
                signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0001, longest))
                tally.add(calls[number % len(calls)], f"user-{number}")
                signal.setitimer(signal.ITIMER_REAL, 0)
            except InterruptError:
                struck += 1
    print(json.dumps([tally.calls, tally.answered, tally.crossed, struck]))


if __name__ == "__main__":
    main()
