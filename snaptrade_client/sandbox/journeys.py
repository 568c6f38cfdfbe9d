"""Journeys through the connection portal: what a link asks for, and what comes of it; pure.

Strategy: what comes of a journey is one row of `SCENARIOS`, which says what the redirect, the
window message and the webhooks tell (docs.snaptrade.com/docs/implement-connection-portal and
docs/webhooks). docs/sandbox.md says which of it is documented, and which is assumed.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import NAMESPACE_DNS, uuid5

from werkzeug.urls import iri_to_uri

from snaptrade_client.sandbox.state import Connection, PortalLink, PortalOptions
from snaptrade_client.sandbox.webhooks import Publisher


@dataclass(frozen=True, slots=True)
class Brokerage:
    """A brokerage: its slug, as a login's `broker` names it, and whether it can be traded with."""

    slug: str
    name: str
    trading: bool = True

    @property
    def id(self) -> str:
        """The id that webhooks give: always the same for a slug."""
        return str(uuid5(NAMESPACE_DNS, self.slug))


BROKERAGES = {
    brokerage.slug: brokerage
    for brokerage in (
        Brokerage("ALPACA", "Alpaca"),
        Brokerage("SCHWAB", "Charles Schwab"),
        Brokerage("COINBASE", "Coinbase"),
        Brokerage("ETRADE", "E*TRADE"),
        Brokerage("FIDELITY", "Fidelity", trading=False),
        Brokerage("INTERACTIVE-BROKERS-FLEX", "Interactive Brokers", trading=False),
        Brokerage("KRAKEN", "Kraken"),
        Brokerage("QUESTRADE", "Questrade"),
        Brokerage("ROBINHOOD", "Robinhood", trading=False),
        Brokerage("TRADIER", "Tradier"),
        Brokerage("VANGUARD", "Vanguard", trading=False),
        Brokerage("WEBULL", "Webull"),
    )
}
"""Those that the portal offers; a login may name any other."""

NOT_CHOSEN = Brokerage("", "")
"""What stands for a brokerage as long as there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A way in which an attempt can go.

    `attempted` is the result that the webhook of the attempt gives, None where the user never
    signs in; `status_code` and `error_code` are those of an error.
    """

    name: str
    label: str
    hint: str
    attempted: str | None = None
    status_code: int | None = None
    error_code: str | None = None


SUCCESS = Scenario(
    name="success", label="It works", hint="The connection is made.", attempted="SUCCESS"
)
ABANDONED = Scenario(
    name="abandoned", label="The user gives up", hint="The portal is left before signing in."
)
SCENARIOS = (
    SUCCESS,
    Scenario(
        name="invalid-credentials",
        label="Wrong credentials",
        hint="Invalid credentials provided, please try again.",
        attempted="INVALID_CREDENTIALS",
        status_code=403,
        error_code="1066",
    ),
    Scenario(
        name="invalid-code",
        label="Wrong two-factor code",
        hint="Invalid two-factor code provided.",
        attempted="INVALID_MFA_CODE",
        status_code=400,
        error_code="1086",
    ),
    Scenario(
        name="account-locked",
        label="The account is locked",
        hint="The account is locked: unlock it at the brokerage.",
        attempted="UNCAUGHT_ERROR",
        status_code=403,
        error_code="1066",
    ),
    Scenario(
        name="unreachable",
        label="The brokerage is down",
        hint="Failed to connect to the brokerage.",
        attempted="UNCAUGHT_ERROR",
        status_code=500,
        error_code="3000",
    ),
    Scenario(
        name="different-account",
        label="Signed in to another account",
        hint="Cannot change the account of an existing connection.",
        attempted="DIFFERENT_ACCOUNT",
        status_code=400,
        error_code="1023",
    ),
    Scenario(
        name="closed",
        label="The sign-in window is closed",
        hint="In an iframe the portal stays; elsewhere the user has given up.",
    ),
    ABANDONED,
)
_RECONNECTING = "different-account"
_UNKNOWN_CONNECTION = Scenario(
    name="unknown-connection",
    label="Unknown connection",
    hint="Invalid input: the user has no such connection to fix.",
    status_code=400,
    error_code="1012",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """What a link asks for, and what the user has chosen so far.

    `scenarios` are those that are possible now, by name. `settled` says that the app chose the
    brokerage; `connection` is the one to fix.
    """

    link: PortalLink
    options: PortalOptions
    scenarios: Mapping[str, Scenario]
    brokerage: Brokerage = NOT_CHOSEN
    settled: bool = False
    connection: Connection | None = None

    @property
    def page(self) -> str:
        """The page that comes next: a refusal, where the connection to fix is not there."""
        if _UNKNOWN_CONNECTION.name in self.scenarios:
            return "refused"
        return "choose" if self.brokerage is NOT_CHOSEN else "connect"

    def connected(self, *, trade: bool) -> Connection:
        """Give the connection that comes of it: a new one, or the one that was to be fixed."""
        access = "trade" if trade and self.brokerage.trading else "read"
        if self.connection is not None:
            return replace(self.connection, type=access, disabled=False)
        return Connection(user_id=self.link.user_id, brokerage=self.brokerage.slug, type=access)


@dataclass(frozen=True, slots=True)
class Result:
    """How a journey ended: the query of the redirect, and the window message."""

    query: Mapping[str, str]
    message: object


def plan(connections: Mapping[str, Connection], link: PortalLink, chosen: str) -> Journey:
    """Give the journey of a link; `chosen` is the slug that the user picked, or ""."""
    options = _printable(link.options)
    scenarios = {scenario.name: scenario for scenario in SCENARIOS}
    given_up = {ABANDONED.name: ABANDONED}
    if options.reconnect:
        connection = connections.get(options.reconnect)
        if connection is None or connection.user_id != link.user_id:
            refused = {_UNKNOWN_CONNECTION.name: _UNKNOWN_CONNECTION}
            return Journey(link=link, options=options, scenarios=refused | given_up)
        return Journey(
            link=link,
            options=options,
            scenarios=scenarios,
            brokerage=_named(connection.brokerage),
            settled=True,
            connection=connection,
        )
    del scenarios[_RECONNECTING]
    brokerage = _named(options.broker) if options.broker else BROKERAGES.get(chosen, NOT_CHOSEN)
    return Journey(
        link=link,
        options=options,
        scenarios=given_up if brokerage is NOT_CHOSEN else scenarios,
        brokerage=brokerage,
        settled=bool(options.broker),
    )


def _named(slug: str) -> Brokerage:
    return BROKERAGES.get(slug) or Brokerage(slug, slug)


def _printable(options: PortalOptions) -> PortalOptions:
    """Replace halves of surrogate pairs, which JSON can hold and a page can't."""
    texts: dict[str, Any] = {
        name: value.encode(errors="replace").decode()
        for name, value in asdict(options).items()
        if isinstance(value, str)
    }
    return replace(options, **texts)


def asked_for(journey: Journey) -> dict[str, str]:
    """Give what the login said, under the names of its fields."""
    asked = {"userId": journey.link.user_id}
    for name, value in asdict(journey.options).items():
        if value is not None:
            first, *others = name.split("_")
            spelled = first + "".join(word.capitalize() for word in others)
            asked[spelled] = value if isinstance(value, str) else str(value).lower()
    return asked


def publish(
    publisher: Publisher, journey: Journey, scenario: Scenario, connection: Connection | None
) -> None:
    """Tell the app's webhook what happened; where the user never signed in, nothing did."""
    if scenario.attempted is None:
        return
    tell = partial(publisher.publish, user_id=journey.link.user_id)
    brokerage = {"brokerageId": journey.brokerage.id}
    tell("CONNECTION_ATTEMPTED", connectionAttemptedResult=scenario.attempted, **brokerage)
    if connection is None:
        tell("CONNECTION_FAILED")
    elif journey.connection is None:
        tell("CONNECTION_ADDED", **brokerage, brokerageAuthorizationId=connection.id)
    else:
        fixed = "CONNECTION_FIXED" if journey.connection.disabled else "CONNECTION_UPDATED"
        tell(fixed, brokerageAuthorizationId=connection.id)


def result_of(scenario: Scenario, connection: Connection | None) -> Result:
    """Give what the app's page is told."""
    if connection is not None:
        return Result(
            {"status": "SUCCESS", "connection_id": connection.id},
            {"status": "SUCCESS", "authorizationId": connection.id},
        )
    if scenario.error_code is None:
        return Result({"status": "ABANDONED"}, "ABANDONED")
    code, status_code = scenario.error_code, str(scenario.status_code)
    return Result(
        {"status": "ERROR", "status_code": status_code, "error_code": code},
        {
            "status": "ERROR",
            "errorCode": code,
            "statusCode": status_code,
            "detail": scenario.hint,
        },
    )


def return_url(custom_redirect: str | None, query: Mapping[str, str]) -> str | None:
    """Give the app's URL with `query` behind its own, None where it is not http or https."""
    try:
        parts = urlsplit(custom_redirect or "")
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            return None
        joined = "&".join(filter(None, (parts.query, urlencode(query))))
        return iri_to_uri(urlunsplit(parts._replace(query=joined)))
    except ValueError:
        return None
