"""Tells a sandbox over HTTP, wherever it runs."""

import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Told:
    """An answer of the control API."""

    status: int
    headers: Any
    body: Any


class Remote:
    """Tells a sandbox, wherever it runs."""

    def __init__(self, url: str) -> None:
        self.port = urlsplit(url).port or 0

    def __call__(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Told:
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body)
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, f"/_sandbox{path}", data, headers or {})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        assert answer.headers.get_content_type() == "application/json"
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
        return Told(answer.status, answer.headers, json.loads(text))

    def ok(self, method: str, path: str, body: object = None) -> Any:
        told = self(method, path, body)
        assert told.status == 200, told.body
        assert told.headers["Cache-Control"] == "no-store"
        assert told.headers["X-Content-Type-Options"] == "nosniff"
        return told.body

    def refused(self, path: str, body: object, status: int = 400) -> str:
        told = self("POST", path, body)
        assert told.status == status
        return str(told.body["detail"])


@contextmanager
def another_process(*arguments: str) -> Generator[str]:
    """The URL of a sandbox in a process of its own."""
    command = [sys.executable, "-m", "snaptrade_client", "sandbox", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().rstrip("\n")
        finally:
            process.terminate()
            assert process.wait(30) == 0
