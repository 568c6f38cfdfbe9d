"""What type checkers must refuse.

Strategy: nothing here runs. Each marked line is a mistake, and carries a comment for each type
checker that lets it pass. Where a checker stops to see the mistake, its comment is unused, which
is an error in `tox -e types`.
"""

import snaptrade_client
from snaptrade_client import ApiClient, ApiException, ApiResponse, Configuration, SnapTrade
from snaptrade_client import Snaptrade as Misspelt  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]
from snaptrade_client.sandbox import Drop, Sandbox
from snaptrade_client.signing import sign
from snaptrade_client.types import RegisterResponse
from snaptrade_client.webhooks import WebhookEvent, verify

client = SnapTrade()
users = client.authentication


def names() -> None:
    _ = Misspelt  # pyright: ignore[reportUnknownVariableType]
    _ = snaptrade_client.absent  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]


def construct() -> None:
    SnapTrade("key")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    SnapTrade(consumer_key=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    SnapTrade(client_secret="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    SnapTrade(timeout="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    SnapTrade(deadline=(1, 2))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    SnapTrade(retries=1.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Configuration("key")  # type: ignore[arg-type, call-arg]  # pyright: ignore[reportCallIssue]
    Configuration(verify_ssl="yes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Configuration(time_out=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    ApiClient()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def configuration() -> None:
    client.configuration.timeouts = 5  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    client.configuration.verify_ssl = "no"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    client.configuration = Configuration()  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    client.api_client.user_agent = 5  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    client.api_client.clock_skew = 0.0  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def wrong_types() -> None:
    users.register_snap_trade_user(user_id=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    users.register_snap_trade_user(body=[("userId", "u1")])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    users.register_snap_trade_user("u1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    users.list_snap_trade_users(user_id="u1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    users.list_snap_trade_users(timeout="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    users.list_snap_trade_users(deadline="1 s")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    users.list_snap_trade_users(retries=0.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    users.list_snap_trade_users(dead_line=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    users.list_snap_trade_users(proxy="http://x.example")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    users.list_snap_trade_users(query_params="page=1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    users.list_snap_trade_users(extra_headers={"X": 5})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
    users.login_snap_trade_user("u1", "s1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    users.login_snap_trade_user(user_id="u1", user_secret="s1", immediate_redirect="yes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    users.login_snap_trade_user(user_id="u1", user_secret="s1", imediate_redirect=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    users.get_user_jwt(user_id="u1", user_secret="s1", body={})  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    users.delete_snap_trade_user(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    users.delete_snap_trade_user("u1", "u2")  # type: ignore[arg-type, call-arg]  # pyright: ignore[reportCallIssue]


def twins() -> None:
    users.alist_snap_trade_users()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


def other_endpoints() -> None:
    client.request("GET")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.request("GET", "/x", {})  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.request("GET", "/x", query={"a": [1]})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
    client.request("GET", "/x", idempotent="yes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def options() -> None:
    client.with_options(host="https://x.example")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.with_options(timeout="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def answers(registered: ApiResponse[RegisterResponse]) -> None:
    _ = registered.body["userName"]  # type: ignore[typeddict-item]  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType]
    registered.rate_limit.limit = 5  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    _ = registered.absent  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
    _ = users.list_snap_trade_users().body["userId"]  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue, reportUnknownVariableType]
    _ = registered.body["redirect_uri"]  # type: ignore[typeddict-item]  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType]
    registered.body = RegisterResponse()  # type: ignore[misc, typeddict-item]  # pyright: ignore[reportAttributeAccessIssue, reportCallIssue]
    registered.elsewhere = 5  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    registered.status = 201  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    _ = users.login_snap_trade_user(user_id="u1", user_secret="s1").body["redirectURI"]  # type: ignore[typeddict-item]  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType]
    ApiResponse({}, 200, {})  # type: ignore[arg-type, call-arg]  # pyright: ignore[reportCallIssue]


def failures(failure: ApiException) -> None:
    failure.request_id = "x"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    failure.outcome = "perhaps"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    _ = failure.absent  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
    ApiException(message="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def signatures() -> None:
    sign("/x", b"a=b", None, "key")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sign("/x", "a=b", None)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def webhooks(event: WebhookEvent) -> None:
    verify("{}", "x", "key")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    verify({}, "x", "key")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    verify(b"{}", b"x", "key")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    verify(b"{}", "x", None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    verify(b"{}", "x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    verify(b"{}", "x", "key", 300)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    verify(b"{}", "x", "key", tolerance="5 min")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    event.user_id = "x"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    event.body = {}  # type: ignore[misc, assignment]  # pyright: ignore[reportAttributeAccessIssue]
    _ = event.absent  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]


def sandboxes(sandbox: Sandbox) -> None:
    sandbox.client(timout=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    sandbox.client(timeout="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sandbox.faults.add("login", 503)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sandbox.faults.add("login", Drop)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sandbox.faults.add("login", Drop("later"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sandbox.faults.add("login", Drop(), 2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
