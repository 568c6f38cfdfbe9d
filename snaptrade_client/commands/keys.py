"""The keys of a command: from the environment, a file or a prompt, never from an argument.

Strategy: arguments of a process are seen by every user of the machine, and stay in a shell's
history. So there is no argument for a secret, only for a file that holds it, or "-" for stdin.
"""

# ruff: noqa: PLC0415 - `--help` is to be fast, and needs none of these.

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from snaptrade_client.configuration import ENVIRONMENT
from snaptrade_client.exceptions import ApiValueError

if TYPE_CHECKING:
    import argparse

    from snaptrade_client.client import SnapTrade
    from snaptrade_client.commands.output import Screen

STDIN = "-"
_LONGEST = 64 * 1024


def add_keys(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say which service is called, and as whom."""
    parser.add_argument(
        "--host", help="the service's base URL (default: SNAPTRADE_HOST, or SnapTrade's own)"
    )
    parser.add_argument("--client-id", help="client id (default: SNAPTRADE_CLIENT_ID)")
    parser.add_argument(
        "--consumer-key-file",
        metavar="FILE",
        help="a file that holds the consumer key, - for standard input (default: "
        "SNAPTRADE_CONSUMER_KEY; else a terminal is asked)",
    )


def add_user_secret(parser: argparse.ArgumentParser) -> None:
    """Add the argument for a user's secret."""
    parser.add_argument(
        "--secret-file",
        metavar="FILE",
        help="a file that holds the user's secret, - for standard input (default: "
        "SNAPTRADE_USER_SECRET; else a terminal is asked)",
    )


def client(options: argparse.Namespace, screen: Screen) -> SnapTrade:
    """Make the client of a command.

    Raises:
        ApiValueError: a key is missing, or can't be right.
        OSError: a file can't be read.

    """
    from snaptrade_client.client import SnapTrade

    key = consumer_key(options, screen)
    if not key:
        raise ApiValueError(
            "the consumer key is missing: set SNAPTRADE_CONSUMER_KEY, or give "
            "--consumer-key-file FILE"
        )
    if not (options.client_id or os.environ.get(ENVIRONMENT["client_id"])):
        raise ApiValueError(
            "the client id is missing: set SNAPTRADE_CLIENT_ID, or give --client-id"
        )
    return SnapTrade(consumer_key=key, client_id=options.client_id, host=options.host)


def consumer_key(options: argparse.Namespace, screen: Screen) -> str | None:
    """Find the consumer key; None where there is none."""
    key = given_consumer_key(options) or _asked("Consumer key: ")
    return screen.hide(key, always=True) if key else None


def given_consumer_key(options: argparse.Namespace) -> str | None:
    """Find the consumer key without asking for it; None where there is none."""
    if options.consumer_key_file is not None:
        return read("--consumer-key-file", options.consumer_key_file)
    return os.environ.get(ENVIRONMENT["consumer_key"])


def user_secret(options: argparse.Namespace, screen: Screen) -> str:
    """Find a user's secret.

    Raises:
        ApiValueError: there is none.
        OSError: the file can't be read.

    """
    secret: str | None
    if options.secret_file is not None:
        secret = read("--secret-file", options.secret_file)
    else:
        secret = os.environ.get("SNAPTRADE_USER_SECRET") or _asked("The user's secret: ")
    if not secret:
        raise ApiValueError(
            "the user's secret is missing: set SNAPTRADE_USER_SECRET, or give --secret-file FILE"
        )
    return screen.hide(secret)


def read(argument: str, path: str) -> str:
    """Read a file's text without the line break at its end; "-" is standard input.

    Raises:
        ApiValueError: it is not text.
        OSError: it can't be read.

    """
    try:
        if path == STDIN:
            text = sys.stdin.read(_LONGEST) if sys.stdin else ""
        else:
            with Path(path).open(encoding="utf-8") as file:
                text = file.read(_LONGEST)
    except OSError as error:
        reason = error.strerror
    except ValueError:
        raise ApiValueError(f"{argument}: what it names is not UTF-8 text") from None
    else:
        return text.rstrip("\r\n")
    raise OSError(f"{argument}: the file can't be read: {reason}")


def on_terminal() -> bool:
    """Say whether there is somebody to ask."""
    return bool(sys.stdin) and sys.stdin.isatty()


def _asked(prompt: str) -> str | None:
    """Ask on the terminal, without an echo; None where there is none, or no answer."""
    if not on_terminal():
        return None
    from getpass import getpass

    with suppress(EOFError):
        return getpass(prompt, stream=sys.stderr)
    return None


def password(options: argparse.Namespace, screen: Screen) -> str | None:
    """Ask for the password of a private key, where that was wanted."""
    if not options.ask_password:
        return None
    secret = _asked("The private key's password: ")
    if secret is None:
        raise ApiValueError("--ask-password needs a terminal to ask on")
    return screen.hide(secret, always=True)


def fingerprint(secret: str) -> str:
    """Tell secrets apart without showing them: the first 8 hexadecimal digits of the SHA-256."""
    import hashlib

    return hashlib.sha256(secret.encode(errors="surrogateescape")).hexdigest()[:8]
