"""What all commands share: streams, colours, encodings, help, and that no secret shows."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from snaptrade_client.commands import keys
from snaptrade_client.commands.output import Style, style_of
from snaptrade_client.sandbox import CLIENT_ID, CONSUMER_KEY, Sandbox

from .commands import KEY, SECRET, Runner, environment, process, serving
from .faults.canary import hits
from .programs import run_python


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def stream(encoding: str) -> Terminal:
    return Terminal(io.BytesIO(), encoding=encoding)


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert style_of(stream("utf-8")) == Style(colour=True, unicode=True)
    assert style_of(stream("ascii")) == Style(colour=True, unicode=False)
    assert style_of(stream("latin-1")) == Style(colour=True, unicode=False)
    assert style_of(io.TextIOWrapper(io.BytesIO(), encoding="utf-8")) == Style(unicode=True)
    assert style_of(None) == Style()
    monkeypatch.setenv("NO_COLOR", "1")
    assert style_of(stream("utf-8")) == Style(unicode=True)


def test_marks() -> None:
    plain = Style()
    assert (plain.tick(), plain.cross(), plain.dash()) == ("[ok]", "[no]", "[--]")
    assert Style(colour=True, unicode=True).tick() == "\x1b[32m✓\x1b[0m"
    assert Style(colour=True, unicode=True).cross() == "\x1b[31m✗\x1b[0m"


def test_a_stream_prints_what_it_can_encode() -> None:
    with Sandbox(users={"ü": "s" * 8}) as sandbox:
        variables = environment(sandbox)
        done = process("users", "list", **variables, PYTHONIOENCODING="ascii")
        assert done == (0, "\\xfc\n", "")
        doctor = process("doctor", **variables, PYTHONIOENCODING="ascii")
    assert doctor.code == 0
    assert doctor.out.startswith("[ok] snaptrade-client ")


COMMANDS = [
    ["users", "list"],
    ["users", "register"],
    ["users", "delete"],
    ["users", "login"],
    ["users", "jwt"],
    ["doctor"],
    ["sign"],
    ["sandbox"],
    ["demo"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_json_and_tells_its_exit_codes(run: Runner, command: list[str]) -> None:
    done = run(*command, "--help")
    assert done.code == 0
    assert "--json" in done.out
    assert "exit codes: 0 done; 1 failed" in done.out


@pytest.mark.parametrize("command", [*COMMANDS[:-2], ["users"]], ids=" ".join)
def test_no_argument_takes_a_secret_and_none_is_echoed(run: Runner, command: list[str]) -> None:
    for flag in ("--consumer-key", "--user-secret", "--secret", "--key"):
        for arguments in ([flag, "CANARY"], [f"{flag}=CANARY"]):
            assert run(*command, *arguments).code == 2
    assert "CANARY" not in run.printed


def test_help_is_fast_since_it_loads_little() -> None:
    program = (
        "import sys\nfrom snaptrade_client.cli import main\ntry: main(['--help'])\n"
        "except SystemExit: pass\nprint(sorted({'urllib3', 'ssl', 'flask', 'certifi', 'tempfile',"
        "'snaptrade_client.client', 'getpass', 'webbrowser', 'cryptography'} & set(sys.modules)))"
    )
    assert run_python("-c", program).endswith("\n[]\n")


def test_a_closed_stdin_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert not keys.on_terminal()
    assert keys.read("--secret-file", "-") == ""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with serving(monkeypatch, users={"u": SECRET}, consumer_key=KEY) as sandbox:
        monkeypatch.setenv("SNAPTRADE_USER_SECRET", SECRET)
        yield sandbox


def test_no_secret_in_any_output(service: Sandbox, run: Runner, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    body = tmp_path / "body"
    body.write_text(json.dumps({"text": f"has {SECRET}", "userSecret": SECRET}), encoding="utf-8")
    query = f"userId={SECRET}&userSecret="
    commands = [
        ["users", "list"],
        ["users", "register", "n", "--secret-file"],
        ["users", "login", "u"],
        ["users", "login", SECRET],
        ["users", "login", KEY],
        ["users", "jwt", "u"],
        ["users", "delete", KEY, "--yes"],
        ["users", "delete", "n", "--yes"],
        ["sign", "POST", "/x", "--query", query, "--body", str(body)],
        ["doctor"],
        ["doctor", "--client-id", KEY],
        ["doctor", "--client-id", f"{KEY} "],
        ["doctor", "--host", f"http://{KEY}@127.0.0.1"],
        ["doctor", "--host", f"http://{KEY}.localhost:1/{KEY}"],
    ]
    for number, command in enumerate(commands):
        for form in ([], ["--json"]):
            place = [f"{file}{number}{len(form)}"] if "--secret-file" in command else []
            run(*command, *place, *form)
    secrets = {KEY, SECRET, *(user.secret for user in service.users.values())}
    links = re.findall(r"portal\?token=", run.printed)
    assert hits([("the output", run.printed)], secrets) == []
    assert links == []
    assert len(service.requests) > 20


def test_the_consumer_key_is_not_even_revealed(service: Sandbox, run: Runner) -> None:
    del service
    run("users", "login", KEY, "--reveal")
    run("users", "login", "u", "--reveal")
    run("sign", "GET", "/x", "--query", f"userId={KEY}&userSecret=", "--reveal")
    assert SECRET in run.printed
    assert KEY not in run.printed


def test_a_reader_that_has_read_enough_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "snaptrade_client", "sign", "GET", "/snapTrade/listUsers"],
        stdout=writing,
        stderr=subprocess.PIPE,
        env={
            **os.environ,
            "SNAPTRADE_CLIENT_ID": CLIENT_ID,
            "SNAPTRADE_CONSUMER_KEY": CONSUMER_KEY,
        },
        text=True,
        timeout=60,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")
