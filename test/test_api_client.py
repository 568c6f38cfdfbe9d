"""The client's own seams: what it refuses, what it tells of its attempts, what it holds."""

import logging
import socket

import pytest

from snaptrade_client import ApiClient, ApiTypeError, Attempt
from snaptrade_client.transport.connections import Connection

from .fakes import Fake, answer

WRONG_CLOCK = {"default_detail": "Unable to verify signature sent", "default_code": 1076}


def test_something_else_than_a_configuration_is_refused() -> None:
    with pytest.raises(ApiTypeError, match="must be a Configuration, not str"):
        ApiClient("key")  # type: ignore[arg-type]


def test_the_clock_s_correction_shows() -> None:
    late = "Tue, 14 Nov 2023 23:13:20 GMT"
    fake = Fake([answer(WRONG_CLOCK, 401, Date=late), answer(["u1"])])
    assert fake.client.clock_skew == 0
    assert fake.authentication.list_snap_trade_users().body == ["u1"]
    assert abs(fake.client.clock_skew) >= 10


def test_each_attempt_is_told_to_the_callback() -> None:
    told: list[tuple[str, Attempt]] = []

    def tell(operation: str, attempt: Attempt) -> None:
        told.append((operation, attempt))

    fake = Fake([answer({"detail": "down"}, 500), answer(["u1"])], on_attempt=tell)
    response = fake.authentication.list_snap_trade_users()
    assert told == [("list_snap_trade_users", attempt) for attempt in response.attempts]
    assert [attempt.request_id for _, attempt in told] == ["abc123"] * 2
    assert [attempt.result for _, attempt in told] == ["server_error", "ok"]


def test_a_callback_that_fails_costs_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("hidden")

    caplog.set_level(logging.DEBUG, "snaptrade_client")
    fake = Fake([answer(["u1"])], on_attempt=fail)
    assert fake.authentication.list_snap_trade_users().body == ["u1"]
    assert "on_attempt failed with RuntimeError" in caplog.text
    assert "hidden" not in caplog.text


def test_an_interrupt_in_a_callback_is_the_program_s_own() -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    fake = Fake([answer(["u1"])], on_attempt=interrupt)
    with pytest.raises(KeyboardInterrupt):
        fake.authentication.list_snap_trade_users()


def test_a_connection_that_was_never_opened_can_be_abandoned_and_is_not_clean() -> None:
    connection = Connection("127.0.0.1", 1)
    connection.abandon()
    connection.sock = socket.socket()
    connection.sock.close()
    connection.abandon()
    connection.sock = None
    assert not connection.is_clean()
    assert not connection.can_be_kept()
