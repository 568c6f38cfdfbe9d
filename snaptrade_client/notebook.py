"""How answers, failures and clients look in a notebook, and a portal link as a click.

Strategy: a notebook is saved with its outputs, so nothing that shows itself holds a secret: values
are masked by name, as in `repr`, and all text becomes HTML in one place, `_text`. A portal link is
shown only to who asks for it, with `portal_link`. The classes load this module when a notebook asks
for their HTML. Text has the notebook's own colours, so it can be read on a dark ground too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from snaptrade_client import checks
from snaptrade_client.api_response import ApiResponse
from snaptrade_client.encoding import parse_json
from snaptrade_client.exceptions import ApiException, ApiTypeError, ApiValueError
from snaptrade_client.redaction import MASK, boundary, mask
from snaptrade_client.shapes import is_array, is_object, shape

if TYPE_CHECKING:
    from snaptrade_client.attempts import Attempt
    from snaptrade_client.client import SnapTrade

__all__ = ["PortalLink", "portal_link"]

# Seconds for which a link works (docs.snaptrade.com, implement-connection-portal).
_LIFETIME = 300.0

_MOST_ENTRIES = 10
_LONGEST_VALUE = 200

_GOOD, _BAD, _SPENT = "#1a9850", "#d73027", "#888888"
_FAINT = "opacity:.75"
# Notebooks have styles of their own for tables.
_CELL = "text-align:left;vertical-align:top;padding:2px 16px 2px 0;background:none"
_OUTCOMES = {
    "not_sent": "the service has not seen the request",
    "rejected": "the service said no",
    "unknown": "the service may have acted",
}


class PortalLink:
    """A link to the connection portal, which a notebook shows as a click, with its time left.

    Its HTML holds the link, and so does an output that is saved; its `repr` does not.
    """

    __slots__ = ("_clock", "_ends", "_url")

    def __init__(
        self, url: str, *, ends: float | None, clock: Callable[[], float] = monotonic
    ) -> None:
        self._url = url
        self._ends = ends
        self._clock = clock

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the link stops working; None where it is not known when it came."""
        return None if self._ends is None else max(0.0, self._ends - self._clock())

    def __repr__(self) -> str:
        return f"<PortalLink to {urlsplit(self._url).hostname}, {_validity(self.seconds_left)}>"

    def __reduce__(self) -> str:
        raise ApiTypeError("a portal link is not pickled: it is a secret, and soon of no use")

    def _repr_html_(self) -> str:
        left = self.seconds_left
        if left == 0:
            return _card(_SPENT, "Portal link", "expired: call login_snap_trade_user again")
        click = (
            f'<div style="margin:4px 0"><a href="{_text(self._url)}" target="_blank" '
            'rel="noopener noreferrer">Open the connection portal</a></div>'
        )
        note = "Whoever has the link is the user: clear this output before you save the notebook."
        return _card(_GOOD, "Portal link", _validity(left), click, [note])


def _validity(left: float | None) -> str:
    if left is None:
        return "for five minutes from when it was made"
    minutes, seconds = divmod(int(left), 60)
    return f"{minutes} min {seconds} s left when this was shown" if left else "expired"


@boundary
def portal_link(response: ApiResponse[Any], *, opened: str | None = None) -> PortalLink:
    """Give the portal link in a login's answer as a click, for the last line of a cell.

    The cell's output holds the link, which is a secret for the five minutes that it works: clear
    the output before you save the notebook.

    Args:
        response: what `login_snap_trade_user` returned.
        opened: where the answer is encrypted, what `encryption.decrypt` made of its body.

    Raises:
        ApiTypeError: `response` is not an answer, or `opened` not a str.
        ApiValueError: there is no link to a web page in it.

    """
    if not isinstance(response, ApiResponse):  # pyright: ignore[reportUnnecessaryIsInstance] - callers' data
        raise ApiTypeError(
            f"portal_link: response must be the answer of a login, not {type(response).__name__}"
        )
    body = response.body if opened is None else _parsed(opened)
    if is_object(body) and "encryptedMessageData" in body:
        raise ApiValueError(
            "portal_link: the answer is encrypted: "
            "portal_link(response, opened=decrypt(response.body, private_key))"
        )
    url = body.get("redirectURI") if is_object(body) else body
    if not isinstance(url, str) or not _is_web_page(url):
        raise ApiValueError("portal_link: the answer has no redirectURI that is a web page's")
    arrived = response._arrived  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - no user's business
    return PortalLink(url, ends=None if arrived is None else arrived + _LIFETIME)


def _parsed(opened: object) -> Any:
    if not isinstance(opened, str):
        raise ApiTypeError(f"portal_link: opened must be str, not {type(opened).__name__}")
    try:
        return parse_json(opened.encode())
    except ValueError:
        return opened  # the link itself


def _is_web_page(url: str) -> bool:
    # A browser would run a link of another scheme, such as javascript:.
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def response_html(response: ApiResponse[Any]) -> str:
    """Show an answer: what it says, masked, how it came, and the rate limit."""
    good = 200 <= response.status <= 299
    body = response.body
    # Masking knows names only: the text of an error may repeat a secret.
    rows = _entries(body) if good else []
    if not rows:
        rows = [("body", f"{shape(body)}, {len(response.data)} bytes")]
    notes = [] if response.request_id is None else [f"request id {response.request_id}"]
    limit, remaining, reset = response.rate_limit
    if limit is not None and remaining is not None:
        again = "" if reset is None else f", all again in {reset:g} s"
        notes.append(f"{remaining} of {limit} requests left{again}")
    if is_object(body) and "redirectURI" in body:
        notes.append("snaptrade_client.notebook.portal_link(response) shows the link as a click")
    seconds = response.elapsed
    return _card(
        _GOOD if good else _BAD,
        str(response.status),
        f"in {seconds * 1000:.0f} ms" if seconds < 1 else f"in {seconds:.1f} s",
        _table(rows) + _attempts(response.attempts, least=2),
        notes,
    )


def failure_html(failure: ApiException) -> str:
    """Show a failed call: its text, what it means, and what each attempt came to."""
    rows = [
        ("outcome", f"{failure.outcome}: {_OUTCOMES[failure.outcome]}" if failure.outcome else ""),
        ("safe_to_retry", str(failure.safe_to_retry)),
        ("retry_after", "" if failure.retry_after is None else f"{failure.retry_after:g} s"),
        ("prior_attempt_unknown", "True" if failure.prior_attempt_unknown else ""),
    ]
    told = _table(row for row in rows if row[1]) + _attempts(failure.attempts, least=1)
    return _card(_BAD, type(failure).__name__, str(failure), told)


def client_html(client: SnapTrade) -> str:
    """Show what a client talks to, as whom, and how patient it is."""
    options = client.configuration
    connect, read = checks.timeout("timeout", options.timeout)
    rows = [
        ("client_id", options.client_id),
        ("consumer_key", MASK),
        ("timeout", f"{_limit(connect)} to connect, {_limit(read)} of silence"),
        ("deadline", _limit(options.deadline)),
        ("retries", str(options.retries)),
    ]
    return _card(_GOOD, type(client).__name__, options.host, _table(rows))


def _limit(seconds: float | None) -> str:
    return "no limit" if seconds is None else f"{seconds:g} s"


def _entries(body: Any) -> list[tuple[str, str]]:
    """The first entries of an object or an array, masked and cut; none of anything else."""
    if is_object(body):
        masked = mask(dict(islice(body.items(), _MOST_ENTRIES)))
        rows = [(str(name), _short(value)) for name, value in masked.items()]
    elif is_array(body):
        masked = mask(body[:_MOST_ENTRIES])
        rows = [(str(number), _short(value)) for number, value in enumerate(masked)]
    else:
        return []
    more = len(body) - len(rows)
    return [*rows, ("...", f"and {more} more")] if more else rows


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def _attempts(attempts: tuple[Attempt, ...], least: int) -> str:
    """The history of a call, where there are so many attempts that it tells something."""
    rows = [(f"attempt {number}", str(attempt)) for number, attempt in enumerate(attempts, 1)]
    return _table(rows) if len(rows) >= least else ""


def _text(value: str) -> str:
    """A text as HTML: the only way in."""
    return escape(value, quote=True)


def _table(rows: Iterable[tuple[str, str]]) -> str:
    lines = (
        f'<tr style="background:none"><th scope="row" style="{_CELL};{_FAINT};font-weight:normal;'
        f'white-space:nowrap">{_text(name)}</th>'
        f'<td style="{_CELL};overflow-wrap:anywhere">{_text(value)}</td></tr>'
        for name, value in rows
    )
    return f'<table style="border:0;margin:4px 0;border-collapse:collapse">{"".join(lines)}</table>'


def _card(colour: str, title: str, told: str, inside: str = "", notes: Iterable[str] = ()) -> str:
    lines = "".join(f'<div style="{_FAINT};font-size:90%">{_text(note)}</div>' for note in notes)
    return (
        f'<div style="border-left:4px solid {colour};padding:2px 12px;margin:4px 0">'
        f"<div><strong>{_text(title)}</strong> {_text(told)}</div>{inside}{lines}</div>"
    )
