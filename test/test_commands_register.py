"""`users register`: the user's secret is kept, whatever happens."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from snaptrade_client.authentication import AuthenticationApi
from snaptrade_client.commands.output import write
from snaptrade_client.sandbox import Drop, Sandbox, Status

from .commands import KEY, SECRET, Runner, process, serving
from .raw import RawServer


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with serving(monkeypatch, consumer_key=KEY) as sandbox:
        yield sandbox


def test_without_a_place_for_the_secret_nothing_is_sent(run: Runner, service: Sandbox) -> None:
    for arguments in (["u"], ["u", "--json"], []):
        done = run("users", "register", *arguments)
        assert (done.code, done.out) == (2, "")
        assert "--secret-file FILE or --reveal" in done.err
    assert len(service.requests) == 0


def test_to_a_file(run: Runner, service: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    done = run("users", "register", "u", "--secret-file", str(path))
    secret = service.users["u"].secret
    assert done == (0, f"registered u; the user's secret is in {path}\n", "")
    assert path.read_text(encoding="utf-8") == f"{secret}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    # The file is what the other commands take.
    assert run("users", "login", "u", "--secret-file", str(path)).code == 0


def test_in_json(run: Runner, service: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    document = run("users", "register", "u", "--secret-file", str(path), "--json").document
    assert list(document) == ["ok", "user_id", "user_secret", "secret_file", "request_id"]
    assert (document["user_secret"], document["secret_file"]) == ("***", str(path))
    document = run("users", "register", "v", "--reveal", "--json").document
    assert document["user_secret"] == service.users["v"].secret
    assert document["secret_file"] is None


def test_revealed(run: Runner, service: Sandbox) -> None:
    done = run("users", "register", "--reveal")
    [(user_id, user)] = service.users.items()
    assert done == (0, f"registered {user_id}; the user's secret: {user.secret}\n", "")


def test_a_user_with_a_key(run: Runner, service: Sandbox, tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    formats = serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    path = tmp_path / "key.pub"
    path.write_bytes(key.public_bytes(*formats) + b"\n")
    assert run("users", "register", "u", "--reveal", "--rsa-public-key", str(path)).code == 0
    assert service.users["u"].rsa_public_key


@pytest.mark.parametrize("name", ["there", "no/such/folder"])
def test_a_file_that_can_not_be_made(
    run: Runner, service: Sandbox, tmp_path: Path, name: str
) -> None:
    (tmp_path / "there").write_text("precious", encoding="utf-8")
    done = run("users", "register", "u", "--secret-file", str(tmp_path / name))
    assert (done.code, done.out) == (1, "")
    assert "the file can't be made, and nothing was sent" in done.err
    assert len(service.requests) == 0
    assert (tmp_path / "there").read_text(encoding="utf-8") == "precious"


def test_a_refusal_leaves_no_file(run: Runner, service: Sandbox, tmp_path: Path) -> None:
    assert run("users", "register", "u", "--reveal").code == 0
    done = run("users", "register", "u", "--secret-file", str(tmp_path / "secret"))
    assert done.code == 1
    assert "1010" in done.err
    assert list(tmp_path.iterdir()) == []
    assert run("users", "register", "u", "--reveal").code == 1
    assert len(service.requests) == 3


def test_a_lost_answer_tells_the_way_back(run: Runner, service: Sandbox, tmp_path: Path) -> None:
    service.faults.add("register", Drop("after"))
    done = run("users", "register", "u 1", "--secret-file", str(tmp_path / "secret"))
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("error: the connection ended before the answer was complete\n")
    assert done.err.endswith(
        "\nThe user may have been registered, and its secret can't be asked for again. To recover:"
        "\n1. snaptrade-client users list"
        "\n2. if 'u 1' is there, and was not before: snaptrade-client users delete 'u 1'"
        "\n3. when it is gone from the list, register it again\n"
    )
    assert list(tmp_path.iterdir()) == []
    service.faults.add("register", Status(500))
    document = run("users", "register", "--reveal", "--json").document
    assert list(document) == ["ok", "error", "recovery", "secret_file", "arrived"]
    assert document["error"]["type"] == "RegistrationServerError"
    assert "users delete USER_ID" in document["recovery"][2]


CUT = f'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{{"userSecret":"{SECRET}","us'.encode()
_BODY = b'{"userId":"u","userSecret":"%s"}' % SECRET.encode()
FAILED = b"HTTP/1.1 500 No\r\nContent-Length: %d\r\n\r\n%s" % (len(_BODY), _BODY)


@pytest.fixture(params=[CUT, FAILED], ids=["cut", "failed"])
def broken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[bytes]:
    """A service whose answer to a registration is of no use, but holds the secret."""

    def handle(peer: Any) -> None:
        peer.request()
        peer.send(request.param)

    with RawServer(handle) as server:
        monkeypatch.setenv("SNAPTRADE_HOST", server.url)
        monkeypatch.setenv("SNAPTRADE_CLIENT_ID", "id")
        monkeypatch.setenv("SNAPTRADE_CONSUMER_KEY", KEY)
        yield request.param


@pytest.mark.usefixtures("broken")
def test_what_came_of_an_answer_is_kept_in_the_file(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    done = run("users", "register", "u", "--secret-file", str(path))
    assert done.code == 3
    assert f"\nWhat came of the answer is in {path}.\n" in done.err
    assert SECRET in path.read_text(encoding="utf-8")
    assert SECRET not in done.out + done.err
    document = run("users", "register", "u", "--secret-file", f"{path}2", "--json").document
    assert (document["secret_file"], document["arrived"]) == (f"{path}2", None)


@pytest.mark.usefixtures("broken")
def test_what_came_of_an_answer_is_shown_where_that_was_wanted(run: Runner) -> None:
    done = run("users", "register", "u", "--reveal")
    assert (done.code, done.out) == (3, "")
    assert SECRET in done.err.splitlines()[1]
    assert SECRET in run("users", "register", "u", "--reveal", "--json").document["arrived"]


# JSON can say a lone surrogate, and UTF-8 can't.
_ODD = rb'{"userId":"u","userSecret":"odd \ud800 secret"}'
ODD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(_ODD), _ODD)


@pytest.mark.parametrize("broken", [ODD], indirect=True)
@pytest.mark.usefixtures("broken")
def test_a_secret_that_is_no_utf_8_is_not_lost(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    assert run("users", "register", "u", "--secret-file", str(path)).code == 0
    assert path.read_text(encoding="utf-8") == "odd \\ud800 secret\n"
    assert "odd \\ud800 secret" in run("users", "register", "u", "--reveal").out
    shell = f"{sys.executable} -m snaptrade_client users register u --reveal | (exec <&-)"
    assert "the secret is in" in process_of_shell(shell, TMPDIR=str(tmp_path))


@pytest.mark.usefixtures("service")
def test_an_interrupt_tells_the_way_back(
    run: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(AuthenticationApi, "register_snap_trade_user", interrupted)
    for place in (["--reveal"], ["--secret-file", str(tmp_path / "secret")]):
        done = run("users", "register", "u", *place)
        assert (done.code, done.out) == (3, "")
        assert done.err.startswith("error: interrupted\nThe user may have been registered")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_does_not_lose_the_secret(
    run: Runner, service: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    document = run(
        "users", "register", "u", "--secret-file", str(tmp_path / "a"), "--json"
    ).document
    kept = Path(document["secret_file"])
    assert kept != tmp_path / "a"
    assert kept.read_text(encoding="utf-8") == f"{service.users['u'].secret}\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_pipe_that_nobody_reads_does_not_lose_the_secret(
    service: Sandbox, tmp_path: Path
) -> None:
    shell = f"{sys.executable} -m snaptrade_client users register u --reveal | (exec <&-)"
    done = process_of_shell(shell, TMPDIR=str(tmp_path))
    [kept] = tmp_path.iterdir()
    assert kept.read_text(encoding="utf-8") == f"{service.users['u'].secret}\n"
    assert done == f"error: the output can't be written; the secret is in {kept}\n"


def process_of_shell(command: str, **variables: str) -> str:
    """What a shell's command says on stderr."""
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **variables},
    )
    return done.stderr


def test_a_closed_stdout_is_no_place_for_a_secret(service: Sandbox) -> None:
    command = f"{sys.executable} -m snaptrade_client users register u --reveal >&-"
    assert "say where it goes" in process_of_shell(command)
    assert len(service.requests) == 0


def test_other_output_that_can_not_be_written_is_an_error(service: Sandbox) -> None:
    del service
    command = f"{sys.executable} -m snaptrade_client users list --json > /dev/full"
    assert process_of_shell(command) == "error: [Errno 28] No space left on device\n"


def test_a_stream_that_is_closed_takes_nothing() -> None:
    write(None, "text")


def test_the_whole_road_in_processes(service: Sandbox, tmp_path: Path) -> None:
    path = str(tmp_path / "secret")
    assert process("users", "register", "u", "--secret-file", path).code == 0
    assert process("users", "login", "u", "--secret-file", path).code == 0
    assert process("users", "delete", "u", "--yes").code == 0
    assert [request.operation for request in service.requests] == ["register", "login", "delete"]
