"""A call, encoded once: what all of its attempts share.

Strategy: everything that a caller gave is checked and encoded here, before the first attempt. An
attempt adds its timestamp and the signature over exactly what is sent, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from frozendict import frozendict

from snaptrade_client import checks
from snaptrade_client.api_response import snake
from snaptrade_client.encoding import canonical_json, encode_query
from snaptrade_client.exceptions import ApiTypeError
from snaptrade_client.operations import Operation
from snaptrade_client.redaction import secrets_in
from snaptrade_client.shapes import is_object
from snaptrade_client.signing import canonical_message, signature
from snaptrade_client.transport import Request

if TYPE_CHECKING:
    from snaptrade_client.configuration import Configuration

OPTIONS: frozendict[str, checks.Check[Any]] = frozendict(
    timeout=checks.timeout,
    deadline=checks.optional(checks.seconds),
    retries=checks.optional(checks.retries),
    fresh_connection=checks.boolean,
    extra_headers=checks.headers,
)
"""What can be set on a single call, and how it is checked."""


class Call(NamedTuple):
    """What all attempts of a call share."""

    operation: Operation
    target: str
    """The path that is requested."""
    signed_path: str
    """The path as the service sees it."""
    query: str
    """The encoded query, without its timestamp."""
    content: str
    """The canonical JSON of the body; null where there is none."""
    body: bytes | None
    """The same, as it is sent."""
    headers: Mapping[str, str]
    user_id: str | None
    """The user that it is about, where it is about one."""
    secrets: frozenset[str]
    """The secret values that the caller gave, to keep them out of texts."""
    timeout: tuple[float | None, float | None]
    deadline: float | None
    retries: int
    fresh: bool
    """Whether it needs a connection of its own."""

    def request(self, timestamp: int, consumer_key: bytes) -> Request:
        """Make the request of one attempt."""
        query = f"{self.query}&timestamp={timestamp}"
        signed = signature(canonical_message(self.signed_path, query, self.content), consumer_key)
        headers = {**self.headers, "Signature": signed}
        return Request(self.operation.method, f"{self.target}?{query}", headers, self.body)


def chosen_options(operation: Operation, options: Mapping[str, Any]) -> dict[str, Any]:
    """Check the options of a call.

    Raises:
        ApiTypeError: an option is unknown or of the wrong type.
        ApiValueError: an option has a value that can't be right.

    """
    for name in options:
        if name not in OPTIONS:
            named = (*operation.query, *(operation.body or ()))
            known = checks.similar(name, [*map(snake, named), *OPTIONS])
            raise ApiTypeError(f"{operation.name}() got an unexpected keyword {name!r}{known}")
    return {name: OPTIONS[name](name, value) for name, value in options.items()}


class Caller:
    """Makes calls of what a configuration says of all of them."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._timeout = checks.timeout("timeout", configuration.timeout)
        self._path = urlsplit(configuration.host).path
        prefix = configuration.signed_path_prefix
        self._signed_path = self._path if prefix is None else prefix

    def call(
        self,
        operation: Operation,
        query: Mapping[str, str],
        body: Any,
        chosen: Mapping[str, Any],
        user_agent: str,
    ) -> Call:
        """Encode everything that does not change from one attempt to the next.

        Raises:
            ApiTypeError, ApiValueError: a value that can't be sent.

        """
        configuration = self._configuration
        content = canonical_json(body)
        named: Mapping[str, Any] = {**body, **query} if is_object(body) else query
        retries = chosen.get("retries")
        fresh = chosen.get("fresh_connection", configuration.fresh_connection)
        return Call(
            operation=operation,
            target=self._path + operation.path,
            signed_path=self._signed_path + operation.path,
            query=encode_query([*query.items(), ("clientId", configuration.client_id)]),
            content=content,
            body=None if body is None else content.encode("ascii"),
            headers=_headers(user_agent, chosen.get("extra_headers"), has_body=body is not None),
            user_id=named.get("userId"),
            secrets=frozenset(secrets_in([query, body, chosen.get("extra_headers")])),
            timeout=chosen.get("timeout", self._timeout),
            deadline=chosen.get("deadline", configuration.deadline),
            retries=configuration.retries if retries is None else retries,
            fresh=operation.registers or fresh,
        )


def _headers(user_agent: str, extra: Mapping[str, str] | None, *, has_body: bool) -> dict[str, str]:
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": user_agent,
    }
    if has_body:
        headers["Content-Type"] = "application/json"
    if extra:
        replaced = {name.lower() for name in extra}
        headers = {name: text for name, text in headers.items() if name.lower() not in replaced}
        headers.update(extra)
    return headers
