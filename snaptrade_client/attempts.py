"""What comes of a request: the words for it, and the record that a call keeps of each attempt."""

from __future__ import annotations

from typing import Literal, NamedTuple

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
