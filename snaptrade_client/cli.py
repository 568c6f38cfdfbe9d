"""The command line: `python -m snaptrade_client COMMAND`.

Strategy: one function adds a command to the parser, one runs it; `_COMMANDS` lists the pairs. A
command prints what it has to say to stdout and gives its exit code; what it raises becomes one
line on stderr and exit code 1, and a mistake in the arguments exit code 2.
"""

# ruff: noqa: PLC0415 - a command imports what it alone needs.

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from snaptrade_client.exceptions import OpenApiException

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_INTERRUPTED = 128 + signal.SIGINT


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, by default that of the process, and give its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m snaptrade_client", description="Tools around the SnapTrade API."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, help_text, add_arguments, run in _COMMANDS:
        command = commands.add_parser(name, help=help_text, description=help_text)
        add_arguments(command)
        command.set_defaults(run=run)
    options = parser.parse_args(arguments)
    try:
        code: int = options.run(options)
    except (OpenApiException, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    return code


def _add_sandbox(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=0, help="port (default: a free one)")
    parser.add_argument(
        "--client-id", help="client id (default: SNAPTRADE_CLIENT_ID, or a fixed one)"
    )
    parser.add_argument(
        "--consumer-key", help="consumer key (default: SNAPTRADE_CONSUMER_KEY, or a fixed one)"
    )
    parser.add_argument(
        "--user",
        type=_user,
        action="append",
        default=[],
        metavar="ID:SECRET",
        help="a user that is there from the start; may be given several times",
    )
    parser.add_argument(
        "--rate-limit", type=_count, default=250, help="requests a minute (default: %(default)s)"
    )
    parser.add_argument(
        "--clock-offset",
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="how far the sandbox's clock is ahead of this machine's",
    )
    parser.add_argument(
        "--webhook", metavar="URL", help="where webhooks are sent (default: nowhere)"
    )
    parser.add_argument(
        "--redelivery",
        type=_delay,
        nargs="*",
        default=[1800.0, 1800.0, 1800.0],
        metavar="SECONDS",
        help="when a webhook that was not taken is sent again (default: 1800 1800 1800)",
    )
    parser.add_argument(
        "--deletion-delay",
        type=_delay,
        default=1.0,
        metavar="SECONDS",
        help="from a deletion's answer to the user's end (default: %(default)s)",
    )


def _sandbox(options: argparse.Namespace) -> int:
    """Serve until a signal ends it; the first line on stdout is the base URL."""
    from snaptrade_client.sandbox import CLIENT_ID, CONSUMER_KEY, Sandbox

    client_id = options.client_id or os.environ.get("SNAPTRADE_CLIENT_ID")
    consumer_key = options.consumer_key or os.environ.get("SNAPTRADE_CONSUMER_KEY")
    sandbox = Sandbox(
        host=options.host,
        port=options.port,
        client_id=client_id or CLIENT_ID,
        consumer_key=consumer_key or CONSUMER_KEY,
        users=dict(options.user),
        rate_limit=options.rate_limit,
        clock=lambda: time.time() + options.clock_offset,
        webhook=options.webhook,
        redelivery=options.redelivery,
        deletion_delay=options.deletion_delay,
    )
    # Both are set, since a shell starts background processes with SIGINT ignored.
    previous = {
        number: signal.signal(number, signal.default_int_handler)
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        with suppress(KeyboardInterrupt), sandbox:
            lines = [sandbox.url]
            if not client_id:
                lines.append(f"client id: {CLIENT_ID}")
            if not consumer_key:
                lines.append(f"consumer key: {CONSUMER_KEY}")
            print("\n".join(lines), flush=True)
            threading.Event().wait()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    return 0


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--live",
        action="store_true",
        help="against the real service, with the keys of SNAPTRADE_CLIENT_ID and "
        "SNAPTRADE_CONSUMER_KEY and a user of its own, which is deleted at the end",
    )


def _demo(options: argparse.Namespace) -> int:
    from snaptrade_client import demo

    return 0 if demo.run(live=options.live) else 1


_COMMANDS: tuple[
    tuple[
        str,
        str,
        Callable[[argparse.ArgumentParser], None],
        Callable[[argparse.Namespace], int],
    ],
    ...,
] = (
    ("sandbox", "Run a sandbox of the service on this machine.", _add_sandbox, _sandbox),
    ("demo", "Play a user's life, from registration to deletion.", _add_demo, _demo),
)


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError(text)
    return port


def _seconds(text: str) -> float:
    seconds = float(text)
    if not math.isfinite(seconds):
        raise ValueError(text)
    return seconds


def _delay(text: str) -> float:
    delay = _seconds(text)
    if delay < 0:
        raise ValueError(text)
    return delay


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ValueError(text)
    return count


def _user(text: str) -> tuple[str, str]:
    user_id, _, secret = text.partition(":")
    if not user_id or not secret:
        # Not the text itself: it may be a secret alone.
        raise argparse.ArgumentTypeError("must be ID:SECRET")
    return user_id, secret


# What argparse calls the values in its messages.
_port.__name__, _count.__name__, _seconds.__name__ = "port", "count", "seconds"
_delay.__name__ = "delay"
