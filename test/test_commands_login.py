"""`users login` and `users jwt`: masked, revealed, opened in a browser, encrypted."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from snaptrade_client.sandbox import Sandbox, SandboxUser

from .commands import KEY, SECRET, Runner, process, serving
from .raw import RawServer, answering
from .terminal import on_terminal

PASSWORD = "canary-password-43"


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A private RSA key with a password, and its public half."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path = tmp_path_factory.mktemp("keys") / "key.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(PASSWORD.encode()),
        )
    )
    bare = path.with_name("bare.pem")
    bare.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return path, public.decode()


@pytest.fixture
def service(key_file: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox with a plain user and one with a key, which the environment names."""
    users: dict[str, str | SandboxUser] = {
        "u1": SECRET,
        "u2": SandboxUser(secret=SECRET, rsa_public_key=key_file[1]),
    }
    with serving(monkeypatch, users=users, consumer_key=KEY) as sandbox:
        yield sandbox


@pytest.fixture
def secret(service: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    del service
    monkeypatch.setenv("SNAPTRADE_USER_SECRET", SECRET)


@pytest.mark.usefixtures("secret")
def test_login(run: Runner, service: Sandbox) -> None:
    origin = service.url.removesuffix("/api/v1")
    masked = run("users", "login", "u1")
    assert masked.code == 0
    assert masked.out.startswith("***: a link that works once, for five minutes;")
    assert run("users", "login", "u1", "--reveal").out.startswith(f"{origin}/portal?token=")
    document = run("users", "login", "u1", "--json").document
    assert list(document) == [
        *("ok", "user_id", "redirect_uri", "expires_in", "opened", "encrypted", "request_id"),
    ]
    assert (document["redirect_uri"], document["opened"]) == ("***", False)
    document = run("users", "login", "u1", "--json", "--reveal").document
    assert document["redirect_uri"].startswith(f"{origin}/portal?token=")


@pytest.mark.usefixtures("secret")
def test_what_a_login_asks_for(run: Runner, service: Sandbox) -> None:
    arguments = ["--broker", "ALPACA", "--connection-type", "trade", "--immediate-redirect"]
    arguments += ["--custom-redirect", "https://app.example/back"]
    assert run("users", "login", "u1", *arguments).code == 0
    assert service.requests[0].body == (
        b'{"broker":"ALPACA","connectionType":"trade","customRedirect":"https://app.example/back",'
        b'"immediateRedirect":true}'
    )


@pytest.mark.usefixtures("secret")
def test_a_link_opens_in_the_browser(tmp_path: Path, service: Sandbox) -> None:
    opened, script = tmp_path / "opened", tmp_path / "browser.py"
    script.write_text(
        f"import sys\nopen({str(opened)!r}, 'w').write(sys.argv[1])\n", encoding="utf-8"
    )
    done = process("users", "login", "u1", "--open", BROWSER=f"{sys.executable} {script} %s")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("The portal is open in the browser;")
    link = opened.read_text(encoding="utf-8")
    assert link.startswith(service.url.removesuffix("/api/v1") + "/portal?token=")
    failing = process("users", "login", "u1", "--open", BROWSER=f"{sys.executable} -c exit(1) %s")
    assert failing.code == 1
    assert failing.err == "error: no browser took the link; print it with --reveal\n"


@pytest.mark.usefixtures("secret")
def test_an_encrypted_login(run: Runner, key_file: tuple[Path, str], service: Sandbox) -> None:
    bare = str(key_file[0].with_name("bare.pem"))
    assert "--private-key" in run("users", "login", "u2").out
    assert "--private-key" in run("users", "login", "u2", "--open").err
    revealed = run("users", "login", "u2", "--private-key", bare, "--reveal")
    assert revealed.out.startswith(service.url.removesuffix("/api/v1") + "/portal?token=")
    document = run("users", "login", "u2", "--private-key", bare, "--json").document
    assert (document["redirect_uri"], document["encrypted"]) == ("***", True)


@pytest.mark.usefixtures("secret")
def test_a_jwt(run: Runner, key_file: tuple[Path, str]) -> None:
    bare = str(key_file[0].with_name("bare.pem"))
    assert (
        run("users", "jwt", "u2").out == "The JWT is encrypted: open it with --private-key FILE.\n"
    )
    masked = run("users", "jwt", "u2", "--private-key", bare).out
    assert masked.startswith("*** (")
    revealed = run("users", "jwt", "u2", "--private-key", bare, "--reveal").out
    assert revealed.count(".") == 2
    assert masked == f"*** ({len(revealed) - 1} characters); print it with --reveal.\n"
    document = run("users", "jwt", "u2", "--private-key", bare, "--json").document
    assert list(document) == ["ok", "user_id", "jwt", "characters", "encrypted", "request_id"]
    assert document["jwt"] == "***"


@pytest.mark.usefixtures("secret")
def test_a_jwt_with_a_password(run: Runner, key_file: tuple[Path, str]) -> None:
    arguments = ["users", "jwt", "u2", "--private-key", str(key_file[0])]
    assert "needs its password" in run(*arguments).err
    assert "needs a terminal" in process(*arguments, "--ask-password").err
    done = on_terminal([*arguments, "--ask-password"], f"{PASSWORD}\n")
    assert done.code == 0, done
    assert done.out.startswith("*** (")
    assert PASSWORD not in done.out + done.err


def test_an_encrypted_answer_that_holds_no_link(
    run: Runner, monkeypatch: pytest.MonkeyPatch, key_file: tuple[Path, str]
) -> None:
    def opened(*_: object, **__: object) -> str:
        return "not JSON"

    monkeypatch.setattr("snaptrade_client.encryption.decrypt", opened)
    body = b'{"encryptedSharedKey":"","encryptedMessageData":{}}'
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with RawServer(answering(head + body)) as server:
        monkeypatch.setenv("SNAPTRADE_HOST", server.url)
        monkeypatch.setenv("SNAPTRADE_CLIENT_ID", "id")
        monkeypatch.setenv("SNAPTRADE_CONSUMER_KEY", KEY)
        monkeypatch.setenv("SNAPTRADE_USER_SECRET", SECRET)
        done = run("users", "login", "u", "--private-key", str(key_file[0]))
    assert done == (1, "", "error: the encrypted answer holds no JSON\n")
