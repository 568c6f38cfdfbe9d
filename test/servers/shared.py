"""The client that all processes of a server share: made and used before any of them is forked.

Strategy: what a program of a user does. The keys and the address come from the environment, and
the client is made when this module is imported. First calls leave open connections to every
process that is forked after them. With CLIENT=bare it is urllib3's pool instead of ours.
"""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import urllib3

from snaptrade_client import SnapTrade

from ..faults.crossing import Tally, Told, ours
from .service import DEADLINE, FIRST_CALLS, FIRST_USER, READ_TIMEOUT


def _bare(url: str) -> Told:
    pool = urllib3.PoolManager(maxsize=32, retries=False, timeout=3 * READ_TIMEOUT)

    def ask(user: str) -> str:
        target = f"{url}/snapTrade/encryptedJWT?userId={quote(user)}"
        return str(pool.request("GET", target).json()["encryptedSharedKey"])

    return ask


def _calls() -> list[Told]:
    if os.environ["CLIENT"] == "bare":
        return [_bare(os.environ["SNAPTRADE_HOST"])]
    return ours(SnapTrade(timeout=(5.0, READ_TIMEOUT), deadline=DEADLINE).authentication)


_CALLS = _calls()


def call(tally: Tally, number: int, user: str) -> None:
    """Makes the call of that number, which decides upon the operation, for a user."""
    tally.add(_CALLS[number % len(_CALLS)], user)


def _threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))


def _call_first() -> None:
    before = _threads()
    with ThreadPoolExecutor(FIRST_CALLS) as pool:
        assert set(pool.map(_CALLS[0], [FIRST_USER] * FIRST_CALLS)) == {FIRST_USER}
    # For Python a thread has ended before it has for OpenSSL, which takes a lock then: a child that
    # is forked meanwhile would wait for that lock for ever.
    while _threads() > before:
        time.sleep(0.001)


_call_first()
