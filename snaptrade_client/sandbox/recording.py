"""What the sandbox saw: the last requests, as they arrived."""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from snaptrade_client.sandbox.signatures import split_target

LOG_SIZE = 1000
"""How many requests are kept; older ones are forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RecordedRequest:
    """One request, exactly as it arrived, and what became of it.

    `signature_accepted` speaks of the signature alone: a request that is refused for its timestamp
    or its user may be signed well. It is None where no signature was looked at: an unknown path, a
    body that is not JSON, the portal.

    The query, the signature and the body hold secrets: the repr does not show them.
    """

    method: str
    target: str
    signature: str | None
    content_type: str | None
    body: bytes
    signature_accepted: bool | None
    status: int
    request_id: str

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
        return f"<{self.method} {self.path}: {self.status}, signature {verdict}>"


class RequestLog(Sequence[RecordedRequest]):
    """The last 1,000 requests, oldest first. Reading it while requests arrive is safe."""

    def __init__(self) -> None:
        """Start empty."""
        self._requests: deque[RecordedRequest] = deque(maxlen=LOG_SIZE)
        self._lock = threading.Lock()

    def add(self, request: RecordedRequest) -> None:
        """Keep a request."""
        with self._lock:
            self._requests.append(request)

    def clear(self) -> None:
        """Forget every request."""
        with self._lock:
            self._requests.clear()

    def _copy(self) -> list[RecordedRequest]:
        with self._lock:
            return list(self._requests)

    @overload
    def __getitem__(self, index: int) -> RecordedRequest: ...
    @overload
    def __getitem__(self, index: slice) -> list[RecordedRequest]: ...
    def __getitem__(self, index: int | slice) -> RecordedRequest | list[RecordedRequest]:
        """Give one request, or a list of them."""
        return self._copy()[index]

    def __iter__(self) -> Iterator[RecordedRequest]:
        """Go through the requests that are there now."""
        return iter(self._copy())

    def __len__(self) -> int:
        """Count the requests."""
        return len(self._requests)

    def __repr__(self) -> str:
        """Show the requests, without their secrets."""
        return f"RequestLog({self._copy()!r})"
