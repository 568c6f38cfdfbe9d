"""A service on this machine to develop and test against: `pip install "snaptrade-client[sandbox]"`.

    with Sandbox(users={"u1": "secret"}) as sandbox:
        sandbox.client().authentication.list_snap_trade_users()

Strategy: the rooms know little of each other. `signatures`, `rate_limit`, `faults`, `state`,
`operations` and `sealing` are pure and take the clock; `app`, `portal` and `control` are those that
know Flask, `server` the only one that knows cheroot; `sandbox` puts them together.
"""

from importlib.util import find_spec

from snaptrade_client.exceptions import MissingExtraError

# Looked up before anything is imported, so that an ImportError inside of a package that is
# installed is not taken for a package that is not.
for _package in ("cheroot", "cryptography", "flask"):
    if find_spec(_package) is None:
        raise MissingExtraError("sandbox")

from snaptrade_client.sandbox.clock import Clock  # noqa: E402
from snaptrade_client.sandbox.faults import (  # noqa: E402
    BadJson,
    ClockOff,
    Delay,
    Drop,
    Faults,
    Status,
    Throttle,
    Truncate,
)
from snaptrade_client.sandbox.recording import RecordedRequest, RequestLog  # noqa: E402
from snaptrade_client.sandbox.sandbox import (  # noqa: E402
    CLIENT_ID,
    CONSUMER_KEY,
    Sandbox,
)
from snaptrade_client.sandbox.state import Connection, SandboxUser  # noqa: E402
from snaptrade_client.sandbox.webhooks import Delivery, Webhook, WebhookLog  # noqa: E402

__all__ = [
    "CLIENT_ID",
    "CONSUMER_KEY",
    "BadJson",
    "Clock",
    "ClockOff",
    "Connection",
    "Delay",
    "Delivery",
    "Drop",
    "Faults",
    "RecordedRequest",
    "RequestLog",
    "Sandbox",
    "SandboxUser",
    "Status",
    "Throttle",
    "Truncate",
    "Webhook",
    "WebhookLog",
]
