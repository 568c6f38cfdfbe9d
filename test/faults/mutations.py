"""Complete 200 answers to a registration, mutated as broken proxies and servers might do.

Strategy: a mutated answer is a list of choices, each of which keeps the bytes of the secret in
what is sent: as they are, or compressed in the way that the headers say.
"""

import gzip
import re
import zlib
from contextlib import suppress
from typing import NamedTuple

from hypothesis import strategies as st

USER = "user-7"
SECRET = "s3cret-9f2c71aa"

_STATUS_LINES = (
    b"HTTP/1.1 200 OK",
    b"HTTP/1.1 200",
    b"HTTP/1.1 200 ",
    b"HTTP/1.0 200 OK",
    b"HTTP/1.1 200 \xc3\xbcber",
    b"HTTP/1.1 200 404 Not Found",
    b"HTTP/1.9 200 OK",
    b"HTTP/1.1  200  OK",
    b"HTTP/2 200 OK",
    b"http/1.1 200 OK",
    b"ICY 200 OK",
)
_INTERIM = (
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 102 Processing\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
    b"HTTP/1.1 199 Odd\r\nno colon\r\n\r\n",
)
_CONTENT_TYPES = (
    b"application/json",
    b"APPLICATION/JSON;charset=UTF-16",
    b"text/html",
    b"multipart/form-data",
    b"multipart/mixed; boundary=x",
    b"message/rfc822",
    b"",
    b";;;",
)
_GARBAGE_LINES = (
    b"no colon",
    b": no name",
    b" folded",
    b"Name : value",
    b"\x00: \x00",
    b"X: " + b"y" * 70_000,
    b"Content-Length : 7",
    b"Transfer-Encoding : chunked",
    b"HTTP/1.1 500 Twice",
    b"Connection: keep-alive, upgrade",
    b"Date: yesterday",
    b"Set-Cookie: a=b; c\rd",
)
_BODIES = (
    b'{"userId": "%(user)b", "userSecret": "%(secret)b"}',
    b'{"userSecret": "%(secret)b", "userId": "%(user)b"}',
    b'{"user_id": "%(user)b", "user_secret": "%(secret)b", "x": [1, {"y": null}]}',
    b'{"userId": "%(user)b", "userSecret": "%(secret)b", "big": 1e999, "not": NaN}',
    b'{"userId": "%(user)b", "userSecret": "%(secret)b"',
    b'[{"userId": "%(user)b", "userSecret": "%(secret)b"}]',
    b'{"userId": "%(user)b", "secret": "%(secret)b"}',
    b'{"userId": "not-%(user)b", "userSecret": "%(secret)b"}',
    b'{"userId": 7, "userSecret": ["%(secret)b"]}',
    b'show({"userId": "%(user)b", "userSecret": "%(secret)b"})',
    b"%(user)b has the secret %(secret)b",
    b'{"userSecret": "%(secret)b", "deep": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    b'{"userSecret": "%(secret)b", "digits": ' + b"9" * 5_000 + b"}",
)
_BEFORE = (b"\xef\xbb\xbf", b" \r\n\t", b"\xff\xfe", b"\x00", b")]}',\n")
_AFTER = (b" \n", b"\x00", b"\xff", b"trailing", b"\r\n\r\n", b"HTTP/1.1 500 Odd\r\n\r\n")
_CHUNK_EXTENSIONS = (b"", b";a=b", b' ; q="x y"', b"\t", b" bad extension")
_TRAILERS = (b"", b"X-Trailer: 1\r\n", b"no colon\r\n", b"T: 1\r\n" * 200)


class Mutated(NamedTuple):
    """An answer, and whether the service ends the connection after it."""

    data: bytes
    closes: bool


def _seldom(usual: bytes, odd: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    """Mostly the usual, so that each mutation is met alone as well."""
    return st.integers(0, 3).flatmap(
        lambda dice: st.sampled_from(odd) if dice == 0 else st.just(usual)
    )


def _recased(name: bytes) -> st.SearchStrategy[bytes]:
    return st.sampled_from([name, name.lower(), name.upper(), name.swapcase()])


def _lengths(true: int, *, compressed: bool) -> st.SearchStrategy[list[bytes]]:
    """Values of Content-Length: right, missing, twice, contradictory, too long, not numbers."""
    right = b"%d" % true
    odd = [
        [],
        [right, right],
        [right, b"0"],
        [b"0", right],
        [b"%d" % (true + 5)],
        [b"-1"],
        [b"+%d" % true],
        [b"1_0"],
        [b""],
        [b"00%d" % true],
        [b"%b, %b" % (right, right)],
        [b"\xb2\xb3"],
        [b"9" * 30],
        [b"9" * 5_000],
        [b"abc"],
    ]
    # The rest of a compressed body can't be told from what follows the answer.
    short = [] if compressed else [[b"%d" % (true - 3)], [b"%d" % (true // 2)], [b"0"]]
    return st.integers(0, 2).flatmap(
        lambda dice: st.just([right]) if dice else st.sampled_from(odd + short)
    )


@st.composite
def _bodies(draw: st.DrawFn) -> bytes:
    template = draw(_seldom(_BODIES[0], _BODIES))
    body = template % {b"user": USER.encode(), b"secret": SECRET.encode()}
    return draw(_seldom(b"", _BEFORE)) + body + draw(_seldom(b"", _AFTER))


@st.composite
def _chunks(draw: st.DrawFn, body: bytes) -> bytes:
    size = draw(st.integers(max(1, len(body) // 50), len(body)))
    extension = draw(_seldom(b"", _CHUNK_EXTENSIONS))
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    chunks = [b"%x%b\r\n%b\r\n" % (len(piece), extension, piece) for piece in pieces]
    return b"".join([*chunks, b"0\r\n", draw(_seldom(b"", _TRAILERS)), b"\r\n"])


@st.composite
def _payload(draw: st.DrawFn) -> tuple[list[bytes], bytes]:
    """The header lines that are about the body, and the body as it is sent."""
    body = draw(_bodies())
    coding = draw(_seldom(b"", (b"gzip", b"deflate", b"br", b"gzip, gzip", b"identity", b"lie")))
    lines = [b"Content-Encoding: " + (b"gzip" if coding == b"lie" else coding)] if coding else []
    if coding == b"gzip":
        body = gzip.compress(body, mtime=0)
    elif coding == b"deflate":
        body = zlib.compress(body)
    compressed = coding in (b"gzip", b"deflate")
    transfer = draw(_seldom(b"length", (b"chunked", b"identity", b"gzip, chunked", b"x", b"lie")))
    if transfer != b"length":
        value = b"chunked" if transfer == b"lie" else transfer
        lines.append(draw(_recased(b"Transfer-Encoding")) + b": " + value)
        if transfer == b"chunked":
            body = draw(_chunks(body))
    if transfer == b"length" or draw(st.booleans()):
        name = draw(_recased(b"Content-Length"))
        lines += [name + b": " + n for n in draw(_lengths(len(body), compressed=compressed))]
    return lines, body


@st.composite
def mutated(draw: st.DrawFn) -> Mutated:
    """One mutated answer."""
    lines, body = draw(_payload())
    lines.append(b"Content-Type: " + draw(_seldom(_CONTENT_TYPES[0], _CONTENT_TYPES)))
    garbage = st.one_of(
        st.sampled_from(_GARBAGE_LINES),
        st.binary(min_size=1, max_size=40).map(lambda line: line.replace(b"\n", b"") or b"\x01"),
    )
    # A carriage return alone would be the end of the head.
    lines += [line for line in draw(st.lists(garbage, max_size=2)) if line.strip(b"\r")]
    lines += [b"X-Many: %d" % number for number in range(draw(st.sampled_from([0, 0, 0, 120])))]
    interim = draw(st.lists(st.sampled_from(_INTERIM), max_size=2))
    interim *= draw(st.sampled_from([1, 1, 1, 40]))
    head = [draw(_seldom(_STATUS_LINES[0], _STATUS_LINES)), *draw(st.permutations(lines))]
    newline = draw(_seldom(b"\r\n", (b"\n",)))
    data = b"".join(interim) + newline.join([*head, b"", b""]) + body
    return Mutated(data, closes=draw(st.integers(0, 99)) > 0)


def holds_the_secret(data: bytes) -> bool:
    """Whether the secret is in `data`: as it is, between the marks of chunks, or compressed."""
    joined = re.sub(rb"(\A|\r\n)[0-9a-f]+\b[^\r\n]*\r\n", b"", data)
    forms = [data, joined]
    for form in (data, joined):
        # What came before the body may be there as well.
        forms += [_inflated(form, start, 31) for start in _places(form, b"\x1f\x8b\x08")]
        forms += [_inflated(form, start, 15) for start in _places(form, b"\x78\x9c")]
    return any(SECRET.encode() in form for form in forms)


def _places(data: bytes, magic: bytes) -> list[int]:
    return [found.start() for found in re.finditer(re.escape(magic), data)]


def _inflated(data: bytes, start: int, window: int) -> bytes:
    """As much as can be decompressed."""
    inflater, found = zlib.decompressobj(window), b""
    with suppress(zlib.error):
        for byte in data[start:]:
            found += inflater.decompress(bytes([byte]))
    return found
