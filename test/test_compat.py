"""What programs that use this import name already do, line by line: they run unchanged.

Strategy: each test's name or docstring has the words of the promise that it shows. What is called
goes over a real socket.
"""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from urllib3.util import Retry

import snaptrade_client
from snaptrade_client import ApiClient, ApiException, AuthenticationApi, Configuration, SnapTrade

from .recording import CLIENT_ID, CONSUMER_KEY, RecordingServer, Reply

HERE = str(Path(__file__))
REGISTERED = {"userId": "u1", "userSecret": "s1"}
USER = {"user_id": "u1", "user_secret": "s1"}


# Imports


@pytest.mark.parametrize(
    "statement",
    [
        "from snaptrade_client import SnapTrade, ApiException, ApiClient, Configuration",
        "import snaptrade_client.client; snaptrade_client.client.SnapTrade",
        "from snaptrade_client.client import SnapTrade",
        "import snaptrade_client; snaptrade_client.configuration.Configuration",
        "from snaptrade_client.configuration import Configuration",
        "from snaptrade_client.api_client import ApiClient, ApiException",
        "from snaptrade_client.exceptions import ApiException, OpenApiException, ApiTypeError",
        "from snaptrade_client.exceptions import ApiValueError, ApiKeyError, ApiAttributeError",
    ],
)
def test_imports(statement: str) -> None:
    exec(statement)  # noqa: S102 - constants


def test_every_import_of_a_name_gives_the_same_object() -> None:
    """`SnapTrade`, `Configuration`, `ApiClient`, and `ApiException` from `api_client` too."""
    modules = {
        name: importlib.import_module(f"snaptrade_client.{name}")
        for name in ("client", "configuration", "api_client", "exceptions")
    }
    assert modules["client"].SnapTrade is snaptrade_client.SnapTrade
    assert modules["configuration"].Configuration is snaptrade_client.Configuration
    assert modules["api_client"].ApiClient is snaptrade_client.ApiClient
    assert modules["api_client"].ApiException is snaptrade_client.ApiException
    assert modules["exceptions"].ApiException is snaptrade_client.ApiException


# Constructing


CONSTRUCTORS: dict[str, Callable[[str], Any]] = {
    "keywords": lambda url: SnapTrade(consumer_key=CONSUMER_KEY, client_id=CLIENT_ID, host=url),
    "a Configuration by position": lambda url: SnapTrade(configured(url)),
    "configuration=": lambda url: SnapTrade(configuration=configured(url)),
}


def configured(url: str) -> Configuration:
    return Configuration(consumer_key=CONSUMER_KEY, client_id=CLIENT_ID, host=url)


@pytest.mark.parametrize("make", CONSTRUCTORS.values(), ids=CONSTRUCTORS)
def test_constructing(make: Callable[[str], SnapTrade], server: RecordingServer) -> None:
    server.answer(Reply(body=["u1"]))
    with make(server.url) as client:
        assert client.authentication.list_snap_trade_users().body == ["u1"]


def test_constructing_authentication_api_on_an_api_client(server: RecordingServer) -> None:
    server.answer(Reply(body=["u1"]))
    api_client = ApiClient(configured(server.url))
    assert AuthenticationApi(api_client).list_snap_trade_users().body == ["u1"]
    api_client.close()


def test_an_unknown_keyword_is_a_type_error() -> None:
    make: Any = SnapTrade
    with pytest.raises(TypeError, match="'client_secret' is not an option"):
        make(consumer_key="k", client_id="C", client_secret="x")


@pytest.mark.parametrize("name", ["consumer_key", "client_id"])
@pytest.mark.parametrize("value", [None, "", "   "], ids=["missing", "empty", "blank"])
def test_missing_empty_or_blank_credentials_fail_at_construction(
    name: str, value: str | None
) -> None:
    """The message names the argument and the environment variable."""
    credentials: dict[str, Any] = {"consumer_key": "k", "client_id": "C", name: value}
    with pytest.raises(ValueError, match=f"{name}.*SNAPTRADE_{name.upper()}"):
        SnapTrade(**credentials)


@pytest.mark.parametrize("name", ["consumer_key", "client_id"])
def test_white_space_around_a_key_is_refused(name: str) -> None:
    credentials: Any = {"consumer_key": "k", "client_id": "C", name: "x\n"}
    with pytest.raises(ValueError, match=f"{name} has white space around it"):
        SnapTrade(**credentials)


def test_the_environment_variables_stand_in(
    server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`SNAPTRADE_CONSUMER_KEY`, `SNAPTRADE_CLIENT_ID`, `SNAPTRADE_HOST`."""
    monkeypatch.setenv("SNAPTRADE_CONSUMER_KEY", CONSUMER_KEY)
    monkeypatch.setenv("SNAPTRADE_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("SNAPTRADE_HOST", server.url)
    server.answer(Reply(body=[]))
    with SnapTrade() as client:
        client.authentication.list_snap_trade_users()


# Configuration


ATTRIBUTES: dict[str, Any] = {
    "ssl_ca_cert": HERE,
    "verify_ssl": False,
    "proxy": "http://proxy.example:3128",
    "proxy_headers": {"Proxy-Authorization": "Basic x"},
    "retries": 3,
    "connection_pool_maxsize": 4,
    "cert_file": HERE,
    "key_file": HERE,
    "assert_hostname": "api.example",
    "socket_options": [(6, 1, 1)],
    "debug": True,
}


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_configuration_is_set_up_by_attribute_before_the_client_is_made(name: str) -> None:
    configuration = Configuration(consumer_key="k", client_id="C")
    if name == "key_file":
        configuration.cert_file = HERE
    setattr(configuration, name, ATTRIBUTES[name])
    found = getattr(configuration.frozen(), name)
    assert (list(found) if name == "socket_options" else found) == ATTRIBUTES[name]


@pytest.mark.parametrize(
    ("name", "given", "used"),
    [
        ("assert_hostname", True, None),
        ("assert_hostname", None, None),
        ("assert_hostname", False, False),
        ("connection_pool_maxsize", None, 32),
        ("retries", None, 2),
        ("retries", Retry(total=None, connect=3), 2),
        ("retries", False, 0),
        ("socket_options", [(1, 13, b"\0" * 8)], ((1, 13, b"\0" * 8),)),
    ],
)
def test_what_old_callers_set_attributes_to_beside_the_usual(
    name: str, given: Any, used: Any
) -> None:
    configuration = Configuration(consumer_key="k", client_id="C")
    setattr(configuration, name, given)
    assert getattr(configuration.frozen(), name) == used


def test_an_urllib3_retry_counts_by_its_total(server: RecordingServer) -> None:
    """`retries` of old callers, who gave a Retry."""
    configuration = configured(server.url)
    retry: Any = Retry(total=1, backoff_factor=0)
    configuration.retries = retry
    server.answer_with(lambda _: Reply(status=503, headers=(("Retry-After", "0"),)))
    with SnapTrade(configuration) as client, pytest.raises(ApiException):
        client.authentication.list_snap_trade_users()
    assert len(server.requests) == 2


def test_debug_is_the_masked_log_and_never_http_clients(
    server: RecordingServer,
    client: SnapTrade,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    server.answer(Reply(body={}))
    caplog.set_level("DEBUG", logger="snaptrade_client")
    with mock.patch("snaptrade_client.logs.LOGGER.addHandler") as added:
        noisy = SnapTrade(client.configuration, debug=True)
    noisy.authentication.get_user_jwt(user_id="u1", user_secret="s3cr3t-of-u1")
    noisy.close()
    assert added.call_count == 1
    assert "GET /snapTrade/encryptedJWT" in caplog.text
    assert "s3cr3t" not in caplog.text
    captured = capfd.readouterr()
    assert "send:" not in captured.out
    assert "s3cr3t" not in captured.out + captured.err


def test_callers_read_back_the_consumer_key_and_the_partner_client_id(client: SnapTrade) -> None:
    """`client.authentication.api_client.configuration.consumer_key` (a `str`)."""
    configuration = client.authentication.api_client.configuration
    assert type(configuration.consumer_key) is str
    assert configuration.consumer_key == CONSUMER_KEY
    assert configuration.api_key["PartnerClientId"] == CLIENT_ID


def test_callers_set_the_user_agent(server: RecordingServer, client: SnapTrade) -> None:
    """`api_client.user_agent`."""
    server.answer(Reply(body=[]))
    client.authentication.api_client.user_agent = "my-app/2.0"
    client.authentication.list_snap_trade_users()
    assert server.requests[0].header("User-Agent") == "my-app/2.0"


# Test doubles


def test_callers_patch_snaptrade_client_snap_trade() -> None:
    original = snaptrade_client.SnapTrade
    with mock.patch("snaptrade_client.SnapTrade") as double:
        double.return_value.authentication.list_snap_trade_users.return_value.body = ["u1"]
        client = snaptrade_client.SnapTrade(consumer_key="k", client_id="C")
        assert client.authentication.list_snap_trade_users().body == ["u1"]
    assert snaptrade_client.SnapTrade is original


def test_callers_patch_a_method_on_the_instance(client: SnapTrade) -> None:
    """`client.authentication.register_snap_trade_user`."""
    with mock.patch.object(client.authentication, "register_snap_trade_user") as double:
        double.return_value.body = REGISTERED
        assert client.authentication.register_snap_trade_user(user_id="u1").body == REGISTERED
    calls: Any = client.authentication
    calls.list_snap_trade_users = mock.Mock(return_value="double")
    assert calls.list_snap_trade_users() == "double"


def test_a_mock_with_the_clients_specification_knows_the_methods() -> None:
    double = mock.create_autospec(AuthenticationApi, instance=True)
    double.delete_snap_trade_user("u1")
    with pytest.raises(TypeError):
        double.delete_snap_trade_user("u1", "u2")
    with pytest.raises(AttributeError):
        double.alist_snap_trade_users()


# One folder, two distributions


def test_the_readme_says_to_uninstall_the_vendors_distribution_first() -> None:
    """It installs the same import folder."""
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    line = next(line for line in readme.splitlines() if "`snaptrade-python-sdk`" in line)
    assert "installs the same import name. Uninstall it first" in line
