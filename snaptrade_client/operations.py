"""An endpoint as data, and how a caller's values become its query and body.

Strategy: a new endpoint is a new `Operation`, not new code. Callers may give a field as a keyword,
in a dictionary, or both; in the service's spelling or the specification's. All of it is brought
into one form here and checked before anything is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from frozendict import frozendict

from snaptrade_client.checks import OWN_PARAMETERS, parameter
from snaptrade_client.exceptions import ApiTypeError, ApiValueError
from snaptrade_client.retry import Replay
from snaptrade_client.shapes import Shape
from snaptrade_client.spelling import snake

Fields = Mapping[str, type[str] | type[bool]]

# An empty one of these is a mistake in the caller's own data; the service would say "not found".
_NEVER_EMPTY = frozenset({"userId", "userSecret"})

_NO_FIELDS: Fields = frozendict[str, type[str | bool]]()


class Operation(NamedTuple):
    """An endpoint: how it is called, and what it promises."""

    name: str
    """What errors and logs call it."""
    method: str
    path: str
    replay: Replay
    """Whether sending it twice is harmless."""
    query: Fields = _NO_FIELDS
    """The parameters that it needs, under the service's names, in the order of the query."""
    body: Fields | None = None
    """The fields that its JSON body may have; None where it has no body."""
    promise: Shape | None = None
    """What the body of its answer is; None where that is not known."""
    registers: bool = False
    """Whether it returns a secret that no other call does."""
    echoes_user: bool = False
    """Whether its answer names the user that it was called for."""


def query_values(
    operation: Operation, keywords: Mapping[str, Any], given: Mapping[str, Any] | None
) -> dict[str, str]:
    """Bring the query's parameters together, the operation's own first.

    Raises:
        ApiTypeError: a parameter is missing or of the wrong type.
        ApiValueError: a parameter is empty, given twice with different values, or the client's own.

    """
    values = _merged(operation, operation.query, keywords, given, "query_params")
    for name in operation.query:
        if name not in values:
            raise ApiTypeError(f"{operation.name}() needs {snake(name)}=...")
    for name in OWN_PARAMETERS & values.keys():
        raise ApiValueError(f"{operation.name}(): {name} is the client's to send: leave it out")
    ordered = {name: values[name] for name in operation.query} | values
    argument = f"{operation.name}(): query_params"
    return {name: parameter(f"{argument}[{name!r}]", value) for name, value in ordered.items()}


def body_values(
    operation: Operation, keywords: Mapping[str, Any], given: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """Bring the body's fields together; None where the operation has no body.

    Raises:
        ApiTypeError: a field is of the wrong type.
        ApiValueError: a field is empty, or given twice with different values.

    """
    if operation.body is None:
        return None
    return _merged(operation, operation.body, keywords, given, "body")


def _merged(
    operation: Operation,
    fields: Fields,
    keywords: Mapping[str, Any],
    given: Mapping[str, Any] | None,
    argument: str,
) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for name, value in keywords.items():
        if value is not None:
            merged[name] = _checked(operation, name, value, fields[name])
    if given is None:
        return merged
    if not isinstance(given, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] - callers' data
        raise ApiTypeError(
            f"{operation.name}(): {argument} must be a dict, not {type(given).__name__}"
        )
    spelled = {snake(name): name for name in fields}
    for key, value in given.items():
        if not isinstance(key, str):  # pyright: ignore[reportUnnecessaryIsInstance] - callers' data
            raise ApiTypeError(
                f"{operation.name}(): {argument} has a key of type {type(key).__name__}: "
                "keys must be str"
            )
        if value is None:
            continue
        name = spelled.get(key, key)
        if name in fields:
            value = _checked(operation, name, value, fields[name])  # noqa: PLW2901 - its one form
        if name in merged and merged[name] != value:
            raise ApiValueError(
                f"{operation.name}(): {snake(name)} is given twice, with different values: "
                f"give it once, as a keyword or in {argument}"
            )
        merged[name] = value
    return merged


def _checked(operation: Operation, name: str, value: Any, kind: type[str | bool]) -> Any:
    if not isinstance(value, kind):
        raise ApiTypeError(
            f"{operation.name}(): {snake(name)} must be a {kind.__name__}, "
            f"not {type(value).__name__}"
        )
    if value == "" and name in _NEVER_EMPTY:
        raise ApiValueError(f"{operation.name}(): {snake(name)} is empty: pass the user's own")
    return value
