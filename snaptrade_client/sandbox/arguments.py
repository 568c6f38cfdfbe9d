"""Checks of arguments that the sandbox needs beside those of the client: numbers in a range."""

from snaptrade_client.exceptions import ApiTypeError, ApiValueError

LONGEST_SHIFT = 1_000_000
"""Seconds by which a clock is moved at once at most: eleven days, beyond every lifetime here."""


def whole(name: str, value: object, least: int, most: int) -> int:
    """Take an int from `least` to `most`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ApiTypeError(f"{name} must be an int, not {type(value).__name__}")
    if not least <= value <= most:
        raise ApiValueError(f"{name} must be from {least} to {most}")
    return value


def number(name: str, value: object, least: float, most: float) -> float:
    """Take a number of seconds from `least` to `most`; NaN is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ApiTypeError(f"{name} must be a number of seconds, not {type(value).__name__}")
    if not least <= value <= most:
        raise ApiValueError(f"{name} must be from {least} to {most} seconds")
    return value
