"""Opening encrypted answers; they are made with PyCryptodome, which the service's example uses."""

import base64
import sys
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from Crypto.Cipher import AES, PKCS1_OAEP
from Crypto.Hash import SHA256
from Crypto.PublicKey import ECC, RSA
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from snaptrade_client.encryption import decrypt
from snaptrade_client.exceptions import (
    ApiTypeError,
    ApiValueError,
    DecryptionError,
    MissingExtraError,
)

KEY = RSA.generate(2048)
PEM = KEY.export_key().decode()
OTHER_PEM = RSA.generate(2048).export_key().decode()
SHARED_KEY = b"0123456789abcdef0123456789abcdef"
SECRET = "the-secret-text"


def pem(form: PrivateFormat, encryption: KeySerializationEncryption) -> bytes:
    """The key as other programs write it."""
    key = load_pem_private_key(PEM.encode(), None)
    return key.private_bytes(Encoding.PEM, form, encryption)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def encrypted(
    text: bytes,
    *,
    shared_key: bytes = SHARED_KEY,
    nonce: bytes = b"n" * 15,
    tag_size: int = 16,
    oaep_hash: Any = None,
) -> dict[str, Any]:
    """An answer as the service makes it."""
    cipher = AES.new(shared_key[:32], AES.MODE_OCB, nonce=nonce, mac_len=tag_size)
    message, tag = cipher.encrypt_and_digest(text)
    sealed = PKCS1_OAEP.new(KEY.public_key(), oaep_hash).encrypt(shared_key)
    return {
        "encryptedSharedKey": b64(sealed),
        "encryptedMessageData": {
            "encryptedMessage": b64(message),
            "tag": b64(tag),
            "nonce": b64(nonce),
        },
    }


@given(
    text=st.text(),
    shared_key=st.sampled_from([16, 24, 32]).flatmap(lambda n: st.binary(min_size=n, max_size=n)),
    nonce=st.binary(min_size=12, max_size=15),
)
@settings(deadline=None, max_examples=50)
def test_what_the_service_encrypts_is_opened(text: str, shared_key: bytes, nonce: bytes) -> None:
    body = encrypted(text.encode(), shared_key=shared_key, nonce=nonce)
    assert decrypt(body, PEM) == text


@pytest.mark.parametrize(
    ("private_key", "password"),
    [
        (PEM, None),
        (PEM.encode(), None),
        (PEM, ""),
        (KEY.export_key(pkcs=8).decode(), None),
        (load_pem_private_key(PEM.encode(), None), None),
        (load_pem_private_key(PEM.encode(), None), "not needed"),
        (KEY.export_key(passphrase="password", pkcs=8), "password"),
        (pem(PrivateFormat.PKCS8, BestAvailableEncryption("pass wörd".encode())), "pass wörd"),
        (pem(PrivateFormat.PKCS8, BestAvailableEncryption(b"p\xff")), b"p\xff"),
        (pem(PrivateFormat.TraditionalOpenSSL, NoEncryption()), None),
        (pem(PrivateFormat.OpenSSH, NoEncryption()), None),
    ],
)
def test_forms_of_the_private_key(private_key: Any, password: Any) -> None:
    assert decrypt(encrypted(b"text"), private_key, password=password) == "text"


def without(name: str) -> Callable[[dict[str, Any]], None]:
    def change(body: dict[str, Any]) -> None:
        holder = body if name in body else body["encryptedMessageData"]
        del holder[name]

    return change


def with_value(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(body: dict[str, Any]) -> None:
        holder = body if name in body else body["encryptedMessageData"]
        holder[name] = value

    return change


def flipped(name: str) -> Callable[[dict[str, Any]], None]:
    def change(body: dict[str, Any]) -> None:
        holder = body if name in body else body["encryptedMessageData"]
        data = bytearray(base64.b64decode(holder[name]))
        data[0] ^= 1
        holder[name] = b64(bytes(data))

    return change


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (without("encryptedSharedKey"), "no text encryptedSharedKey"),
        (without("encryptedMessageData"), "no text encryptedMessage"),
        (without("encryptedMessage"), "no text encryptedMessage"),
        (without("tag"), "no text tag"),
        (without("nonce"), "no text nonce"),
        (with_value("encryptedMessageData", "text"), "no text encryptedMessage"),
        (with_value("tag", 1), "no text tag"),
        (with_value("nonce", None), "no text nonce"),
        (with_value("encryptedSharedKey", "not base64!"), "encryptedSharedKey is not base64"),
        (with_value("encryptedMessage", "abc"), "encryptedMessage is not base64"),
        (with_value("tag", "é"), "tag is not base64"),
        (with_value("tag", b64(b"t" * 15)), "the tag has 15 bytes"),
        (with_value("tag", ""), "the tag has 0 bytes"),
        (with_value("nonce", b64(b"n" * 11)), "the nonce has 11 bytes"),
        (with_value("nonce", b64(b"n" * 16)), "the nonce has 16 bytes"),
        (with_value("nonce", b64(b"m" * 15)), "does not fit its tag"),
        (with_value("encryptedMessage", ""), "does not fit its tag"),
        (flipped("encryptedMessage"), "does not fit its tag"),
        (flipped("tag"), "does not fit its tag"),
        (flipped("encryptedSharedKey"), "does not open with this private key"),
        (with_value("encryptedSharedKey", ""), "does not open with this private key"),
    ],
)
def test_damaged_answers(change: Callable[[dict[str, Any]], None], text: str) -> None:
    body = encrypted(SECRET.encode())
    change(body)
    with pytest.raises(DecryptionError, match=text) as caught:
        decrypt(body, PEM)
    shows_nothing(caught.value)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (encrypted(SECRET.encode(), oaep_hash=SHA256), "does not open with this private key"),
        (encrypted(SECRET.encode(), tag_size=8), "the tag has 8 bytes"),
        (encrypted(SECRET.encode(), shared_key=SHARED_KEY + b"x"), "the shared key has 33 bytes"),
        (encrypted(b"\xff"), "the message is not text"),
        ({}, "no text encryptedSharedKey"),
        ({"redirectURI": "https://example.com", "sessionId": "x"}, "gets plain answers"),
    ],
)
def test_other_answers(body: dict[str, Any], text: str) -> None:
    with pytest.raises(DecryptionError, match=text) as caught:
        decrypt(body, PEM)
    shows_nothing(caught.value)


def test_another_key() -> None:
    with pytest.raises(DecryptionError, match="does not open with this private key") as caught:
        decrypt(encrypted(SECRET.encode()), OTHER_PEM)
    shows_nothing(caught.value)


@pytest.mark.parametrize(
    ("private_key", "password", "error", "text"),
    [
        ("", None, ApiValueError, "can't be read"),
        ("/home/me/key.pem", None, ApiValueError, "the text of a PEM file"),
        (b"\xff", None, ApiValueError, "can't be read"),
        (KEY.public_key().export_key(), None, ApiValueError, "can't be read"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", None, ApiValueError, "can't be read"),
        (ECC.generate(curve="P-256").export_key(format="PEM"), None, ApiValueError, "RSA key"),
        (KEY.export_key(passphrase="p", pkcs=8), None, ApiValueError, "needs its password"),
        (KEY.export_key(passphrase="p", pkcs=8), "wrong", ApiValueError, "can't be read"),
        (PEM, "p", ApiValueError, "has no password, but one is given"),
        (
            None,
            None,
            ApiTypeError,
            "private_key must be str or bytes of PEM, or an RSA key of cryptography, not NoneType",
        ),
        (PEM, 5, ApiTypeError, "password must be str, bytes or None, not int"),
        (PEM + "\ud800", None, ApiValueError, "private_key holds a lone surrogate"),
        (PEM, "p\udc80", ApiValueError, "password holds a lone surrogate"),
        (KEY.export_key(passphrase="p", pkcs=8), "", ApiValueError, "needs its password"),
    ],
)
def test_private_keys_of_no_use(
    private_key: Any, password: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text) as caught:
        decrypt(encrypted(SECRET.encode()), private_key, password=password)
    shows_nothing(caught.value)


@pytest.mark.parametrize("body", [None, "text", [encrypted(b"x")], b"{}"])
def test_a_body_of_another_type(body: Any) -> None:
    with pytest.raises(
        ApiTypeError, match=r"body must be a mapping, not \w+: pass response\.body$"
    ) as caught:
        decrypt(body, PEM)
    shows_nothing(caught.value)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(MissingExtraError, match=r"snaptrade-client\[crypto\]"):
        decrypt(encrypted(b"text"), PEM)


def shows_nothing(error: BaseException) -> None:
    """No chained exception, no inner frame, and no secret in the text or in the frames."""
    assert error.__cause__ is None
    assert error.__context__ is None
    shown = "".join(traceback.TracebackException.from_exception(error).format()) + repr(error)
    frames = traceback.walk_tb(error.__traceback__)
    names = [frame.f_code.co_name for frame, _ in frames if "snaptrade" in frame.f_code.co_filename]
    assert names in ([], ["guarded"])
    for secret in (SECRET, SHARED_KEY.decode(), b64(SHARED_KEY), "BEGIN RSA PRIVATE KEY"):
        assert secret not in shown
