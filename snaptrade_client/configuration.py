"""How a client reaches the service: credentials, host, time, TLS, proxy and limits.

Strategy: one table names every option with its default and its check. An assignment is checked as
it is made, so a mistake is reported where it stands; a client takes a copy of its own that can't
be changed any more.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from frozendict import frozendict

from snaptrade_client import checks, urls
from snaptrade_client.exceptions import ApiAttributeError, ApiTypeError, ApiValueError
from snaptrade_client.redaction import MASK, boundary

if TYPE_CHECKING:
    from typing import Self

    from typing_extensions import Unpack

    from snaptrade_client.attempts import Attempt
    from snaptrade_client.types import ConfigurationOptions, Timeout

DEFAULT_HOST = "https://api.snaptrade.com/api/v1"

ENVIRONMENT: frozendict[str, str] = frozendict(
    consumer_key="SNAPTRADE_CONSUMER_KEY",
    client_id="SNAPTRADE_CLIENT_ID",
    host="SNAPTRADE_HOST",
)
"""The options that an environment variable may hold instead."""


class Option(NamedTuple):
    """An option of a client."""

    default: Any
    check: checks.Check[Any]
    none_is_default: bool = False
    """Whether None stands for the default, and not for a value of its own."""
    scope: Literal["client", "copy", "call"] = "client"
    """What it can be set for: a new client; a copy of one too, by `with_options`; a call too."""


_flag = checks.boolean
_optional = checks.optional
OPTIONS: frozendict[str, Option] = frozendict(
    consumer_key=Option(None, checks.credential(ENVIRONMENT["consumer_key"])),
    client_id=Option(None, checks.credential(ENVIRONMENT["client_id"])),
    host=Option(DEFAULT_HOST, _optional(urls.host), none_is_default=True),
    timeout=Option((5.0, 15.0), checks.timeout, scope="call"),
    deadline=Option(25.0, _optional(checks.seconds), scope="call"),
    retries=Option(2, checks.retries, none_is_default=True, scope="call"),
    fresh_connection=Option(False, _flag, scope="call"),  # noqa: FBT003 - a value, not a flag
    max_body_bytes=Option(64 * 1024 * 1024, checks.count(1), scope="copy"),
    connection_pool_maxsize=Option(32, _optional(checks.count(1)), none_is_default=True),
    proxy=Option(None, _optional(urls.proxy)),
    proxy_headers=Option(None, _optional(checks.headers)),
    ssl_ca_cert=Option(None, _optional(checks.file)),
    verify_ssl=Option(True, _flag),  # noqa: FBT003
    cert_file=Option(None, _optional(checks.file)),
    key_file=Option(None, _optional(checks.file)),
    assert_hostname=Option(None, checks.assert_hostname),
    socket_options=Option(None, _optional(checks.socket_options)),
    allow_insecure_http=Option(False, _flag),  # noqa: FBT003
    signed_path_prefix=Option(None, _optional(urls.path_prefix)),
    on_attempt=Option(None, _optional(checks.function), scope="copy"),
    debug=Option(False, _flag),  # noqa: FBT003
)
"""The options of a client. `types` and `Configuration` declare them for type checkers."""

CHANGEABLE: tuple[str, ...] = tuple(
    name for name, option in OPTIONS.items() if option.scope != "client"
)
"""What `with_options` can change, since it does not touch the connections."""


class Configuration:
    """The options of a client.

    Set them as keywords or, before a client is made of it, as attributes. Left out, the consumer
    key, the client id and the host come from `SNAPTRADE_CONSUMER_KEY`, `SNAPTRADE_CLIENT_ID` and
    `SNAPTRADE_HOST`.

    The most used ones are `timeout` (seconds), `deadline` (seconds), `retries` and `proxy`;
    docs/configuration.md has a table of all, and the attributes of this class are described where
    they are declared.

    Raises:
        ApiTypeError: an option is unknown or of the wrong type.
        ApiValueError: an option has a value that can't be right; the text names it.

    """

    consumer_key: str
    """The key that requests are signed with. A secret."""
    client_id: str
    """The client id that belongs to the consumer key."""
    host: str
    """The service's base URL; its path, if any, stands before every endpoint's."""
    timeout: Timeout
    """Seconds, or (connect, read) seconds; None is without limit. Default (5, 15).

    `read` is the longest silence between two bytes."""
    deadline: float | None
    """Seconds for a whole call with its waits and retries; None is without limit. Default 25."""
    retries: int
    """How often a call is tried again at most. Default 2."""
    fresh_connection: bool
    """Whether every call opens a connection of its own; registering a user always does."""
    max_body_bytes: int
    """The longest body of an answer that is read, decompressed. Default 64 MiB."""
    connection_pool_maxsize: int
    """How many idle connections are kept at most. Default 32."""
    proxy: str | None
    """A proxy's URL; else `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` decide."""
    proxy_headers: Mapping[str, str] | None
    """Headers for the proxy, such as `Proxy-Authorization`."""
    ssl_ca_cert: str | None
    """A file of CA certificates to trust; else `SSL_CERT_FILE`, else certifi's."""
    verify_ssl: bool
    """Whether the service must prove who it is. False is for debugging alone, and warns."""
    cert_file: str | None
    """A client certificate, as a PEM file."""
    key_file: str | None
    """The client certificate's key, where it is in a file of its own."""
    assert_hostname: str | bool | None
    """The name that the service's certificate must have, where it is not the host's.

    None and True mean the host's. False takes a certificate in any name, and warns."""
    socket_options: Sequence[tuple[int, int, int | bytes]] | None
    """Arguments of `socket.setsockopt` for each connection; default is TCP_NODELAY alone."""
    allow_insecure_http: bool
    """Whether `http://` is allowed to other hosts than this machine and single-label names."""
    signed_path_prefix: str | None
    """The path that the service sees before an endpoint's, where a gateway rewrites paths."""
    on_attempt: Callable[[str, Attempt], object] | None
    """Called with the operation's name and the `Attempt` after each attempt, for metrics.

    It runs in the calling thread; what it raises is logged and goes no further."""
    debug: bool
    """Whether the masked log of `SNAPTRADE_LOG=debug` is switched on, for the whole process."""

    _from_environment: set[str]
    _frozen: bool

    @boundary
    def __init__(self, **options: Unpack[ConfigurationOptions]) -> None:
        self.__dict__.update(_from_environment=set(), _frozen=False)
        given: dict[str, Any] = dict(options)
        for name, option in OPTIONS.items():
            setattr(self, name, given.pop(name, None if name in ENVIRONMENT else option.default))
        for name in given:
            raise ApiTypeError(_unknown(name))
        self._check_whole()

    # Type checkers would let every attribute be assigned.
    if not TYPE_CHECKING:

        @boundary
        def __setattr__(self, name: str, value: Any) -> None:
            if name not in OPTIONS:
                raise ApiAttributeError(_unknown(name))
            if self._frozen:
                raise ApiAttributeError(
                    f"{name!r} can't be set any more, since a client uses this configuration: set "
                    "it before the client is made, or use client.with_options()"
                )
            self._from_environment.discard(name)
            label = name
            if value is None and name in ENVIRONMENT:
                value = os.environ.get(ENVIRONMENT[name]) or None
                label = f"{name} ({ENVIRONMENT[name]})" if value else name
                self._from_environment.add(name)
            option = OPTIONS[name]
            checked = option.check(label, value)
            if checked is None and option.none_is_default:
                checked = option.default
            self.__dict__[name] = checked

        def __delattr__(self, name: str) -> None:
            raise ApiAttributeError(
                f"{name!r} can't be deleted: replace({name}=...) gives a copy with another value"
            )

    def _check_whole(self) -> None:
        """Check what depends on two options."""
        named = f"host ({ENVIRONMENT['host']})" if "host" in self._from_environment else "host"
        urls.secure_enough(self.host, allow_insecure_http=self.allow_insecure_http, name=named)
        if self.key_file and not self.cert_file:
            raise ApiValueError("key_file needs cert_file, the certificate that the key belongs to")

    @property
    def api_key(self) -> dict[str, str]:
        """The client id, under the name that the service's older clients give it."""
        return {"PartnerClientId": self.client_id}

    @boundary
    def replace(self, **options: Unpack[ConfigurationOptions]) -> Self:
        """Return a copy with other options, which can be changed again.

        Raises the errors of the constructor.
        """
        copy = self._copy(frozen=False)
        for name, value in options.items():
            if name not in OPTIONS:
                raise ApiTypeError(_unknown(name))
            setattr(copy, name, value)
        copy._check_whole()  # noqa: SLF001 - its own class
        return copy

    @boundary
    def frozen(self) -> Self:
        """Return a copy that can't be changed, for a client to use."""
        self._check_whole()
        return self._copy(frozen=True)

    def _copy(self, *, frozen: bool) -> Self:
        copy = type(self).__new__(type(self))
        copy.__dict__.update(
            self.__dict__, _frozen=frozen, _from_environment=set(self._from_environment)
        )
        return copy

    def __copy__(self) -> Self:
        return self._copy(frozen=self._frozen)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # Its values can't be changed. Pickle's way would read the environment again.
        return self._copy(frozen=self._frozen)

    def __getstate__(self) -> dict[str, Any]:
        # A key that came from the environment stays there: the other end reads its own.
        without = {"consumer_key"} & set(self._from_environment)
        return {name: value for name, value in self.__dict__.items() if name not in without}

    @boundary
    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if "consumer_key" not in state:
            key = os.environ.get(ENVIRONMENT["consumer_key"])
            self.__dict__["consumer_key"] = OPTIONS["consumer_key"].check("consumer_key", key)

    def __repr__(self) -> str:
        shown = {"client_id": self.client_id, "host": self.host, "consumer_key": MASK}
        for name, option in OPTIONS.items():
            # A proxy's URL and headers hold its credentials.
            if name not in (*ENVIRONMENT, "proxy", "proxy_headers"):
                value = getattr(self, name)
                shown |= {} if value == option.default else {name: value}
        return f"Configuration({', '.join(f'{name}={value!r}' for name, value in shown.items())})"


def _unknown(name: str) -> str:
    return f"{name!r} is not an option of a client{checks.similar(name, OPTIONS)}"
