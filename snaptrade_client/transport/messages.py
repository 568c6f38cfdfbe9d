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


class Payload:
    """The bytes of a body: once they are decoded, their text alone.

    A listing of a million users takes 40 MB in each of the two forms.
    """

    __slots__ = ("_held",)

    def __init__(self, data: bytes) -> None:
        self._held: bytes | str = data

    def __bytes__(self) -> bytes:
        return self._held.encode() if isinstance(self._held, str) else self._held

    def is_blank(self) -> bool:
        """Say whether there is nothing, or white space alone."""
        data = bytes(self)
        # Not strip(): it may copy a large body.
        return not data or data.isspace()

    def decode(self) -> str:
        """Return the text, which must be UTF-8, as `bytes.decode` does."""
        if isinstance(self._held, bytes):
            self._held = self._held.decode()
        return self._held


class Answer(NamedTuple):
    """A complete answer, its body decompressed."""

    status: int
    reason: str
    headers: Headers
    payload: Payload
    surplus: bytes = b""
    """What came with the body, after its end: the end of a body that is longer than it says."""

    @property
    def data(self) -> bytes:
        """The body's bytes."""
        return bytes(self.payload)

    def with_surplus(self) -> Answer:
        """Return the same with what came after the body's end at the end of the body."""
        return self._replace(payload=Payload(self.data + self.surplus), surplus=b"")

    def __repr__(self) -> str:
        # The data may hold a secret.
        return f"Answer({self.status}, {len(self.data)} bytes)"
