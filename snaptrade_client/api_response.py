"""What a call gives back: the answer, its rate limit, and how it was obtained.

Strategy: answers are frozen, except for the body, which is the caller's to change. What few
callers look at (rate limit, request id) is read from the headers when it is asked for.
"""

from __future__ import annotations

from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    NamedTuple,
    SupportsBytes,
    TypeVar,
    dataclass_transform,
)

from snaptrade_client.attempts import Attempt
from snaptrade_client.exceptions import ApiAttributeError
from snaptrade_client.headers import Headers, header_number, request_id
from snaptrade_client.redaction import boundary, mask
from snaptrade_client.shapes import is_object, shape

if TYPE_CHECKING:
    from typing_extensions import TypeVar as DefaultTypeVar

    T = DefaultTypeVar("T", default=Any)
else:
    T = TypeVar("T")

__all__ = ["ApiResponse", "Attempt", "RateLimit"]

C = TypeVar("C")


class RateLimit(NamedTuple):
    """What an answer said of the rate limit (docs.snaptrade.com, ratelimiting)."""

    limit: int | None
    """Requests a minute for the client id."""
    remaining: int | None
    """Requests left in this minute."""
    reset: float | None
    """Seconds until the limit resets."""


@dataclass_transform(frozen_default=True)
def _frozen(kind: type[C]) -> type[C]:
    """Tell type checkers that nothing may assign to the attributes of a class."""
    return kind


@_frozen
class ApiResponse(Generic[T]):
    """A complete answer of the service."""

    __slots__ = (
        "_arrived",
        "_data",
        "attempts",
        "body",
        "elapsed",
        "headers",
        "reason",
        "round_trip_time",
        "status",
    )

    _data: bytes | SupportsBytes
    body: T
    """The parsed JSON: a dict that answers to both spellings, a list, or None where it is empty."""
    headers: Headers
    """The headers; names in any case."""
    status: int
    """The HTTP status code."""
    reason: str
    """The status line's reason phrase."""
    round_trip_time: float
    """Seconds of the attempt that was answered, with connecting where that was needed."""
    elapsed: float
    """Seconds of the whole call, with its retries and waits."""
    attempts: tuple[Attempt, ...]
    """What each attempt came to, the last one included."""

    # When it was complete, by the client's monotonic clock, for the time that a portal link has
    # left. None in a copy, which may be in another process.
    _arrived: float | None

    def __init__(
        self,
        *,
        body: T,
        status: int,
        headers: Headers,
        reason: str = "",
        data: bytes | SupportsBytes = b"",
        round_trip_time: float = 0.0,
        elapsed: float = 0.0,
        attempts: tuple[Attempt, ...] = (),
        arrived: float | None = None,
    ) -> None:
        freeze = object.__setattr__
        freeze(self, "body", body)
        freeze(self, "status", status)
        freeze(self, "headers", headers)
        freeze(self, "reason", reason)
        freeze(self, "_data", data)
        freeze(self, "round_trip_time", round_trip_time)
        freeze(self, "elapsed", elapsed)
        freeze(self, "attempts", attempts)
        freeze(self, "_arrived", arrived)

    def __reduce__(self) -> tuple[Any, ...]:
        # Pickle would set the attributes.
        names = (name.removeprefix("_") for name in self.__slots__ if name != "_arrived")
        return (_rebuild, ({name: getattr(self, name) for name in names},))

    # Type checkers would let every attribute be assigned.
    if not TYPE_CHECKING:

        @boundary
        def __setattr__(self, name: str, value: object) -> None:
            raise ApiAttributeError(
                f"{name!r} can't be set: an answer is frozen; its body is yours"
            )

        def __delattr__(self, name: str) -> None:
            raise ApiAttributeError(
                f"{name!r} can't be deleted: an answer is frozen; its body is yours"
            )

    @property
    def data(self) -> bytes:
        """The body's bytes as they arrived, decompressed."""
        return bytes(self._data)

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

    def _repr_html_(self) -> str:
        from snaptrade_client.notebook import response_html  # noqa: PLC0415 - notebooks alone ask

        return response_html(self)

    def _outline(self) -> str:
        # Masking knows names only: the text of an error may repeat a secret.
        if is_object(self.body) and 200 <= self.status <= 299:
            return repr(mask(self.body))
        return f"{shape(self.body)}, {len(self.data)} bytes"


def _rebuild(values: dict[str, Any]) -> ApiResponse[Any]:
    return ApiResponse(**values)
