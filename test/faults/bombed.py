"""A program that calls a service which sends bombs.

Arguments: the service's URL, how many calls, and `max_body_bytes`. It prints what the calls ended
with, and by how many bytes the memory's peak grew.
"""

import json
import re
import sys
from pathlib import Path

from snaptrade_client import ApiException

from .clients import authentication


def peak() -> int:
    """The most memory that this program has held so far, in bytes (Linux)."""
    # getrusage's figure goes back to before this program's start, to the process that forked.
    [line] = re.findall(r"VmHWM:\s*([0-9]+) kB", Path("/proc/self/status").read_text())
    return int(line) * 1024


def main() -> None:
    url, count, limit = sys.argv[1:]
    ends: list[str] = []
    with authentication(url, retries=0, fresh_connection=True, max_body_bytes=int(limit)) as api:
        api.list_snap_trade_users()
        before = peak()
        for _ in range(int(count)):
            try:
                api.list_snap_trade_users()
            except ApiException as error:
                ends.append(type(error).__name__)
            else:
                ends.append("it succeeded")
    print(json.dumps([ends, peak() - before]))


if __name__ == "__main__":
    main()
