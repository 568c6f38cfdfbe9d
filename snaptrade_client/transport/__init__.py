"""The only door to the network, and the only place that knows urllib3 and certifi.

Strategy: an exchange is one request and its answer. Nothing is retried here, no redirect followed,
and every wait obeys the call's deadline. From the top: `pool` keeps connections, `exchange` sends
and reads, `routes` and `connections` open them, `head` reads a head, `framing` finds the end of a
body, `sockets` waits.
"""

from snaptrade_client.transport.messages import Answer, Limits, Payload, Request
from snaptrade_client.transport.pool import Transport

__all__ = ["Answer", "Limits", "Payload", "Request", "Transport"]
