"""The specification's five examples, run exactly as the page prints them.

Strategy: an example is the block of Python under a heading "### Example". It runs in a process of
its own, warnings as errors, against a sandbox that the environment names, in which the user that it
is about exists. What it prints is compared with what the sandbox knows, line by line.
"""

import ast
import re
import shlex
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from pprint import pformat
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from snaptrade_client.sandbox import Sandbox, SandboxUser
from snaptrade_client.sandbox.state import DELETION_DELAY

from .programs import run_python
from .sandboxed import checked_sandbox

PAGE = Path(__file__).resolve().parents[1] / "docs" / "apis" / "tags" / "AuthenticationApi.md"
EXAMPLE = re.compile(
    r"^## (\w+)\n(?:(?!^## ).)*?^### Example\n+```python\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
EXAMPLES: dict[str, str] = dict(EXAMPLE.findall(PAGE.read_text(encoding="utf-8")))

# SHA-256 of each of them in the specification: where the page has another, it is not the
# specification's any more.
DIGESTS = {
    "delete_snap_trade_user": "a17dda0f325ab5f6ebcbd73347645a835cbc4d8d70fbc070fbd831f18100113f",
    "get_user_jwt": "8c6f4c50d92151a42209877bfe47d8a0ff55374568824eb0614d9cb595198b1e",
    "list_snap_trade_users": "08ca951bb41f045e0d0450cae6786e5262849a8009cc50399a763bed7dae3632",
    "login_snap_trade_user": "b6d3e49e56ed442afd8f45d3468423f20f91f56a8c66a3e9b07f4ba05eab124d",
    "register_snap_trade_user": "ecceb6f166089b6ce4b9ed75466201e2eebbe12f1f19c4fa8efec6ad6b716417",
}
REQUESTS = {
    "delete_snap_trade_user": ("DELETE", "/api/v1/snapTrade/deleteUser"),
    "get_user_jwt": ("GET", "/api/v1/snapTrade/encryptedJWT"),
    "list_snap_trade_users": ("GET", "/api/v1/snapTrade/listUsers"),
    "login_snap_trade_user": ("POST", "/api/v1/snapTrade/login"),
    "register_snap_trade_user": ("POST", "/api/v1/snapTrade/registerUser"),
}
USER = "John.doe@snaptrade.com"
NEW_USER = "snaptrade-user-123"
# The service has no JWT for a user without a key.
CASES = [
    (name, encrypted)
    for name in DIGESTS
    for encrypted in (True, False)
    if encrypted or name != "get_user_jwt"
]


def rsa_public_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    formats = serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    return key.public_bytes(*formats).decode()


def bodies(name: str, sandbox: Sandbox) -> list[Any]:
    """What an example prints before the headers: its answer's body, and entries of that."""
    match name:
        case "list_snap_trade_users":
            return [[USER]]
        case "delete_snap_trade_user":
            detail = f"User queued for deletion: {USER}"
            return [{"detail": detail, "status": "deleted", "userId": USER}, "deleted", USER]
        case "register_snap_trade_user":
            secret = sandbox.users[NEW_USER].secret
            return [{"userId": NEW_USER, "userSecret": secret}, NEW_USER, secret]
        case _:
            return []


def test_the_page_has_the_five_examples_of_the_specification_to_the_byte() -> None:
    digests = {name: sha256(code.encode()).hexdigest() for name, code in EXAMPLES.items()}
    assert digests == DIGESTS


@pytest.mark.parametrize(("name", "encrypted"), CASES)
def test_an_example_runs_as_printed(name: str, encrypted: bool) -> None:
    user = SandboxUser(
        secret="USERSECRET123", rsa_public_key=rsa_public_key() if encrypted else None
    )
    with checked_sandbox(
        users={USER: user}, client_id="YOUR_CLIENT_ID", consumer_key="YOUR_CONSUMER_KEY"
    ) as sandbox:
        printed = run_python("-c", EXAMPLES[name], SNAPTRADE_HOST=sandbox.url)
        [request] = sandbox.requests
        expected = "".join(f"{pformat(value)}\n" for value in bodies(name, sandbox))
        sandbox.clock.shift(DELETION_DELAY)
        users = set(sandbox.users)
    assert "Exception when calling" not in printed
    assert (request.method, request.path) == REQUESTS[name]
    assert (request.signature_accepted, request.status) == (True, 200)
    assert printed.startswith(expected)
    headers, status, seconds = printed.removeprefix(expected).splitlines()
    assert ast.literal_eval(headers)["X-Request-ID"] == request.request_id
    assert status == "200"
    assert 0 < float(seconds) < 60
    deleted, registered = name.startswith("delete"), name.startswith("register")
    assert users == ({NEW_USER} if registered else set[str]()) | (set[str]() if deleted else {USER})


def test_the_five_run_against_the_sandbox_that_the_page_starts(tmp_path: Path) -> None:
    """With the page's command, but for its port; and in an order in which all find their user."""
    command = re.search(
        r"^python (-m snaptrade_client sandbox .*)$", PAGE.read_text(), re.MULTILINE
    )
    assert command
    file = tmp_path / "example_key.pub"
    file.write_text(rsa_public_key())
    shown = command[1].replace("--port 8000", "--port 0").replace("example_key.pub", str(file))
    with subprocess.Popen(
        [sys.executable, *shlex.split(shown)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            url = process.stdout.readline().rstrip()
            for name in sorted(EXAMPLES, key=lambda name: name.startswith("delete")):
                printed = run_python("-c", EXAMPLES[name], SNAPTRADE_HOST=url)
                assert "Exception when calling" not in printed
                assert printed.splitlines()[-2] == "200"
        finally:
            process.terminate()
