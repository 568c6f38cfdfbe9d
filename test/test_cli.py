"""The command line, in this process and in one of its own."""

import os
import re
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from snaptrade_client import SnapTrade
from snaptrade_client.cli import main
from snaptrade_client.exceptions import ApiException
from snaptrade_client.sandbox import CLIENT_ID, CONSUMER_KEY, Sandbox

COMMAND = [sys.executable, "-m", "snaptrade_client"]


@contextmanager
def running(*arguments: str) -> Generator[tuple[str, "subprocess.Popen[str]"]]:
    """A sandbox in a process of its own: its first line, and the process."""
    with subprocess.Popen(
        [*COMMAND, "sandbox", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().rstrip("\n"), process
        finally:
            # Nothing happens where it has ended already.
            process.kill()


def ended(process: "subprocess.Popen[str]", number: signal.Signals) -> tuple[str, str]:
    """Ends a sandbox with a signal, and gives the rest of its output and its errors."""
    process.send_signal(number)
    assert process.stdout
    assert process.stderr
    # communicate() would miss what readline() has buffered.
    out, err = process.stdout.read(), process.stderr.read()
    assert process.wait(30) == 0
    return out, err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_sandbox_in_a_process(number: signal.Signals) -> None:
    with running("--user", "u1:s:1", "--user", "u2:s2") as (url, process):
        assert re.fullmatch(r"http://127\.0\.0\.1:[0-9]+/api/v1", url)
        with SnapTrade(consumer_key=CONSUMER_KEY, client_id=CLIENT_ID, host=url) as client:
            assert client.authentication.list_snap_trade_users().body == ["u1", "u2"]
            login = client.authentication.login_snap_trade_user(user_id="u1", user_secret="s:1")
            assert login.status == 200
        out, err = ended(process, number)
    assert out == f"client id: {CLIENT_ID}\nconsumer key: {CONSUMER_KEY}\n"
    assert err == ""


def test_keys_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNAPTRADE_CLIENT_ID", "ENV-CLIENT")
    monkeypatch.setenv("SNAPTRADE_CONSUMER_KEY", "env-key")
    with running() as (url, process):
        with SnapTrade(host=url) as client:
            assert client.authentication.list_snap_trade_users().body == []
        assert ended(process, signal.SIGTERM) == ("", "")


def test_a_sandbox_with_options() -> None:
    arguments = ["--client-id", "A", "--consumer-key", "B", "--rate-limit", "1"]
    with running(*arguments, "--clock-offset", "-3600") as (url, process):
        with SnapTrade(consumer_key="B", client_id="A", host=url, retries=0) as client:
            with pytest.raises(ApiException) as caught:
                client.authentication.list_snap_trade_users()
            assert caught.value.code == 1076
            assert caught.value.headers
            assert caught.value.headers["X-RateLimit-Limit"] == "1"
        assert ended(process, signal.SIGINT) == ("", "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_sandbox_in_this_process(
    capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    printed = ""

    def end_when_printed() -> None:
        nonlocal printed
        while CONSUMER_KEY not in printed:
            printed += capsys.readouterr().out
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    thread = threading.Thread(target=end_when_printed)
    thread.start()
    assert main(["sandbox"]) == 0
    thread.join()
    assert printed.startswith("http://127.0.0.1:")
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers


def test_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with Sandbox() as sandbox:
        port = sandbox.url.split(":")[2].partition("/")[0]
        assert main(["sandbox", "--port", port, "--client-id", "a", "--consumer-key", "b"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "COMMAND"),
        (["dance"], "invalid choice: 'dance'"),
        (["sandbox", "--port", "x"], "invalid port value: 'x'"),
        (["sandbox", "--port", "65536"], "invalid port value: '65536'"),
        (["sandbox", "--rate-limit", "0"], "invalid count value: '0'"),
        (["sandbox", "--user", "secret-alone"], "must be ID:SECRET"),
        (["sandbox", "--user", ":secret-alone"], "must be ID:SECRET"),
        (["sandbox", "--clock-offset", "soon"], "invalid seconds value: 'soon'"),
        (["sandbox", "--clock-offset", "nan"], "invalid seconds value: 'nan'"),
        (["demo", "--dead"], "unrecognized arguments: --dead"),
    ],
)
def test_usage_errors(capsys: pytest.CaptureFixture[str], arguments: list[str], text: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert text in err
    assert "secret-alone" not in err


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert "sandbox" in capsys.readouterr().out


def test_without_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "flask", None)
    monkeypatch.delitem(sys.modules, "snaptrade_client.sandbox")
    for command in ("sandbox", "demo"):
        assert main([command]) == 1
        assert 'pip install "snaptrade-client[sandbox]"' in capsys.readouterr().err


def test_the_module_is_a_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["snaptrade_client", "dance"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("snaptrade_client", run_name="__main__")
    assert caught.value.code == 2
    assert "dance" in capsys.readouterr().err


def test_an_interrupted_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*, live: bool) -> bool:
        assert live
        raise KeyboardInterrupt

    monkeypatch.setattr("snaptrade_client.demo.run", interrupted)
    assert main(["demo", "--live"]) == 130
