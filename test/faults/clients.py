"""Clients for the proofs, and what the proofs come to."""

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Any, NamedTuple

from snaptrade_client import ApiClient, ApiException, AuthenticationApi, Configuration
from snaptrade_client.api_client import Seams, Sender

from ..recording import CLIENT_ID, CONSUMER_KEY
from .certificates import ca_file


class Figure(NamedTuple):
    """What a proof measured; where `problems` is empty, the promise holds."""

    measured: str
    problems: list[str]


def no_sleep(_: float) -> None:
    """Sleep in no time."""


REAL = Seams()
NO_SLEEP = Seams(sleep=no_sleep)


def configuration(url: str, **options: Any) -> Configuration:
    """A configuration for a server of these tests."""
    if url.startswith("https"):
        options.setdefault("ssl_ca_cert", ca_file())
    options = {"consumer_key": CONSUMER_KEY, "client_id": CLIENT_ID, "host": url} | options
    return Configuration(**options)


@contextmanager
def authentication(
    url: str, *, seams: Seams = REAL, transport: Sender | None = None, **options: Any
) -> Generator[AuthenticationApi]:
    """The five operations of a client on `url`."""
    client = ApiClient(configuration(url, **options), seams=seams, transport=transport)
    try:
        yield AuthenticationApi(client)
    finally:
        client.close()


def failure_of(call: Callable[[], object]) -> ApiException | None:
    """The exception that a call ends with; None where it succeeds."""
    try:
        call()
    except ApiException as error:
        return error.with_traceback(None)
    return None


def some(problems: Iterable[object], most: int = 5) -> list[str]:
    """The first few problems, as texts."""
    return [str(problem) for _, problem in zip(range(most), problems, strict=False)]


def first_of(error: BaseException) -> str:
    """What a proof by hypothesis failed with, the first time where it did not fail again."""
    nested: tuple[BaseException, ...] = getattr(error, "exceptions", ())
    return first_of(nested[0]) if nested else str(error)[:1500]
