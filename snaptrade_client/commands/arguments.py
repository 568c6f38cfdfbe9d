"""Numbers in arguments; an error never repeats the value, which may be a misplaced key."""

from __future__ import annotations

import argparse
import math
import sys

from snaptrade_client.checks import LONGEST_SECONDS


def port(text: str) -> int:
    """Take a port's number."""
    return _whole(text, "a port: a whole number from 0 to 65535", range(65536))


def count(text: str) -> int:
    """Take a number of things."""
    return _whole(text, "a whole number, 1 or more", range(1, sys.maxsize))


def _whole(text: str, what: str, allowed: range) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number not in allowed:
        raise argparse.ArgumentTypeError(f"must be {what}")
    return number


def seconds(text: str) -> float:
    """Take a number of seconds."""
    try:
        given = float(text)
    except ValueError:
        given = math.nan
    if not math.isfinite(given):
        raise argparse.ArgumentTypeError("must be a number of seconds")
    return given


def delay(text: str) -> float:
    """Take seconds that can be waited."""
    given = seconds(text)
    if given < 0:
        raise argparse.ArgumentTypeError("must be a number of seconds, 0 or more")
    return given


def timeout(text: str) -> float:
    """Take seconds that something may take."""
    given = seconds(text)
    if not 0 < given <= LONGEST_SECONDS:
        raise argparse.ArgumentTypeError(f"must be more than 0 and at most {LONGEST_SECONDS}")
    return given
