"""What a call gives back: the answer, its headers and limits, and how it was obtained.

Strategy: answers are frozen, except for the body, which is the caller's to change. What few
callers look at (rate limit, request id) is read from the headers when it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar, dataclass_transform

from snaptrade_client.exceptions import ApiAttributeError, ApiKeyError
from snaptrade_client.redaction import mask, request_id
from snaptrade_client.shapes import is_object, shape

if TYPE_CHECKING:
    from typing import Self

    from typing_extensions import TypeVar as DefaultTypeVar

    T = DefaultTypeVar("T", default=Any)
else:
    T = TypeVar("T")

C = TypeVar("C")

Outcome = Literal["not_sent", "rejected", "unknown"]
Kind = Literal[
    "not_sent",  # the service has not seen the request
    "refused",  # TLS or a proxy said no: the next attempt would meet the same
    "lost",  # sent, and no complete answer
    "server_error",  # 408 and 5xx, but for those below
    "unavailable",  # 503
    "too_early",  # 425
    "throttled",  # 429
    "clock",  # the signature was refused, and the clock is off
    "final",  # everything else
]

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@lru_cache(maxsize=512)
def snake(name: str) -> str:
    """Spell a name of the service as the specification does: `redirectURI`, `redirect_uri`."""
    return _HUMP.sub("_", name).lower()


class BodyObject(dict[str, Any]):
    """A JSON object of an answer: a dict that finds an entry under either of its spellings.

    The service spells `userSecret`, the specification `user_secret`: both find the same entry, to
    read, assign and delete. Iteration shows the service's spelling only.
    """

    __slots__ = ()

    def _spelled(self, key: Any) -> Any:
        """Return the key under which the entry stands, or `key` itself where there is none."""
        if not super().__contains__(key):
            for own in self:
                # The dict is the caller's to change: its keys may be anything.
                if snake(str(own)) == key:
                    return own
        return key

    def __missing__(self, key: Any) -> Any:
        own = self._spelled(key)
        if own == key:
            known = ", ".join(map(str, self))
            raise ApiKeyError(f"{key!r} is not in the answer, which has: {known}")
        return super().__getitem__(own)

    def __contains__(self, key: object) -> bool:
        return super().__contains__(self._spelled(key))

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(self._spelled(key), value)

    def __delitem__(self, key: str) -> None:
        super().__delitem__(self._spelled(key))

    def get(self, key: str, default: Any = None) -> Any:
        """Return the entry under either spelling, else `default`."""
        return super().get(self._spelled(key), default)

    def pop(self, key: str, *default: Any) -> Any:
        """Remove and return the entry under either spelling, else `default`."""
        return super().pop(self._spelled(key), *default)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Return the entry under either spelling; where there is none, put `default` there."""
        return super().setdefault(self._spelled(key), default)

    def update(self, *others: Any, **entries: Any) -> None:
        """Assign entries, each under either spelling; takes what `dict.update` takes."""
        for key, value in dict(*others, **entries).items():
            self[key] = value

    # To type checkers it is dict's, whose signature they find contradictory in a subclass.
    if not TYPE_CHECKING:

        def __ior__(self, other: Any) -> Self:
            self.update(other)
            return self

    def copy(self) -> BodyObject:
        """Return a shallow copy that answers to both spellings too."""
        return BodyObject(self)

    def __reduce__(self) -> tuple[Any, ...]:
        # Entry by entry, a copy would merge two that differ in their spelling only.
        return (BodyObject, (dict(self),))


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


class RateLimit(NamedTuple):
    """What an answer said of the rate limit (docs.snaptrade.com, ratelimiting)."""

    limit: int | None
    """Requests a minute for the client id."""
    remaining: int | None
    """Requests left in this minute."""
    reset: float | None
    """Seconds until the limit resets."""


class Attempt(NamedTuple):
    """One request of a call, and what came of it."""

    result: Kind | Literal["ok"]
    """What happened: `ok`, or the kind of failure (the row of the table in `retry`)."""
    outcome: Outcome | None
    """What a failure says about the service; None where the attempt succeeded."""
    status: int | None
    """The answer's status; None where none arrived."""
    seconds: float
    """How long the attempt took."""
    wait: float
    """Seconds waited after it, before the next attempt; 0 after the last one."""
    request_id: str | None = None
    """The service's id of the request; None where no answer arrived."""

    def __str__(self) -> str:
        parts = [self.result if self.status is None else f"{self.result} {self.status}"]
        parts[0] += f" in {self.seconds * 1000:.1f} ms"
        if self.outcome is not None:
            parts.append(f"outcome {self.outcome}")
        if self.request_id is not None:
            parts.append(f"request id {self.request_id}")
        if self.wait:
            parts.append(f"again after {self.wait:.2f} s")
        return ", ".join(parts)


@dataclass_transform(frozen_default=True)
def _frozen(kind: type[C]) -> type[C]:
    """Tell type checkers that nothing may assign to the attributes of a class."""
    return kind


@_frozen
class ApiResponse(Generic[T]):
    """A complete answer of the service."""

    __slots__ = (
        "attempts",
        "body",
        "data",
        "elapsed",
        "headers",
        "reason",
        "round_trip_time",
        "status",
    )

    body: T
    """The parsed JSON: a dict that answers to both spellings, a list, or None where it is empty."""
    data: bytes
    """The body's bytes as they arrived, decompressed."""
    headers: Headers
    """The headers; names in any case."""
    status: int
    """The HTTP status code."""
    reason: str
    """The status line's reason phrase."""
    round_trip_time: float
    """Seconds of the attempt that was answered, from the first byte sent to the last received."""
    elapsed: float
    """Seconds of the whole call, with its retries and waits."""
    attempts: tuple[Attempt, ...]
    """What each attempt came to, the last one included."""

    def __init__(
        self,
        *,
        body: T,
        status: int,
        headers: Headers,
        reason: str = "",
        data: bytes = b"",
        round_trip_time: float = 0.0,
        elapsed: float = 0.0,
        attempts: tuple[Attempt, ...] = (),
    ) -> None:
        freeze = object.__setattr__
        freeze(self, "body", body)
        freeze(self, "status", status)
        freeze(self, "headers", headers)
        freeze(self, "reason", reason)
        freeze(self, "data", data)
        freeze(self, "round_trip_time", round_trip_time)
        freeze(self, "elapsed", elapsed)
        freeze(self, "attempts", attempts)

    def __reduce__(self) -> tuple[Any, ...]:
        # Pickle would set the attributes.
        return (_rebuild, ({name: getattr(self, name) for name in self.__slots__},))

    # Type checkers would let every attribute be assigned.
    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: object) -> None:
            raise ApiAttributeError(
                f"{name!r} can't be set: an answer is frozen; its body is yours"
            )

        def __delattr__(self, name: str) -> None:
            raise ApiAttributeError(
                f"{name!r} can't be deleted: an answer is frozen; its body is yours"
            )

    @property
    def request_id(self) -> str | None:
        """The service's id of this request, for its support (docs.snaptrade.com, request-ids)."""
        return request_id(self.headers)

    @property
    def rate_limit(self) -> RateLimit:
        """What the answer said of the rate limit; None for each number that it did not give."""
        limit, remaining, reset = (
            header_number(self.headers, f"X-RateLimit-{name}")
            for name in ("Limit", "Remaining", "Reset")
        )
        return RateLimit(
            limit=None if limit is None else int(limit),
            remaining=None if remaining is None else int(remaining),
            reset=reset,
        )

    def __repr__(self) -> str:
        return (
            f"<ApiResponse {self.status} in {self.round_trip_time * 1000:.0f} ms, "
            f"request id {self.request_id}, body {self._outline()}>"
        )

    def _outline(self) -> str:
        # Masking knows names only: the text of an error may repeat a secret.
        if is_object(self.body) and 200 <= self.status <= 299:
            return repr(mask(self.body))
        return f"{shape(self.body)}, {len(self.data)} bytes"


def _rebuild(values: dict[str, Any]) -> ApiResponse[Any]:
    return ApiResponse(**values)


def header_number(headers: Mapping[str, str], name: str) -> float | None:
    """Read a header that holds a plain, non-negative number; None where it does not."""
    text = headers.get(name, "").strip()
    return float(text) if re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,15})?", text) else None
