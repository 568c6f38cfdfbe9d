"""Where a body ends: lengths, chunks, the end of the connection, and what is not HTTP."""

import gc
import io
import weakref
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snaptrade_client.exceptions import ApiException, ConnectionLostError, InvalidResponseError
from snaptrade_client.headers import Headers
from snaptrade_client.transport.framing import Framing, framing, pieces
from snaptrade_client.transport.head import Head, read_head

from .raw import failure_of

CHUNKED = Framing("chunked")
REST = b"HTTP/1.1 200 OK\r\n"


class Dripping(io.RawIOBase):
    """A source that gives at most `size` bytes at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        self._rest = data
        self._size = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        piece = self._rest[: min(len(view), self._size)]
        view[: len(piece)] = piece
        self._rest = self._rest[len(piece) :]
        return len(piece)


def reader(data: bytes, size: int = 1 << 20) -> io.BufferedReader:
    return io.BufferedReader(Dripping(data, size))


def read(data: bytes, end: Framing, size: int = 1 << 20) -> tuple[bytes, bytes]:
    """The body, and what is left of the data after it."""
    source = reader(data, size)
    body = b"".join(pieces(source, end))
    return body, source.read()


def decide(
    *,
    method: str = "GET",
    status: int = 200,
    encodings: Sequence[str] = (),
    lengths: Sequence[str] = (),
    defective: bool = False,
) -> Framing:
    fields = [("Transfer-Encoding", encoding) for encoding in encodings]
    fields += [("Content-Length", length) for length in lengths]
    head = Head(status, "", Headers(fields), keep_alive=True, defective=defective)
    return framing(method, head)


def chunked(body: bytes, sizes: list[int], extension: bytes = b"") -> bytes:
    """The body in chunks of these sizes, the rest of it in one."""
    wire = b""
    for size in [*sizes, len(body)]:
        chunk, body = body[:size], body[size:]
        if chunk:
            wire += b"%x%s\r\n%s\r\n" % (len(chunk), extension, chunk)
    return wire + b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        (["0"], Framing("length", 0)),
        (["15"], Framing("length", 15)),
        (["015"], Framing("length", 15)),
        ([" 15\t"], Framing("length", 15)),
        (["15", "15"], Framing("length", 15)),
        (["9" * 18], Framing("length", 10**18 - 1)),
        ([], Framing("close")),
        (["15", "16"], Framing("close", odd=True)),
        (["-1"], Framing("close", odd=True)),
        (["+5"], Framing("close", odd=True)),
        (["1_0"], Framing("close", odd=True)),
        (["0x10"], Framing("close", odd=True)),
        (["5, 5"], Framing("length", 5)),
        (["5, 6"], Framing("close", odd=True)),
        (["5.0"], Framing("close", odd=True)),
        ([""], Framing("close", odd=True)),
        (["٣"], Framing("close", odd=True)),
        (["9" * 19], Framing("close", odd=True)),
    ],
    ids=repr,
)
def test_a_content_length_is_digits(lengths: list[str], expected: Framing) -> None:
    assert decide(lengths=lengths) == expected
    assert decide(lengths=lengths, defective=True) == expected._replace(odd=True)


@pytest.mark.parametrize("name", ["chunked", "Chunked", " chunked "])
def test_chunks_are_the_one_transfer_encoding(name: str) -> None:
    assert decide(encodings=[name]) == CHUNKED
    assert decide(encodings=[name], defective=True) == Framing("chunked", odd=True)


def test_chunks_with_a_content_length_are_odd() -> None:
    assert decide(encodings=["chunked"], lengths=["5"]) == Framing("chunked", odd=True)


@pytest.mark.parametrize(
    "encodings",
    [["gzip"], ["gzip, chunked"], ["chunked, chunked"], ["chunked", "chunked"], ["identity"], [""]],
    ids=repr,
)
def test_other_transfer_encodings_are_refused(encodings: list[str]) -> None:
    failure = failure_of(lambda: decide(encodings=encodings))
    assert isinstance(failure, InvalidResponseError)
    assert failure.reason == "the answer has an unknown transfer encoding"


def test_some_answers_have_no_body_whatever_their_headers_say() -> None:
    answers: list[dict[str, Any]] = [{"method": "HEAD"}, {"status": 304}]
    for answer in answers:
        assert decide(**answer, encodings=["gzip"], lengths=["5"]) == Framing("none")
        assert decide(**answer, defective=True) == Framing("none", odd=True)


@pytest.mark.parametrize(
    ("headers", "odd"),
    [
        ({}, False),
        ({"lengths": ["0"]}, False),
        ({"lengths": ["5"]}, True),
        ({"encodings": ["chunked"]}, True),
        ({"defective": True}, True),
    ],
    ids=repr,
)
def test_no_content_has_no_body_and_what_is_told_of_one_is_odd(
    headers: dict[str, Any], odd: bool
) -> None:
    """The body that some send with it must not become the next answer."""
    assert decide(status=204, **headers) == Framing("none", odd=odd)


def test_nothing_is_read_of_no_body() -> None:
    assert read(REST, Framing("none")) == (b"", REST)


@given(st.binary(max_size=200), st.integers(1, 200))
def test_a_length_is_obeyed_to_the_byte(body: bytes, size: int) -> None:
    assert read(body + REST, Framing("length", len(body)), size) == (body, REST)


@given(st.binary(max_size=200), st.integers(1, 200))
def test_without_a_length_the_connections_end_is_the_bodys(body: bytes, size: int) -> None:
    assert read(body, Framing("close"), size) == (body, b"")


@given(st.binary(max_size=500), st.lists(st.integers(1, 50), max_size=20), st.integers(1, 100))
def test_any_chunking_gives_the_same_body(body: bytes, sizes: list[int], size: int) -> None:
    assert read(chunked(body, sizes) + REST, CHUNKED, size) == (body, REST)


@pytest.mark.parametrize(
    "wire",
    [
        b"5\r\nabcde\r\n0\r\n\r\n",
        b"005\r\nabcde\r\n000\r\n\r\n",
        b"5\nabcde\n0\n\n",
        b"5;name=value\r\nabcde\r\n0;x\r\n\r\n",
        b'5 ;name="va;lue"\r\nabcde\r\n0 \r\n\r\n',
        b"5\r\nabcde\r\n0\r\nX-Trailer: 1\r\nX-Other: 2\r\n\r\n",
        b"5\r\nabcde\r\n0\r\n" + b"X-Trailer: 1\r\n" * 99 + b"\r\n",
    ],
    ids=repr,
)
def test_chunks_may_have_extensions_and_trailers(wire: bytes) -> None:
    assert read(wire + REST, CHUNKED) == (b"abcde", REST)


@pytest.mark.parametrize(
    "size",
    [
        b"-1",
        b"+5",
        b"0x5",
        b"1_0",
        b"5h",
        b" 5",
        b"5 5",
        b"",
        b"; x",
        b"\xd9\xa5",
        b"5\r",
        b"5; x\ry",
        b"f" * 16,
    ],
    ids=repr,
)
def test_a_chunks_size_is_hexadecimal_digits(size: bytes) -> None:
    failure = failure_of(lambda: read(size + b"\r\nabcde\r\n0\r\n\r\n", CHUNKED))
    assert isinstance(failure, InvalidResponseError)
    assert failure.reason == "a chunk of the answer does not tell its size"


@pytest.mark.parametrize("wire", [b"5\r\nabcdef\r\n0\r\n\r\n", b"5\r\nabcde0\r\n\r\n"], ids=repr)
def test_a_chunk_has_the_size_that_it_says(wire: bytes) -> None:
    failure = failure_of(lambda: read(wire, CHUNKED))
    assert isinstance(failure, InvalidResponseError)
    assert failure.reason == "a chunk of the answer has another size than it says"


def test_trailers_are_bounded() -> None:
    wire = b"0\r\n" + b"X-Trailer: 1\r\n" * 100 + b"\r\n"
    failure = failure_of(lambda: read(wire, CHUNKED))
    assert isinstance(failure, InvalidResponseError)
    assert failure.reason == "the answer has more than 100 trailers"


@pytest.mark.parametrize("start", [b"5;", b"0\r\nX: "], ids=["extension", "trailer"])
def test_lines_are_bounded(start: bytes) -> None:
    wire = start + b"x" * 8192 + b"\r\n"
    failure = failure_of(lambda: read(wire, CHUNKED))
    assert isinstance(failure, InvalidResponseError)
    assert failure.reason == "a line in the answer's body is too long"


def cut(data: bytes, end: Framing) -> tuple[bytes, ApiException]:
    """What came before the failure, and the failure."""
    got: list[bytes] = []
    failure = failure_of(lambda: got.extend(pieces(reader(data), end)))
    return b"".join(got), failure


@pytest.mark.parametrize("length", range(5))
def test_a_body_that_is_cut_off_is_lost_but_for_what_came(length: int) -> None:
    got, failure = cut(b"abcde"[:length], Framing("length", 5))
    assert isinstance(failure, ConnectionLostError)
    assert failure.reason == "the connection ended before the answer was complete"
    assert got == b"abcde"[:length]


CHUNKS = b"3;x\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n"


@pytest.mark.parametrize("length", range(len(CHUNKS)))
def test_chunks_that_are_cut_off_anywhere_are_lost_but_for_what_came(length: int) -> None:
    got, failure = cut(CHUNKS[:length], CHUNKED)
    assert isinstance(failure, ConnectionLostError)
    assert failure.reason == "the connection ended before the answer was complete"
    assert got == (CHUNKS[5:8] + CHUNKS[13:15])[: len(got)]
    assert len(got) == len([place for place in (5, 6, 7, 13, 14) if place < length])


def test_what_is_no_head_keeps_nothing_alive() -> None:
    """Its frames lead to the request, whose secrets would stay until the collector comes."""
    source = reader(b"garbage\n")
    alive = weakref.ref(source)
    gc.disable()
    try:
        with suppress(InvalidResponseError):
            read_head(source)
        del source
        assert alive() is None
    finally:
        gc.enable()
