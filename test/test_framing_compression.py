"""Compressed bodies: what is read, what is refused, and how little memory a bomb gets."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snaptrade_client.exceptions import ApiException, InvalidResponseError
from snaptrade_client.transport.framing import STEP, decoded

from .raw import failure_of

LIMIT = 1_000_000
MIB = 1 << 20


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def two_members(data: bytes) -> bytes:
    half = len(data) // 2
    return gzip.compress(data[:half]) + gzip.compress(data[half:])


FORMS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "none": ("", bytes),
    "identity": ("identity", bytes),
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZip", gzip.compress),
    "gzip and identity": ("identity, gzip,", gzip.compress),
    "gzip in two members": ("gzip", two_members),
    "deflate": ("deflate", zlib.compress),
    "deflate without a frame": (" Deflate ", raw_deflate),
}
form = pytest.mark.parametrize(("encoding", "pack"), FORMS.values(), ids=FORMS)


def split(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def read(wire: bytes, encoding: str, *, limit: int = LIMIT, size: int = STEP) -> bytes:
    return b"".join(decoded(split(wire, size), encoding, limit))


def refused(wire: bytes, encoding: str, *, limit: int = LIMIT) -> tuple[bytes, ApiException]:
    """What came before the failure, and the failure."""
    got: list[bytes] = []
    failure = failure_of(lambda: got.extend(decoded(split(wire, STEP), encoding, limit)))
    assert isinstance(failure, InvalidResponseError)
    return b"".join(got), failure


@form
@given(body=st.binary(max_size=2000), size=st.integers(1, 500))
def test_any_body_comes_out_as_it_went_in(
    encoding: str, pack: Callable[[bytes], bytes], body: bytes, size: int
) -> None:
    assert read(pack(body), encoding, size=size) == body


@form
@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_bodies_around_the_steps_size_come_out_whole(
    encoding: str, pack: Callable[[bytes], bytes], steps: int, more: int
) -> None:
    body = b"x" * (steps * STEP + more)
    assert read(pack(body), encoding) == body


@form
def test_an_empty_body_is_empty(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    assert read(pack(b""), encoding) == b""
    assert read(b"", encoding) == b""


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "gzip, deflate", "identity;q=1"])
def test_an_unknown_compression_is_refused_and_its_bytes_kept(encoding: str) -> None:
    got, failure = refused(b"some bytes", encoding)
    assert got == b"some bytes"
    assert failure.reason == "the answer is compressed in a way that was not asked for"


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_what_is_not_compressed_is_refused(encoding: str) -> None:
    got, failure = refused(b'{"userSecret": "s"}', encoding)
    assert got == b""
    assert failure.reason == "the answer is not compressed as it says"


def test_garbage_after_a_member_is_refused_and_the_member_kept() -> None:
    got, failure = refused(gzip.compress(b"abc") + b"garbage", "gzip")
    assert got == b"abc"
    assert failure.reason == "the answer is not compressed as it says"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "deflate without a frame"])
def test_a_compressed_body_that_is_cut_off_is_refused(encoding: str) -> None:
    name, pack = FORMS[encoding]
    body = bytes(range(256)) * 10
    wire = pack(body)
    for length in range(1, len(wire)):
        got, failure = refused(wire[:length], name)
        assert failure.reason == "the answer's compressed body is cut off"
        assert body.startswith(got)


def test_a_wrong_checksum_is_refused() -> None:
    wire = bytearray(gzip.compress(b"abc"))
    wire[-5] ^= 1
    _, failure = refused(bytes(wire), "gzip")
    assert failure.reason == "the answer is not compressed as it says"


@pytest.mark.parametrize("cut", [0, 5, 20])
def test_what_comes_before_a_wrong_checksum_is_kept(cut: int) -> None:
    body = bytes(range(256)) * 2
    wire = bytearray(gzip.compress(body))
    wire[-5] ^= 1
    pieces = iter([bytes(wire[: len(wire) - cut]), bytes(wire[len(wire) - cut :])])
    got = bytearray()

    def read_all() -> None:
        for piece in decoded(pieces, "gzip", 10_000):
            got.extend(piece)

    failure = failure_of(read_all)
    kept = bytes(got) + (failure.data or b"")
    assert kept.startswith(body)


def test_the_limit_counts_plain_bytes() -> None:
    assert read(b"x" * 100, "", limit=100) == b"x" * 100
    got, failure = refused(b"x" * 101, "", limit=100)
    # It is there all the same, and there may be a secret in it.
    assert got == b"x" * 101
    assert failure.reason == "the answer is longer than max_body_bytes, 100 bytes"


def test_the_limit_counts_compressed_and_decompressed_bytes_together() -> None:
    body = b"x" * 100
    wire = gzip.compress(body)
    assert read(wire, "gzip", limit=len(wire) + 100) == body
    for limit in (len(wire) + 99, len(wire) - 1):
        _, failure = refused(wire, "gzip", limit=limit)
        assert failure.reason == f"the answer is longer than max_body_bytes, {limit} bytes"


def test_the_limit_holds_for_an_unknown_compression() -> None:
    _, failure = refused(b"x" * 101, "br", limit=100)
    assert failure.reason == "the answer is longer than max_body_bytes, 100 bytes"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "deflate without a frame"])
def test_a_bomb_is_refused_with_little_memory(encoding: str) -> None:
    """64 MiB come in 64 KiB; the limit is 1 MiB, and each step holds little more than its piece."""
    name, pack = FORMS[encoding]
    wire = pack(bytes(64 * MIB))
    assert len(wire) < 128 * 1024
    longest = total = 0

    def consume() -> None:
        nonlocal longest, total
        for piece in decoded(iter([wire]), name, MIB):
            longest, total = max(longest, len(piece)), total + len(piece)

    tracemalloc.start()
    try:
        failure = failure_of(consume)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert failure.reason == f"the answer is longer than max_body_bytes, {MIB} bytes"
    assert longest <= STEP
    assert total <= MIB
    assert peak < MIB


def test_many_members_are_read_one_after_the_other() -> None:
    assert read(gzip.compress(b"ab") * 3000, "gzip") == b"ab" * 3000
