"""What connects an `ApiClient` to the world: the clocks, the sleep, the network."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from snaptrade_client.transport import Answer, Limits, Request


class Sender(Protocol):
    """What an ApiClient needs of a transport."""

    def send(self, request: Request, limits: Limits) -> Answer:
        """Send one request and return its complete answer, or raise one of our exceptions."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


class Seams(NamedTuple):
    """The clocks, the sleep and the random numbers of an ApiClient; tests give others."""

    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    uniform: Callable[[float, float], float] = random.uniform
