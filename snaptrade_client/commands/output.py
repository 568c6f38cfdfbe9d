"""What a command prints: text, or one JSON document; always through the package's masks.

Strategy: a command gives a `Result`: its data, and how these data read as text. Data are masked
before anybody sees them, by name and by value, so that neither form can show what the other hides.
Only `--reveal` lets secrets through, and the consumer key not even then.
"""

# ruff: noqa: PLC0415 - `--help` is to be fast, and needs none of these.

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from snaptrade_client.commands.secret_file import line, rescued
from snaptrade_client.exceptions import ApiException, OpenApiException
from snaptrade_client.redaction import Secrets, mask, secrets_in
from snaptrade_client.shapes import is_array, is_object

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping
    from typing import TextIO

DONE, FAILED, UNKNOWN = 0, 1, 3

EXIT_CODES = (
    "exit codes: 0 done; 1 failed, and nothing has changed at the service; 2 the command line is "
    "wrong, and nothing was sent; 3 the outcome is unknown: the service may have acted; "
    "130 interrupted; 141 nobody reads the output any more"
)

_GREEN, _RED, _END = "\x1b[32m", "\x1b[31m", "\x1b[0m"


class Style(NamedTuple):
    """What a stream can show."""

    colour: bool = False
    unicode: bool = False

    def tick(self) -> str:
        """Return the mark of what is right."""
        return self._coloured("✓" if self.unicode else "[ok]", _GREEN)

    def cross(self) -> str:
        """Return the mark of what is wrong."""
        return self._coloured("✗" if self.unicode else "[no]", _RED)

    def dash(self) -> str:
        """Return the mark of what was not tried."""
        return "–" if self.unicode else "[--]"  # noqa: RUF001 - a dash, beside ticks and crosses

    def _coloured(self, text: str, colour: str) -> str:
        return f"{colour}{text}{_END}" if self.colour else text


class Result(NamedTuple):
    """What came of a command."""

    data: Mapping[str, Any]
    """The JSON document, unmasked."""
    text: Callable[[Any, Style], str]
    """Makes text of the document, which is masked by then."""
    code: int = DONE
    keep: str = ""
    """A secret that nobody can tell again: where it can't be printed, it goes to a file."""


class Screen:
    """Where a command's output goes, and what must not be in it."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.json: bool = options.json
        self.reveal: bool = getattr(options, "reveal", False)
        self._never: set[str] = set()
        self._unless_revealed: set[str] = set()

    def hide(self, secret: str, *, always: bool = False) -> str:
        """Take a secret note of, so that it shows in no output; `always`: not by `--reveal`."""
        (self._never if always else self._unless_revealed).add(secret)
        return secret

    def show(self, result: Result) -> None:
        """Print a result: JSON and what is right to stdout, an error's text to stderr.

        Raises:
            OSError: it can't be printed, since the other end of a pipe has gone for example.

        """
        data = self._masked(result.data)
        if self.json:
            import json

            write(sys.stdout, json.dumps(data, indent=2) + "\n")
            return
        stream = sys.stderr if "error" in data else sys.stdout
        text = result.text(_printable(data), style_of(stream))
        write(stream, f"{text}\n" if text else "")

    def _masked(self, data: Mapping[str, Any]) -> dict[str, Any]:
        hidden, shown = set(self._never), data
        if not self.reveal:
            hidden |= self._unless_revealed | secrets_in(data)
            shown = mask(data)
        masked: dict[str, Any] = Secrets(hidden).scrub_all(shown)
        return masked


def add_output(parser: argparse.ArgumentParser, *, reveal: bool = True) -> None:
    """Add the arguments of every command, and tell the exit codes."""
    parser.epilog = EXIT_CODES
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    if reveal:
        parser.add_argument("--reveal", action="store_true", help="print secrets unmasked")


def run_command(options: argparse.Namespace, command: Callable[[Any, Screen], Result]) -> int:
    """Run a command, print what came of it, and give the exit code."""
    screen = Screen(options)
    try:
        result = command(options, screen)
    except (OpenApiException, OSError) as error:
        result = failed(error)
    try:
        screen.show(result)
    except OSError:
        if not result.keep:
            raise
        where = rescued(line(result.keep))
        write(sys.stderr, f"error: the output can't be written; the secret is in {where}\n")
        return FAILED
    return result.code


def failed(error: Exception, **more: Any) -> Result:
    """Make of an exception what is printed of it."""
    outcome = error.outcome if isinstance(error, ApiException) else "not_sent"
    known: dict[str, Any] = {
        name: getattr(error, name, None)
        for name in ("status", "code", "request_id", "retry_after", "safe_to_retry")
    }
    told = {"type": type(error).__name__, "message": str(error), "outcome": outcome}
    code = UNKNOWN if outcome == "unknown" else FAILED
    return Result({"ok": False, "error": {**told, **known}, **more}, _failure_text, code)


def _failure_text(data: Any, style: Style) -> str:
    del style
    lines = [f"error: {data['error']['message']}", *data.get("recovery", ())]
    if data.get("arrived"):
        lines.insert(1, f"What came of the answer: {data['arrived']}")
    return "\n".join(lines)


def style_of(stream: TextIO | None) -> Style:
    """Tell what a stream can show: colours only on a terminal, and never with NO_COLOR set."""
    if stream is None:
        return Style()
    return Style(stream.isatty() and not os.environ.get("NO_COLOR"), _can_encode(stream, "✓✗–"))  # noqa: RUF001


def _can_encode(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _printable(value: Any) -> Any:
    """Copy data with the characters escaped that would move a terminal's cursor, or worse."""
    if isinstance(value, str):
        return "".join(
            character if character.isprintable() else ascii(character)[1:-1] for character in value
        )
    if is_object(value):
        return {key: _printable(item) for key, item in value.items()}
    return [_printable(item) for item in value] if is_array(value) else value


def write(stream: TextIO | None, text: str) -> None:
    """Write to a stream as much as it can encode; nowhere, where it was closed."""
    if stream is None:
        return
    encoding = stream.encoding or "ascii"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError:
        # What is left in its buffer would be tried again at the end, with a traceback.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise
