"""What a notebook shows of a value, as a browser reads it."""

from html.parser import HTMLParser
from typing import Any

from snaptrade_client import ApiResponse
from snaptrade_client.headers import Headers

SECRET = "a-secret-of-somebody"
URL = f"https://app.example/portal?token={SECRET}&a='\"<>"
HOSTILE = "<script>alert('x')</script>\"&"
HEADERS = Headers(
    (("X-Request-ID", "abc"), ("X-RateLimit-Limit", "250"), ("X-RateLimit-Remaining", "249"))
)


class Page(HTMLParser):
    """What a browser makes of HTML: its tags, its links, its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.links: list[dict[str, str | None]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        if tag == "a":
            self.links.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def html_of(value: Any) -> str:
    """What a notebook asks for."""
    html: str = value._repr_html_()
    return html


def shown(value: Any) -> Page:
    page = Page(html_of(value))
    assert set(page.tags) <= {"div", "strong", "table", "tr", "th", "td", "a"}
    return page


def answer(body: Any, status: int = 200, **more: Any) -> ApiResponse[Any]:
    return ApiResponse(
        body=body, status=status, headers=HEADERS, reason="OK", data=b"12345", elapsed=0.25, **more
    )
