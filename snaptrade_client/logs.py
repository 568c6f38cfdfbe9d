"""The package's own log: silent unless it is asked for, and without a secret.

Strategy: records are written to the logger `snaptrade_client` at DEBUG, with an endpoint's path and
never its query. No handler is added and no level set, unless `SNAPTRADE_LOG=debug` or
`Configuration.debug` asks for it.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from contextlib import suppress

from snaptrade_client.interrupts import is_from_a_signal

LOGGER = logging.getLogger("snaptrade_client")


class _StandardError(logging.Handler):
    """Writes to what `sys.stderr` is when a record comes: a program may replace it."""

    def emit(self, record: logging.LogRecord) -> None:
        # It may also be closed, or missing: then nobody wants to read the log.
        with suppress(AttributeError, OSError, ValueError):
            sys.stderr.write(f"{self.format(record)}\n")
            sys.stderr.flush()


_HANDLER = _StandardError()
_HANDLER.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))


def tell(message: str, *arguments: object) -> None:
    """Write a record. A handler or filter of the program's that fails must not cost an answer."""
    if not LOGGER.isEnabledFor(logging.DEBUG):
        return
    try:
        LOGGER.debug(message, *arguments, stacklevel=2)
    except Exception as error:
        if is_from_a_signal(error):
            raise


def switch_on_if_asked(*, debug: bool) -> None:
    """Show the log on standard error, where the configuration or the environment asks for it.

    That is for the whole process and for good: there is one logger.
    """
    asked = os.environ.get("SNAPTRADE_LOG", "")
    if asked.lower() not in ("", "debug"):
        warnings.warn("SNAPTRADE_LOG: 'debug' is all that it can be set to", stacklevel=2)
    if debug or asked.lower() == "debug":
        LOGGER.setLevel(logging.DEBUG)
        LOGGER.addHandler(_HANDLER)
