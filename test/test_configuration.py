"""Configuration: options and defaults, the environment, freezing, copies and pickles."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from snaptrade_client import (
    ApiAttributeError,
    ApiTypeError,
    ApiValueError,
    Attempt,
    Configuration,
    SnapTrade,
)
from snaptrade_client.calls import OPTIONS as CALL
from snaptrade_client.configuration import CHANGEABLE, ENVIRONMENT, OPTIONS
from snaptrade_client.types import (
    CallOptions,
    ClientOptions,
    ConfigurationOptions,
    ConnectionOptions,
    Timeout,
)

KEY = "confidential-key"
HERE = str(Path(__file__))

DEFAULTS: dict[str, Any] = {
    "host": "https://api.snaptrade.com/api/v1",
    "timeout": (5.0, 15.0),
    "deadline": 25.0,
    "retries": 2,
    "fresh_connection": False,
    "max_body_bytes": 64 * 1024 * 1024,
    "connection_pool_maxsize": 32,
    "proxy": None,
    "proxy_headers": None,
    "ssl_ca_cert": None,
    "verify_ssl": True,
    "cert_file": None,
    "key_file": None,
    "assert_hostname": None,
    "socket_options": None,
    "allow_insecure_http": False,
    "signed_path_prefix": None,
    "on_attempt": None,
    "debug": False,
}
OTHERS: dict[str, Any] = {
    "consumer_key": "other",
    "client_id": "OTHER",
    "host": "https://other.example",
    "timeout": (1, None),
    "deadline": None,
    "retries": 0,
    "fresh_connection": True,
    "max_body_bytes": 1000,
    "connection_pool_maxsize": 1,
    "proxy": "http://proxy.example:3128",
    "proxy_headers": {"Proxy-Authorization": "Basic x"},
    "ssl_ca_cert": HERE,
    "verify_ssl": False,
    "cert_file": HERE,
    "key_file": HERE,
    "assert_hostname": "other.example",
    "socket_options": ((6, 1, 1),),
    "allow_insecure_http": True,
    "signed_path_prefix": "/api/v1",
    "on_attempt": print,
    "debug": True,
}


def configuration(**options: Any) -> Configuration:
    given: dict[str, Any] = {"consumer_key": KEY, "client_id": "C", **options}
    return Configuration(**given)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Credentials and a host in the environment."""
    monkeypatch.setenv("SNAPTRADE_CONSUMER_KEY", "key-of-environment")
    monkeypatch.setenv("SNAPTRADE_CLIENT_ID", "ID-OF-ENVIRONMENT")
    monkeypatch.setenv("SNAPTRADE_HOST", "https://environment.example/x/")
    return monkeypatch


def test_the_tables_here_name_every_option() -> None:
    declared = ConfigurationOptions.__annotations__
    assert set(declared) == set(OTHERS) == {"consumer_key", "client_id", *DEFAULTS}


@pytest.mark.parametrize("name", DEFAULTS)
def test_an_option_that_is_left_out_has_its_default(name: str) -> None:
    assert getattr(configuration(), name) == DEFAULTS[name]


@pytest.mark.parametrize("name", OTHERS)
def test_an_option_is_set_as_a_keyword_or_later_or_by_replace(name: str) -> None:
    options: dict[str, Any] = {name: OTHERS[name]}
    if name == "key_file":
        options["cert_file"] = HERE
    assert getattr(configuration(**options), name) == OTHERS[name]
    changed = configuration()
    setattr(changed, name, OTHERS[name])
    assert getattr(changed, name) == OTHERS[name]
    original = configuration()
    assert getattr(original.replace(**options), name) == OTHERS[name]
    assert getattr(original, name) == getattr(configuration(), name)


@pytest.mark.parametrize("name", sorted({*DEFAULTS, "consumer_key", "client_id"}))
def test_a_value_that_cannot_be_right_is_refused_where_it_is_set(name: str) -> None:
    wrong: Any = object()
    with pytest.raises((ApiTypeError, ApiValueError), match=f"^{name} "):
        configuration(**{name: wrong})
    changed = configuration()
    before = getattr(changed, name)
    with pytest.raises((ApiTypeError, ApiValueError), match=f"^{name} "):
        setattr(changed, name, wrong)
    assert getattr(changed, name) == before


@pytest.mark.parametrize("name", ["host", "retries", "connection_pool_maxsize"])
def test_none_means_the_default_where_it_is_no_value_of_its_own(name: str) -> None:
    changed = configuration(**{name: OTHERS[name]})
    setattr(changed, name, None)
    assert getattr(changed, name) == getattr(configuration(**{name: None}), name) == DEFAULTS[name]


def test_what_type_checkers_read_is_held_to_the_table_of_options() -> None:
    scopes: dict[str, set[str]] = {"client": set(), "copy": set(), "call": set()}
    for name, option in OPTIONS.items():
        scopes[option.scope].add(name)
    assert set(CallOptions.__annotations__) == {*scopes["call"], "extra_headers"} == set(CALL)
    assert set(ClientOptions.__annotations__) == scopes["call"] | scopes["copy"] == set(CHANGEABLE)
    assert set(ConnectionOptions.__annotations__) == OPTIONS.keys() - ENVIRONMENT.keys()
    given = get_type_hints(ConfigurationOptions)
    read = get_type_hints(Configuration, localns={"Attempt": Attempt, "Timeout": Timeout})
    assert [name for name in read if not name.startswith("_")] == list(OPTIONS)
    for name, option in OPTIONS.items():
        none = option.none_is_default or name in ENVIRONMENT
        assert given[name] == (read[name] | None if none else read[name]), name


def test_an_unknown_option_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(ApiTypeError) as caught:
        configuration(time_out=5)
    assert str(caught.value) == "'time_out' is not an option of a client: did you mean 'timeout'?"
    with pytest.raises(ApiTypeError, match="'zzz' is not an option of a client; there are: "):
        configuration().replace(zzz=1)  # type: ignore[call-arg]
    with pytest.raises(ApiAttributeError, match="did you mean 'verify_ssl'"):
        configuration().verify_sll = False  # type: ignore[attr-defined]


def test_options_that_belong_together_are_checked_together() -> None:
    with pytest.raises(ApiValueError, match=r"^key_file needs cert_file"):
        configuration(key_file=HERE)
    with pytest.raises(ApiValueError, match=r"^key_file needs cert_file"):
        configuration().replace(key_file=HERE)
    with pytest.raises(ApiValueError, match=r"^host: http://"):
        configuration(host="http://api.example.com")
    changed = configuration()
    changed.key_file = HERE
    changed.host = "http://api.example.com"
    changed.allow_insecure_http = True
    with pytest.raises(ApiValueError, match=r"^key_file needs cert_file"):
        changed.frozen()


def test_the_environment_holds_what_is_left_out(environment: pytest.MonkeyPatch) -> None:
    found = Configuration()
    assert found.consumer_key == "key-of-environment"
    assert found.client_id == "ID-OF-ENVIRONMENT"
    assert found.host == "https://environment.example/x"
    given = configuration(host="https://given.example")
    assert (given.consumer_key, given.client_id) == (KEY, "C")
    assert given.host == "https://given.example"
    environment.setenv("SNAPTRADE_HOST", "")
    assert Configuration().host == DEFAULTS["host"]


@pytest.mark.parametrize("name", ["consumer_key", "client_id"])
@pytest.mark.parametrize("value", [None, "", " \t"])
def test_missing_credentials_name_the_argument_and_the_variable(
    name: str, value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = f"SNAPTRADE_{name.upper()}"
    options: dict[str, Any] = {"consumer_key": KEY, "client_id": "C", name: value}
    with pytest.raises(ApiValueError, match=f"^{name} is missing or blank: .*{variable}"):
        Configuration(**options)
    if value is not None:
        left_out: dict[str, Any] = {**options, name: None}
        monkeypatch.setenv(variable, value)
        with pytest.raises(ApiValueError, match=f"^{name} .*missing or blank: .*{variable}"):
            Configuration(**left_out)


@pytest.mark.parametrize(
    ("variable", "value", "text"),
    [
        ("SNAPTRADE_CONSUMER_KEY", "hidden\n", "consumer_key .*SNAPTRADE_CONSUMER_KEY.* has white"),
        ("SNAPTRADE_CLIENT_ID", " C", "client_id .*SNAPTRADE_CLIENT_ID.* has white space around"),
        ("SNAPTRADE_HOST", "x.example", "host .*SNAPTRADE_HOST.* must be a URL that starts with"),
    ],
)
def test_a_mistake_in_the_environment_names_its_variable(
    environment: pytest.MonkeyPatch, variable: str, value: str, text: str
) -> None:
    environment.setenv(variable, value)
    with pytest.raises(ApiValueError, match=f"^{text}") as caught:
        Configuration()
    assert "hidden" not in str(caught.value)


def test_a_client_uses_a_copy_that_nobody_can_change() -> None:
    mine = configuration()
    with SnapTrade(mine) as client:
        assert client.configuration is not mine
        mine.timeout = 1
        assert client.configuration.timeout == (5.0, 15.0)
        with pytest.raises(ApiAttributeError, match="'timeout' can't be set any more") as caught:
            client.configuration.timeout = 1
        assert "with_options()" in str(caught.value)
        with pytest.raises(ApiAttributeError, match="'timout' is not an option"):
            client.configuration.timout = 1  # type: ignore[attr-defined]
        assert client.configuration.replace(timeout=1).timeout == (1, 1)


def test_the_collections_that_are_given_are_copied() -> None:
    headers = {"Proxy-Authorization": "a"}
    options = [(6, 1, 1)]
    made = configuration(proxy_headers=headers, socket_options=options)
    headers["X"] = "y"
    options.append((1, 9, 1))
    assert made.proxy_headers == {"Proxy-Authorization": "a"}
    assert made.socket_options == ((6, 1, 1),)


def test_the_client_id_is_there_under_its_old_name() -> None:
    assert configuration().api_key == {"PartnerClientId": "C"}


def test_the_repr_shows_what_is_not_the_default_and_no_credential() -> None:
    changed = configuration(deadline=3, proxy="http://u:pa55@p", proxy_headers={"X": "pa55"})
    shown = repr(changed)
    assert "deadline=3" in shown
    assert "retries" not in shown
    assert "pa55" not in shown


def test_the_repr_masks_the_key() -> None:
    assert repr(configuration()) == (
        "Configuration(client_id='C', host='https://api.snaptrade.com/api/v1', consumer_key='***')"
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda: Configuration(consumer_key=f" {KEY}", client_id="C"),
        lambda: setattr(configuration(), "consumer_key", f"{KEY} "),
        lambda: configuration().replace(consumer_key=f"{KEY}\ud800"),
        lambda: configuration(proxy=f"http://user:{KEY} @x"),
    ],
)
def test_no_frame_of_an_error_holds_the_key(call: Callable[[], object]) -> None:
    with pytest.raises(ApiValueError) as caught:
        call()
    assert KEY not in str(caught.value)
    trace = caught.value.__traceback__
    while trace:
        if "snaptrade_client" in trace.tb_frame.f_code.co_filename:
            assert KEY not in repr(trace.tb_frame.f_locals)
        trace = trace.tb_next
