"""The bytes of answers, and what a service would answer to each request.

Strategy: what an answer says is worked out of the request alone (the user's secret out of the user
id), so that a client which is handed somebody else's answer can tell.
"""

import gzip
import json
from http.client import responses
from typing import Any
from urllib.parse import parse_qs

from ..recording import Recorded

OK = b"HTTP/1.1 200 OK\r\n"
ID_HEADER = ("X-Request-ID", "0123456789abcdef")
Pair = tuple[str, str]


def head(status: int, *headers: Pair) -> bytes:
    """Status line and headers."""
    lines = [f"HTTP/1.1 {status} {responses.get(status, 'Odd')}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunked(data: bytes, size: int = 7) -> bytes:
    """A body in chunks."""
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""])


FRAMINGS = ("length", "chunked", "gzip", "close")


def answer(
    body: object, *headers: Pair, status: int = 200, framing: str = "length", plain: bool = False
) -> bytes:
    """A complete answer. A body that is not bytes becomes JSON; `plain` has few headers."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    usual = [] if plain else [("Content-Type", "application/json"), ID_HEADER]
    if framing == "gzip":
        usual.append(("Content-Encoding", "gzip"))
        data = gzip.compress(data, mtime=0)
    if framing == "chunked":
        usual.append(("Transfer-Encoding", "chunked"))
        data = chunked(data)
    elif framing != "close":
        usual.append(("Content-Length", str(len(data))))
    return head(status, *usual, *headers) + data


def refusal(status: int, code: object, *headers: Pair, detail: str = "refused") -> bytes:
    """The service's error."""
    return answer({"detail": detail, "status_code": status, "code": code}, *headers, status=status)


def user_of(request: Recorded) -> str:
    """The user id that a request names."""
    if request.path.endswith("/registerUser"):
        named: dict[str, Any] = json.loads(request.body)
        return str(named["userId"])
    return parse_qs(request.query).get("userId", [""])[0]


def secret_of(user: str) -> str:
    """The secret of a user."""
    return f"secret-of-{user}"


def truth(request: Recorded) -> object:
    """What the service's answer to a request says."""
    user = user_of(request)
    match request.path.rpartition("/")[2]:
        case "registerUser":
            return {"userId": user, "userSecret": secret_of(user)}
        case "login":
            return {"redirectURI": f"https://portal.test/?token=token-of-{user}", "sessionId": user}
        case "encryptedJWT":
            message = {"encryptedMessage": user, "tag": "t", "nonce": "n"}
            return {"encryptedSharedKey": user, "encryptedMessageData": message}
        case "deleteUser":
            return {"status": "deleted", "userId": user}
        case _:
            return ["u1", "u2"]


def right(request: Recorded) -> bytes:
    """The right answer to a request."""
    return answer(truth(request))
