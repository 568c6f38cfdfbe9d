"""The specification's five examples, run exactly as the page prints them.

Strategy: an example is the block of Python under a heading "### Example". It runs in a process of
its own, warnings as errors, against a sandbox that the environment names, in which the user that it
is about exists.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from snaptrade_client.sandbox import Sandbox, SandboxUser

from .sandboxed import checked_sandbox

PAGE = Path(__file__).resolve().parents[1] / "docs" / "apis" / "tags" / "AuthenticationApi.md"
EXAMPLE = re.compile(
    r"^## (\w+)\n(?:(?!^## ).)*?^### Example\n+```python\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
EXAMPLES = dict(EXAMPLE.findall(PAGE.read_text(encoding="utf-8")))
USER = "John.doe@snaptrade.com"


def rsa_public_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    formats = serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    return key.public_bytes(*formats).decode()


def run(name: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lines that an example prints."""
    monkeypatch.setenv("SNAPTRADE_HOST", sandbox.url)
    command = [sys.executable, "-W", "error", "-c", EXAMPLES[name]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    assert done.returncode == 0
    assert "Exception when calling" not in done.stdout
    [request] = sandbox.requests
    assert (request.signature_accepted, request.status) == (True, 200)
    return done.stdout.splitlines()


def test_the_page_has_the_five_examples_of_the_specification() -> None:
    assert sorted(EXAMPLES) == [
        "delete_snap_trade_user",
        "get_user_jwt",
        "list_snap_trade_users",
        "login_snap_trade_user",
        "register_snap_trade_user",
    ]
    for name, code in EXAMPLES.items():
        assert f"snaptrade.authentication.{name}(" in code
        assert 'consumer_key="YOUR_CONSUMER_KEY"' in code
        assert 'client_id="YOUR_CLIENT_ID"' in code
        assert f"Exception when calling AuthenticationApi.{name}: %s" in code


# The service has no JWT for a user without a key.
CASES = [
    (name, encrypted)
    for name in EXAMPLES
    for encrypted in (True, False)
    if encrypted or name != "get_user_jwt"
]


@pytest.mark.parametrize(("name", "encrypted"), CASES)
def test_an_example_runs_as_printed(
    name: str, encrypted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = SandboxUser(
        secret="USERSECRET123", rsa_public_key=rsa_public_key() if encrypted else None
    )
    with checked_sandbox(
        users={USER: user}, client_id="YOUR_CLIENT_ID", consumer_key="YOUR_CONSUMER_KEY"
    ) as sandbox:
        lines = run(name, sandbox, monkeypatch)
        users = sandbox.users
    assert lines[-2] == "200"
    assert float(lines[-1]) > 0
    assert any("X-Request-ID" in line for line in lines)
    if name == "delete_snap_trade_user":
        assert users == {}
        assert "'deleted'" in lines
        assert f"'{USER}'" in lines
    elif name == "register_snap_trade_user":
        assert f"'{users['snaptrade-user-123'].secret}'" in lines
        assert "'snaptrade-user-123'" in lines
    elif name == "list_snap_trade_users":
        assert lines[0] == f"['{USER}']"
