"""The sandbox's encrypted answers, opened with PyCryptodome."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Generator
from typing import Any

import pytest
from Crypto.Cipher import AES, PKCS1_OAEP
from Crypto.PublicKey import RSA

from snaptrade_client.encryption import decrypt
from snaptrade_client.exceptions import ApiValueError
from snaptrade_client.sandbox import Sandbox, SandboxUser

from .sandboxed import checked_sandbox
from .wire import JWT, LOGIN, REGISTER, Wire, open_link, refused

# The service's own example, of 1,024 bits.
EXAMPLE_KEY = (
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7vbqajDw4o6gJy8UtmIbkcpnkO3Kwc4qsEnSZp/TR+fQi62F79RHW"
    "mwKOtFmwteURgLbj7D/WGuNLGOfa/2vse3G2eHnHl5CB8ruRX9fBl/KgwCVr2JaEuUm66bBQeP5XeBotdR4cvX38uPYi"
    "vCDdPjJ1QWPdspTBKcxeFbccDw=="
)
PRIVATE_KEY = RSA.generate(2048)
PUBLIC_KEY = PRIVATE_KEY.public_key().export_key("OpenSSH").decode()


@pytest.fixture
def sandbox() -> Generator[Sandbox]:
    users = {"u1": "s1", "rsa": SandboxUser(secret="s2", rsa_public_key=PUBLIC_KEY)}
    with checked_sandbox(users=users) as sandbox:
        yield sandbox


def opened(body: dict[str, Any]) -> str:
    """Opens an encrypted answer with PyCryptodome, as the service's example does."""
    data = body["encryptedMessageData"]
    assert set(body) == {"encryptedSharedKey", "encryptedMessageData"}
    assert set(data) == {"encryptedMessage", "tag", "nonce"}
    message, tag, nonce = (
        base64.b64decode(data[name]) for name in ("encryptedMessage", "tag", "nonce")
    )
    assert (len(tag), len(nonce)) == (16, 15)
    sealed = base64.b64decode(str(body["encryptedSharedKey"]))
    shared_key = PKCS1_OAEP.new(PRIVATE_KEY).decrypt(sealed)
    assert (len(shared_key), shared_key.decode().isprintable()) == (32, True)
    cipher = AES.new(shared_key, AES.MODE_OCB, nonce=nonce)
    return cipher.decrypt_and_verify(message, tag).decode()


def test_a_login_of_a_user_with_a_key_is_encrypted(wire: Wire) -> None:
    answer = wire.call("POST", LOGIN, "userId=rsa&userSecret=s2")
    plain = json.loads(opened(answer.body))
    assert set(plain) == {"redirectURI", "sessionId"}
    assert plain == json.loads(decrypt(answer.body, PRIVATE_KEY.export_key()))
    assert "Choose your brokerage" in open_link(wire, plain["redirectURI"])


def test_the_jwt_is_encrypted_and_signed(wire: Wire, sandbox: Sandbox) -> None:
    answers = [wire.call("GET", JWT, "userId=rsa&userSecret=s2").body for _ in range(2)]
    assert answers[0]["encryptedSharedKey"] != answers[1]["encryptedSharedKey"]
    token = opened(answers[0])
    assert token == decrypt(answers[0], PRIVATE_KEY.export_key("PEM").decode())
    signed, _, signature = token.rpartition(".")
    digest = hmac.digest(sandbox.consumer_key.encode(), signed.encode(), hashlib.sha256)
    assert base64.urlsafe_b64encode(digest).decode() == f"{signature}="
    header, claims = (json.loads(base64.urlsafe_b64decode(f"{x}==")) for x in signed.split("."))
    assert header == {"alg": "HS256", "typ": "JWT"}
    assert (claims["sub"], claims["clientId"]) == ("rsa", sandbox.client_id)
    assert claims["exp"] - claims["iat"] == 300
    assert abs(claims["iat"] - time.time()) < 5


def test_a_user_without_a_key_has_no_jwt(wire: Wire) -> None:
    assert "no RSA public key" in refused(
        wire.call("GET", JWT, "userId=u1&userSecret=s1"), 400, "0000"
    )


def test_keys_are_taken_at_registration(wire: Wire, sandbox: Sandbox) -> None:
    commented = f"{PUBLIC_KEY} somebody@example.com"
    secret = wire.register("mine", commented)
    wire.register("example", EXAMPLE_KEY)
    assert sandbox.users["example"].rsa_public_key == EXAMPLE_KEY
    answer = wire.call("GET", JWT, f"userId=mine&userSecret={secret}")
    assert opened(answer.body)


def test_a_key_that_is_too_short_is_refused(wire: Wire, sandbox: Sandbox) -> None:
    """PyCryptodome makes none of 512 bits, so it is put together by hand: e is 65,537."""
    modulus = b"\x00" + b"\xff" * 64
    parts = (b"ssh-rsa", b"\x01\x00\x01", modulus)
    blob = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    key = f"ssh-rsa {base64.b64encode(blob).decode()}"
    body = json.dumps({"userId": "short", "rsaPublicKey": key}).encode()
    detail = refused(wire.call("POST", REGISTER, "", body), 400, "0000")
    assert detail == (
        'The field "rsaPublicKey" is an RSA key of 512 bits: at least 1024 are needed.'
    )
    assert "short" not in sandbox.users
    with pytest.raises(ApiValueError, match="rsa_public_key is an RSA key of 512 bits"):
        Sandbox(users={"short": SandboxUser(secret="s", rsa_public_key=key)})
    # The specification's example is long enough.
    assert wire.register("example", EXAMPLE_KEY)
    assert wire.call("POST", LOGIN, "userId=rsa&userSecret=s2").status == 200
