"""The log: silent unless it is asked for, told in the package's own words, without a secret."""

import io
import logging
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr
from typing import NoReturn

import pytest

from snaptrade_client import ApiException, Attempt, SnapTrade, logs
from snaptrade_client.sandbox import Sandbox

from .recording import RecordingServer, Reply

SECRET = "canary-s3cr3t"

PROGRAM = """
import sys
from snaptrade_client import SnapTrade, ApiException
with SnapTrade(debug=sys.argv[1] == "debug", retries=0) as snaptrade:
    snaptrade.authentication.list_snap_trade_users()
    try:
        snaptrade.authentication.get_user_jwt(user_id="u1", user_secret="canary-s3cr3t")
    except ApiException:
        pass
"""


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """The package's logger, put back as it was."""
    logger = logging.getLogger("snaptrade_client")
    before = (logger.level, list(logger.handlers))
    yield logger
    logger.setLevel(before[0])
    logger.handlers[:] = before[1]


def test_no_handler_is_added_and_no_level_set(logger: logging.Logger, client: SnapTrade) -> None:
    assert logs.LOGGER is logger
    assert logger.handlers == []
    assert logger.level == logging.NOTSET
    assert not client.configuration.debug


@pytest.mark.parametrize(
    ("debug", "variable", "on"),
    [
        (True, None, True),
        (False, "debug", True),
        (False, "DEBUG", True),
        (False, "", False),
        (False, None, False),
    ],
)
def test_the_log_is_switched_on_by_the_configuration_or_the_environment(
    logger: logging.Logger,
    monkeypatch: pytest.MonkeyPatch,
    debug: bool,
    variable: str | None,
    on: bool,
) -> None:
    if variable is not None:
        monkeypatch.setenv("SNAPTRADE_LOG", variable)
    for _ in range(2):
        SnapTrade(consumer_key="k", client_id="C", debug=debug).close()
    assert len(logger.handlers) == on
    assert logger.isEnabledFor(logging.DEBUG) is on


def test_another_value_of_the_variable_is_told_to_be_of_no_use(
    logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNAPTRADE_LOG", "info")
    with pytest.warns(UserWarning, match=r"^SNAPTRADE_LOG: 'debug' is all"):
        SnapTrade(consumer_key="k", client_id="C").close()
    assert logger.handlers == []


def test_each_attempt_is_told_without_a_secret(
    server: RecordingServer, client: SnapTrade, caplog: pytest.LogCaptureFixture
) -> None:
    server.answer(
        Reply(status=503, headers=(("Retry-After", "0"),)),
        Reply(status=401, body={"detail": f"{SECRET} is wrong", "code": 1083}),
    )
    with caplog.at_level(logging.DEBUG), pytest.raises(ApiException):
        client.authentication.get_user_jwt(user_id="u1", user_secret=SECRET)
    own = [record.getMessage() for record in caplog.records if record.name == "snaptrade_client"]
    assert len(own) == 2
    for line, kind, status in zip(own, ("unavailable", "final"), (503, 401), strict=True):
        assert line.startswith(f"GET /snapTrade/encryptedJWT: {kind} {status} in ")
    for hidden in (SECRET, server.consumer_key, "userSecret", "?"):
        assert hidden not in caplog.text


def test_the_log_follows_standard_error(logger: logging.Logger) -> None:
    SnapTrade(consumer_key="k", client_id="C", debug=True).close()
    with redirect_stderr(io.StringIO()) as shown:
        logger.debug("one")
    assert shown.getvalue().endswith(" snaptrade_client one\n")
    with redirect_stderr(io.StringIO()) as later:
        logger.debug("two")
    assert later.getvalue().endswith(" snaptrade_client two\n")
    assert shown.getvalue().count("\n") == 1


def test_a_standard_error_that_is_closed_or_missing_harms_no_call(
    logger: logging.Logger, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox
) -> None:
    closed = io.StringIO()
    closed.close()
    with sandbox.client(debug=True) as client:
        for stream in (closed, None):
            monkeypatch.setattr(sys, "stderr", stream)
            assert client.authentication.list_snap_trade_users().status == 200
    assert logger.isEnabledFor(logging.DEBUG)


class Failing(logging.Handler):
    """A handler that lets its failure out, as that of a full disk or a lost collector may."""

    def emit(self, record: logging.LogRecord) -> None:
        raise OSError(28, record.getMessage())


def test_a_handler_that_fails_costs_no_answer(logger: logging.Logger, sandbox: Sandbox) -> None:
    logger.setLevel(logging.DEBUG)
    logger.addHandler(Failing())
    told: list[str] = []

    def tell(operation: str, _: Attempt) -> None:
        told.append(operation)
        raise ValueError

    with sandbox.client(on_attempt=tell) as client:
        answer = client.authentication.register_snap_trade_user(user_id="u1")
    assert answer.body["userSecret"] == sandbox.users["u1"].secret
    assert told == ["register_snap_trade_user"]


def test_what_a_signal_raises_passes_a_handler(logger: logging.Logger, sandbox: Sandbox) -> None:
    class Alarm(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            del record
            signal.raise_signal(signal.SIGALRM)

    def ring(number: int, _: object) -> NoReturn:
        raise TimeoutError(number)

    logger.setLevel(logging.DEBUG)
    logger.addHandler(Alarm())
    before = signal.signal(signal.SIGALRM, ring)
    try:
        with sandbox.client() as client, pytest.raises(TimeoutError):
            client.authentication.list_snap_trade_users()
    finally:
        signal.signal(signal.SIGALRM, before)


def test_a_record_names_the_line_that_tells_it(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), sandbox.client() as client:
        client.authentication.list_snap_trade_users()
    [record] = [record for record in caplog.records if record.name == "snaptrade_client"]
    assert record.module == "api_client"


@pytest.mark.parametrize("how", ["debug", "environment", "off"])
def test_what_a_program_shows_on_standard_error(
    how: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line for each attempt where the log is asked for, else nothing."""
    monkeypatch.setenv("SNAPTRADE_HOST", sandbox.url)
    monkeypatch.setenv("SNAPTRADE_CLIENT_ID", sandbox.client_id)
    monkeypatch.setenv("SNAPTRADE_CONSUMER_KEY", sandbox.consumer_key)
    if how == "environment":
        monkeypatch.setenv("SNAPTRADE_LOG", "debug")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, how],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stderr.splitlines()
    assert done.stdout == ""
    assert len(lines) == (0 if how == "off" else 2)
    if lines:
        assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} snaptrade_client ", lines[0])
        assert " snaptrade_client GET /snapTrade/listUsers: ok 200 in " in lines[0]
        assert " snaptrade_client GET /snapTrade/encryptedJWT: final 401 in " in lines[1]
    assert SECRET not in done.stderr
    assert sandbox.consumer_key not in done.stderr
