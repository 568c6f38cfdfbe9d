"""The command line: `python -m snaptrade_client COMMAND`.

Strategy: a module of `commands` adds a command to the parser, and runs it; `_COMMANDS` lists them,
and each imports what it needs when it runs. A command prints what it has to say to stdout and gives
its exit code; what it raises becomes one line on stderr and exit code 1, and a mistake in the
arguments exit code 2. No message repeats a value that was typed: where a flag is misspelt, it may
be a key.
"""

from __future__ import annotations

import argparse
import re
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, NoReturn

try:
    from snaptrade_client import __version__
    from snaptrade_client.commands import demo, doctor, sandbox, sign, users
    from snaptrade_client.commands.output import EXIT_CODES, write
    from snaptrade_client.exceptions import OpenApiException
except ImportError as _error:
    # Most of all where the vendor's SDK lies over this package, and `doctor` is asked why.
    raise SystemExit(
        f"error: snaptrade-client is not whole here: {_error}\n"
        "Is its virtual environment active? Is, or was, snaptrade-python-sdk installed too? That "
        "has the same folder, and overwrites it: pip uninstall snaptrade-python-sdk "
        "snaptrade-client, then install snaptrade-client again."
    ) from None

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_INTERRUPTED = 128 + signal.SIGINT
# As a shell shows a program that SIGPIPE has ended; Windows has no such signal.
_NOT_READ = 128 + 13


# What argparse says of a value that it can't use, and the value.
_VALUE_TOLD = re.compile(
    r"(invalid choice|ignored explicit argument):? .*?(?= \(choose from|\Z)", re.DOTALL
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments, without the value that is."""
        super().error(_VALUE_TOLD.sub(r"\1", message))


def main(arguments: Sequence[str] | None = None, *, prog: str | None = None) -> int:
    """Run one command, by default that of the process, and give its exit code."""
    parser = _Parser(
        prog=prog,
        description="Tools around the SnapTrade API.",
        allow_abbrev=False,
        epilog=EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"snaptrade-client {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for entry in _COMMANDS:
        command = commands.add_parser(
            entry.name, help=entry.summary, description=entry.summary, allow_abbrev=False
        )
        entry.add_arguments(command)
        command.set_defaults(run=entry.run, refuse=command.error)
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        flags = re.findall(r"^(--[^=\s]*|-.)", "\n".join(unknown), re.MULTILINE)
        options.refuse(f"unrecognized arguments: {' '.join(flags) or 'a value without a flag'}")
    try:
        code: int = options.run(options)
        write(sys.stdout, "")
    except BrokenPipeError:
        # Who reads, `head` for one, has read enough; what is left in the buffer is let go of.
        with suppress(BrokenPipeError):
            write(sys.stdout, "")
        return _NOT_READ
    except (OpenApiException, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    return code


class _Command(NamedTuple):
    name: str
    summary: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int] | None


_COMMANDS = (
    _Command("users", "List, register and delete users, or link them.", users.add_arguments, None),
    _Command("doctor", "Say what is wrong, and how to mend it.", doctor.add_arguments, doctor.run),
    _Command("sign", "Show how a request is signed, to compare.", sign.add_arguments, sign.run),
    _Command(
        "sandbox",
        "Run a sandbox of the service on this machine.",
        sandbox.add_arguments,
        sandbox.run,
    ),
    _Command(
        "demo", "Play a user's life, from registration to deletion.", demo.add_arguments, demo.run
    ),
)
