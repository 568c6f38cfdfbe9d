"""What type checkers must accept, and the types that they must find.

Strategy: nothing here runs. Where a line stops to type-check, `tox -e types` fails.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, assert_type

import snaptrade_client
import snaptrade_client.client
from snaptrade_client import (
    ApiClient,
    ApiException,
    ApiResponse,
    Attempt,
    AuthenticationApi,
    Configuration,
    NotFoundError,
    OpenApiException,
    RateLimit,
    RateLimitError,
    RegistrationOutcomeUnknown,
    ServerError,
    SnapTrade,
)
from snaptrade_client.api_client import ApiClient as SameClient
from snaptrade_client.api_client import ApiException as SameException
from snaptrade_client.encryption import decrypt
from snaptrade_client.exceptions import (
    ApiAttributeError,
    ApiKeyError,
    ApiTypeError,
    ApiValueError,
)
from snaptrade_client.sandbox import Drop, RecordedRequest, Sandbox, Status
from snaptrade_client.signing import explain, sign
from snaptrade_client.spelling import BodyObject
from snaptrade_client.types import (
    CallOptions,
    DeleteResponse,
    EncryptedResponse,
    LoginResponse,
    RegisterBody,
    RegisterResponse,
    UserQuery,
    UserSecretQuery,
)
from snaptrade_client.webhooks import (
    EventType,
    WebhookError,
    WebhookEvent,
    WebhookExpired,
    WebhookPayloadError,
    WebhookSignatureError,
    verify,
)


def construct(configuration: Configuration, path: Path) -> list[SnapTrade]:
    configuration.ssl_ca_cert = str(path)
    configuration.verify_ssl = False
    configuration.proxy = "http://proxy.example:3128"
    configuration.proxy_headers = {"Proxy-Authorization": "Basic x"}
    configuration.retries = 3
    configuration.timeout = 5
    configuration.timeout = (1.5, None)
    configuration.socket_options = [(6, 1, 1), (1, 13, b"x")]
    configuration.connection_pool_maxsize = 8
    configuration.cert_file = configuration.key_file = "client.pem"
    configuration.assert_hostname = None
    configuration.assert_hostname = False
    configuration.debug = True
    return [
        SnapTrade(consumer_key="k", client_id="C"),
        SnapTrade(consumer_key="k", client_id="C", host="https://x.example", timeout=(1, 2)),
        SnapTrade(configuration),
        SnapTrade(configuration=configuration, retries=0, deadline=None),
        snaptrade_client.client.SnapTrade(),
    ]


def lazy_names() -> None:
    assert_type(snaptrade_client.__version__, str)
    assert_type(snaptrade_client.exceptions.ApiException(), ApiException)
    assert_type(snaptrade_client.configuration.Configuration(), Configuration)
    assert_type(SameClient(Configuration()), ApiClient)
    assert_type(snaptrade_client.encryption.decrypt({}, "key"), str)
    timeout: snaptrade_client.types.Timeout = (1, None)
    assert_type(SnapTrade(timeout=timeout), SnapTrade)
    assert_type(SameException(status=404, reason="Not Found"), ApiException)


def read_back(client: SnapTrade) -> None:
    configuration = client.authentication.api_client.configuration
    assert_type(configuration, Configuration)
    assert_type(configuration.consumer_key, str)
    assert_type(configuration.api_key["PartnerClientId"], str)
    assert_type(configuration.deadline, float | None)
    client.api_client.user_agent = "app/1.0"
    assert_type(client.api_client.clock_skew, float)
    assert_type(AuthenticationApi(ApiClient(configuration)), AuthenticationApi)


def register(client: SnapTrade, stored: dict[str, str]) -> None:
    response = client.authentication.register_snap_trade_user(user_id="u1", rsa_public_key=None)
    assert_type(response, ApiResponse[RegisterResponse])
    assert_type(response.body["userSecret"], str)
    assert_type(response.body["user_secret"], str)
    stored.update(secret=response.body["user_secret"])
    fields: RegisterBody = {"user_id": "u1", "rsaPublicKey": None}
    client.authentication.register_snap_trade_user(body=fields)
    client.authentication.register_snap_trade_user(body={"userId": "u1", "unknown": [1]})
    client.authentication.register_snap_trade_user(user_id="u1", body={}, extra_headers={"X": "y"})


def list_users(client: SnapTrade) -> None:
    response = client.authentication.list_snap_trade_users(timeout=5, deadline=None, retries=None)
    assert_type(response, ApiResponse[list[str]])
    response.body.sort()


def login(client: SnapTrade, options: CallOptions) -> None:
    response = client.authentication.login_snap_trade_user(
        user_id="u1",
        user_secret="s1",
        broker="ALPACA",
        immediate_redirect=True,
        custom_redirect="https://x.example",
        reconnect="8b5f262d-4bb9-365d-888a-202bd3b15fa1",
        connection_type="a value that the API adds one day",
        show_close_button=True,
        dark_mode=None,
        locale="fr",
        connection_portal_version="v4",
        **options,
    )
    assert_type(response, ApiResponse[LoginResponse | EncryptedResponse])
    if "redirectURI" in response.body:
        assert_type(response.body, LoginResponse)
        assert_type(response.body["redirectURI"], str)
        assert_type(response.body["redirect_uri"], str)
        assert_type(response.body["sessionId"], str)
        assert_type(response.body["session_id"], str)
    else:
        assert_type(response.body, EncryptedResponse)
        assert_type(response.body["encryptedMessageData"]["nonce"], str)
        assert_type(response.body["encrypted_message_data"]["encrypted_message"], str)
    query: UserSecretQuery = {"userId": "u1", "user_secret": "s1"}
    client.authentication.login_snap_trade_user(query_params=query, body={"darkMode": True})
    client.authentication.login_snap_trade_user(user_id="u1", query_params={"userSecret": "s1"})


def token(client: SnapTrade) -> None:
    response = client.authentication.get_user_jwt(user_id="u1", user_secret="s1")
    assert_type(response, ApiResponse[EncryptedResponse])
    assert_type(response.body["encrypted_shared_key"], str)
    assert_type(response.body["encryptedSharedKey"], str)
    assert_type(decrypt(response.body, "a key as PEM", password=None), str)


def delete(client: SnapTrade) -> None:
    response = client.authentication.delete_snap_trade_user("u1")
    assert_type(response, ApiResponse[DeleteResponse])
    assert_type(response.body["status"], str)
    assert_type(response.body["userId"], str)
    assert_type(response.body["user_id"], str)
    assert_type(response.body.get("detail"), str | None)
    client.authentication.delete_snap_trade_user(user_id="u1", fresh_connection=True)
    query: UserQuery = {"user_id": "u1"}
    client.authentication.delete_snap_trade_user(query_params=query)


def other_endpoint(client: SnapTrade) -> None:
    response = client.request("GET", "/accounts", query={"page": 1, "all": True, "name": None})
    assert_type(response, ApiResponse[Any])
    client.request("POST", "/trade", body={"units": 1.5}, idempotent=True, extra_headers={})
    expected: ApiResponse[DeleteResponse] = client.request("DELETE", "/snapTrade/deleteUser")
    assert_type(expected.body["status"], str)


def answer(response: ApiResponse[list[str]]) -> None:
    assert_type(response.status, int)
    assert_type(response.data, bytes)
    assert_type(response.headers.get("x-request-id"), str | None)
    assert_type(response.round_trip_time, float)
    assert_type(response.elapsed, float)
    assert_type(response.request_id, str | None)
    assert_type(response.rate_limit, RateLimit)
    assert_type(response.rate_limit.remaining, int | None)
    assert_type(response.attempts, tuple[Attempt, ...])


def bare(response: ApiResponse) -> None:
    """Without its parameter, an answer's body is anything."""
    assert_type(response.body, Any)


def failures(client: SnapTrade) -> None:
    try:
        client.authentication.list_snap_trade_users()
    except RegistrationOutcomeUnknown as failure:
        assert_type(failure.user_id, str | None)
    except RateLimitError as failure:
        assert_type(failure.retry_after, float | None)
    except (NotFoundError, ServerError) as failure:
        assert_type(failure.prior_attempt_unknown, bool)
    except ApiException as failure:
        assert_type(failure.status, int | None)
        assert_type(failure.reason, str | None)
        assert_type(failure.body, Any)
        assert_type(failure.headers, Mapping[str, str] | None)
        assert_type(failure.request_id, str | None)
        assert_type(failure.code, str | int | None)
        assert_type(failure.detail, str | None)
        assert_type(failure.round_trip_time, float | None)
        assert_type(failure.api_response, ApiResponse[Any] | None)
        assert_type(failure.data, bytes | None)
        assert_type(failure.attempts, tuple[Attempt, ...])
        assert_type(failure.safe_to_retry, bool)
        assert_type(failure.outcome, Literal["not_sent", "rejected", "unknown"] | None)
        if failure.outcome == "unknown":
            raise
    except (ApiTypeError, ApiValueError, ApiKeyError, ApiAttributeError) as failure:
        assert_type(str(failure), str)
    except OpenApiException:
        raise


def built_by_callers() -> ApiException:
    failure = ApiException(status=404, reason="Not Found")
    failure.body = {"detail": "x"}
    failure.headers = {"X-Request-ID": "abc"}
    failure.round_trip_time = 0.1
    return failure


def metrics(name: str, attempt: Attempt) -> None:
    assert_type(name, str)
    assert_type(attempt.seconds, float)


def options() -> None:
    with SnapTrade(on_attempt=metrics) as client:
        assert_type(client, SnapTrade)
        assert_type(client.with_options(timeout=None, max_body_bytes=1000), SnapTrade)
        client.close()


def signatures() -> None:
    assert_type(sign("/x", "a=b", {"c": 1}, "key"), str)
    assert_type(sign(path="/x", query="a=b", content=None, consumer_key="key"), str)
    assert_type(explain("/x", "a=b", None, "key"), str)


def webhooks(payload: bytes, header: str | None, moment: datetime) -> None:
    assert_type(verify(payload, header, "key"), WebhookEvent)
    verify(payload, header, ["new", "old"], tolerance=None, now=moment)
    event = snaptrade_client.webhooks.verify(payload, "x", ("a", "b"), tolerance=60, now=1.5)
    assert_type(event.event_type, EventType)
    assert_type(event.event_timestamp, datetime)
    assert_type(event.user_id, str)
    assert_type(event.account_id, str | None)
    assert_type(event.body, BodyObject)
    if event.event_type in {"USER_DELETED", "an event that the service adds one day"}:
        assert_type(event.webhook_id, str)


def refused_webhooks(payload: bytes) -> float:
    try:
        verify(payload, None, "key")
    except WebhookExpired as failure:
        return failure.age
    except (WebhookSignatureError, WebhookPayloadError):
        return 0
    except WebhookError as failure:
        raise OpenApiException from failure
    return 1


def sandboxes(sandbox: Sandbox) -> None:
    assert_type(sandbox.client(timeout=5, host="http://localhost"), SnapTrade)
    sandbox.faults.add("login", Status(503, retry_after=1, when="after"), times=2)
    sandbox.faults.add("any", Drop("after"))
    assert_type(sandbox.requests.last("login"), RecordedRequest)
    assert_type(sandbox.webhooks.of("USER_DELETED")[0].delivered, bool)
    sandbox.rate_limit.limit = 5
