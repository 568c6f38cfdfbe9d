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
from snaptrade_client.configuration import OPTIONS as CLIENT_OPTIONS
from snaptrade_client.encoding import canonical_json, encode_query, parse_json
from snaptrade_client.exceptions import ApiTypeError
from snaptrade_client.operations import Operation
from snaptrade_client.redaction import secrets_in
from snaptrade_client.shapes import is_object
from snaptrade_client.signing import canonical_message, signature
from snaptrade_client.spelling import snake
from snaptrade_client.transport import Request

if TYPE_CHECKING:
    from snaptrade_client.configuration import Configuration

OPTIONS: frozendict[str, checks.Check[Any]] = frozendict(
    {name: option.check for name, option in CLIENT_OPTIONS.items() if option.scope == "call"}
    | {"extra_headers": checks.headers}
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
    named: tuple[Mapping[str, str], Mapping[str, str] | None]
    """The query and the caller's own headers, under their names."""
    timeout: tuple[float | None, float | None]
    deadline: float | None
    retries: int
    fresh: bool
    """Whether it needs a connection of its own."""

    def __repr__(self) -> str:
        # Query, body and headers may hold secrets.
        return f"Call({self.operation.method} {self.target})"

    @property
    def secrets(self) -> frozenset[str]:
        """The secret values that the caller gave, to keep them out of texts."""
        return frozenset(secrets_in([*self.named, parse_json(self.content.encode("ascii"))]))

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


class Encoder:
    """Encodes calls; what they leave out is as a configuration says."""

    def __init__(self, configuration: Configuration, user_agent: str) -> None:
        self._configuration = configuration
        self._timeout = checks.timeout("timeout", configuration.timeout)
        self._path = urlsplit(configuration.host).path
        prefix = configuration.signed_path_prefix
        self._signed_path = self._path if prefix is None else prefix
        self.user_agent = user_agent

    @property
    def user_agent(self) -> str:
        """The `User-Agent` header of all calls."""
        return self._headers["User-Agent"]

    @user_agent.setter
    def user_agent(self, value: str) -> None:
        # Made once: calls share them, and a request makes its own of them.
        self._headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": value,
        }
        self._headers_with_body = self._headers | {"Content-Type": "application/json"}

    def encode(
        self,
        operation: Operation,
        *,
        query: Mapping[str, str],
        body: Any,
        options: Mapping[str, Any],
    ) -> Call:
        """Encode everything that does not change from one attempt to the next.

        The options are those that `chosen_options` has checked.

        Raises:
            ApiTypeError, ApiValueError: a value that can't be sent.

        """
        configuration = self._configuration
        content = canonical_json(body)
        headers = self._headers if body is None else self._headers_with_body
        user = body.get("userId") if is_object(body) else None
        retries = options.get("retries")
        fresh = options.get("fresh_connection", configuration.fresh_connection)
        return Call(
            operation=operation,
            target=self._path + operation.path,
            signed_path=self._signed_path + operation.path,
            query=encode_query([*query.items(), ("clientId", configuration.client_id)]),
            content=content,
            body=None if body is None else content.encode("ascii"),
            headers=_replaced(headers, options.get("extra_headers")),
            user_id=query.get("userId", user),
            named=(query, options.get("extra_headers")),
            timeout=options.get("timeout", self._timeout),
            deadline=options.get("deadline", configuration.deadline),
            retries=configuration.retries if retries is None else retries,
            # What names its user can only be told to be its own answer when the connection is back
            # among the others: such a call has one of its own.
            fresh=operation.echoes_user or fresh,
        )


def _replaced(headers: Mapping[str, str], extra: Mapping[str, str] | None) -> Mapping[str, str]:
    """Give headers with `extra` ones, which replace those of the same name in any case."""
    if not extra:
        return headers
    replaced = {name.lower() for name in extra}
    kept = {name: text for name, text in headers.items() if name.lower() not in replaced}
    return {**kept, **extra}
