"""The head of an answer (RFC 9112): its status and its headers; interim answers are skipped.

Strategy: pure functions over a buffered reader, which do no I/O of their own. What is not HTTP is
refused with all that came of it, since a secret may be in it. What is HTTP in an odd way is read
and marked as defective: its connection is not used again.
"""

from __future__ import annotations

import re
from io import BufferedReader
from typing import NamedTuple

from snaptrade_client.exceptions import ApiException, ConnectionLostError, InvalidResponseError
from snaptrade_client.headers import Headers

MAX_INTERIM_ANSWERS = 32
_MAX_LINE = 64 * 1024
_MAX_FIELDS = 100

_STATUS_LINE = re.compile(rb"HTTP/1\.([0-9]) +([1-9][0-9]{2})(?:[ \t]([^\n]*))?\r?\n")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([^\r\n\0]*)\r?\n")
_END = (b"\r\n", b"\n")


class Head(NamedTuple):
    """What an answer says before its body."""

    status: int
    reason: str
    headers: Headers
    keep_alive: bool
    """Whether the service leaves the connection open."""
    defective: bool
    """Whether a line of it is none that the standard allows; such a line is left out."""


def read_head(reader: BufferedReader) -> Head:
    """Read the head of the first answer that is not an interim one (RFC 9110, 15.2).

    Raises:
        InvalidResponseError: it is not HTTP/1; `data` holds what was read.
        ConnectionLostError: the connection ended before the head did; `data` holds what was
            read, where a body may stand in it.

    """
    raw = bytearray()
    try:
        return _final_head(reader, raw)
    except ApiException as error:
        failure = error
    # A body may stand in it: alone, or where the empty line before it is missing.
    if isinstance(failure, InvalidResponseError) or b"{" in raw:
        failure.data = bytes(raw)
    # Let go of, or the failure and this frame would keep each other alive, and the request.
    try:
        raise failure
    finally:
        del failure


def _final_head(reader: BufferedReader, raw: bytearray) -> Head:
    for _ in range(MAX_INTERIM_ANSWERS + 1):
        head = _one_head(reader, raw)
        if head.status // 100 != 1 or head.status == 101:
            return head
    raise InvalidResponseError(reason=f"more than {MAX_INTERIM_ANSWERS} interim answers")


def _one_head(reader: BufferedReader, raw: bytearray) -> Head:
    found = _STATUS_LINE.fullmatch(_line(reader, raw))
    if found is None:
        raise InvalidResponseError(reason="the answer is not HTTP: it has no status line")
    fields: list[tuple[str, str]] = []
    defective = False
    while (line := _line(reader, raw)) not in _END:
        field = _FIELD.fullmatch(line)
        if field is None:
            defective = True
        else:
            fields.append((field[1].decode("ascii"), field[2].strip(b" \t").decode("latin-1")))
        if len(fields) > _MAX_FIELDS or len(raw) > _MAX_FIELDS * _MAX_LINE:
            raise InvalidResponseError(reason="the answer is not HTTP: its head has no end")
    headers = Headers(fields)
    options = {option.strip() for option in headers.get("Connection", "").lower().split(",")}
    keep_alive = "close" not in options if found[1] != b"0" else "keep-alive" in options
    reason = (found[3] or b"").strip().decode("latin-1")
    return Head(int(found[2]), reason, headers, keep_alive, defective)


def _line(reader: BufferedReader, raw: bytearray) -> bytes:
    line = reader.readline(_MAX_LINE + 1)
    raw += line
    if not line.endswith(b"\n"):
        if len(line) > _MAX_LINE:
            raise InvalidResponseError(reason="the answer is not HTTP: a line of it has no end")
        raise ConnectionLostError(reason="the connection ended before the answer was complete")
    return line
