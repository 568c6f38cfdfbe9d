"""The package's own log: silent unless it is asked for, and without a secret.

Strategy: records are written to the logger `snaptrade_client` at DEBUG, with an endpoint's path and
never its query. No handler is added and no level set, unless `SNAPTRADE_LOG=debug` or
`Configuration.debug` asks for it.
"""

from __future__ import annotations

import logging
import os
import warnings

LOGGER = logging.getLogger("snaptrade_client")

_HANDLER = logging.StreamHandler()
_HANDLER.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))


def switch_on_if_asked(*, debug: bool) -> None:
    """Show the log on standard error, where the configuration or the environment asks for it."""
    asked = os.environ.get("SNAPTRADE_LOG", "")
    if asked.lower() not in ("", "debug"):
        warnings.warn("SNAPTRADE_LOG: 'debug' is all that it can be set to", stacklevel=2)
    if debug or asked.lower() == "debug":
        LOGGER.setLevel(logging.DEBUG)
        LOGGER.addHandler(_HANDLER)
