"""The headers of an answer, and what is read from them wherever they are at hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from snaptrade_client.redaction import mask

# The service's are hexadecimal; a UUID is common elsewhere.
_REQUEST_ID = re.compile(r"[0-9A-Za-z._:-]{1,128}")


class Headers(Mapping[str, str]):
    """The headers of an answer: names in any case, repeated ones joined by a comma."""

    __slots__ = ("_items",)

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        items: dict[str, tuple[str, str]] = {}
        for name, value in pairs:
            folded = name.lower()
            if folded in items:
                first, values = items[folded]
                items[folded] = (first, f"{values}, {value}")
            else:
                items[folded] = (name, value)
        self._items = items

    def __getitem__(self, name: str) -> str:
        return self._items[name.lower()][1]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._items

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return repr(mask(self))


def in_any_case(headers: Mapping[str, str] | None) -> Headers:
    """Give headers, which a caller may have assigned as a dict, or none, as `Headers`."""
    if isinstance(headers, Headers):
        return headers
    return Headers((str(name), str(value)) for name, value in (headers or {}).items())


def request_id(headers: Mapping[str, str]) -> str | None:
    """Return the id that the service gave to a request; None where it does not look like one.

    It is shown in texts and logs, so nothing else may stand there, such as what a careless proxy
    repeats of the request.
    """
    told = headers.get("X-Request-ID", "")
    return told if _REQUEST_ID.fullmatch(told) else None


def header_number(headers: Mapping[str, str], name: str) -> float | None:
    """Read a header that holds a plain, non-negative number; None where it does not."""
    text = headers.get(name, "").strip()
    return float(text) if re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,15})?", text) else None
