"""Query strings and JSON, exactly as the service signs and sends them.

Strategy: a value is checked and encoded once, before anything is sent; the text that comes out is
both what is signed and what travels. The service parses a body and serializes it again to check
the signature (docs.snaptrade.com, request-signatures), so only values that survive that round trip
unchanged are let through; for the others the error names the place and the way out.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TypeGuard
from urllib.parse import quote

from snaptrade_client.checks import string
from snaptrade_client.exceptions import ApiTypeError, ApiValueError
from snaptrade_client.shapes import is_array, is_object
from snaptrade_client.spelling import BodyObject

if TYPE_CHECKING:
    from decimal import Decimal
    from typing import Protocol

    class Decodable(Protocol):
        """Bytes, or what stands for them."""

        def decode(self) -> str:
            """Return the text, which must be UTF-8."""
            ...


# CPython's default limit for turning text into an integer: the service could not read a longer one.
MAX_INTEGER_DIGITS = 4300
# Integers below are written whatever the program's own limit is.
_ALWAYS_WRITTEN = 10**sys.int_info.str_digits_check_threshold
# Far above what the API uses, and below what makes parsers on the way give up.
MAX_DEPTH = 100


def encode_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Percent-encode names and values of a query string, in their order.

    UTF-8; unreserved characters and `/` stay as they are, a space is `%20`.

    Raises:
        ApiTypeError: a name or value is not a str.
        ApiValueError: a name or value holds a lone surrogate.

    """
    return "&".join(_pair(name, value) for name, value in pairs)


def _pair(name: str, value: str) -> str:
    label = f"{name!r} in the query"
    return f"{quote(string(label, name))}={quote(string(label, value))}"


def canonical_json(value: Any, name: str = "body") -> str:
    """Serialize `value` in the canonical form: keys sorted, no white space, ASCII only.

    `name` is what errors call the value. Accepted are None, bool, int, float, str, Decimal, lists,
    tuples and mappings of these.

    Raises:
        ApiTypeError: a key is not a str, or a value is of a type that JSON does not have.
        ApiValueError: NaN, an infinity, an integer of more than 4,300 digits (or of what the
            program has lowered this limit to), a Decimal that a double can't hold, a lone
            surrogate, nesting deeper than 100 levels.

    """
    return _ENCODER.encode(_plain(value, name, MAX_DEPTH))


_BYTE_ORDER_MARK = "\ufeff"


def parse_json(data: Decodable) -> Any:
    """Parse UTF-8 JSON (RFC 8259); objects become `BodyObject`, arrays plain lists.

    Raises:
        ValueError: the bytes are not JSON. It holds neither the bytes nor a cause that does.

    """
    try:
        # Not the codec "utf-8-sig", which would be loaded by the first call: see transport/pool.
        return _DECODER.decode(data.decode().removeprefix(_BYTE_ORDER_MARK))
    except UnicodeDecodeError as error:
        problem = f"byte {error.start} is not UTF-8"
    except json.JSONDecodeError as error:
        # Some of Python's texts end with the word themselves.
        problem = f"{error.msg.lower().removesuffix(' at')} at character {error.pos}"
    except ValueError as error:
        problem = str(error)
    except RecursionError:
        problem = "it nests too deep"
    raise ValueError(problem)


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


# Made once: json.dumps and json.loads make one for each call that names an option. NaN and the
# infinities never reach the encoder: `_plain` refuses them.
_ENCODER = json.JSONEncoder(separators=(",", ":"), sort_keys=True)
_DECODER = json.JSONDecoder(object_hook=BodyObject, parse_constant=_refuse_constant)


def _plain(value: Any, name: str, depth: int) -> Any:
    """Copy `value` into the types that JSON has, or say where it can't be done."""
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return string(name, value)
    if isinstance(value, int):
        return _plain_integer(value, name)
    if isinstance(value, float) or _is_decimal(value):
        return _plain_number(value, name)
    if depth == 0:
        raise ApiValueError(
            f"{name} nests deeper than {MAX_DEPTH} levels, or holds itself: send a flatter value"
        )
    if is_object(value):
        return _plain_object(value, name, depth)
    if is_array(value):
        return [_plain(item, f"{name}[{index}]", depth - 1) for index, item in enumerate(value)]
    raise ApiTypeError(
        f"{name} is a {type(value).__name__}, which JSON does not have: send str(value), or a "
        "dict, list, str, int, float, bool or None"
    )


def _plain_object(value: Mapping[Any, Any], name: str, depth: int) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise ApiTypeError(f"{name} has a key of type {type(key).__name__}: keys must be str")
        plain[string(f"a key of {name}", key)] = _plain(item, f"{name}[{key!r}]", depth - 1)
    return plain


def _plain_integer(value: int, name: str) -> int:
    # 0 is no limit.
    if not -_ALWAYS_WRITTEN < value < _ALWAYS_WRITTEN:
        digits = min(sys.get_int_max_str_digits() or MAX_INTEGER_DIGITS, MAX_INTEGER_DIGITS)
        if abs(value) >= 10**digits:
            raise ApiValueError(
                f"{name} is an integer of more than {digits} digits: send it as a str"
            )
    return int(value)


def _is_decimal(value: object) -> TypeGuard[Decimal]:
    # Who holds a Decimal has loaded its module, which costs 2 ms.
    decimal = sys.modules.get("decimal")
    return decimal is not None and isinstance(value, decimal.Decimal)


def _plain_number(value: float | Decimal, name: str) -> float:
    # A signaling NaN can't even be converted.
    number = math.nan if _is_decimal(value) and value.is_snan() else float(value)
    if not math.isfinite(number):
        raise ApiValueError(f"{name} is {value!r}, which JSON does not have: send a number or None")
    if _is_decimal(value):
        from decimal import Decimal  # noqa: PLC0415 - it is there

        if Decimal(repr(number)) != value:
            raise ApiValueError(
                f"{name} is a Decimal with more digits than a double keeps: send it as a str"
            )
    return number
