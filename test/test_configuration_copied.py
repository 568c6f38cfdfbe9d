"""Copies and pickles of a configuration: whole, but for a key that came from the environment."""

import copy
import pickle
from collections.abc import Callable

import pytest

from snaptrade_client import ApiAttributeError, ApiValueError, Configuration

from .pickled import by_pickle
from .test_configuration import KEY, OTHERS, configuration

COPIES: list[Callable[[Configuration], Configuration]] = [copy.copy, copy.deepcopy, by_pickle]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Credentials and a host in the environment."""
    monkeypatch.setenv("SNAPTRADE_CONSUMER_KEY", "key-of-environment")
    monkeypatch.setenv("SNAPTRADE_CLIENT_ID", "ID-OF-ENVIRONMENT")
    monkeypatch.setenv("SNAPTRADE_HOST", "https://environment.example/x/")
    return monkeypatch


@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_has_every_option_and_stands_alone(
    copied: Callable[[Configuration], Configuration],
) -> None:
    original = Configuration(**OTHERS)
    other = copied(original)
    assert {name: getattr(other, name) for name in OTHERS} == OTHERS
    other.deadline = 1
    assert original.deadline is None


@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_of_a_frozen_one_is_frozen(
    copied: Callable[[Configuration], Configuration],
) -> None:
    with pytest.raises(ApiAttributeError):
        copied(configuration().frozen()).deadline = 1


@pytest.mark.parametrize("frozen", [False, True])
def test_an_option_can_not_be_deleted(frozen: bool) -> None:
    options = configuration().frozen() if frozen else configuration()
    with pytest.raises(
        ApiAttributeError, match=r"'host' can't be deleted: replace\(host=\.\.\.\) gives"
    ):
        del options.host
    assert options.host


def test_a_key_of_the_environment_does_not_travel(environment: pytest.MonkeyPatch) -> None:
    pickled = pickle.dumps(Configuration(client_id="C"))
    assert b"key-of-environment" not in pickled
    environment.setenv("SNAPTRADE_CONSUMER_KEY", "key-of-arrival")
    arrived = pickle.loads(pickled)  # noqa: S301 - the test's own
    assert (arrived.consumer_key, arrived.client_id) == ("key-of-arrival", "C")
    assert b"key-of-arrival" not in pickle.dumps(arrived)
    environment.delenv("SNAPTRADE_CONSUMER_KEY")
    with pytest.raises(ApiValueError, match=r"^consumer_key .*SNAPTRADE_CONSUMER_KEY"):
        pickle.loads(pickled)  # noqa: S301 - the test's own


def test_a_key_that_was_given_in_code_travels(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SNAPTRADE_CONSUMER_KEY", "another")
    assert by_pickle(configuration()).consumer_key == KEY
    changed = Configuration()
    changed.consumer_key = KEY
    assert by_pickle(changed).consumer_key == KEY
    assert by_pickle(Configuration().replace(consumer_key=KEY)).consumer_key == KEY
    changed.consumer_key = None  # type: ignore[assignment]
    assert b"another" not in pickle.dumps(changed)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_in_this_process_needs_no_environment_and_remembers_it(
    environment: pytest.MonkeyPatch, copied: Callable[[Configuration], Configuration]
) -> None:
    original = Configuration()
    environment.delenv("SNAPTRADE_CONSUMER_KEY")
    other = copied(original)
    assert other.consumer_key == "key-of-environment"
    other.consumer_key = KEY
    assert b"key-of-environment" not in pickle.dumps(original)
