"""What every failed call knows, what it says, and what it carries into another process.

Strategy: whoever raises a failure assigns its attributes; its text is made from them when it is
asked for, until it is sealed, which fixes the text without the call's secrets. The classes are
public in `exceptions`, and name it as their home.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from snaptrade_client.headers import Headers, in_any_case, request_id
from snaptrade_client.redaction import Secrets, mask, mask_urls
from snaptrade_client.shapes import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from snaptrade_client.api_response import ApiResponse
    from snaptrade_client.attempts import Attempt, Kind, Outcome

# The service's texts are short; a proxy's may be a page.
_LONGEST_TEXT = 500
# What ends a line, moves a terminal's cursor or turns a text's direction: whoever answers could
# forge lines of a log with it.
_UNSHOWN = re.compile("[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_PUBLIC_HOME = "snaptrade_client.exceptions"


class OpenApiException(Exception):
    """The base of everything that this package raises."""

    __module__ = _PUBLIC_HOME


class ApiException(OpenApiException):
    """A call failed: the service refused it, or no usable answer arrived.

    `str()` starts with the status and the reason, then the service's detail and code, then the
    request id; on one line, never a header or a secret. A pickled exception carries its secrets
    masked.
    """

    __module__ = _PUBLIC_HOME

    status: int | None
    """The answer's HTTP status; None where no answer arrived."""
    reason: str | None
    """The answer's reason phrase; where no answer arrived, what happened instead."""
    body: Any
    """The answer's body: a dict or list where it is JSON, else str, bytes or None."""
    headers: Mapping[str, str] | None
    """The answer's headers; names in any case. None where no answer arrived."""
    round_trip_time: float | None
    """Seconds of the last attempt."""
    api_response: ApiResponse[Any] | None
    """The whole answer; None where no complete one arrived."""
    data: bytes | None = None
    """The bytes of the body that arrived, complete or not."""
    outcome: Outcome | None = None
    """What the failure says about the service.

    `not_sent`: it has not seen the request; `rejected`: it said no; `unknown`: it may have acted.
    """
    attempts: tuple[Attempt, ...] = ()
    """What each attempt came to, the last one included."""
    safe_to_retry: bool = False
    """Whether sending the same call again is harmless, and may help."""
    retry_after: float | None = None
    """Seconds after which the service takes requests again, where it said so."""
    prior_attempt_unknown: bool = False
    """Whether an earlier attempt of this call had an unknown outcome.

    A NotFoundError of a deletion then most likely means that the first attempt deleted the user.
    """
    kind: Kind = "final"
    """The row of the table of what is tried again (docs/errors.md) that the failure falls under."""

    _text: str | None = None
    _secrets: Secrets = Secrets()

    def __init__(
        self,
        status: int | None = None,
        reason: str | None = None,
        api_response: ApiResponse[Any] | None = None,
    ) -> None:
        # No args: they would show up in pickles and in the repr of a bare Exception.
        super().__init__()
        self.status = status
        self.reason = reason
        self.api_response = api_response
        self.body = None
        self.headers = None
        self.round_trip_time = None
        if api_response is not None:
            self.status = api_response.status if status is None else status
            self.reason = api_response.reason if reason is None else reason
            self.body = api_response.body
            self.data = api_response.data
            self.headers = api_response.headers
            self.round_trip_time = api_response.round_trip_time

    @property
    def request_id(self) -> str | None:
        """The service's id of this request, for its support (docs.snaptrade.com, request-ids)."""
        return request_id(in_any_case(self.headers))

    @property
    def code(self) -> str | int | None:
        """The service's error code: a str or an int, as it came, for example 1011 or "0000"."""
        told = self._told("code", "default_code")
        return next((code for code in told if isinstance(code, str | int)), None)

    @property
    def detail(self) -> str | None:
        """The service's own description of the error."""
        told = self._told("detail", "default_detail", "message")
        return next((detail for detail in told if isinstance(detail, str)), None)

    def _told(self, *names: str) -> Iterator[Any]:
        # The service has several shapes for its errors, and may leave a field null.
        if is_object(self.body):
            yield from (self.body[name] for name in names if name in self.body)

    def _describe(self) -> str:
        """Put the text together from the attributes, as they are now."""
        known = [self._shown(part) for part in (self.status, self.reason) if part not in (None, "")]
        text = " ".join(known) or "the call failed"
        if self.detail and not self._is_success:
            text += f": {self._shown(self.detail)}"
        notes = [
            f"{name} {self._shown(value)}"
            for name, value in (("code", self.code), ("request id", self.request_id))
            if value is not None
        ]
        return _UNSHOWN.sub(_escaped, f"{text} ({', '.join(notes)})" if notes else text)

    def _shown(self, told: object) -> str:
        # Scrubbed before it is cut, or the beginning of a secret could be left.
        return mask_urls(self._secrets.scrub(str(told))[:_LONGEST_TEXT])

    @property
    def _is_success(self) -> bool:
        """Whether the service meant to say yes, and so may have told a secret."""
        return isinstance(self.status, int) and 200 <= self.status <= 299

    def _seal(self, secrets: Iterable[str]) -> None:
        """Fix the text of the exception without `secrets`, and keep them out of pickles."""
        self._secrets = Secrets(secrets)
        self._text = self._secrets.scrub(self._describe())

    def __str__(self) -> str:
        return self._describe() if self._text is None else self._text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def _repr_html_(self) -> str:
        from snaptrade_client.notebook import failure_html  # noqa: PLC0415 - notebooks alone ask

        return failure_html(self)

    def __reduce__(self) -> tuple[Any, ...]:
        left_out = {"api_response": None, "data": None}
        if self._is_success or not (is_object(self.body) or is_array(self.body)):
            # In a text, in cut JSON for example, no name tells what is a secret; nor does one that
            # can be relied on in a 2xx that is not what it should be.
            left_out["body"] = None
        state = self._secrets.scrub_all(mask({**self.__dict__, **left_out}))
        # `mask` makes plain dicts and lists; the attempts hold no secret.
        if isinstance(self.headers, Headers):
            state["headers"] = Headers(state["headers"].items())
        state |= {"attempts": self.attempts, "_text": self._text or self._describe()}
        state.pop("_secrets", None)
        return (_rebuild, (type(self), state))


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def _rebuild(kind: type[ApiException], state: dict[str, Any]) -> ApiException:
    failure = kind.__new__(kind)
    failure.__dict__.update(state)
    return failure
