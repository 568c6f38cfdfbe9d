"""The same wire bytes as the vendor's SDK, 10.33.3.

Strategy: both clients make the same calls, in the same order, against one recording server; the
vendor's in a process of its own, with the Python that VENDOR_PYTHON names, since both install the
same import name. Compared are method, path, query and names of headers; the body as JSON, since
the vendor does not sort its keys. The timestamp is masked, and the client id is plain, since the
vendor leaves it unencoded. `tox run -e peer` runs this file.
"""

import json
import os
import re
import subprocess
from collections.abc import Callable
from itertools import product
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from snaptrade_client import SnapTrade

from ..recording import CLIENT_ID, Recorded, RecordingServer, Reply

# Their values are the same too. User-Agent and Signature can't be; Host and Content-Length follow.
SAME_VALUES = ("Accept", "Accept-Encoding", "Content-Type")
VALUES = {
    "space": "a b",
    "plus": "a+b",
    "ampersand": "a&b",
    "equals": "a=b",
    "hash": "a#b",
    "question mark": "a?b",
    "slash": "a/b",
    "leading slashes": "//a",
    "dots": "../a/./..",
    "percent": "a%b",
    "escape": "a%20%2Fb",
    "tilde": "a~b",
    "quotes": "a'b\"c`d",
    "other reserved": "a:b@c!d$e(f)g*h,i;j[k]l",
    "unsafe": "a<b>c\\d^e{f}g|h",
    "CR LF": "a\r\nX-Evil: 1\r\n\r\nb",
    "NUL": "a\0b",
    "é": "Zoé",
    "decomposed é": "Zoe\N{COMBINING ACUTE ACCENT}",
    "emoji": "\N{GRINNING FACE}",
    "line separator": "a\N{LINE SEPARATOR}b",
    "10,000 characters": "x" * 10_000,
    "10,000 accents": "é" * 10_000,
}
# Each operation, with its arguments' names and with those that take a fixed value.
CALLS: dict[str, tuple[str, tuple[str, ...], dict[str, object]]] = {
    "list": ("list_snap_trade_users", (), {}),
    "delete": ("delete_snap_trade_user", ("user_id",), {}),
    "jwt": ("get_user_jwt", ("user_id", "user_secret"), {}),
    "register nobody": ("register_snap_trade_user", (), {}),
    "register": ("register_snap_trade_user", ("user_id", "rsa_public_key"), {}),
    "login": ("login_snap_trade_user", ("user_id", "user_secret"), {}),
    "login with all": (
        "login_snap_trade_user",
        ("user_id", "user_secret", "broker", "custom_redirect", "reconnect"),
        {"immediate_redirect": True, "connection_type": "trade"},
    ),
}
# Where no argument takes a value, one value is enough.
PAIRS = [pair for pair in product(CALLS, VALUES) if CALLS[pair[0]][1] or pair[1] == "space"]


def arguments(call: str, value: str) -> dict[str, object]:
    """The keyword arguments of a call with a value."""
    _, names, fixed = CALLS[call]
    return dict.fromkeys(names, VALUES[value]) | fixed


def answer(request: Recorded) -> Reply:
    """An answer that the specification allows, naming the user that the request names."""
    if request.path.endswith("/listUsers"):
        return Reply(body=["u1"])
    if request.path.endswith("/encryptedJWT"):
        message = {"encryptedMessage": "YQ==", "tag": "YQ==", "nonce": "YQ=="}
        return Reply(body={"encryptedSharedKey": "YQ==", "encryptedMessageData": message})
    if request.path.endswith("/login"):
        return Reply(body={"redirectURI": "https://portal.invalid", "sessionId": "s1"})
    given = json.loads(request.body or "{}") | dict(parse_qsl(request.query))
    user_id = given.get("userId", "generated")
    return Reply(body={"userId": user_id, "userSecret": "s1", "status": "deleted", "detail": "d"})


def call_vendors(server: RecordingServer) -> None:
    """Makes the calls with the vendor's SDK."""
    client = {"consumer_key": server.consumer_key, "client_id": CLIENT_ID, "host": server.url}
    calls = [(CALLS[call][0], arguments(call, value)) for call, value in PAIRS]
    finished = subprocess.run(
        [os.environ["VENDOR_PYTHON"], "-P", str(Path(__file__).with_name("vendor_calls.py"))],
        input=json.dumps({"client": client, "calls": calls}),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert json.loads(finished.stdout) == [None] * len(PAIRS)


def call_ours(server: RecordingServer) -> None:
    """Makes the calls with this package."""
    with SnapTrade(
        consumer_key=server.consumer_key, client_id=CLIENT_ID, host=server.url
    ) as client:
        for call, value in PAIRS:
            getattr(client.authentication, CALLS[call][0])(**arguments(call, value))


def requests_of(make_calls: Callable[[RecordingServer], None]) -> list[Recorded]:
    """What a recording server sees while the calls are made, signatures checked."""
    with RecordingServer() as server:
        server.answer_with(answer)
        make_calls(server)
    server.check()
    assert len(server.requests) == len(PAIRS)
    return server.requests


@pytest.fixture(scope="module")
def both() -> dict[tuple[str, str], tuple[Recorded, Recorded]]:
    """For each call and value the vendor's request and ours."""
    requests = zip(requests_of(call_vendors), requests_of(call_ours), strict=True)
    return dict(zip(PAIRS, requests, strict=True))


def masked_target(request: Recorded) -> str:
    """The target without what time changes."""
    return re.sub(r"(?<=[?&]timestamp=)[0-9]+$", "T", request.target)


@pytest.mark.parametrize(("call", "value"), PAIRS)
def test_same_wire(
    both: dict[tuple[str, str], tuple[Recorded, Recorded]], call: str, value: str
) -> None:
    """Method, path, query, encoding, names of headers; and the body as JSON."""
    vendors, ours = both[call, value]
    assert ours.method == vendors.method
    assert masked_target(ours) == masked_target(vendors)
    assert masked_target(ours).endswith(f"clientId={CLIENT_ID}&timestamp=T")
    assert sorted(name for name, _ in ours.headers) == sorted(name for name, _ in vendors.headers)
    assert [ours.header(name) for name in SAME_VALUES] == [
        vendors.header(name) for name in SAME_VALUES
    ]
    assert bool(ours.body) == bool(vendors.body)
    if ours.body:
        assert json.loads(ours.body) == json.loads(vendors.body)
