"""The command line, in this process and in one of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from snaptrade_client import SnapTrade, __version__
from snaptrade_client.cli import main
from snaptrade_client.encryption import decrypt
from snaptrade_client.exceptions import ApiException
from snaptrade_client.sandbox import CLIENT_ID, CONSUMER_KEY, Sandbox

KEYS = f"client id: {CLIENT_ID}\nconsumer key: {CONSUMER_KEY}\n"
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
    assert (out, err) == (KEYS, "")


def test_a_sandbox_tells_its_url_in_json() -> None:
    with running("--json") as (line, process):
        told = json.loads(line)
        with SnapTrade(
            consumer_key=told["consumer_key"], client_id=told["client_id"], host=told["url"]
        ) as client:
            assert client.authentication.list_snap_trade_users().body == []
        assert ended(process, signal.SIGTERM) == ("", "")
    assert list(told) == ["ok", "url", "client_id", "consumer_key"]


def test_keys_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNAPTRADE_CLIENT_ID", "ENV-CLIENT")
    monkeypatch.setenv("SNAPTRADE_CONSUMER_KEY", "env-key")
    with running() as (url, process):
        with SnapTrade(host=url) as client:
            assert client.authentication.list_snap_trade_users().body == []
        out, err = ended(process, signal.SIGTERM)
    assert out == "client id: ENV-CLIENT\nconsumer key: that of SNAPTRADE_CONSUMER_KEY\n"
    assert err == ""


def test_blank_variables_are_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNAPTRADE_CLIENT_ID", " ")
    monkeypatch.setenv("SNAPTRADE_CONSUMER_KEY", "")
    with running() as (_, process):
        assert ended(process, signal.SIGTERM) == (KEYS, "")


def test_arguments_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNAPTRADE_CLIENT_ID", "ENV-CLIENT")
    monkeypatch.setenv("SNAPTRADE_CONSUMER_KEY", "env-key")
    with running("--client-id", "ARG-CLIENT", "--consumer-key", "arg-key") as (url, process):
        with SnapTrade(host=url, client_id="ARG-CLIENT", consumer_key="arg-key") as client:
            assert client.authentication.list_snap_trade_users().body == []
        out, err = ended(process, signal.SIGTERM)
    assert out == "client id: ARG-CLIENT\nconsumer key: that of --consumer-key\n"
    assert err == ""


@pytest.mark.parametrize("option", ["--client-id", "--consumer-key"])
@pytest.mark.parametrize("value", ["", " ", " key", '"key"'])
def test_credentials_are_checked_as_a_client_does(
    capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    assert main(["sandbox", option, value]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"error: {option.strip('-').replace('-', '_')} ")
    assert err.count("\n") == 1


def test_a_user_with_a_key(tmp_path: Path) -> None:
    private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    formats = serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    file = tmp_path / "key=.pub"
    file.write_bytes(private_key.public_key().public_bytes(*formats) + b" a comment\n")
    users = ["--user", "u1:s1", "--user-key", f"u1={file}", "--user", "u2:s2"]
    with (
        running(*users) as (url, _),
        SnapTrade(consumer_key=CONSUMER_KEY, client_id=CLIENT_ID, host=url) as client,
    ):
        sealed = client.authentication.get_user_jwt(user_id="u1", user_secret="s1").body
        assert decrypt(sealed, private_key).count(".") == 2
        login = client.authentication.login_snap_trade_user(user_id="u2", user_secret="s2")
        assert "redirectURI" in login.body


def test_a_key_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sandbox", "--user", "u:s", "--user-key", f"u={__file__}"]) == 1
    err = capsys.readouterr().err
    assert re.fullmatch(r"error: .*rsa_public_key.*\n", err)


def test_a_sandbox_with_options() -> None:
    arguments = ["--client-id", "A", "--consumer-key", "B", "--rate-limit", "1"]
    arguments += ["--deletion-delay", "0"]
    with running(*arguments, "--clock-offset", "-3600") as (url, process):
        with SnapTrade(consumer_key="B", client_id="A", host=url, retries=0) as client:
            with pytest.raises(ApiException) as caught:
                client.authentication.list_snap_trade_users()
            assert caught.value.code == 1076
            assert caught.value.headers
            assert caught.value.headers["X-RateLimit-Limit"] == "1"
        out, err = ended(process, signal.SIGINT)
    assert out == "client id: A\nconsumer key: that of --consumer-key\n"
    assert err == ""


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
    assert err == (
        f"error: can't listen on 127.0.0.1 port {port}: Address already in use; "
        "choose with --host and --port\n"
    )


@pytest.mark.parametrize("host", ["a" * 70, "256.1.1.1", "."])
def test_a_host_that_can_not_be(capsys: pytest.CaptureFixture[str], host: str) -> None:
    assert main(["sandbox", "--host", host]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(rf"error: can't listen on {re.escape(host)} port 0: [^:;]+; .*\n", err)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "COMMAND"),
        (["dance"], "invalid choice (choose from "),
        (["--consumer-key", "CANARY", "sandbox"], "invalid choice (choose from "),
        (["--consumer-key=CANARY", "sandbox"], "unrecognized arguments: --consumer-key\n"),
        (["sandbox", "--port", "CANARY"], "--port: must be a port: a whole number from 0 to 65535"),
        (["sandbox", "--port", "65536"], "must be a port"),
        (["sandbox", "--port", "-1"], "must be a port"),
        (["sandbox", "--rate-limit", "0"], "must be a whole number, 1 or more"),
        (["sandbox", "--user", "CANARY"], "must be ID:SECRET"),
        (["sandbox", "--user", ":CANARY"], "must be ID:SECRET"),
        (["sandbox", "--user", "u:"], "must be ID:SECRET"),
        (["sandbox", "--user", "u:1", "--user", "u:CANARY"], "have the same ID"),
        (["sandbox", "--user-key", "CANARY"], "must be ID=FILE"),
        (["sandbox", "--user-key", "=CANARY"], "must be ID=FILE"),
        (["sandbox", "--user-key", "u=CANARY"], "the file can't be read"),
        (["sandbox", "--user-key", f"u={__file__}"], "its ID must be that of a --user"),
        (
            ["sandbox", *["--user-key", f"u={__file__}"] * 2, "--user", "u:CANARY"],
            "have the same ID",
        ),
        (["sandbox", "--clock-offset", "CANARY"], "must be a number of seconds"),
        (["sandbox", "--clock-offset", "nan"], "must be a number of seconds"),
        (["sandbox", "--deletion-delay", "-1"], "must be a number of seconds, 0 or more"),
        (["sandbox", "--consumer_key", "CANARY"], "unrecognized arguments: --consumer_key\n"),
        (["sandbox", "--consumer_key=CANARY"], "unrecognized arguments: --consumer_key\n"),
        (["sandbox", "--consumer", "CANARY"], "unrecognized arguments: --consumer\n"),
        (["sandbox", "--user", "u:1", "CANARY"], "unrecognized arguments: a value without a flag"),
        (["sandbox", "-kCANARY"], "unrecognized arguments: -k\n"),
        (["demo", "--live=CANARY"], "ignored explicit argument\n"),
        (["demo", "--dead", "--key", "CANARY"], "unrecognized arguments: --dead --key\n"),
    ],
)
def test_usage_errors_show_no_value(
    capsys: pytest.CaptureFixture[str], arguments: list[str], text: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert text in err
    assert "CANARY" not in err


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"snaptrade-client {__version__}\n"


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


def test_the_module_is_a_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "snaptrade_client", "dance"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "python -m snaptrade_client: error: " in done.stderr


def test_an_interrupted_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*, live: bool, as_json: bool) -> bool:
        assert (live, as_json) == (True, False)
        raise KeyboardInterrupt

    monkeypatch.setattr("snaptrade_client.demo.run", interrupted)
    assert main(["demo", "--live"]) == 130
