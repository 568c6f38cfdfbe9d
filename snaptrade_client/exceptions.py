"""Everything that this package raises.

Strategy: "you erred" and "the service or the network erred" are different branches, and every
leaf of the second says what the failure means for the other side (`outcome`).

OpenApiException
├── ApiTypeError (TypeError)            an argument of the wrong type; nothing was sent
├── ApiValueError (ValueError)          an argument of a wrong value; nothing was sent
├── ApiKeyError (KeyError)              a field that the answer does not have
├── ApiAttributeError (AttributeError)  an attribute that does not exist or can't be set
├── MissingExtraError (ImportError)     a part of the package that needs an extra
├── DecryptionError (ValueError)        an encrypted answer that the key does not open
└── ApiException                        the call failed
    ├── ClientError                     4xx; in it:
    │   ├── BadRequestError             400
    │   ├── UnauthorizedError           401
    │   ├── ForbiddenError              403
    │   ├── NotFoundError               404
    │   ├── ConflictError               409
    │   └── RateLimitError              429
    ├── ServerError                     5xx
    ├── RedirectError                   3xx: no redirect is followed
    ├── InvalidResponseError            an answer that is not what HTTP or the API promise
    ├── TransportError                  no complete answer; in it:
    │   ├── NameResolutionError         the host's name was not found
    │   ├── ConnectionFailedError       refused or unreachable
    │   ├── ConnectTimeoutError         no connection within the connect timeout
    │   ├── TlsError                    no secure connection
    │   ├── ProxyError                  the proxy refused
    │   ├── ReadTimeoutError            silent for longer than the read timeout
    │   ├── ConnectionLostError         closed or reset before the answer was complete
    │   └── DeadlineExceededError       the call's deadline passed
    └── RegistrationOutcomeUnknown      a registration that may have happened; one of:
        ├── RegistrationServerError           also a ServerError
        ├── RegistrationInvalidResponseError  also an InvalidResponseError
        ├── RegistrationTransportError        also a TransportError
        └── RegistrationTimeoutError          408: also a ClientError
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from frozendict import frozendict

from snaptrade_client.redaction import Secrets, mask, request_id
from snaptrade_client.shapes import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from snaptrade_client.api_response import ApiResponse, Attempt, Kind, Outcome

# The service's texts are short; a proxy's may be a page.
_LONGEST_DETAIL = 500


class OpenApiException(Exception):
    """The base of everything that this package raises."""


class ApiTypeError(OpenApiException, TypeError):
    """An argument is of the wrong type. Nothing was sent."""


class ApiValueError(OpenApiException, ValueError):
    """An argument has a value that can't be right. Nothing was sent."""


class ApiKeyError(OpenApiException, KeyError):
    """A body was asked for a field that it does not have."""

    def __str__(self) -> str:
        # KeyError would print the message's repr.
        return Exception.__str__(self)


class ApiAttributeError(OpenApiException, AttributeError):
    """An attribute does not exist, or can't be set."""


class MissingExtraError(OpenApiException, ImportError):
    """A part of the package was used that needs an extra which is not installed."""

    def __init__(self, extra: str) -> None:
        super().__init__(extra)
        self.extra = extra

    def __str__(self) -> str:
        return (
            f"this needs the extra {self.extra!r}: "
            f'python -m pip install "snaptrade-client[{self.extra}]"'
        )


class DecryptionError(OpenApiException, ValueError):
    """An encrypted answer can't be opened with this key."""


class ApiException(OpenApiException):
    """A call failed: the service refused it, or no usable answer arrived.

    `str()` starts with the status and the reason, then the service's detail and code, then the
    request id; never a header or a secret. A pickled exception carries its secrets masked.
    """

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
    """Whether the same call can be sent again without harm, be it of use or not."""
    retry_after: float | None = None
    """Seconds after which the service takes requests again, where it said so."""
    prior_attempt_unknown: bool = False
    """Whether an earlier attempt of this call had an unknown outcome.

    A NotFoundError of a deletion then most likely means that the first attempt deleted the user.
    """

    kind: Kind = "final"
    """The row of the retry table that the failure falls under."""

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
            self.body = api_response.body
            self.data = api_response.data
            self.headers = api_response.headers
            self.round_trip_time = api_response.round_trip_time

    @property
    def request_id(self) -> str | None:
        """The service's id of this request, for its support (docs.snaptrade.com, request-ids)."""
        return request_id(self.headers or {})

    @property
    def code(self) -> str | int | None:
        """The service's error code: a str or an int, as it came, for example 1011 or "0000"."""
        code = self._told("code", "default_code")
        return code if isinstance(code, str | int) else None

    @property
    def detail(self) -> str | None:
        """The service's own description of the error."""
        detail = self._told("detail", "default_detail", "message")
        return detail if isinstance(detail, str) else None

    def _told(self, *names: str) -> Any:
        # The service has several shapes for its errors.
        if not is_object(self.body):
            return None
        return next((self.body[name] for name in names if name in self.body), None)

    def describe(self) -> str:
        """Put the text together from the attributes, as they are now."""
        known = [str(part) for part in (self.status, self.reason) if part not in (None, "")]
        text = " ".join(known) or "the call failed"
        if self.detail:
            # Scrubbed before it is cut, or the beginning of a secret could be left.
            text += f": {self._secrets.scrub(self.detail)[:_LONGEST_DETAIL]}"
        notes = [
            f"{name} {value}"
            for name, value in (("code", self.code), ("request id", self.request_id))
            if value is not None
        ]
        return f"{text} ({', '.join(notes)})" if notes else text

    def seal(self, secrets: Iterable[str]) -> None:
        """Fix the text of the exception without `secrets`, and keep them out of pickles."""
        self._secrets = Secrets(secrets)
        self._text = self._secrets.scrub(self.describe())

    def __str__(self) -> str:
        return self.describe() if self._text is None else self._text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        from snaptrade_client.api_response import Headers  # noqa: PLC0415 - it needs this module

        left_out = {"api_response": None, "data": None}
        if not (is_object(self.body) or is_array(self.body)):
            # In a text, in cut JSON for example, no name tells what is a secret.
            left_out["body"] = None
        state = self._secrets.scrub_all(mask({**self.__dict__, **left_out}))
        # `mask` makes plain dicts and lists; the attempts hold no secret.
        if isinstance(self.headers, Headers):
            state["headers"] = Headers(state["headers"].items())
        state |= {"attempts": self.attempts, "_text": self._text or self.describe()}
        state.pop("_secrets", None)
        return (_rebuild, (type(self), state))


def _rebuild(kind: type[ApiException], state: dict[str, Any]) -> ApiException:
    failure = kind.__new__(kind)
    failure.__dict__.update(state)
    return failure


class ClientError(ApiException):
    """4xx: the service refused the request."""


class BadRequestError(ClientError):
    """400: the service can't use what was sent; `code` 1010 means that the user exists."""


class UnauthorizedError(ClientError):
    """401: the signature (`code` 1076), the user id or the user secret (1083) is wrong."""


class ForbiddenError(ClientError):
    """403: the client id may not do this."""


class NotFoundError(ClientError):
    """404: there is no such user or endpoint."""


class ConflictError(ClientError):
    """409: the request contradicts the present state."""


class RateLimitError(ClientError):
    """429: too many requests; `retry_after` says when the service takes the next one."""


class ServerError(ApiException):
    """5xx: the service failed; it may have acted before it did."""


class RedirectError(ApiException):
    """3xx: a signed request is never sent to where a redirect points."""

    def describe(self) -> str:
        """Put the text together; of the target it names the host only."""
        location = (self.headers or {}).get("Location", "")
        host = re.match(r"(?:[a-zA-Z]+:)?//(?:[^/?#@]*@)?([A-Za-z0-9.\-:\[\]]+)", location)
        target = host[1] if host else "another path"
        return f"{super().describe()}; it points to {target}, and no redirect is followed"


class InvalidResponseError(ApiException):
    """An answer that is not what HTTP or the API promise; `data` holds what arrived of it."""


class TransportError(ApiException):
    """No complete answer arrived."""


class NameResolutionError(TransportError):
    """The host's name was not found, or not within the connect timeout."""


class ConnectionFailedError(TransportError):
    """No address of the host took the connection."""


class ConnectTimeoutError(TransportError):
    """No connection within the connect timeout."""


class TlsError(TransportError):
    """No secure connection: certificate, host name or protocol version."""


class ProxyError(TransportError):
    """The proxy did not open a connection to the service."""


class ReadTimeoutError(TransportError):
    """The service was silent for longer than the read timeout."""


class ConnectionLostError(TransportError):
    """The connection ended before the answer was complete."""


class DeadlineExceededError(TransportError):
    """The call's deadline passed before the answer was complete."""


class RegistrationOutcomeUnknown(ApiException):
    """A registration may have happened, but its answer, with the secret, did not arrive whole.

    Look at `body` and `data` first: what arrived of the answer is there. If the secret is not, list
    the users. If the user is there and was not before, delete it, wait for the `USER_DELETED`
    webhook, and register it again. The secret can't be had in another way.
    """

    user_id: str | None = None
    """The user id that was to be registered; None where the service was to choose one."""

    def __str__(self) -> str:
        return (
            f"{super().__str__()}; the user may have been registered: look for its secret in "
            "`body` and `data`; else list the users, and if this one is there and was not before "
            "the call, delete it, wait for USER_DELETED and register it again"
        )


class RegistrationServerError(RegistrationOutcomeUnknown, ServerError):
    """The service failed while it registered the user."""


class RegistrationInvalidResponseError(RegistrationOutcomeUnknown, InvalidResponseError):
    """The answer to a registration is not usable; `data` holds what arrived of it."""


class RegistrationTransportError(RegistrationOutcomeUnknown, TransportError):
    """No complete answer to a registration arrived; `data` holds what did."""


class RegistrationTimeoutError(RegistrationOutcomeUnknown, ClientError):
    """408: the service, or something before it, gave up on a registration."""


_STATUS_ERRORS: frozendict[int, type[ApiException]] = frozendict(
    {
        400: BadRequestError,
        401: UnauthorizedError,
        403: ForbiddenError,
        404: NotFoundError,
        409: ConflictError,
        429: RateLimitError,
    }
)
_CLASS_ERRORS: frozendict[int, type[ApiException]] = frozendict(
    {3: RedirectError, 4: ClientError, 5: ServerError}
)


def error_class(status: int) -> type[ApiException]:
    """Return the exception class of a status that is not 2xx."""
    return _STATUS_ERRORS.get(status) or _CLASS_ERRORS.get(status // 100, InvalidResponseError)


def registration_unknown(failure: ApiException, user_id: str | None) -> RegistrationOutcomeUnknown:
    """Make of a failure of unknown outcome the one that tells how to recover."""
    kind = next(kind for base, kind in _REGISTRATION_ERRORS if isinstance(failure, base))
    unknown = kind.__new__(kind)
    unknown.__dict__.update(failure.__dict__)
    unknown.user_id = user_id
    return unknown


_REGISTRATION_ERRORS = (
    (ServerError, RegistrationServerError),
    (InvalidResponseError, RegistrationInvalidResponseError),
    (TransportError, RegistrationTransportError),
    (ClientError, RegistrationTimeoutError),
)
