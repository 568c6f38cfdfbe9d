"""What a program's signal handlers raise in the middle of our work.

Strategy: a handler runs wherever the main thread is, and may raise there: Celery's soft time limit
does, and so do many alarms. Such an exception is the program's own. It must not be taken for a
failure of the network, least of all be tried again, so its traceback is asked where it was raised.
A handler that is not there any more is not found; what it raises most is a TimeoutError, and for
that `transport.sockets.Timer` knows whether it can be the network's.
"""

from __future__ import annotations

import sys
from functools import partial
from types import CodeType

# Where the exceptions of sockets, TLS and HTTP are at home, and what they are translated to.
_OURS = frozenset({"builtins", "http", "idna", "snaptrade_client", "socket", "ssl", "urllib3"})


def is_from_outside(error: BaseException) -> bool:
    """Say whether `error` is none that sockets, TLS or HTTP raise, or a signal handler's."""
    return type(error).__module__.partition(".")[0] not in _OURS or is_from_a_signal(error)


def is_from_a_signal(error: BaseException) -> bool:
    """Say whether `error` was raised by one of the program's signal handlers, or below it."""
    handlers = _handlers()
    place = error.__traceback__
    while place is not None:
        if place.tb_frame.f_code in handlers:
            return True
        place = place.tb_next
    return False


def _handlers() -> set[CodeType]:
    """Return the code of the program's signal handlers."""
    # Who has installed one has loaded this.
    signal = sys.modules.get("signal")
    if signal is None:
        return set()
    codes = (_code(signal.getsignal(number)) for number in signal.valid_signals())
    return {code for code in codes if code is not None}


def _code(handler: object) -> CodeType | None:
    """Return the code of a function, of a method, or of an object that can be called."""
    while isinstance(handler, partial):
        handler = handler.func
    for function in (
        handler,
        getattr(handler, "__func__", None),
        vars(type(handler)).get("__call__"),
    ):
        code = getattr(function, "__code__", None)
        if isinstance(code, CodeType):
            return code
    return None
