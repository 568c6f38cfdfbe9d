"""A program that makes calls and clients, and prints what that left behind.

Arguments: the service's URL, a file of CA certificates or "", how many calls and how many clients
there are, and `kept` where all answers and clients are to be kept, which is a leak.
"""

import gc
import json
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from snaptrade_client import ApiClient, ApiException, AuthenticationApi

from .answers import secret_of
from .clients import NO_SLEEP, configuration

PAGE = os.sysconf("SC_PAGE_SIZE")


def measured() -> tuple[int, int]:
    """The bytes of this process that are in memory, and its descriptors."""
    gc.collect()
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * PAGE, len(list(Path("/proc/self/fd").iterdir()))


def call(client: ApiClient, number: int) -> object:
    """Makes one call; some are refused, some broken off, some time out."""
    api = AuthenticationApi(client)
    user = f"user-{number}"
    try:
        match number % 5:
            case 0:
                return api.list_snap_trade_users()
            case 1:
                return api.register_snap_trade_user(user_id=user)
            case 2:
                return api.login_snap_trade_user(user_id=user, user_secret=secret_of(user))
            case 3:
                return api.get_user_jwt(user_id=user, user_secret=secret_of(user))
            case _:
                return api.delete_snap_trade_user(user)
    except ApiException as error:
        return error


def main() -> None:
    url, bundle, calls, clients, *keep = sys.argv[1:]
    options: dict[str, Any] = {"ssl_ca_cert": bundle} if bundle else {}
    options["timeout"] = (5.0, 0.05)
    kept: list[object] = []

    def work(calls: int, clients: int) -> None:
        with closing(ApiClient(configuration(url, **options), seams=NO_SLEEP)) as client:
            for number in range(calls):
                answer = call(client, number)
                if keep:
                    kept.append((answer, bytes(1000)))
        for number in range(clients):
            client = ApiClient(configuration(url, **options), seams=NO_SLEEP)
            call(client, number)
            call(client, number + 1)
            if keep:
                kept.append(client)
            elif number % 2:
                # The others are let go of as they are.
                client.close()

    # What is loaded, cached and pooled at first is not lost.
    work(300, 30)
    before = measured()
    work(int(calls), int(clients))
    after = measured()
    print(json.dumps([after[0] - before[0], after[1] - before[1]]))  # noqa: T201 - a program


if __name__ == "__main__":
    main()
