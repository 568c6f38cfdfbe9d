"""What the sandbox saw: the last requests, as they arrived."""

import threading
from abc import abstractmethod
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar, overload

from snaptrade_client.sandbox.diagnosis import Diagnosis
from snaptrade_client.sandbox.names import METHODS
from snaptrade_client.sandbox.signatures import split_target

LOG_SIZE = 1000
"""How many requests are kept; older ones are forgotten."""

T = TypeVar("T")


class Log(Sequence[T]):
    """What happened, oldest first. Reading it while it is written to is safe.

    `size` is how many entries are kept; None keeps all.
    """

    def __init__(self, size: int | None = None) -> None:
        self._entries: deque[T] = deque(maxlen=size)
        self._lock = threading.Lock()

    @abstractmethod
    def _names(self, entry: T) -> Collection[str]:
        """Give what an entry can be looked up by."""

    @abstractmethod
    def _title(self, entry: T) -> str:
        """Give what an entry is called where a look-up fails."""

    def add(self, entry: T) -> None:
        """Keep an entry."""
        with self._lock:
            self._entries.append(entry)

    def of(self, name: str) -> list[T]:
        """Give the entries of a name, oldest first."""
        return [entry for entry in self if name in self._names(entry)]

    def last(self, name: str) -> T:
        """Give the last entry of a name.

        Raises:
            LookupError: there is none; the text tells which there are.

        """
        entries = self._copy()
        for entry in reversed(entries):
            if name in self._names(entry):
                return entry
        there = ", ".join(dict.fromkeys(map(self._title, entries))) or "none at all"
        raise LookupError(f"there was none for {name!r}; there were: {there}")

    def clear(self) -> None:
        """Forget every entry."""
        with self._lock:
            self._entries.clear()

    def _copy(self) -> list[T]:
        with self._lock:
            return list(self._entries)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        """Give one entry, or a list of them."""
        return self._copy()[index]

    def __iter__(self) -> Iterator[T]:
        """Go through the entries that are there now."""
        return iter(self._copy())

    def __len__(self) -> int:
        """Count the entries."""
        return len(self._entries)

    def __repr__(self) -> str:
        """Show the entries, without their secrets."""
        return f"{type(self).__name__}({self._copy()!r})"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RecordedRequest:
    """One request, exactly as it arrived, and what became of it.

    `signature_accepted` speaks of the signature alone: a request that is refused for its timestamp
    or its user may be signed well. It is None where no signature was looked at: an unknown path, a
    body that is not JSON, the portal, a fault that came first.

    `operation` is the short name of one of the five operations, or None for anything else. `fault`
    says which fault the request met: "Drop('after')". `status` is what the sandbox decided on,
    whether it arrived or not, and None where a fault dropped the request before that.

    `diagnosis` says why a request was refused for its signature or its timestamp (code 1076), and
    is None for any other. `at` is when its answer was ready, in Unix seconds of the sandbox's
    clock, and `seconds` how long that took.

    The query, the signature, the headers and the body hold secrets: the repr does not show them.
    """

    method: str
    target: str
    signature: str | None
    content_type: str | None
    body: bytes
    signature_accepted: bool | None
    status: int | None
    request_id: str
    operation: str | None = None
    fault: str | None = None
    diagnosis: Diagnosis | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    at: float = 0.0
    seconds: float = 0.0

    @property
    def path(self) -> str:
        """The raw path of the target, without the query."""
        return split_target(self.target)[0]

    @property
    def query(self) -> str:
        """The raw query of the target, "" where there is none."""
        return split_target(self.target)[1]

    def __repr__(self) -> str:
        verdict = {None: "not checked", True: "accepted", False: "refused"}[self.signature_accepted]
        if self.diagnosis is not None:
            verdict += f" ({', '.join(mistake.name for mistake in self.diagnosis.mistakes)})"
        fault = f", fault: {self.fault}" if self.fault else ""
        return f"<{self.method} {self.path}: {self.status}, signature {verdict}{fault}>"


class RequestLog(Log[RecordedRequest]):
    """The last 1,000 requests, oldest first. Reading it while requests arrive is safe.

    `of` and `last` look up an operation ("login", or the client's method), a path ("/portal"; that
    of an operation with the base path or without) or a method ("POST").
    """

    def __init__(self) -> None:
        super().__init__(LOG_SIZE)

    def _names(self, entry: RecordedRequest) -> Collection[str]:
        names = {entry.method, entry.path, entry.path.removeprefix("/api/v1")}
        if entry.operation is not None:
            names |= {entry.operation, METHODS[entry.operation]}
        return names

    def _title(self, entry: RecordedRequest) -> str:
        return entry.operation or f"{entry.method} {entry.path}"
