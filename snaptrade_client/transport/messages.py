"""What goes into the transport, and what comes out of it: plain values."""

from __future__ import annotations

from typing import NamedTuple

from snaptrade_client.api_response import Headers


class Request(NamedTuple):
    """One request, ready to be sent; nothing in it is encoded again."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes | None


class Answer(NamedTuple):
    """A complete answer, its body decompressed."""

    status: int
    reason: str
    headers: Headers
    data: bytes
    surplus: bytes = b""
    """What came with the body, after its end: the end of a body that is longer than it says."""
