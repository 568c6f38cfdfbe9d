"""The sandbox's clock: every room of the sandbox reads this one, so moving it moves them all."""

import threading
import time
from collections.abc import Callable

from snaptrade_client.sandbox.arguments import LONGEST_SHIFT, number


class Clock:
    """A callable like `time.time` that can be moved.

    Portal links expire, rate limits roll and timestamps grow stale by it, and the `Date` header of
    every answer tells it.
    """

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        """`source` gives Unix seconds."""
        self._source = source
        self._offset = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        """Tell the time, in Unix seconds."""
        return self._source() + self._offset

    def shift(self, seconds: float) -> None:
        """Move the clock by `seconds`, forwards or (negative) back; shifts add up.

        Raises:
            ApiTypeError, ApiValueError: that is no number of seconds, or more than eleven days.

        """
        checked = number("seconds", seconds, -LONGEST_SHIFT, LONGEST_SHIFT)
        with self._lock:
            self._offset += checked
