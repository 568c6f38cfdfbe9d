"""What is told of each attempt: to the log, and to the client's own callback."""

import logging
from collections.abc import Callable
from itertools import repeat

import pytest

from snaptrade_client import ApiValueError, Attempt

from .fakes import Fake, Step, answer
from .test_api_client_secrets import LOST, SECRET, failing, hidden


def test_nothing_is_logged_without_being_asked_for(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    fake = Fake([LOST, answer({}, 429), answer({"detail": SECRET}, 401), answer([])])
    failing(fake)
    fake.authentication.list_snap_trade_users()
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_the_log_has_one_record_for_each_attempt_and_no_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    fake = Fake([LOST, answer({"detail": SECRET}, 503), answer({"detail": SECRET}, 401)])
    failing(fake)
    records = caplog.records
    assert {record.name for record in records} == {"snaptrade_client"}
    assert {record.levelno for record in records} == {logging.DEBUG}
    start, told = "POST /snapTrade/login:", "outcome unknown, request id abc123"
    assert [record.getMessage() for record in records] == [
        f"{start} lost in 2000.0 ms, outcome unknown, again after 0.25 s",
        f"{start} unavailable 503 in 2000.0 ms, {told}, again after 0.50 s",
        f"{start} final 401 in 2000.0 ms, outcome rejected, request id abc123",
    ]
    for text in (*hidden(fake.transport.requests), "userId", "u1", "?"):
        assert text not in caplog.text
        # Handlers may send a record's arguments as they are.
        assert text not in repr([vars(record) for record in records])


def told_to(callback: Callable[[str, Attempt], object], *script: Step) -> Fake:
    return Fake(script, on_attempt=callback)


def test_the_callback_gets_each_attempt_once_and_never_a_secret() -> None:
    told: list[tuple[str, Attempt]] = []
    fake = told_to(
        lambda name, attempt: told.append((name, attempt)),
        *(LOST, answer({"detail": SECRET}, 503), answer({"detail": SECRET}, 401), answer([])),
    )
    failure = failing(fake)
    assert told == [("login_snap_trade_user", attempt) for attempt in failure.attempts]
    assert [attempt.result for _, attempt in told] == ["lost", "unavailable", "final"]
    for text in hidden(fake.transport.requests):
        assert text not in repr(told)
    told.clear()
    response = fake.client.request("GET", "/x")
    assert told == [("request", response.attempts[0])]


def test_the_callback_is_told_before_the_wait() -> None:
    moments: list[float] = []

    def tell(_: str, __: Attempt) -> None:
        moments.append(fake.time.now)

    fake = told_to(tell, answer({}, 500), answer([]))
    fake.authentication.list_snap_trade_users()
    assert moments == [102.0, 104.25]
    assert fake.transport.moments == [100.0, 102.25]


@pytest.mark.parametrize("error", [ValueError(SECRET), ApiValueError(SECRET), StopIteration()])
def test_an_error_of_the_callback_is_contained(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: str, __: Attempt) -> None:
        raise error

    caplog.set_level(logging.DEBUG)
    fake = told_to(fail, answer({}, 500), answer(["u1"]), answer([], 404))
    assert fake.authentication.list_snap_trade_users().body == ["u1"]
    assert caplog.text.count(f"on_attempt failed with {type(error).__name__}") == 2
    assert SECRET not in caplog.text
    failure = failing(fake)
    assert failure.status == 404
    assert failure.__context__ is failure.__cause__ is None


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_interrupt_passes_the_callback(error: type[BaseException]) -> None:
    def interrupt(_: str, __: Attempt) -> None:
        raise error

    fake = told_to(interrupt, answer({}, 500), answer([]))
    with pytest.raises(error):
        fake.authentication.list_snap_trade_users()
    assert fake.sent == 1


def test_another_callback_is_a_matter_of_options() -> None:
    told: list[str] = []
    fake = told_to(lambda _, __: told.append("first"), *repeat(answer([]), 3))
    other = fake.client.with_options(on_attempt=lambda _, __: told.append("other"))
    silent = fake.client.with_options(on_attempt=None)
    for client in (other, silent, fake.client):
        client.request("GET", "/x")
    assert told == ["other", "first"]
