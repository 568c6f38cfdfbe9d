"""One set of tests for the wrapper on the sandbox and for the fake, so that the fake stays true."""

from collections.abc import Iterator

import pytest

from brokerages import (
    Brokerages,
    BrokeragesError,
    SnapTradeBrokerages,
    TakenError,
    UnavailableError,
    UnclearError,
    User,
    UserId,
    UserSecret,
)
from fakes import FakeBrokerages
from snaptrade_client import SnapTrade
from snaptrade_client.sandbox import Drop, Sandbox, Throttle

USER = UserId("user-1")


@pytest.fixture
def snaptrade_sandbox_options() -> dict[str, object]:
    return {"deletion_delay": 0}


@pytest.fixture
def real(snaptrade: SnapTrade) -> SnapTradeBrokerages:
    return SnapTradeBrokerages(snaptrade, deadline=5, retries=0)


@pytest.fixture(params=["real", "fake"])
def brokerages(request: pytest.FixtureRequest) -> Iterator[Brokerages]:
    if request.param == "fake":
        yield FakeBrokerages()
    else:
        yield request.getfixturevalue("real")


def test_a_users_life(brokerages: Brokerages) -> None:
    user = brokerages.register(USER)
    assert user.id == USER
    assert user.secret
    assert user.secret not in repr(user)
    assert brokerages.portal_link(user).startswith("http")
    assert brokerages.delete(USER)


def test_a_user_who_is_there_already(brokerages: Brokerages) -> None:
    brokerages.register(USER)
    with pytest.raises(TakenError):
        brokerages.register(USER)


def test_a_user_who_is_not_there(brokerages: Brokerages) -> None:
    assert not brokerages.delete(USER)


def test_a_wrong_secret(brokerages: Brokerages) -> None:
    brokerages.register(USER)
    with pytest.raises(BrokeragesError):
        brokerages.portal_link(User(USER, UserSecret("wrong")))


def test_an_access_that_the_service_adds_one_day(brokerages: Brokerages) -> None:
    user = brokerages.register(USER)
    assert brokerages.portal_link(user, access="transfer").startswith("http")


@pytest.mark.snaptrade_fault("register", Drop("after"))
def test_an_answer_that_is_lost(real: SnapTradeBrokerages, snaptrade_sandbox: Sandbox) -> None:
    with pytest.raises(UnclearError):
        real.register(USER)
    assert USER in snaptrade_sandbox.users


@pytest.mark.snaptrade_fault("delete", Drop("after"))
def test_a_deletion_whose_answer_is_lost_is_tried_again(snaptrade: SnapTrade) -> None:
    real = SnapTradeBrokerages(snaptrade, deadline=5, retries=1)
    real.register(USER)
    assert real.delete(USER)
    assert not real.delete(USER)


@pytest.mark.snaptrade_fault("delete", Throttle(40))
def test_a_limit(real: SnapTradeBrokerages) -> None:
    with pytest.raises(UnavailableError) as caught:
        real.delete(USER)
    assert caught.value.retry_after == 40


def test_nobody_answers(real: SnapTradeBrokerages, snaptrade_sandbox: Sandbox) -> None:
    snaptrade_sandbox.stop()
    with pytest.raises(UnavailableError):
        real.delete(USER)


def test_the_fake_fails_when_told() -> None:
    fake = FakeBrokerages()
    fake.failure = UnclearError()
    with pytest.raises(UnclearError):
        fake.register(USER)
    assert fake.register(USER).id == USER
