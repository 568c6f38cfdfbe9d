"""Makes calls with the vendor's SDK. Run by the Python of an environment that has only that SDK.

The base URL, the credentials and the calls come as JSON on standard input; what went wrong, one
text for each call or null, goes out as JSON on standard output.
"""

import json
import sys

from snaptrade_client import SnapTrade


def main() -> None:
    """Carries out the calls in their order."""
    given = json.load(sys.stdin)
    client = SnapTrade(**given["client"])
    outcomes: list[str | None] = []
    for method, arguments in given["calls"]:
        try:
            getattr(client.authentication, method)(**arguments)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            outcomes.append(repr(error))
        else:
            outcomes.append(None)
    json.dump(outcomes, sys.stdout)


if __name__ == "__main__":
    main()
