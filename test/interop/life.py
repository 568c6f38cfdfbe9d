"""A user's life, with whichever SDK is installed as `snaptrade_client`: the vendor's, or this one.

The client's options and an RSA key come as JSON on standard input; what the calls gave, a body and
a status for each, goes out as JSON on standard output. Beside the SDK it needs nothing.
"""

import json
import sys
from typing import Any

from snaptrade_client import SnapTrade


def main() -> None:
    """Play the life of two users: one with an RSA key, and one without."""
    given = json.load(sys.stdin)
    api: Any = SnapTrade(**given["client"]).authentication
    given_back: list[Any] = []

    def note(response: Any) -> Any:
        given_back.append([response.status, response.body])
        return response.body

    plain = {"user_id": "user é 1"}
    plain["user_secret"] = note(api.register_snap_trade_user(**plain))["userSecret"]
    sealed = {"user_id": "user/2"}
    key = given["rsa_public_key"]
    answer = note(api.register_snap_trade_user(**sealed, rsa_public_key=key))
    sealed["user_secret"] = answer["userSecret"]
    note(api.list_snap_trade_users())
    note(api.login_snap_trade_user(**plain))
    note(
        api.login_snap_trade_user(
            **sealed,
            broker="ALPACA",
            immediate_redirect=True,
            custom_redirect="https://app.example/back?a=1&b=é",
            connection_type="trade",
        )
    )
    note(api.get_user_jwt(**sealed))
    for user in (plain, sealed):
        note(api.delete_snap_trade_user(user_id=user["user_id"]))
    note(api.list_snap_trade_users())
    json.dump(given_back, sys.stdout)


if __name__ == "__main__":
    main()
