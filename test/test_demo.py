"""The demo against the sandbox, and against "the service" that the environment names."""

import json
import re

import pytest

from snaptrade_client.cli import main
from snaptrade_client.sandbox.state import DELETION_DELAY

from .programs import run_python
from .sandboxed import checked_sandbox

CALLS = ["register", "list", "login", "JWT", "wrong signature", "unknown user", "delete"]


def rows(out: str) -> list[str]:
    """The names of the calls that were printed."""
    lines = out.split("\n\n")[1].splitlines()[1:]
    return [line[:18].rstrip() for line in lines]


def test_against_the_sandbox(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("A user's life, against a sandbox at http://127.0.0.1:")
    assert rows(out) == CALLS
    for line in out.split("\n\n")[1].splitlines()[1:]:
        assert re.fullmatch(r".{18} +(200|401) +[0-9]+\.[0-9] ms  [0-9a-f]{32}  \S.*", line)
    assert out.count("opened: ***") == 1
    origin = re.search(r"a sandbox at (http://\S+)/api/v1\n", out)
    assert origin
    assert f"opened: a portal link to {origin[1]}, for 5 minutes\n" in out
    assert "token=" not in out
    assert '"userSecret": "***"' in out
    assert "UnauthorizedError: 401" in out
    assert "1076" in out
    assert "1083" in out
    assert out.endswith("\nEverything behaved.\n")


def test_one_json_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    told = json.loads(out)
    assert list(told) == ["ok", "host", "calls"]
    assert told["ok"] is True
    assert [call["call"] for call in told["calls"]] == CALLS
    for call in told["calls"]:
        assert list(call) == ["call", "status", "seconds", "request_id", "answer"]
    assert "token=" not in out


def test_in_a_process_of_its_own() -> None:
    assert rows(run_python("-m", "snaptrade_client", "demo")) == CALLS


def test_live(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with checked_sandbox(client_id="LIVE", consumer_key="live-key", users={"u": "s"}) as sandbox:
        url = sandbox.url
        monkeypatch.setenv("SNAPTRADE_HOST", url)
        monkeypatch.setenv("SNAPTRADE_CLIENT_ID", "LIVE")
        monkeypatch.setenv("SNAPTRADE_CONSUMER_KEY", "live-key")
        assert main(["demo", "--live"]) == 0
        # Its own user goes, and nobody else does.
        sandbox.clock.shift(DELETION_DELAY)
        assert list(sandbox.users) == ["u"]
        registered = json.loads(sandbox.requests[0].body)
        assert registered["userId"].startswith("demo-")
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith(f"A user's life, against the service at {url}\n")
    assert rows(out) == CALLS
    assert "users: 2, with demo-" in out


def test_live_without_keys(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--live"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "SNAPTRADE_CONSUMER_KEY" in err
    assert err.count("\n") == 1
