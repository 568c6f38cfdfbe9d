"""An app of another origin: a page that shows the portal, and one that users come back to."""

import threading
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

_HOST_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>The app</title>
<script>
const messages = [];
window.addEventListener("message", (event) => messages.push([event.origin, event.data]));
</script></head>
<body><h1>The app</h1>CONTENT</body>
</html>
"""


class App:
    """Serves `/frame?link=` (an iframe), `/popup?link=` (a button), `/back` and `/onward`."""

    def __init__(self) -> None:
        self.returns: list[dict[str, list[str]]] = []
        self.referrers: list[str | None] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def page(self, target: str, referrer: str | None) -> str:
        """The body of a page."""
        parts = urlsplit(target)
        query = parse_qs(parts.query)
        link = escape(query.get("link", [""])[0])
        if parts.path == "/frame":
            return f'<iframe title="Portal" src="{link}" width="600" height="900"></iframe>'
        if parts.path == "/popup":
            return f'<a id="open" href="{link}" target="portal" rel="opener">Connect</a>'
        self.returns.append(query)
        self.referrers.append(referrer)
        return f'<p id="status">{escape(query.get("status", ["none"])[0])}</p>'

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        app = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                onward = self.path.startswith("/onward")
                ignored = self.path == "/favicon.ico"
                body = b""
                if not onward and not ignored:
                    content = app.page(self.path, self.headers["Referer"])
                    body = _HOST_PAGE.replace("CONTENT", content).encode()
                self.send_response(302 if onward else 204 if ignored else 200)
                if onward:
                    self.send_header("Location", self.path.replace("/onward", "/back"))
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Print nothing."""

        return Handler
