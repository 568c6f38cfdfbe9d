"""The shapes of JSON values, told apart so that type checkers follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeGuard

Shape = Literal["an object", "an array", "a single value", "empty"]


def is_object(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Say whether a value is what JSON calls an object."""
    return isinstance(value, Mapping)


def is_array(value: object) -> TypeGuard[list[Any] | tuple[Any, ...]]:
    """Say whether a value is what JSON calls an array."""
    return isinstance(value, list | tuple)


def shape(value: object) -> Shape:
    """Name the shape of a parsed body; None stands for one without content."""
    if is_object(value):
        return "an object"
    if is_array(value):
        return "an array"
    return "empty" if value is None else "a single value"
