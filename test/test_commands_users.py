"""`users list` and `delete`, and where the keys of all commands come from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from snaptrade_client.sandbox import Sandbox
from snaptrade_client.sandbox.state import DELETION_DELAY

from .commands import KEY, SECRET, Runner, process, serving
from .raw import RawServer
from .terminal import on_terminal


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox with two users, which the environment names."""
    with serving(monkeypatch, users={"u1": SECRET, "u2": SECRET}, consumer_key=KEY) as sandbox:
        yield sandbox


@pytest.mark.usefixtures("service")
def test_list(run: Runner) -> None:
    assert run("users", "list") == (0, "u1\nu2\n", "")
    document = run("users", "list", "--json").document
    assert list(document) == ["ok", "users", "request_id"]
    assert document["users"] == ["u1", "u2"]


def test_an_empty_list_prints_nothing(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(monkeypatch):
        assert run("users", "list") == (0, "", "")


def test_ids_can_not_play_with_a_terminal(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(monkeypatch, users={"\x1b[2Ja\nb\u202e": "s" * 8}):
        assert run("users", "list").out == "\\x1b[2Ja\\nb\\u202e\n"
        assert run("users", "list", "--json").document["users"] == ["\x1b[2Ja\nb\u202e"]


def test_the_keys_come_from_a_file_or_stdin(service: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n", encoding="utf-8")
    arguments = ["users", "list", "--host", service.url, "--client-id", service.client_id]
    arguments += ["--consumer-key-file"]
    wrong = {"SNAPTRADE_CONSUMER_KEY": "wrong", "SNAPTRADE_HOST": "http://127.0.0.1:1"}
    assert process(*arguments, str(file), **wrong) == (0, "u1\nu2\n", "")
    assert process(*arguments, "-", stdin=f"{KEY}\r\n", **wrong) == (0, "u1\nu2\n", "")


def test_a_refusal(run: Runner, service: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNAPTRADE_CONSUMER_KEY", "another-key")
    done = run("users", "list")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: 401 Unauthorized: ")
    document = run("users", "list", "--json").document
    error = document.pop("error")
    assert document == {"ok": False}
    assert list(error) == [
        *("type", "message", "outcome", "status", "code", "request_id", "retry_after"),
        "safe_to_retry",
    ]
    assert (error["type"], error["outcome"]) == ("UnauthorizedError", "rejected")
    assert (error["status"], error["code"]) == (401, 1076)
    assert len(service.requests) == 2


def test_nobody_there(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNAPTRADE_HOST", "http://127.0.0.1:1")
    monkeypatch.setenv("SNAPTRADE_CLIENT_ID", "id")
    monkeypatch.setenv("SNAPTRADE_CONSUMER_KEY", KEY)
    document = run("users", "list", "--json").document
    assert document["error"]["outcome"] == "not_sent"
    assert run("users", "list").code == 1


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[1"])
def test_an_unknown_outcome(run: Runner, monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    def handle(peer: Any) -> None:
        peer.request()
        peer.send(answer)

    with RawServer(handle) as server:
        monkeypatch.setenv("SNAPTRADE_HOST", server.url)
        monkeypatch.setenv("SNAPTRADE_CLIENT_ID", "id")
        monkeypatch.setenv("SNAPTRADE_CONSUMER_KEY", KEY)
        assert run("users", "delete", "u", "--yes").code == 3
        document = run("users", "delete", "u", "--yes", "--json").document
    assert document["error"]["outcome"] == "unknown"


@pytest.mark.parametrize(
    ("arguments", "variable", "flag"),
    [
        (["users", "list"], "SNAPTRADE_CONSUMER_KEY", "--consumer-key-file"),
        (["users", "list"], "SNAPTRADE_CLIENT_ID", "--client-id"),
        (["users", "login", "u1"], "SNAPTRADE_USER_SECRET", "--secret-file"),
    ],
)
def test_a_key_that_is_missing_is_named(
    service: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    variable: str,
    flag: str,
) -> None:
    monkeypatch.delenv(variable, raising=False)
    done = process(*arguments)
    assert (done.code, done.out) == (1, "")
    assert f"is missing: set {variable}, or give {flag}" in done.err
    assert len(service.requests) == 0


def test_delete(run: Runner, service: Sandbox) -> None:
    done = run("users", "delete", "u1", "--yes")
    assert done == (0, "u1: User queued for deletion: u1\n", "")
    document = run("users", "delete", "u2", "--yes", "--json").document
    assert list(document) == ["ok", "user_id", "status", "detail", "request_id"]
    service.clock.shift(DELETION_DELAY)
    assert list(service.users) == []
    assert run("users", "delete", "u2", "--yes").code == 1


def test_deleting_without_a_terminal_needs_yes(service: Sandbox) -> None:
    done = process("users", "delete", "u1")
    assert (done.code, done.out) == (2, "")
    assert "--yes" in done.err
    assert len(service.requests) == 0


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("YES", 0), ("", 1), ("n", 1)])
def test_deleting_asks_on_a_terminal(service: Sandbox, answer: str, code: int) -> None:
    done = on_terminal(["users", "delete", "u1"], f"{answer}\n")
    assert done.code == code
    assert "Delete the user 'u1' with its connections and data? [y/N] " in done.err
    assert len(service.requests) == (not code)


def test_a_terminal_is_asked_for_secrets_without_an_echo(
    service: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SNAPTRADE_CONSUMER_KEY")
    done = on_terminal(["users", "login", "u1", "--json"], f"{SECRET}\n", f"{KEY}\n")
    assert done.code == 0, done
    assert "The user's secret: " in done.err
    assert "Consumer key: " in done.err
    assert SECRET not in done.out + done.err
    assert KEY not in done.out + done.err
    assert len(service.requests) == 1


def test_no_answer_on_a_terminal_is_no_secret(service: Sandbox) -> None:
    done = on_terminal(["users", "login", "u1"], "\x04")
    assert done.code == 1
    assert "SNAPTRADE_USER_SECRET" in done.err
    assert len(service.requests) == 0


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_can_not_be_read(run: Runner, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    done = run("users", "login", "u1", "--secret-file", str(path))
    assert done.code == 1
    assert done.err.startswith("error: --secret-file: ")
