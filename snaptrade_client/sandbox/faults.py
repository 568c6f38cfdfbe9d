"""What the service is told to do wrong, and when.

Strategy: a fault is a value, `Faults` a queue of them behind one lock. A request for an operation
takes the first fault that is meant for it, and never more than one: so N faults hit exactly N
requests, whatever the threads do. What a request takes is decided here; `app` does it.
"""

import re
import threading
from collections.abc import Mapping
from dataclasses import MISSING, Field, asdict, dataclass, field, fields
from typing import Any, ClassVar, Literal, cast

from snaptrade_client.checks import similar, text
from snaptrade_client.exceptions import ApiTypeError, ApiValueError
from snaptrade_client.sandbox.arguments import LONGEST_SHIFT, number, whole
from snaptrade_client.sandbox.names import ANY, short_name

CUT = "snaptrade_client.cut"
"""Where the app tells the server, in the WSGI environment, to cut the connection: after how many
bytes of the body, or None for an answer of which nothing is sent."""

LONGEST_DELAY = 600
"""Seconds that a fault waits at most."""

_CODE = re.compile(r"[0-9]{4}", re.ASCII)

When = Literal["before", "after"]
"""Before the operation has begun, or after it has acted (or refused the request)."""


class _Fault:
    kind: ClassVar[str]

    def __repr__(self) -> str:
        """Give the fault as one writes it: "Status(503, when='after')"."""
        parts = [
            f"{part.name}={value!r}" if part.kw_only else repr(value)
            for part in fields(cast("Fault", self))
            if (value := getattr(self, part.name)) != part.default
        ]
        return f"{type(self).__name__}({', '.join(parts)})"


@dataclass(frozen=True, slots=True, repr=False)
class Status(_Fault):
    """Answer with an error: `status` is from 400 to 599.

    `code` is the service's code for it, such as "1066", in the shape that goes with it, and
    `retry_after`, in seconds, becomes the header. With `when="after"` the operation has acted, and
    its answer is lost.
    """

    kind = "status"
    status: int
    code: str | None = field(default=None, kw_only=True)
    retry_after: int | None = field(default=None, kw_only=True)
    when: When = field(default="before", kw_only=True)

    def __post_init__(self) -> None:
        whole("status", self.status, 400, 599)
        if self.code is not None and not _CODE.fullmatch(text("code", self.code)):
            raise ApiValueError('code must be of four digits, such as "1066"')
        if self.retry_after is not None:
            whole("retry_after", self.retry_after, 0, LONGEST_SHIFT)
        _when(self.when)


@dataclass(frozen=True, slots=True, repr=False)
class Delay(_Fault):
    """Wait for `seconds`, then go on as if nothing were; at most ten requests wait at a time."""

    kind = "delay"
    seconds: float
    when: When = field(default="before", kw_only=True)

    def __post_init__(self) -> None:
        number("seconds", self.seconds, 0, LONGEST_DELAY)
        _when(self.when)


@dataclass(frozen=True, slots=True, repr=False)
class Drop(_Fault):
    """Close the connection without an answer, before the operation or after it has acted."""

    kind = "drop"
    when: When = "before"

    def __post_init__(self) -> None:
        _when(self.when)


@dataclass(frozen=True, slots=True, repr=False)
class Truncate(_Fault):
    """Close the connection `after` so many bytes of the body; the last byte is always missing."""

    kind = "truncate"
    when: ClassVar[When] = "after"
    after: int

    def __post_init__(self) -> None:
        whole("after", self.after, 0, LONGEST_SHIFT)


@dataclass(frozen=True, slots=True, repr=False)
class BadJson(_Fault):
    """Act, and answer with a body that is not JSON: the last character is missing."""

    kind = "bad_json"
    when: ClassVar[When] = "after"


@dataclass(frozen=True, slots=True, repr=False)
class Throttle(_Fault):
    """Refuse the request as beyond the rate limit, for `seconds`; it is not counted."""

    kind = "throttle"
    when: ClassVar[When] = "before"
    seconds: int

    def __post_init__(self) -> None:
        whole("seconds", self.seconds, 0, LONGEST_SHIFT)


@dataclass(frozen=True, slots=True, repr=False)
class ClockOff(_Fault):
    """Judge the request by a clock that is `seconds` ahead, or (negative) behind.

    The answer's `Date` tells that clock's time, and tokens are made by it.
    """

    kind = "clock_off"
    when: ClassVar[When] = "before"
    seconds: float

    def __post_init__(self) -> None:
        number("seconds", self.seconds, -LONGEST_SHIFT, LONGEST_SHIFT)


Fault = Status | Delay | Drop | Truncate | BadJson | Throttle | ClockOff

KINDS: Mapping[str, type[Fault]] = {
    fault.kind: fault for fault in (Status, Delay, Drop, Truncate, BadJson, Throttle, ClockOff)
}


@dataclass(frozen=True, slots=True)
class Pending:
    """A fault that waits for its requests: `left` of them."""

    operation: str
    fault: Fault
    left: int


class Faults:
    """The faults that are to come, in the order in which they were added."""

    def __init__(self) -> None:
        self._pending: list[Pending] = []
        self._lock = threading.Lock()

    def add(self, operation: str, fault: Fault, *, times: int = 1) -> None:
        """Let the next `times` requests for an operation meet a fault.

        Args:
            operation: "register", "list", "login", "jwt", "delete", the name of the client's
                method, or "any".
            fault: such as `Status(503)` or `Drop("after")`.
            times: how many requests it is for.

        Raises:
            ApiTypeError, ApiValueError: an argument is of no use, and which.

        """
        if not isinstance(fault, tuple(KINDS.values())):
            # A class in the place of its instance is the likely mistake.
            raise ApiTypeError(
                f"fault must be one of {', '.join(kind.__name__ for kind in KINDS.values())}, "
                f"such as Status(503), not {type(fault).__name__}"
            )
        entry = Pending(short_name(operation), fault, whole("times", times, 1, LONGEST_SHIFT))
        with self._lock:
            self._pending.append(entry)

    def clear(self) -> None:
        """Forget the faults that are to come; one that has been taken goes on."""
        with self._lock:
            self._pending.clear()

    @property
    def pending(self) -> tuple[Pending, ...]:
        """The faults that are to come."""
        with self._lock:
            return tuple(self._pending)

    def take(self, operation: str) -> Fault | None:
        """Give the fault that a request meets, and count it; `operation` is a short name."""
        with self._lock:
            for index, entry in enumerate(self._pending):
                if entry.operation in (operation, ANY):
                    later = Pending(entry.operation, entry.fault, entry.left - 1)
                    self._pending[index : index + 1] = [later] if later.left else []
                    return entry.fault
        return None

    def __repr__(self) -> str:
        listed = ", ".join(f"{e.operation}: {e.fault} ({e.left})" for e in self.pending)
        return f"<Faults {listed or 'none'}>"


def from_fields(given: Mapping[str, object]) -> Fault:
    """Make a fault of its JSON form: `{"fault": "status", "status": 503}`.

    Raises:
        ApiTypeError, ApiValueError: a field is of no use, missing or unknown, and which.

    """
    name = given.get("fault")
    kind: Any = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ApiValueError(f"fault is not a kind of fault{similar(str(name), KINDS)}")
    known: dict[str, Field[object]] = {part.name: part for part in fields(kind)}
    values = {key: value for key, value in given.items() if key != "fault"}
    for key in values:
        if key not in known:
            raise ApiValueError(f"{key} is not a field of {name}; there are: {_listed(known)}")
    for key, part in known.items():
        if part.default is MISSING and key not in values:
            raise ApiValueError(f"{key} is missing: {name} needs it")
    # The fault itself checks the values.
    return cast("Fault", kind(**values))


def to_fields(fault: Fault) -> dict[str, object]:
    """Give the JSON form of a fault."""
    return {"fault": fault.kind, **asdict(fault)}


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(names) or "none"


def _when(value: object) -> None:
    if value not in ("before", "after"):
        raise ApiValueError('when must be "before" or "after"')
