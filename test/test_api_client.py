"""The client itself: what it is made of, what its copies share, its requests to other endpoints."""

import copy
import json
import pickle
import socket
import warnings
from collections.abc import Callable
from itertools import repeat
from typing import Any

import pytest

from snaptrade_client import (
    ApiClient,
    ApiTypeError,
    ApiValueError,
    Configuration,
    ConnectionLostError,
    InsecureConnectionWarning,
    SnapTrade,
    __version__,
)
from snaptrade_client.transport.connections import Connection

from .fakes import Fake, Service, answer, failed
from .pickled import by_pickle
from .recording import CLIENT_ID, CONSUMER_KEY

LOST = failed(ConnectionLostError, "unknown", "lost")


@pytest.mark.parametrize("given", ["key", None, {"consumer_key": "k"}])
def test_something_else_than_a_configuration_is_refused(given: Any) -> None:
    kind = type(given).__name__
    with pytest.raises(ApiTypeError, match=f"^configuration must be a Configuration, not {kind}$"):
        ApiClient(given)


def test_a_client_uses_a_copy_of_its_configuration() -> None:
    fake = Fake([answer([])])
    configuration = Configuration(consumer_key="k", client_id="C")
    client = ApiClient(configuration, transport=fake.transport)
    configuration.client_id = "D"
    assert client.configuration.client_id == "C"
    with pytest.raises(AttributeError, match="'client_id' can't be set any more"):
        client.configuration.client_id = "E"


def test_the_user_agent_is_the_packages_or_the_programs() -> None:
    fake = Fake(repeat(answer([])))
    for value in (None, "app/1", "été"):
        if value is not None:
            fake.client.user_agent = value
        fake.authentication.list_snap_trade_users()
    agents = [request.headers["User-Agent"] for request in fake.transport.requests]
    assert agents[0].startswith(f"snaptrade-client/{__version__} python/3.")
    assert agents[1:] == ["app/1", "été"]


@pytest.mark.parametrize("value", ["a\r\nX: b", "a\nb", "a\0", "\N{EURO SIGN}", 5, None])
def test_a_user_agent_that_is_no_header_is_refused(value: Any) -> None:
    fake = Fake([answer([])])
    before = fake.client.user_agent
    with pytest.raises((ApiValueError, ApiTypeError), match=r"^user_agent (holds|must be) "):
        fake.client.user_agent = value
    assert fake.client.user_agent == before


@pytest.mark.parametrize("name", ["accept", "ACCEPT", "user-agent", "User-Agent"])
def test_an_extra_header_replaces_the_clients_for_one_call(name: str) -> None:
    fake = Fake(repeat(answer([])))
    fake.authentication.list_snap_trade_users(extra_headers={name: "mine"})
    fake.authentication.list_snap_trade_users()
    first, second = (request.headers for request in fake.transport.requests)
    assert [value for key, value in first.items() if key.lower() == name.lower()] == ["mine"]
    assert len(first) == len(second)
    assert "mine" not in second.values()


@pytest.mark.parametrize("name", ["Signature", "signature", "HOST", "content-length"])
def test_a_header_that_the_client_computes_is_refused(name: str) -> None:
    fake = Fake([answer([])])
    with pytest.raises(ApiValueError, match=f"^extra_headers: '{name}' is computed by the client"):
        fake.authentication.list_snap_trade_users(extra_headers={name: "x"})
    assert fake.sent == 0


def test_a_gateway_that_rewrites_paths() -> None:
    """The fake transport checks the signature against the path that the service sees."""
    fake = Fake(
        repeat(answer([])), host="https://gateway.example/snap", signed_path_prefix="/api/v1"
    )
    fake.transport.rewrite = lambda path: path.replace("/snap/", "/api/v1/", 1)
    fake.authentication.list_snap_trade_users()
    fake.client.request("PUT", "/snap/x", body={"a": 1})
    targets = [request.target.partition("?")[0] for request in fake.transport.requests]
    assert targets == ["/snap/snapTrade/listUsers", "/snap/snap/x"]


def test_with_options_shares_transport_budget_and_skew() -> None:
    fake = Fake([])
    fake.time.wrong = 3600.0
    fake.client.user_agent = "app/1"
    other = fake.client.with_options(retries=1, deadline=None, max_body_bytes=5, timeout=3)
    assert type(other) is ApiClient
    fake.transport.script = repeat(Service(fake.time, []))
    assert len(other.request("GET", "/x").attempts) == 2
    assert other.clock_skew == fake.client.clock_skew == pytest.approx(-3600, abs=3)
    assert len(fake.client.request("GET", "/x").attempts) == 1
    fake.transport.script = repeat(LOST)
    # The correction and the successes have left 92 of 100 tokens: nine retries.
    for client, sent in ((other, 2), (fake.client, 3), (other, 2), (fake.client, 3), (other, 2)):
        before = fake.sent
        with pytest.raises(ConnectionLostError):
            client.request("GET", "/x")
        assert fake.sent - before == sent
    for client in (fake.client, other):
        with pytest.raises(ConnectionLostError):
            client.request("GET", "/x")
    limits = fake.transport.limits
    assert fake.sent == 3 + 12 + 3 + 1
    assert {request.headers["User-Agent"] for request in fake.transport.requests} == {"app/1"}
    assert (limits[0].connect, limits[0].deadline, limits[0].max_body_bytes) == (3, None, 5)
    assert (limits[2].connect, limits[2].max_body_bytes) == (5.0, 64 * 1024 * 1024)
    other.close()
    assert fake.transport.closed == 1


def test_with_options_lets_each_go_by_its_own_name() -> None:
    fake = Fake([answer([])])
    other = fake.client.with_options()
    other.user_agent = "other/1"
    assert fake.client.user_agent != "other/1"


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"host": "https://x.example"}, ApiTypeError, r"^with_options\(\) can't change 'host'"),
        (
            {"consumer_key": "s3cr3t"},
            ApiTypeError,
            r"^with_options\(\) can't change 'consumer_key'",
        ),
        ({"verify_ssl": False}, ApiTypeError, "can't change 'verify_ssl'"),
        ({"time_out": 5}, ApiTypeError, "did you mean 'timeout'?.*a client of its own$"),
        ({"timeout": 0}, ApiValueError, r"^timeout \(connect\) must be more than 0"),
        ({"fresh_connection": None}, ApiTypeError, "^fresh_connection must be True or False"),
    ],
)
def test_with_options_refuses_what_it_cannot_change(
    options: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text) as caught:
        Fake([]).client.with_options(**options)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, by_pickle])
def test_a_copy_has_connections_and_a_clock_of_its_own(
    copied: Callable[[ApiClient], ApiClient],
) -> None:
    fake = Fake([])
    fake.time.wrong = 3600.0
    fake.transport.script = repeat(Service(fake.time, []))
    fake.authentication.list_snap_trade_users()
    fake.client.user_agent = "app/1"
    other = copied(fake.client)
    assert (other.user_agent, other.clock_skew) == ("app/1", 0.0)
    assert other.configuration.consumer_key == CONSUMER_KEY
    assert repr(other) == repr(fake.client)
    other.close()
    assert fake.transport.closed == 0
    assert fake.client.clock_skew != 0.0


def test_a_clients_key_of_the_environment_stays_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNAPTRADE_CONSUMER_KEY", CONSUMER_KEY)
    client = ApiClient(Configuration(client_id=CLIENT_ID))
    pickled = pickle.dumps(client)
    client.close()
    assert CONSUMER_KEY.encode() not in pickled
    monkeypatch.setenv("SNAPTRADE_CONSUMER_KEY", "of-the-other-end")
    arrived: ApiClient = pickle.loads(pickled)  # noqa: S301 - the test's own
    assert arrived.configuration.consumer_key == "of-the-other-end"
    arrived.close()


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        (None, ""),
        ({}, ""),
        ({"a": None}, ""),
        ({"b": "x y", "a": "é&="}, "b=x%20y&a=%C3%A9%26%3D&"),
        ({"n": 5, "z": 0, "t": True, "f": False, "e": ""}, "n=5&z=0&t=true&f=false&e=&"),
    ],
)
@pytest.mark.parametrize("method", ["get", "HEAD", "Post", "PUT", "PATCH", "DELETE"])
def test_a_request_to_another_endpoint(method: str, query: Any, sent: str) -> None:
    fake = Fake([answer(None if method == "HEAD" else {"aB": 1})])
    response = fake.client.request(method, "/accounts/x%2Fy", query=query)
    [request] = fake.transport.requests
    moment = fake.timestamps[0]
    assert request.method == method.upper()
    assert request.target == (
        f"/api/v1/accounts/x%2Fy?{sent}clientId={CLIENT_ID}&timestamp={moment}"
    )
    # A POST without a body sends an empty object; the others send nothing.
    assert request.body == (b"{}" if method == "Post" else None)
    assert response.body is None if method == "HEAD" else response.body["a_b"] == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize("body", [{}, {"b": [1.5, None], "a": "é"}, [], [1], "", 0, False])
def test_a_body_for_another_endpoint(method: str, body: Any) -> None:
    fake = Fake([answer(status=204)])
    assert fake.client.request(method, "/trade", body=body).body is None
    [request] = fake.transport.requests
    assert request.body is not None
    assert json.loads(request.body) == body
    assert request.headers["Content-Type"] == "application/json"


def test_code_without_a_module_is_warned_too() -> None:
    """Its namespace has no `__name__`, as that of a template or a rule engine."""
    program = "SnapTrade(consumer_key='k', client_id='C', verify_ssl=False).close()"
    with pytest.warns(InsecureConnectionWarning, match="^verify_ssl=False: ") as caught:
        exec(compile(f"\n\n{program}", "a rule", "exec"), {"SnapTrade": SnapTrade})  # noqa: S102
    assert [(warning.filename, warning.lineno) for warning in caught] == [("a rule", 3)]


def test_a_copy_with_other_options_does_not_warn_again() -> None:
    with pytest.warns(InsecureConnectionWarning, match="^verify_ssl=False: "):
        fake = Fake([], verify_ssl=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fake.client.with_options(retries=0)


def test_a_connection_that_was_never_opened_can_be_abandoned_and_is_not_clean() -> None:
    connection = Connection("127.0.0.1", 1)
    connection.abandon()
    connection.sock = socket.socket()
    connection.sock.close()
    connection.abandon()
    connection.sock = None
    assert not connection.is_clean()
    assert not connection.can_be_kept()
