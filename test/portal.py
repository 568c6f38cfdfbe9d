"""A user who goes through the connection portal without a browser: what it sends and reads."""

import json
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from snaptrade_client.sandbox import Sandbox

from .wire import LOGIN, Answer, Wire

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
KNOWN = "userId=u1&userSecret=s1"


class Visitor:
    """Opens one link, and goes on from there."""

    def __init__(self, sandbox: Sandbox, uri: str) -> None:
        self.wire = Wire(sandbox)
        parts = urlsplit(uri)
        assert f"{parts.scheme}://{parts.netloc}/api/v1" == sandbox.url
        self.target = f"{parts.path}?{parts.query}"
        self.token = parse_qs(parts.query)["token"][0]

    def look(self, broker: str | None = None, method: str = "GET") -> Answer:
        """Opens the page, or that of a brokerage."""
        more = "" if broker is None else "&" + urlencode({"broker": broker})
        return self.wire.send(method, self.target + more, None, {})

    def submit(self, **fields: str) -> Answer:
        """Sends the form."""
        form = urlencode({"token": self.token, **fields})
        return self.wire.send("POST", "/portal", form.encode(), FORM)


def visitor(sandbox: Sandbox, **options: Any) -> Visitor:
    """Logs the user u1 in with the body's fields `options`, under the service's names."""
    answer = Wire(sandbox).call("POST", LOGIN, KNOWN, json.dumps(options).encode())
    return Visitor(sandbox, answer.body["redirectURI"])


def title(answer: Answer) -> str:
    """The title of a page, without what all pages share."""
    found = re.search(r"<title>(.*?) - Connection portal \(sandbox\)</title>", answer.body)
    assert found
    return unescape(found[1])
