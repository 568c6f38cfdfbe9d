"""Requests to a sandbox, made and signed by hand with the tests' own implementation."""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from typing import Any
from urllib.parse import urlsplit

from snaptrade_client.sandbox import Sandbox

from .signature import signature

REGISTER = "/snapTrade/registerUser"
LIST = "/snapTrade/listUsers"
LOGIN = "/snapTrade/login"
JWT = "/snapTrade/encryptedJWT"
DELETE = "/snapTrade/deleteUser"


@dataclass(frozen=True)
class Answer:
    """What came back; `body` is the parsed JSON, or text where it is none."""

    status: int
    reason: str
    headers: HTTPMessage
    body: Any


class Wire:
    """Calls one sandbox, each time over a new connection."""

    def __init__(self, sandbox: Sandbox, *, base: str = "/api/v1") -> None:
        self.sandbox = sandbox
        self.base = base
        self.port = urlsplit(sandbox.url).port or 0

    def target(self, path: str, query: str = "", *, timestamp: str | None = None) -> str:
        """The request target: with the client id and, unless another is given, the time now."""
        given = str(int(self.sandbox.clock())) if timestamp is None else timestamp
        tail = f"clientId={self.sandbox.client_id}&timestamp={given}"
        return f"{self.base}{path}?{query}{'&' if query else ''}{tail}"

    def sign(self, target: str, body: bytes | None = None, *, escaped: bool = True) -> str:
        path, _, query = target.partition("?")
        return signature(path, query, body, self.sandbox.consumer_key, escaped=escaped)

    def call(
        self,
        method: str,
        path: str,
        query: str = "",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A well-signed request; `headers` replace those of the same name."""
        target = self.target(path, query)
        mine = {"Signature": self.sign(target, body)}
        if body is not None:
            mine["Content-Type"] = "application/json"
        return self.send(method, target, body, {**mine, **(headers or {})})

    def send(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        """Any request."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, target, body, dict(headers))
            answer = connection.getresponse()
            data = answer.read()
            is_json = answer.headers.get_content_type() == "application/json"
            parsed = json.loads(data) if is_json and data else data.decode()
            return Answer(answer.status, answer.reason, answer.headers, parsed)
        finally:
            connection.close()

    def raw(self, data: bytes) -> bytes:
        """Bytes in, and the bytes that come back until the sandbox closes the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(data)
            with connection.makefile("rb") as stream:
                return stream.read()

    def register(self, user_id: str, rsa_public_key: str | None = None) -> str:
        """Registers a user, and gives the secret."""
        fields = {"userId": user_id}
        if rsa_public_key is not None:
            fields["rsaPublicKey"] = rsa_public_key
        answer = self.call("POST", "/snapTrade/registerUser", "", json.dumps(fields).encode())
        assert answer.status == 200
        return str(answer.body["userSecret"])


def refused(answer: Answer, status: int, code: str) -> str:
    """Checks an error of the shape that most errors have, and gives its detail."""
    assert set(answer.body) == {"detail", "status_code", "code"}
    assert (answer.status, answer.body["status_code"], answer.body["code"]) == (
        status,
        status,
        code,
    )
    return str(answer.body["detail"])


def unsigned(answer: Answer) -> str:
    """Checks the refusal of a signature, and gives its detail."""
    assert answer.status == 401
    assert set(answer.body) == {"default_detail", "default_code"}
    assert answer.body["default_code"] == 1076
    return str(answer.body["default_detail"])


def open_link(wire: Wire, uri: str, method: str = "GET") -> str:
    """Opens a portal link, checks that it is the sandbox's own, and gives the page."""
    parts = urlsplit(uri)
    assert f"{parts.scheme}://{parts.netloc}/api/v1" == wire.sandbox.url
    answer = wire.send(method, f"{parts.path}?{parts.query}", None, {})
    assert answer.status in {200, 410}
    assert answer.headers.get_content_type() == "text/html"
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("has expired" in answer.body) is (answer.status == 410) or method == "HEAD"
    return str(answer.body)
