"""What goes into the transport, and what comes out of it: plain values."""

from __future__ import annotations

from typing import NamedTuple

from snaptrade_client.headers import Headers


class Request(NamedTuple):
    """One request, ready to be sent; nothing in it is encoded again."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes | None

    def __repr__(self) -> str:
        # Query, headers and body hold secrets.
        return f"Request({self.method} {self.target.partition('?')[0]})"


class Limits(NamedTuple):
    """What bounds one exchange: seconds, None for no limit, and bytes."""

    connect: float | None
    """For resolving the name, connecting and the handshakes, together."""
    read: float | None
    """For the silence between two bytes."""
    deadline: float | None
    """The moment on the monotonic clock at which everything ends."""
    max_body_bytes: int
    fresh: bool
    """Whether a connection of its own is wanted."""
    patient: bool = False
    """Whether what comes late of an odd answer is waited for: it may be all there is of a secret.

    So is the rest of a 2xx that looks cut off where its length ends."""


class Answer(NamedTuple):
    """A complete answer, its body decompressed."""

    status: int
    reason: str
    headers: Headers
    data: bytes
    surplus: bytes = b""
    """What came with the body, after its end: the end of a body that is longer than it says."""

    def __repr__(self) -> str:
        # The data may hold a secret.
        return f"Answer({self.status}, {len(self.data)} bytes)"
