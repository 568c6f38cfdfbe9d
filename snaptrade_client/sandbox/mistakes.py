"""The usual mistakes in signing a request, as a table; pure.

Strategy: a row is a mistake and the ways in which it is made. That somebody made it is shown by
computing its signature, so what `diagnosis` tells is never a guess.
"""

import base64
from dataclasses import dataclass
from urllib.parse import quote, unquote, unquote_plus

from snaptrade_client.sandbox.recipe import (
    BASE,
    VERBATIM,
    Way,
    content_ways,
    decoded_keys,
    encoded,
    escaped,
    filled,
    hex_cases,
    hosts,
    in_base64,
    key_ways,
    laid_out,
    left_out,
    made_with,
    orders,
    path_ways,
    query_ways,
    reordered,
    secret_keys,
    sorted_by_name,
    spelt,
    texts,
    timestamps,
    with_query,
    without,
)


@dataclass(frozen=True, slots=True)
class Mistake:
    """What somebody did, in a few words, and how to mend it, in a sentence or two."""

    name: str
    advice: str


@dataclass(frozen=True, slots=True)
class Row:
    """A mistake and the ways in which it is made.

    One that is `alone` has so many ways that it is not combined with others.
    """

    mistake: Mistake
    ways: Way
    alone: bool


def _row(name: str, advice: str, ways: Way, *, alone: bool = False) -> Row:
    return Row(Mistake(name, advice), ways, alone)


ROWS = (
    _row(
        'query: "+" and "%20" exchanged',
        "The query was signed with spaces in another form than it was sent with: encode it "
        "once, and sign the very text that is sent.",
        query_ways(lambda query: [query.replace("%20", "+"), query.replace("+", "%20")]),
    ),
    _row(
        "query: decoded",
        "The query was signed as plain text: sign it percent-encoded, just as it is sent.",
        query_ways(lambda query: [unquote(query), unquote_plus(query)]),
    ),
    _row(
        "query: case of the percent-encoding",
        "The query was signed with its hexadecimal digits in another case than it was sent "
        'with ("%2f" is not "%2F"): sign the very text that is sent.',
        query_ways(hex_cases),
    ),
    _row(
        "query: parameters sorted",
        "The parameters were sorted for the signature and sent in another order: sign the "
        "query in the order in which it is sent.",
        query_ways(sorted_by_name),
    ),
    _row(
        'query: a leading "?"',
        'The "?" is no part of the query: sign what stands behind it.',
        query_ways(lambda query: [f"?{query}"]),
    ),
    _row(
        "query: without timestamp or clientId",
        "The query was signed before the timestamp or the client id was added to it: they "
        "are signed too.",
        query_ways(
            lambda query: [
                *without("timestamp")(query),
                *without("clientId")(query),
                *without("clientId", "timestamp")(query),
            ]
        ),
    ),
    _row(
        "query: left out",
        "The signature was made without the query, or without the user: the whole query is "
        "signed, as it is sent.",
        query_ways(
            lambda query: [
                "",
                *without("userSecret")(query),
                *without("userId", "userSecret")(query),
            ]
        ),
    ),
    _row(
        "query: encoded again",
        "The query was encoded once to sign it and once more to send it, with another result: "
        "encode it once, and sign the very text that is sent.",
        query_ways(lambda query: [*encoded(query), quote(query, safe="&=")]),
    ),
    _row(
        "path: without /api/v1",
        'The path is signed as it is requested, with "/api/v1" in front.',
        path_ways(lambda old: [old.path.removeprefix(BASE)]),
    ),
    _row(
        "path: /api/v1 too often",
        'The path was signed with one "/api/v1" more than it was requested with: sign it as '
        "it is requested.",
        path_ways(lambda old: [BASE + old.path]),
    ),
    _row(
        "path: with the host",
        "The path is signed without scheme, host and port.",
        path_ways(hosts),
    ),
    _row(
        "path: slashes",
        "The path was signed with another slash at its beginning or end than it was requested "
        "with: sign it as it is requested.",
        path_ways(lambda old: [f"{old.path}/", old.path.rstrip("/"), old.path.lstrip("/")]),
    ),
    _row(
        "path: decoded",
        "The path was signed as plain text: sign it percent-encoded, just as it is sent.",
        path_ways(lambda old: [unquote(old.path)]),
    ),
    _row(
        "path: with the query",
        'The path was signed with "?" and the query in it: the query has a member of its own.',
        with_query,
    ),
    _row(
        "content: not null",
        'A request without a body, or with "{}", is signed with "content":null, and not with '
        "an empty object or text.",
        content_ways(lambda old: [{}, ""] if old.content is None else []),
    ),
    _row(
        "content: null in spite of a body",
        'The body was not signed: it belongs under "content".',
        content_ways(lambda _: [None]),
    ),
    _row(
        "content: a text",
        'The body was signed as a JSON string: under "content" stands the object itself.',
        content_ways(texts),
    ),
    _row(
        "content: the body's own text",
        "The body was signed as it was sent: it is signed without white space and with its "
        "keys sorted.",
        content_ways(lambda old: [VERBATIM] if old.body else []),
    ),
    _row(
        "content: fields that are null left out",
        "The body has fields that are null, and was signed without them: sign just what is sent.",
        content_ways(filled),
    ),
    _row(
        "JSON: white space",
        "The JSON was signed with white space: it has none after commas and colons. In Python: "
        'separators=(",", ":").',
        laid_out,
    ),
    _row(
        "JSON: keys not sorted",
        "The keys of the JSON are sorted, at every depth. In Python: sort_keys=True.",
        reordered,
    ),
    _row(
        "JSON: slashes escaped",
        'The JSON was signed with "\\/" for "/". In PHP: JSON_UNESCAPED_SLASHES.',
        escaped("/"),
    ),
    _row(
        "JSON: HTML characters escaped",
        'The JSON was signed with escapes such as "\\u0026" for "&". In Go: '
        "Encoder.SetEscapeHTML(false); with Gson: disableHtmlEscaping().",
        escaped("&<>", "&<>='"),
    ),
    _row(
        "JSON: content left out",
        'The JSON was signed without "content": without a body, it is null.',
        left_out,
    ),
    _row(
        "key: white space around it",
        "The signature was made with white space around the consumer key, as when it is read "
        "from a file: strip it.",
        key_ways(
            lambda old: [
                old.key + b"\n",
                old.key + b"\r\n",
                old.key + b" ",
                b" " + old.key,
                b" " + old.key + b" ",
                old.key.strip(),
            ]
        ),
    ),
    _row(
        "key: quotes around it",
        "The signature was made with quotes around the consumer key: take them away.",
        key_ways(lambda old: [mark + old.key + mark for mark in (b'"', b"'")]),
    ),
    _row(
        "key: the client id",
        "The signature was made with the client id: the key is the consumer key.",
        key_ways(lambda old: [old.client_id.encode()]),
    ),
    _row(
        "key: the user's secret",
        "The signature was made with the user's secret: the key is the consumer key.",
        key_ways(secret_keys),
    ),
    _row(
        "key: decoded",
        "The consumer key was decoded, from base64 or hexadecimal: its characters are the key.",
        key_ways(decoded_keys),
    ),
    _row(
        "signature: hexadecimal",
        "The digest was sent in hexadecimal: it is the raw digest in base64.",
        spelt(bytes.hex, lambda digest: digest.hex().upper()),
    ),
    _row(
        "signature: base64 of the hexadecimal digest",
        "The digest was written in hexadecimal, and that in base64: it is the raw digest in "
        "base64.",
        spelt(lambda digest: in_base64(digest.hex().encode())),
    ),
    _row(
        "signature: another base64",
        'The digest was sent in the URL-safe alphabet, without "=", or percent-encoded: the '
        "standard base64 is sent, as it is.",
        spelt(
            lambda digest: base64.urlsafe_b64encode(digest).decode(),
            lambda digest: base64.urlsafe_b64encode(digest).decode().rstrip("="),
            lambda digest: in_base64(digest).rstrip("="),
            lambda digest: quote(in_base64(digest), safe=""),
        ),
    ),
    _row(
        "HMAC: SHA-1",
        "The HMAC was made with SHA-1: it is made with SHA-256.",
        made_with("sha1"),
    ),
    _row(
        "HMAC: SHA-512",
        "The HMAC was made with SHA-512: it is made with SHA-256.",
        made_with("sha512"),
    ),
    _row(
        "query: another timestamp",
        "The timestamp that was signed is not the one that was sent: take the time once.",
        query_ways(timestamps),
        alone=True,
    ),
    _row(
        "query: parameters in another order",
        "The query was signed with its parameters in another order than it was sent with: "
        "sign the very text that is sent.",
        query_ways(orders),
        alone=True,
    ),
)
"""Whatever is likelier comes first: of two that give the same signature, the first is told."""
