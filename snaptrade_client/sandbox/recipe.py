"""What a signature is made of, and the ways in which one goes wrong; pure.

Strategy: a `Recipe` holds everything that a signature is made of. A `Way` changes a recipe, into
one or several others, so two mistakes are one way after the other. Like `signatures`, this is
written apart from the client's own signing.
"""

import base64
import binascii
import hmac
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice, permutations
from urllib.parse import parse_qs, parse_qsl, quote, quote_plus, urlencode

from snaptrade_client.shapes import is_object

BASE = "/api/v1"
_SERVICE = "https://api.snaptrade.com"
_MEMBERS = ("content", "path", "query")
VERBATIM = "verbatim-body"
# Seconds to look around the timestamp that came for the one that was signed.
_NEAR = 60
# Orders of five parameters: of more, not all are tried.
_MOST_ORDERS = 120


def in_base64(digest: bytes) -> str:
    """Give a digest as the service wants it."""
    return base64.b64encode(digest).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a signature is made of, as one that signs may have it.

    `content` is the parsed body with its keys in order, None for none; `body` is its text as it
    came, `unsorted` the parsed body in the order in which it came. `origin` is "http://host:port".
    """

    path: str
    query: str
    content: object
    unsorted: object
    body: str
    origin: str
    client_id: str
    key: bytes = field(repr=False)
    members: tuple[str, ...] = _MEMBERS
    layout: tuple[int | None, str, str] = (None, ",", ":")
    escapes: str = ""
    algorithm: str = "sha256"
    spell: Callable[[bytes], str] = in_base64

    def messages(self) -> Iterator[str]:
        """Yield the canonical string: non-ASCII text escaped and, where there is any, as it is."""
        escaped = self._message(ensure_ascii=True)
        yield escaped
        plain = self._message(ensure_ascii=False)
        if plain != escaped:
            yield plain

    def signature(self, message: str) -> str:
        """Sign a canonical string."""
        data = message.encode("utf-8", "surrogatepass")
        return self.spell(hmac.digest(self.key, data, self.algorithm))

    def _message(self, *, ensure_ascii: bool) -> str:
        values = {"content": self.content, "path": self.path, "query": self.query}
        indent, comma, colon = self.layout
        text = json.dumps(
            {name: values[name] for name in self.members},
            ensure_ascii=ensure_ascii,
            indent=indent,
            separators=(comma, colon),
        )
        if self.content == VERBATIM:
            text = text.replace(f'"{VERBATIM}"', self.body, 1)
        for character in self.escapes:
            escape = "\\/" if character == "/" else f"\\u{ord(character):04x}"
            text = text.replace(character, escape)
        return text


_HEX = re.compile("%[0-9A-Fa-f]{2}")
_TIMESTAMP = re.compile(r"(?:(?<=^timestamp=)|(?<=&timestamp=))[0-9]{1,12}(?=&|$)", re.ASCII)

Way = Callable[[Recipe], Iterable[Recipe]]


def query_ways(change: Callable[[str], Iterable[str]]) -> Way:
    """Change the query."""
    return lambda old: [replace(old, query=query) for query in change(old.query)]


def path_ways(change: Callable[[Recipe], Iterable[str]]) -> Way:
    """Change the path."""
    return lambda old: [replace(old, path=path) for path in change(old)]


def content_ways(change: Callable[[Recipe], Iterable[object]]) -> Way:
    """Change what stands under "content"."""
    return lambda old: [replace(old, content=content) for content in change(old)]


def key_ways(change: Callable[[Recipe], Iterable[bytes]]) -> Way:
    """Change the key."""
    return lambda old: [replace(old, key=key) for key in change(old)]


def spelt(*spellings: Callable[[bytes], str]) -> Way:
    """Write the digest in other ways."""
    return lambda old: [replace(old, spell=spell) for spell in spellings]


def made_with(algorithm: str) -> Way:
    """Take another hash."""
    return lambda old: [replace(old, algorithm=algorithm)]


def laid_out(old: Recipe) -> Iterator[Recipe]:
    """Put white space into the JSON, as the usual libraries do."""
    for layout in ((None, ", ", ": "), (2, ",", ": "), (4, ",", ": "), (None, ",", ": ")):
        yield replace(old, layout=layout)


def reordered(old: Recipe) -> Iterator[Recipe]:
    """Leave the body's keys unsorted, or those of the whole, or both."""
    yield replace(old, content=old.unsorted)
    for members in islice(permutations(_MEMBERS), 1, None):
        yield replace(old, members=members)
        yield replace(old, members=members, content=old.unsorted)


def left_out(old: Recipe) -> Iterator[Recipe]:
    """Leave the content out."""
    yield replace(old, members=("path", "query"))


def escaped(*escapes: str) -> Way:
    """Escape more characters in JSON than need be."""
    return lambda old: [replace(old, escapes=one) for one in escapes]


def encoded(query: str) -> Iterator[str]:
    """Decode a query and encode it again, as the usual libraries do."""
    pairs = parse_qsl(query, keep_blank_values=True)
    # Python's two, JavaScript's encodeURIComponent, and those that leave more as it is.
    for safe in ("", "/", "!'()*", "/:@", "/:@!$'()*,;"):
        yield urlencode(pairs, safe=safe, quote_via=quote)
        yield urlencode(pairs, safe=safe, quote_via=quote_plus)


def hex_cases(query: str) -> Iterator[str]:
    """Write percent-encoding in lower and in upper case."""
    yield _HEX.sub(lambda found: found[0].lower(), query)
    yield _HEX.sub(lambda found: found[0].upper(), query)


def without(*names: str) -> Callable[[str], Iterable[str]]:
    """Leave parameters out."""
    return lambda query: [
        "&".join(part for part in query.split("&") if part.partition("=")[0] not in names)
    ]


def sorted_by_name(query: str) -> Iterator[str]:
    """Sort the parameters."""
    yield "&".join(sorted(query.split("&")))


def orders(query: str) -> Iterator[str]:
    """Put the parameters into other orders."""
    for parts in islice(permutations(query.split("&")), 1, _MOST_ORDERS):
        yield "&".join(parts)


def timestamps(query: str) -> Iterator[str]:
    """Take timestamps near the one that came."""
    found = _TIMESTAMP.search(query)
    if found is None:
        return
    stamp = int(found[0])
    for off in range(1, _NEAR + 1):
        for other in (stamp - off, stamp + off):
            yield f"{query[: found.start()]}{other}{query[found.end() :]}"


def hosts(old: Recipe) -> Iterator[str]:
    """Put the host in front of the path, with its scheme and without."""
    for origin in (old.origin, _SERVICE):
        yield origin + old.path
        yield origin.partition("://")[2] + old.path


def with_query(old: Recipe) -> Iterator[Recipe]:
    """Put the query behind the path."""
    path = f"{old.path}?{old.query}"
    yield replace(old, path=path, query="")
    yield replace(old, path=path)


def texts(old: Recipe) -> Iterator[object]:
    """Yield the body as a JSON string."""
    if old.body:
        yield old.body
        yield json.dumps(old.content, separators=(",", ":"))


def filled(old: Recipe) -> Iterator[object]:
    """Yield the body without those of its fields that are null."""
    if is_object(old.content):
        yield {name: value for name, value in old.content.items() if value is not None}


def secret_keys(old: Recipe) -> Iterator[bytes]:
    """Take the user's secret for a key."""
    for secret in parse_qs(old.query).get("userSecret", []):
        yield secret.encode("utf-8", "replace")


def decoded_keys(old: Recipe) -> Iterator[bytes]:
    """Decode the key, where it can be decoded."""
    for decode in (base64.b64decode, bytes.fromhex):
        try:
            yield decode(old.key.decode())
        except (ValueError, binascii.Error):
            continue
