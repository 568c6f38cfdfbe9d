"""The facade: what an app holds on to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from snaptrade_client.api_client import ApiClient
from snaptrade_client.authentication import AuthenticationApi
from snaptrade_client.configuration import Configuration
from snaptrade_client.exceptions import ApiTypeError
from snaptrade_client.redaction import boundary

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from typing_extensions import Unpack

    from snaptrade_client.api_response import ApiResponse
    from snaptrade_client.types import CallOptions, ClientOptions, ConnectionOptions, QueryValue


class SnapTrade:
    """A client of the SnapTrade API; one is enough for a program, with all its threads.

    Args:
        configuration: a `Configuration`; keywords given beside it are set on a copy.
        consumer_key: signs the requests; else `SNAPTRADE_CONSUMER_KEY`.
        client_id: belongs to the consumer key; else `SNAPTRADE_CLIENT_ID`.
        host: the service's base URL; else `SNAPTRADE_HOST`, else SnapTrade's own.
        options: every other option of `Configuration`. The most used ones are

            timeout: seconds, or (connect, read) seconds; default (5, 15).
            deadline: seconds for a whole call with its waits and retries; default 25.
            retries: how often a call is tried again at most; default 2.
            proxy: a proxy's URL; default is what `HTTPS_PROXY` and its like say.

    Raises:
        ApiTypeError: an option is unknown or of the wrong type.
        ApiValueError: an option has a value that can't be right; the text names it.

    """

    @boundary
    def __init__(
        self,
        configuration: Configuration | None = None,
        *,
        consumer_key: str | None = None,
        client_id: str | None = None,
        host: str | None = None,
        **options: Unpack[ConnectionOptions],
    ) -> None:
        named = {"consumer_key": consumer_key, "client_id": client_id, "host": host}
        given: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
        given |= options
        if configuration is None:
            configuration = Configuration(**given)
        elif not isinstance(configuration, Configuration):  # pyright: ignore[reportUnnecessaryIsInstance] - callers' data
            raise ApiTypeError(
                "the first argument must be a Configuration: pass credentials by name, "
                "SnapTrade(consumer_key=..., client_id=...)"
            )
        elif given:
            configuration = configuration.replace(**given)
        self._use(ApiClient(configuration))

    def _use(self, api_client: ApiClient) -> None:
        self.api_client = api_client
        self.authentication: AuthenticationApi = AuthenticationApi(api_client)

    @property
    def configuration(self) -> Configuration:
        """The client's own copy of its options; it can't be changed."""
        return self.api_client.configuration

    @boundary
    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, QueryValue] | None = None,
        body: Any = None,
        idempotent: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> ApiResponse[Any]:
        """Call any other endpoint: signed, retried and wrapped like the methods.

        Args:
            method: GET, HEAD, POST, PUT, PATCH or DELETE.
            path: the endpoint's path, percent-encoded, for example "/accounts".
            query: its parameters, in their order; client id and timestamp are added.
            body: its JSON body; None for none.
            idempotent: whether sending it twice is harmless; else GET, HEAD, PUT and DELETE are.
            options: `timeout`, `deadline` (seconds), `retries` and the others that the methods of
                `authentication` take.

        Returns:
            The answer; its `body` is the parsed JSON.

        Raises:
            ApiTypeError, ApiValueError: an argument is wrong; nothing was sent.
            ApiException: the call failed; the class says how, `outcome` what that means.

        """
        return self.api_client.request(
            method, path, query=query, body=body, idempotent=idempotent, **options
        )

    @boundary
    def with_options(self, **options: Unpack[ClientOptions]) -> Self:
        """Return a client with other options that shares this one's connections and retry budget.

        `close()` of one closes the connections of both. Attributes of a subclass are copied.

        Args:
            options: `timeout`, `deadline` (seconds), `retries`, `fresh_connection`,
                `max_body_bytes` (bytes) and `on_attempt`. What is left out is this client's.

        Raises:
            ApiTypeError: an option is unknown, of the wrong type, or one that needs a client of its
                own, since the connections depend on it.
            ApiValueError: an option has a value that can't be right; the text names it.

        """
        # Subclasses keep their class and their attributes.
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._use(self.api_client.with_options(**options))
        return other

    def close(self) -> None:
        """Close the connections; those in use close when their calls end. Then it is unusable."""
        self.api_client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"SnapTrade({self.configuration!r})"

    def _repr_html_(self) -> str:
        from snaptrade_client.notebook import client_html  # noqa: PLC0415 - notebooks alone ask

        return client_html(self)
