"""The facade: how a client is made, copied and closed, and `request` for every other endpoint."""

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any, assert_type

import pytest

from snaptrade_client import (
    ApiClient,
    ApiException,
    ApiTypeError,
    ApiValueError,
    Configuration,
    NotFoundError,
    ServerError,
    SnapTrade,
)

from .pickled import by_pickle
from .recording import CLIENT_ID, CONSUMER_KEY, RecordingServer, Reply


def test_a_client_is_made_of_keywords_a_configuration_or_both(server: RecordingServer) -> None:
    named = SnapTrade(consumer_key="k", client_id="C", host=server.url, retries=0)
    assert named.configuration.retries == 0
    configuration = Configuration(consumer_key="k", client_id="C", retries=5)
    assert SnapTrade(configuration).configuration.retries == 5
    both = SnapTrade(configuration, host=server.url, retries=1)
    assert (both.configuration.host, both.configuration.retries) == (server.url, 1)
    assert both.configuration.consumer_key == "k"
    assert configuration.retries == 5


@pytest.mark.parametrize("given", ["key", {"consumer_key": "k"}, 5])
def test_something_else_than_a_configuration_is_refused(given: Any) -> None:
    with pytest.raises(ApiTypeError, match=r"^the first argument must be a Configuration"):
        SnapTrade(given)


def test_a_client_shows_its_configuration_and_no_secret() -> None:
    client = SnapTrade(consumer_key="confidential", client_id="C")
    assert repr(client) == f"SnapTrade({client.configuration!r})"
    assert repr(client.api_client) == f"ApiClient({client.configuration!r})"
    assert "confidential" not in repr(client) + repr(client.api_client)
    client.close()


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_request_without_a_body(method: str, server: RecordingServer, client: SnapTrade) -> None:
    body = b"" if method == "HEAD" else b'{"accountId": 1}'
    server.answer(Reply(body=body))
    query: dict[str, Any] = {"page": 2, "all": True, "none": None, "name": "a b"}
    response = client.request(method.lower(), "/accounts/x%2Fy", query=query).body
    [request] = server.requests
    assert (request.method, request.path) == (method, "/api/v1/accounts/x%2Fy")
    assert request.query.startswith(f"page=2&all=true&name=a%20b&clientId={CLIENT_ID}&timestamp=")
    assert request.body == b""
    assert response is None if method == "HEAD" else response["account_id"] == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize("body", [{"b": [1.5, None], "a": "é"}, [1], "text", 0, False])
def test_request_with_a_body(
    method: str, body: Any, server: RecordingServer, client: SnapTrade
) -> None:
    server.answer(Reply(status=204, body=b""))
    response = client.request(method, "/trade", body=body)
    [request] = server.requests
    assert json.loads(request.body) == body
    assert (response.status, response.body) == (204, None)


def test_a_post_without_a_body_sends_an_empty_object(
    server: RecordingServer, client: SnapTrade
) -> None:
    server.answer(Reply(), Reply())
    client.request("POST", "/trade")
    client.request("PUT", "/trade")
    assert [request.body for request in server.requests] == [b"{}", b""]


@pytest.mark.parametrize(
    ("method", "idempotent", "sent"),
    [
        ("GET", None, 3),
        ("HEAD", None, 3),
        ("PUT", None, 3),
        ("DELETE", None, 3),
        ("POST", None, 1),
        ("PATCH", None, 1),
        ("POST", True, 3),
        ("PATCH", True, 3),
        ("GET", False, 1),
    ],
)
def test_request_is_sent_again_where_that_is_harmless(
    method: str,
    idempotent: bool | None,
    sent: int,
    server: RecordingServer,
    client: SnapTrade,
) -> None:
    server.answer_with(lambda _: Reply(status=503, body=b"", headers=(("Retry-After", "0"),)))
    with pytest.raises(ServerError) as caught:
        client.request(method, "/x", idempotent=idempotent)
    assert len(server.requests) == sent == len(caught.value.attempts)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (("TRACE", "/x"), ApiValueError, "method must be one of DELETE, GET, HEAD, PATCH, POST"),
        (("", "/x"), ApiValueError, "method is empty"),
        ((5, "/x"), ApiTypeError, "method must be a str, not int"),
        (("GET", "x"), ApiValueError, "path must start with '/'"),
        (("GET", None), ApiTypeError, "path must be a str, not NoneType"),
    ],
)
def test_request_names_a_bad_argument(
    arguments: tuple[Any, Any],
    error: type[Exception],
    text: str,
    server: RecordingServer,
    client: SnapTrade,
) -> None:
    with pytest.raises(error, match=f"^{text}"):
        client.request(*arguments)
    assert server.connections == 0


def test_request_names_a_bad_option(server: RecordingServer, client: SnapTrade) -> None:
    calls: Any = client
    with pytest.raises(ApiTypeError, match="idempotent must be True or False, not str"):
        calls.request("GET", "/x", idempotent="yes")
    with pytest.raises(ApiValueError, match=r"^body: a GET request has none; .* query="):
        calls.request("GET", "/x", body={})
    with pytest.raises(ApiTypeError, match=r"got an unexpected keyword 'time_out'.* 'timeout'"):
        calls.request("GET", "/x", time_out=5)
    assert server.connections == 0


def test_an_error_of_another_endpoint_is_an_api_exception(
    server: RecordingServer, client: SnapTrade
) -> None:
    server.answer(Reply(status=404, body={"detail": "No such account.", "code": 1011}))
    with pytest.raises(NotFoundError) as caught:
        client.request("GET", "/accounts/x")
    failure = caught.value
    assert str(failure) == (
        "404 Not Found: No such account. (code 1011, request id 0123456789abcdef)"
    )
    assert failure.api_response is not None
    assert failure.api_response.body == failure.body
    assert failure.api_response.round_trip_time == failure.round_trip_time


def test_with_options_shares_the_connections_and_leaves_the_first_client(
    server: RecordingServer, client: SnapTrade
) -> None:
    server.answer(Reply(body=[]), Reply(status=503), Reply(body=[]))
    client.api_client.user_agent = "app/1"
    impatient = client.with_options(retries=0, timeout=(1, 2), deadline=None)
    assert type(impatient) is SnapTrade
    timeouts = [each.configuration.timeout for each in (impatient, client)]
    assert timeouts == [(1, 2), (5.0, 15.0)]
    client.authentication.list_snap_trade_users()
    with pytest.raises(ServerError):
        impatient.authentication.list_snap_trade_users()
    client.authentication.list_snap_trade_users()
    assert {request.connection for request in server.requests} == {1}
    assert {request.header("User-Agent") for request in server.requests} == {"app/1"}


class Branded(SnapTrade):
    """A subclass as an app writes it, with something of its own."""

    brand = "none"


def test_with_options_keeps_a_subclass_and_its_attributes(
    server: RecordingServer, client: SnapTrade
) -> None:
    mine = Branded(client.configuration)
    mine.brand = "ours"
    quick = mine.with_options(retries=0)
    assert_type(quick, Branded)
    assert (type(quick), quick.brand) == (Branded, "ours")
    quick.brand = "theirs"
    assert (mine.brand, mine.configuration.retries, quick.configuration.retries) == ("ours", 2, 0)
    assert mine.authentication.api_client is mine.api_client
    assert quick.authentication.api_client is quick.api_client
    server.answer(Reply(body=[]), Reply(body=[]))
    mine.authentication.list_snap_trade_users()
    quick.authentication.list_snap_trade_users()
    assert {request.connection for request in server.requests} == {1}
    mine.close()


@pytest.mark.parametrize("name", ["host", "consumer_key", "proxy", "retrys"])
def test_with_options_refuses_what_the_connections_depend_on(name: str, client: SnapTrade) -> None:
    options: Any = {name: "x"}
    with pytest.raises(ApiTypeError, match=rf"^with_options\(\) can't change '{name}'"):
        client.with_options(**options)


def test_a_closed_client_cannot_be_used(server: RecordingServer, client: SnapTrade) -> None:
    server.answer(Reply(body=[]))
    with client as same:
        assert same is client
        client.authentication.list_snap_trade_users()
    with pytest.raises(ApiValueError, match="this client is closed"):
        client.authentication.list_snap_trade_users()
    assert len(server.requests) == 1


def test_a_client_is_closed_when_its_block_fails(client: SnapTrade) -> None:
    def fail() -> None:
        with client:
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with pytest.raises(ApiValueError, match="this client is closed"):
        client.request("GET", "/x")


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, by_pickle])
def test_a_copy_of_a_client_works(
    copied: Callable[[SnapTrade], SnapTrade], server: RecordingServer, client: SnapTrade
) -> None:
    server.answer(Reply(body=["u1"]))
    client.api_client.user_agent = "app/1"
    other = copied(client)
    assert other.authentication.list_snap_trade_users().body == ["u1"]
    assert server.requests[0].header("User-Agent") == "app/1"
    assert other.authentication.api_client is other.api_client
    other.close()


def test_a_client_of_the_environment_travels_without_its_key(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNAPTRADE_CONSUMER_KEY", CONSUMER_KEY)
    monkeypatch.setenv("SNAPTRADE_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("SNAPTRADE_HOST", server.url)
    server.answer(Reply(body=[]))
    with SnapTrade() as client:
        pickled = pickle.dumps(client)
    assert CONSUMER_KEY.encode() not in pickled
    with pickle.loads(pickled) as arrived:  # noqa: S301 - the test's own
        arrived.authentication.list_snap_trade_users()


def test_no_frame_of_a_failed_call_holds_a_secret(
    server: RecordingServer, client: SnapTrade
) -> None:
    server.answer(Reply(status=401, body={"detail": "s3cr3t-of-u1 is wrong"}))
    with pytest.raises(ApiException) as caught:
        client.request("GET", "/x", query={"userSecret": "s3cr3t-of-u1"})
    assert "s3cr3t" not in str(caught.value)
    trace = caught.value.__traceback__
    files: list[str] = []
    while trace:
        if trace.tb_frame.f_code.co_filename != __file__:
            files.append(trace.tb_frame.f_code.co_filename)
            assert "s3cr3t" not in repr(trace.tb_frame.f_locals)
        trace = trace.tb_next
    assert len(files) == 1


@pytest.mark.parametrize("option", ["verify_ssl", "assert_hostname"])
@pytest.mark.parametrize("make", ["SnapTrade", "ApiClient"])
def test_unchecked_certificates_warn_in_the_callers_line(make: str, option: str) -> None:
    options: dict[str, Any] = {"consumer_key": "k", "client_id": "C", option: False}
    configuration = Configuration(**options)
    with pytest.warns(UserWarning, match=f"^{option}=False: ") as caught:
        client = SnapTrade(configuration) if make == "SnapTrade" else ApiClient(configuration)
    assert [warning.filename for warning in caught] == [__file__]
    client.close()
