"""A program that forks before, between and during the calls of one client that all share.

Arguments: `ours` or `bare`, the service's URL, a file of CA certificates or "", and how many calls
each process makes. Each process prints its tally; the parent comes last.
"""

import json
import os
import sys
import threading
from typing import NoReturn

from .clients import authentication
from .crossing import Tally, Told, bare, ours

CHILDREN = 4


def call(calls: list[Told], tally: Tally, name: str, count: int) -> None:
    """Makes calls for users of this process and thread."""
    for number in range(count):
        tally.add(calls[number % len(calls)], f"{name}-{number}")


def report(tally: Tally) -> None:
    """Prints a tally in one write: the lines of two processes must not mix."""
    os.write(1, json.dumps([tally.calls, tally.answered, tally.crossed]).encode() + b"\n")


def child(calls: list[Told], number: int, count: int) -> NoReturn:
    """Calls from two threads, and ends without the parent's clean-up."""
    tallies = [Tally(), Tally()]
    thread = threading.Thread(
        target=call, args=(calls, tallies[0], f"child-{number}-thread", count // 2)
    )
    thread.start()
    call(calls, tallies[1], f"child-{number}", count - count // 2)
    thread.join()
    tallies[1].join(tallies[0])
    report(tallies[1])
    os._exit(0)


def run(calls: list[Told], count: int) -> None:
    """Warms the client up, starts threads that call, and forks in the middle of it."""
    # The first child is forked before any call.
    children = [os.fork()]
    if children[0] == 0:
        child(calls, 0, count)
    tallies = [Tally(), Tally(), Tally()]
    call(calls, tallies[0], "parent", 10)
    threads = [
        threading.Thread(target=call, args=(calls, tally, f"thread-{number}", count // 2))
        for number, tally in enumerate(tallies[1:])
    ]
    for thread in threads:
        thread.start()
    for number in range(1, CHILDREN):
        call(calls, tallies[0], f"parent-{number}", count // 10)
        children.append(os.fork())
        if children[-1] == 0:
            child(calls, number, count)
    for thread in threads:
        thread.join()
    statuses = [os.waitpid(pid, 0)[1] for pid in children]
    for tally in tallies[1:]:
        tallies[0].join(tally)
    report(tallies[0])
    sys.exit(1 if any(statuses) else 0)


def main() -> None:
    kind, url, bundle, count = sys.argv[1:]
    if kind == "bare":
        run(bare(url), int(count))
        return
    with authentication(url, timeout=(5.0, 0.3), ssl_ca_cert=bundle or None) as api:
        run(ours(api), int(count))


if __name__ == "__main__":
    main()
