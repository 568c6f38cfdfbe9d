"""Everything that a client raises, and what it warns of; `webhooks` has errors of its own.

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
from urllib.parse import urlsplit

from snaptrade_client.failures import ApiException, OpenApiException
from snaptrade_client.headers import in_any_case

__all__ = [
    "ApiAttributeError",
    "ApiException",
    "ApiKeyError",
    "ApiTypeError",
    "ApiValueError",
    "BadRequestError",
    "ClientError",
    "ConflictError",
    "ConnectTimeoutError",
    "ConnectionFailedError",
    "ConnectionLostError",
    "DeadlineExceededError",
    "DecryptionError",
    "ForbiddenError",
    "InsecureConnectionWarning",
    "InvalidResponseError",
    "MissingExtraError",
    "NameResolutionError",
    "NotFoundError",
    "OpenApiException",
    "ProxyError",
    "RateLimitError",
    "ReadTimeoutError",
    "RedirectError",
    "RegistrationInvalidResponseError",
    "RegistrationOutcomeUnknown",
    "RegistrationServerError",
    "RegistrationTimeoutError",
    "RegistrationTransportError",
    "ServerError",
    "TlsError",
    "TransportError",
    "UnauthorizedError",
]


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


class InsecureConnectionWarning(UserWarning):
    """A client was made that does not check who answers.

    That is so with `verify_ssl=False`, and with `assert_hostname=False`.
    """


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

    def _describe(self) -> str:
        """Put the text together; of the target it names the host only."""
        location = in_any_case(self.headers).get("Location", "")
        try:
            host = urlsplit(location).hostname or ""
        except ValueError:
            host = ""
        target = host if re.fullmatch(r"[A-Za-z0-9.:-]+", host) else "another path"
        return f"{super()._describe()}; it points to {target}, and no redirect is followed"


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
