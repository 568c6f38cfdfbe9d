"""A program that forks while connections are open; each process prints what its calls came to.

Arguments: the service's URL, when to fork, `with` or `without` Python's fork hooks, and a file of
CA certificates or nothing.
"""

import json
import os
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snaptrade_client.transport import Transport


def no_hook(**_: object) -> None:
    """Register nothing."""


url, moment, hooks, *bundle = sys.argv[1:]
if hooks == "without":
    # Some servers fork in C, where no hook runs.
    os.register_at_fork = no_hook


def call(transport: "Transport", name: str) -> None:
    from snaptrade_client.exceptions import ApiException
    from snaptrade_client.transport import Limits, Request

    limits = Limits(5.0, 0.3, time.monotonic() + 5, 1000, fresh=False)
    try:
        answer = transport.send(Request("GET", f"/{name}", {}, None), limits)
    except ApiException as failure:
        result = f"{type(failure).__name__} {failure.outcome} {failure.kind}"
    else:
        result = answer.data.decode()
    # In one write: the lines of two processes must not mix.
    os.write(1, json.dumps([name, result]).encode() + b"\n")


class ForkingClock:
    """A monotonic clock that forks when it is read for the last time of `left`."""

    left = 0

    def __call__(self) -> float:
        self.left -= 1
        if self.left == 0 and os.fork():
            os.wait()
        return time.monotonic()


def fork_while_idle(transport: "Transport") -> None:
    call(transport, "before")
    if os.fork() == 0:
        call(transport, "child")
        call(transport, "child")
    else:
        os.wait()
        call(transport, "parent")


def fork_while_busy(transport: "Transport") -> None:
    thread = threading.Thread(target=call, args=(transport, "thread"))
    thread.start()
    input()  # the service has the request
    if os.fork() == 0:
        call(transport, "child")
    else:
        os.wait()
        thread.join()
        call(transport, "parent")


def fork_within(transport: "Transport", clock: ForkingClock) -> None:
    call(transport, "before")
    parent = os.getpid()
    # Read at the start, before connecting, before writing and before reading.
    clock.left = 4
    call(transport, "call")
    call(transport, "parent" if os.getpid() == parent else "child")


def main() -> None:
    from snaptrade_client import Configuration
    from snaptrade_client.transport import Transport

    clock = ForkingClock()
    certificates = bundle[0] if bundle else None
    configuration = Configuration(
        consumer_key="key", client_id="id", host=url, ssl_ca_cert=certificates
    )
    transport = Transport(configuration, clock=clock)
    if moment == "idle":
        fork_while_idle(transport)
    elif moment == "busy":
        fork_while_busy(transport)
    else:
        fork_within(transport, clock)


if __name__ == "__main__":
    main()
