"""Marked secrets, the forms that they may hide in, and the places where they must not be.

Strategy: a `Watch` stands around calls and collects every text that a program, its log or its error
tracker would get to see; `hits` searches each text for each secret in each form.
"""

import base64
import http.client
import io
import json
import logging
import pickle
import traceback
import warnings
from collections.abc import Generator, Iterable
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from types import TracebackType
from urllib.parse import quote, quote_plus

KEY = "canary-key/+=&% 1"
SECRET = "canary-secret/+=&%é 2"
TOKEN = "canary-token-3"
SESSION = "canary-session-4"
SEALED = "canary-sealed-5"
MARKS = (KEY, SECRET, TOKEN, SESSION, SEALED)

# What every query ends with: where it is found, a whole query is.
QUERY_END = "&timestamp="

_TESTS = str(Path(__file__).parent.parent)


def forms(secret: str) -> set[str]:
    """The texts that give a secret away."""
    data = secret.encode()
    # Within a longer text that is encoded, a secret starts at any of three places; its first and
    # last characters depend on its neighbours.
    shifted = [base64.b64encode(b"\0" * shift + data)[4:-4].decode() for shift in range(3)]
    safe = [text.replace("+", "-").replace("/", "_") for text in shifted]
    plain = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
    escaped = {ascii(secret)[1:-1], json.dumps(secret)[1:-1], data.decode("latin-1")}
    escaped |= {repr(data)[2:-1], secret.encode("unicode-escape").decode()}
    return {*plain, *(text.lower() for text in plain), *escaped, *shifted, *safe}


def hits(texts: Iterable[tuple[str, str]], secrets: Iterable[str]) -> list[str]:
    """Which secrets are found, and where; `texts` are pairs of a place and its text."""
    wanted = {secret: forms(secret) for secret in secrets}
    return [
        f"{secret!r} in {place}: ...{text[max(0, text.find(form) - 80) :][:200]}"
        for place, text in texts
        for secret, shapes in wanted.items()
        for form in shapes
        if form in text
    ]


def below(tb: TracebackType | None) -> TracebackType | None:
    """A traceback without the tests' own frames on top, whose locals are the caller's business."""
    while tb is not None and tb.tb_frame.f_code.co_filename.startswith(_TESTS):
        tb = tb.tb_next
    return tb


def texts_of(error: BaseException) -> Generator[tuple[str, str]]:
    """Everything that shows an exception to somebody."""
    yield "str", str(error)
    yield "repr", repr(error)
    yield "args", repr(error.args)
    yield "notes", repr(getattr(error, "__notes__", None))
    yield "attempts", repr(getattr(error, "attempts", None))
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        yield f"pickle {protocol}", pickle.dumps(error, protocol).decode("latin-1")
        yield f"pickle {protocol}", pickle.dumps(error, protocol).decode(errors="replace")
    for chained in (error.__cause__, error.__context__):
        if chained is not None:
            yield "a chained exception", f"{chained!r} {chained} {chained.args}"
    frames = below(error.__traceback__)
    shown = traceback.TracebackException(type(error), error, frames, capture_locals=True)
    yield "traceback", "".join(shown.format())
    while frames is not None:
        for name, value in frames.tb_frame.f_locals.items():
            yield f"local {name} of {frames.tb_frame.f_code.co_qualname}", repr(value)
        frames = frames.tb_next


class _Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = f"{record.getMessage()} {record.__dict__!r} {self.format(record)}"
        self.texts.append((f"logger {record.name}", text))


class Watch:
    """What a program's output, warnings and logs got; `texts` takes what else is seen."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, str]] = []
        self.records = 0


@contextmanager
def watching() -> Generator[Watch]:
    """Every logger at DEBUG, http.client's own debug print on, warnings shown."""
    watch, handler, out = Watch(), _Records(), io.StringIO()
    names = ["snaptrade_client", "urllib3", "urllib3.connectionpool", "urllib3.util.retry"]
    loggers = [logging.getLogger(), *map(logging.getLogger, names)]
    before = [(logger.level, list(logger.handlers)) for logger in loggers]
    loggers[0].addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    http.client.HTTPConnection.debuglevel = 1
    try:
        with (
            warnings.catch_warnings(record=True) as warned,
            redirect_stdout(out),
            redirect_stderr(out),
        ):
            warnings.simplefilter("always")
            yield watch
    finally:
        http.client.HTTPConnection.debuglevel = 0
        for logger, (level, handlers) in zip(loggers, before, strict=True):
            logger.setLevel(level)
            logger.handlers[:] = handlers
    watch.records = len(handler.texts)
    watch.texts += handler.texts
    watch.texts += [("a warning", f"{item.message} {item.message!r}") for item in warned]
    watch.texts.append(("the output", out.getvalue()))
