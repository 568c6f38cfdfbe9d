"""`sandbox`: a sandbox of the service on this machine, until a signal ends it."""

# ruff: noqa: PLC0415 - the extra's packages are imported where the command runs.

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from snaptrade_client.commands import arguments
from snaptrade_client.commands.output import add_output
from snaptrade_client.configuration import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Generator

    from snaptrade_client.sandbox import Sandbox, SandboxUser


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `sandbox` takes."""
    add_output(parser, reveal=False)
    parser.add_argument("--host", default="127.0.0.1", help="address (default: %(default)s)")
    parser.add_argument("--port", type=arguments.port, default=0, help="port (default: a free one)")
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
        "--user-key",
        type=_user_key,
        action="append",
        default=[],
        metavar="ID=FILE",
        help='the RSA public key ("ssh-rsa ...") of such a user: its answers come encrypted',
    )
    _add_behaviour(parser)


def _add_behaviour(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rate-limit",
        type=arguments.count,
        default=250,
        help="requests a minute (default: %(default)s)",
    )
    parser.add_argument(
        "--clock-offset",
        type=arguments.seconds,
        default=0.0,
        metavar="SECONDS",
        help="how far the sandbox's clock is ahead of this machine's",
    )
    parser.add_argument(
        "--webhook", metavar="URL", help="where webhooks are sent (default: nowhere)"
    )
    parser.add_argument(
        "--redelivery",
        type=arguments.delay,
        nargs="*",
        default=[1800.0, 1800.0, 1800.0],
        metavar="SECONDS",
        help="when a webhook that was not taken is sent again (default: 1800 1800 1800)",
    )
    parser.add_argument(
        "--deletion-delay",
        type=arguments.delay,
        default=1.0,
        metavar="SECONDS",
        help="from a deletion's answer to the user's end (default: %(default)s)",
    )
    parser.add_argument(
        "--control",
        action="store_true",
        help="let any program that reaches it change it over HTTP, below /_sandbox/",
    )


def run(options: argparse.Namespace) -> int:
    """Serve until a signal ends it; the first line on stdout is the base URL."""
    from snaptrade_client.sandbox import CLIENT_ID, CONSUMER_KEY, Sandbox

    client_id = options.client_id
    if client_id is None:
        client_id = _environment("client_id") or CLIENT_ID
    consumer_key, shown_key = _consumer_key(options.consumer_key, CONSUMER_KEY)
    sandbox = Sandbox(
        host=options.host,
        port=options.port,
        client_id=client_id,
        consumer_key=consumer_key,
        users=_users(options),
        rate_limit=options.rate_limit,
        clock=lambda: time.time() + options.clock_offset,
        webhook=options.webhook,
        redelivery=options.redelivery,
        deletion_delay=options.deletion_delay,
        control=options.control,
    )
    # Both are set, since a shell starts background processes with SIGINT ignored.
    previous = {
        number: signal.signal(number, signal.default_int_handler)
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        with suppress(KeyboardInterrupt), _listening(sandbox, options):
            lines = [sandbox.url, f"client id: {client_id}", f"consumer key: {shown_key}"]
            if options.json:
                known = {"ok": True, "url": sandbox.url, "client_id": client_id}
                lines = [json.dumps({**known, "consumer_key": shown_key})]
            # In one piece: whoever has read the first line may end it at once.
            print("".join(f"{line}\n" for line in lines), end="", flush=True)
            threading.Event().wait()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    return 0


def _environment(option: str) -> str | None:
    """Read an option's variable; a blank one counts as not set, as it does for a client."""
    value = os.environ.get(ENVIRONMENT[option], "")
    return value if value.strip() else None


def _consumer_key(given: str | None, fixed: str) -> tuple[str, str]:
    """Choose the consumer key, and what is shown of it: the fixed one protects nothing."""
    if given is not None:
        return given, "that of --consumer-key"
    key = _environment("consumer_key")
    return (fixed, fixed) if key is None else (key, "that of SNAPTRADE_CONSUMER_KEY")


def _users(options: argparse.Namespace) -> dict[str, SandboxUser]:
    from snaptrade_client.sandbox import SandboxUser

    secrets, keys = dict(options.user), dict(options.user_key)
    if len(secrets) < len(options.user) or len(keys) < len(options.user_key):
        options.refuse("argument --user or --user-key: two of them have the same ID")
    if not keys.keys() <= secrets.keys():
        options.refuse("argument --user-key: its ID must be that of a --user")
    return {
        user_id: SandboxUser(secret=secret, rsa_public_key=keys.get(user_id))
        for user_id, secret in secrets.items()
    }


@contextmanager
def _listening(sandbox: Sandbox, options: argparse.Namespace) -> Generator[None]:
    try:
        sandbox.start()
    except (OSError, UnicodeError) as error:
        # The server's own text is made for its log.
        told = re.search(r"\[Errno -?[0-9]+\] ([^)]*)", str(error))
        reason = told[1] if told else "this is no address"
        where = f"{options.host} port {options.port}"
        raise OSError(f"can't listen on {where}: {reason}; choose with --host and --port") from None
    try:
        yield
    finally:
        sandbox.stop()


def _user(text: str) -> tuple[str, str]:
    user_id, _, secret = text.partition(":")
    if not user_id or not secret:
        raise argparse.ArgumentTypeError("must be ID:SECRET")
    return user_id, secret


def _user_key(text: str) -> tuple[str, str]:
    user_id, _, file = text.partition("=")
    if not user_id or not file:
        raise argparse.ArgumentTypeError("must be ID=FILE")
    try:
        return user_id, Path(file).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        raise argparse.ArgumentTypeError("must be ID=FILE: the file can't be read") from None
