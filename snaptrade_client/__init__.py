"""A client of the SnapTrade API: registers an app's users, and links them to their brokerages."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from snaptrade_client import api_client as api_client
    from snaptrade_client import client as client
    from snaptrade_client import configuration as configuration
    from snaptrade_client import encryption as encryption
    from snaptrade_client import exceptions as exceptions
    from snaptrade_client import signing as signing
    from snaptrade_client import types as types
    from snaptrade_client import webhooks as webhooks
    from snaptrade_client.api_client import ApiClient
    from snaptrade_client.api_response import ApiResponse, RateLimit
    from snaptrade_client.attempts import Attempt
    from snaptrade_client.authentication import AuthenticationApi
    from snaptrade_client.client import SnapTrade
    from snaptrade_client.configuration import Configuration
    from snaptrade_client.exceptions import (
        ApiAttributeError,
        ApiException,
        ApiKeyError,
        ApiTypeError,
        ApiValueError,
        BadRequestError,
        ClientError,
        ConflictError,
        ConnectionFailedError,
        ConnectionLostError,
        ConnectTimeoutError,
        DeadlineExceededError,
        DecryptionError,
        ForbiddenError,
        InsecureConnectionWarning,
        InvalidResponseError,
        MissingExtraError,
        NameResolutionError,
        NotFoundError,
        OpenApiException,
        ProxyError,
        RateLimitError,
        ReadTimeoutError,
        RedirectError,
        RegistrationInvalidResponseError,
        RegistrationOutcomeUnknown,
        RegistrationServerError,
        RegistrationTimeoutError,
        RegistrationTransportError,
        ServerError,
        TlsError,
        TransportError,
        UnauthorizedError,
    )

__version__ = "0.1.0"

__all__ = [
    "ApiAttributeError",
    "ApiClient",
    "ApiException",
    "ApiKeyError",
    "ApiResponse",
    "ApiTypeError",
    "ApiValueError",
    "Attempt",
    "AuthenticationApi",
    "BadRequestError",
    "ClientError",
    "Configuration",
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
    "RateLimit",
    "RateLimitError",
    "ReadTimeoutError",
    "RedirectError",
    "RegistrationInvalidResponseError",
    "RegistrationOutcomeUnknown",
    "RegistrationServerError",
    "RegistrationTimeoutError",
    "RegistrationTransportError",
    "ServerError",
    "SnapTrade",
    "TlsError",
    "TransportError",
    "UnauthorizedError",
    "__version__",
]

_HOMES = {
    "ApiClient": "api_client",
    "ApiResponse": "api_response",
    "Attempt": "attempts",
    "AuthenticationApi": "authentication",
    "Configuration": "configuration",
    "RateLimit": "api_response",
    "SnapTrade": "client",
}
# Programs name these as attributes without importing them.
_MODULES = frozenset(
    {
        "api_client",
        "client",
        "configuration",
        "encryption",
        "exceptions",
        "signing",
        "types",
        "webhooks",
    }
)


# Type checkers would take it for a promise that every name exists.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """Load a public name on its first use (PEP 562), so that an import costs what it uses."""
        if name in _MODULES:
            return import_module(f"{__name__}.{name}")
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        home = import_module(f"{__name__}.{_HOMES.get(name, 'exceptions')}")
        value = globals()[name] = getattr(home, name)
        return value


def __dir__() -> list[str]:
    return sorted({*__all__, *_MODULES})
