"""The names of the five operations: short ones, and those of the client's methods."""

from snaptrade_client.checks import similar
from snaptrade_client.exceptions import ApiTypeError, ApiValueError

METHODS = {
    "register": "register_snap_trade_user",
    "list": "list_snap_trade_users",
    "login": "login_snap_trade_user",
    "jwt": "get_user_jwt",
    "delete": "delete_snap_trade_user",
}
"""Each operation's short name, and the client's method that calls it."""

ANY = "any"
"""Stands for each of the operations."""

_SHORT = {
    **{method: short for short, method in METHODS.items()},
    **{name: name for name in (*METHODS, ANY)},
}


def short_name(name: object) -> str:
    """Give the short name of an operation, or ANY; an error tells the names that there are."""
    known = (*METHODS, ANY)
    if not isinstance(name, str):
        raise ApiTypeError(
            f"operation must be one of {', '.join(known)}, not {type(name).__name__}"
        )
    if name not in _SHORT:
        raise ApiValueError(f"operation {name!r} is not known{similar(name, known)}")
    return _SHORT[name]
