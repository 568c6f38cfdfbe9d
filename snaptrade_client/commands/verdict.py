"""The last check of `doctor`: a signed call, by the client itself, and what its failure means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snaptrade_client.client import SnapTrade
from snaptrade_client.commands.checkup import Check
from snaptrade_client.exceptions import (
    ApiException,
    ClientError,
    RateLimitError,
    ServerError,
)
from snaptrade_client.retry import SIGNATURE_REFUSED

if TYPE_CHECKING:
    from snaptrade_client.configuration import Configuration

NOT_TRIED = Check("signed_call", None, "signed call: not tried")


def signed_call(configuration: Configuration, seconds: float) -> Check:
    """List the users, as a program would; a clock that is off is corrected once, as always."""
    facts: dict[str, object]
    try:
        with SnapTrade(configuration, deadline=seconds, retries=1) as client:
            answer = client.authentication.list_snap_trade_users()
    except ApiException as error:
        facts = {"status": error.status, "code": error.code, "request_id": error.request_id}
        text = f"a signed call (list users) failed: {error}"
        return Check("signed_call", ok=False, text=text, mend=_mend(error), facts=facts)
    facts = {"status": answer.status, "code": None, "request_id": answer.request_id}
    corrected = ", after its timestamp was corrected" if len(answer.attempts) > 1 else ""
    text = (
        f"a signed call (list users) succeeded in {answer.elapsed * 1000:.1f} ms{corrected}; "
        f"users: {len(answer.body)}"
    )
    return Check("signed_call", ok=True, text=text, facts=facts)


def _mend(error: ApiException) -> str:
    if str(error.code) == SIGNATURE_REFUSED:
        return (
            "client id and consumer key do not belong together, or one is mistyped: copy both "
            "again from the dashboard, and compare their fingerprints with those where it works"
        )
    if isinstance(error, RateLimitError):
        return f"too many requests: wait for {error.retry_after or 60:.0f} s"
    if isinstance(error, ServerError):
        return "the service itself fails: try again later, and give its support the request id"
    if isinstance(error, ClientError):
        return "check the client id, and whether the host ends with /api/v1"
    return "what listens there is not the service, or something on the way breaks the call"
