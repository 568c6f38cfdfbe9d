"""What is due at some time of the sandbox's clock, done by one thread, in order."""

import heapq
import logging
import threading
from collections.abc import Callable
from itertools import count

from snaptrade_client.sandbox.clock import Clock

_LOG = logging.getLogger("snaptrade_client.sandbox")

# Seconds between two looks at the clock, which a test may move at any time.
_GLANCE = 0.02

Action = Callable[[], object]


class Agenda:
    """Actions and their times; what is due while nothing runs is done after the start."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: list[tuple[float, int, Action]] = []
        self._numbers = count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._busy = False

    def add(self, due: float, action: Action) -> None:
        """Let `action` be done at `due`, in Unix seconds, or at once where that is past."""
        with self._changed:
            heapq.heappush(self._entries, (due, next(self._numbers), action))
            self._changed.notify_all()

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._run, name="snaptrade-agenda", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; an action that has begun is waited for."""
        with self._changed:
            thread, self._thread = self._thread, None
            self._changed.notify_all()
        if thread is not None:
            thread.join()

    def settle(self, timeout: float) -> bool:
        """Wait until everything that is due has been done; False if that takes too long (s)."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy and not self._is_due(), timeout)

    def _is_due(self) -> bool:
        return bool(self._entries) and self._entries[0][0] <= self._clock()

    def _run(self) -> None:
        mine = threading.current_thread()
        while action := self._next(mine):
            try:
                action()
            except Exception as error:  # noqa: BLE001 - one failure must not end the thread
                # Not its text, which may hold a URL.
                _LOG.error("the sandbox failed with %s", type(error).__name__)

    def _next(self, mine: threading.Thread) -> Action | None:
        with self._changed:
            self._busy = False
            while self._thread is mine:
                if self._is_due():
                    self._busy = True
                    return heapq.heappop(self._entries)[2]
                self._changed.notify_all()
                self._changed.wait(_GLANCE if self._entries else None)
            return None
