"""The body of an answer: where it ends (RFC 9112), and its decompression (RFC 9110).

Strategy: pure generators over a buffered reader, which do no I/O of their own. Each piece is
yielded as it arrives, so that a failure loses nothing of what came before it, and each step's
output is bounded, so that a bomb is met while it is small. A body whose end is told oddly is still
read, since the service may have put a secret into it; its connection is not used again.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from io import BufferedReader
from typing import TYPE_CHECKING, Literal, NamedTuple

from snaptrade_client.exceptions import ConnectionLostError, InvalidResponseError
from snaptrade_client.transport.head import Head

if TYPE_CHECKING:
    from typing import Protocol

    class _Inflater(Protocol):
        """What zlib.decompressobj returns; the class has no public name."""

        @property
        def unconsumed_tail(self) -> bytes: ...
        @property
        def unused_data(self) -> bytes: ...
        @property
        def eof(self) -> bool: ...
        def decompress(self, data: bytes, max_length: int, /) -> bytes: ...
        def copy(self) -> _Inflater: ...


# The most that is taken from the socket at once, and the most that is decompressed at once.
_PIECE = 1024 * 1024
STEP = 64 * 1024
_MAX_LINE = 8 * 1024
_MAX_TRAILERS = 100

# http.client takes "+5", "1_0" and "-1" for sizes; the standard does not.
_LENGTH = re.compile(r"[0-9]{1,18}")
_HEX_DIGITS = b"0123456789ABCDEFabcdef"
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")


class Framing(NamedTuple):
    """How the end of a body is told."""

    end: Literal["none", "chunked", "length", "close"]
    length: int = 0
    odd: bool = False
    """Whether it is told in a way that the standard does not allow."""


def framing(method: str, head: Head) -> Framing:
    """Decide how the body of an answer to `method` ends.

    Raises:
        InvalidResponseError: a transfer encoding that was not asked for.

    """
    encodings = _listed(head, "Transfer-Encoding")
    lengths = _listed(head, "Content-Length")
    if method == "HEAD" or head.status == 304:
        # Its length is that of another answer.
        return Framing("none", odd=head.defective)
    if head.status == 204:
        # It has no body, but some send one.
        return Framing("none", odd=head.defective or bool(encodings) or lengths not in ([], ["0"]))
    if encodings:
        if encodings != ["chunked"]:
            raise InvalidResponseError(reason="the answer has an unknown transfer encoding")
        return Framing("chunked", odd=head.defective or bool(lengths))
    if not lengths:
        return Framing("close", odd=head.defective)
    if len(set(lengths)) == 1 and _LENGTH.fullmatch(lengths[0]):
        return Framing("length", int(lengths[0]), odd=head.defective)
    return Framing("close", odd=True)


def _listed(head: Head, name: str) -> list[str]:
    value = head.headers.get(name)
    return [] if value is None else [item.strip().lower() for item in value.split(",")]


def pieces(reader: BufferedReader, body: Framing) -> Iterator[bytes]:
    """Yield the bytes of a body as they arrive, up to its end.

    Raises:
        ConnectionLostError: the connection ended before the body did.
        InvalidResponseError: the body is not chunked as the standard says.

    """
    if body.end == "chunked":
        yield from _chunks(reader)
    elif body.end == "length":
        yield from _exactly(reader, body.length)
    elif body.end == "close":
        while piece := reader.read1(_PIECE):
            yield piece


def _exactly(reader: BufferedReader, length: int) -> Iterator[bytes]:
    while length:
        piece = reader.read1(min(length, _PIECE))
        if not piece:
            raise ConnectionLostError(reason="the connection ended before the answer was complete")
        length -= len(piece)
        yield piece


def _chunks(reader: BufferedReader) -> Iterator[bytes]:
    while size := _chunk_size(reader):
        yield from _exactly(reader, size)
        line = _line(reader)
        if line not in (b"\r\n", b"\n"):
            raise _garbled("a chunk of the answer has another size than it says", line)
    for _ in range(_MAX_TRAILERS):
        if _line(reader) in (b"\r\n", b"\n"):
            return
    raise InvalidResponseError(reason=f"the answer has more than {_MAX_TRAILERS} trailers")


def _chunk_size(reader: BufferedReader) -> int:
    if reader.peek(1)[:1] not in _HEX_DIGITS:
        # The end of a line that is no size may never come.
        raise _garbled("a chunk of the answer does not tell its size", b"")
    line = _line(reader)
    size = _CHUNK_SIZE.fullmatch(line)
    if size is None:
        raise _garbled("a chunk of the answer does not tell its size", line)
    return int(size[1], 16)


def _line(reader: BufferedReader) -> bytes:
    line = reader.readline(_MAX_LINE + 1)
    if not line.endswith(b"\n"):
        if len(line) > _MAX_LINE:
            raise _garbled("a line in the answer's body is too long", line)
        failure = ConnectionLostError(reason="the connection ended before the answer was complete")
        failure.data = line
        raise failure
    return line


def decoded(wire: Iterator[bytes], encoding: str, limit: int) -> Iterator[bytes]:
    """Yield a body decompressed, in pieces of at most 1 MiB, up to `limit` bytes in all.

    Raises:
        InvalidResponseError: the body is longer than `limit` (bytes, compressed and decompressed
            together), is compressed in an unknown way, or is not what its encoding promises.

    """
    names = [name.strip() for name in encoding.lower().split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if not names:
        yield from _limited(wire, limit)
    elif names in (["gzip"], ["x-gzip"], ["deflate"]):
        budget = _Budget(limit)
        inflated = _inflated(budget.counted(wire), gzip=names != ["deflate"])
        yield from budget.counted(inflated)
    else:
        yield from _limited(wire, limit)
        raise InvalidResponseError(
            reason="the answer is compressed in a way that was not asked for"
        )


class _Budget:
    """Counts bytes that may come from two sides."""

    def __init__(self, limit: int) -> None:
        self._limit = self._left = limit

    def counted(self, source: Iterator[bytes]) -> Iterator[bytes]:
        for piece in source:
            self._left -= len(piece)
            # Given out even where it is too much: it is there, and a secret may be in it.
            yield piece
            if self._left < 0:
                raise InvalidResponseError(
                    reason=f"the answer is longer than max_body_bytes, {self._limit} bytes"
                )


def _limited(source: Iterator[bytes], limit: int) -> Iterator[bytes]:
    return _Budget(limit).counted(source)


def _inflated(wire: Iterator[bytes], *, gzip: bool) -> Iterator[bytes]:
    """Decompress; gzip may have several members, deflate comes with or without zlib's frame."""
    inflater: _Inflater | None = None
    for piece in wire:
        rest, step = piece, b""
        # A full step may have left output behind, even where it took in the last byte.
        while rest or (inflater is not None and len(step) == STEP):
            if inflater is None:
                inflater = zlib.decompressobj(_window(rest, gzip=gzip))
            step = _step(inflater, rest)
            if step:
                yield step
            rest = inflater.unconsumed_tail
            if inflater.eof:
                rest, inflater = inflater.unused_data, None
    if inflater is not None:
        raise InvalidResponseError(reason="the answer's compressed body is cut off")


def _step(inflater: _Inflater, data: bytes) -> bytes:
    before = inflater.copy()
    try:
        return inflater.decompress(data, STEP)
    except zlib.error:
        pass
    raise _garbled("the answer is not compressed as it says", _salvaged(before, data))


def _salvaged(inflater: _Inflater, data: bytes) -> bytes:
    """Decompress up to the first byte that can't be: zlib would keep it all to itself."""
    salvaged, place = bytearray(), 0
    with suppress(zlib.error):
        for place in range(len(data)):  # pragma: no branch - it fails where the whole did
            salvaged += inflater.decompress(data[place : place + 1], STEP)
    return bytes(salvaged) + data[place:] if salvaged else data


def _garbled(reason: str, data: bytes) -> InvalidResponseError:
    """Make the failure of a body that can't be understood from `data` on."""
    failure = InvalidResponseError(reason=reason)
    failure.data = data
    return failure


def _window(start: bytes, *, gzip: bool) -> int:
    if gzip:
        return 16 + zlib.MAX_WBITS
    # zlib's header: method 8 in the low four bits (RFC 1950). A raw stream seldom begins so.
    return zlib.MAX_WBITS if start[0] & 0x0F == 8 else -zlib.MAX_WBITS
