"""Opens an encrypted answer: `pip install "snaptrade-client[crypto]"`.

Strategy: the service encrypts a message with AES in OCB mode under a key of its own, and that key
with the RSA key that the user was registered with (OAEP, SHA-1). Both are authenticated, so an
answer opens whole or not at all. Whatever fails says which part failed, and shows nothing of it.
"""

# ruff: noqa: PLC0415 - cryptography is an extra, and is imported where it is needed.

from __future__ import annotations

import base64
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

from snaptrade_client.checks import string
from snaptrade_client.exceptions import (
    ApiTypeError,
    ApiValueError,
    DecryptionError,
    MissingExtraError,
)
from snaptrade_client.redaction import boundary

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_TAG_SIZE = 16
_NONCE_SIZES = range(12, 16)
_KEY_SIZES = (16, 24, 32)


@boundary
def decrypt(
    body: Mapping[str, object],
    private_key: str | bytes | RSAPrivateKey,
    *,
    password: str | bytes | None = None,
) -> str:
    """Open the encrypted answer of a login or of `get_user_jwt`, and give its text.

    Args:
        body: the answer's body, with `encryptedSharedKey` and `encryptedMessageData`.
        private_key: the private half of the RSA key that the user was registered with: the text
            of a PEM file (not its path), or a key of the package `cryptography`.
        password: the password of the PEM text, where it has one.

    Raises:
        ApiTypeError: an argument is of the wrong type.
        ApiValueError: the private key can't be read, or is not an RSA key.
        DecryptionError: the body is not an encrypted answer, or this key does not open it.
        MissingExtraError: the extra "crypto" is not installed.

    """
    if find_spec("cryptography") is None:
        raise MissingExtraError("crypto")
    if not isinstance(body, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ApiTypeError(
            f"decrypt: body must be a mapping, not {type(body).__name__}: pass response.body"
        )
    key = _load(private_key, password)
    sealed_key = _decoded(body, "encryptedSharedKey")
    data = body.get("encryptedMessageData")
    parts = [_decoded(data, name) for name in ("encryptedMessage", "tag", "nonce")]
    return _open_message(_open_shared_key(sealed_key, key), *parts)


def _load(private_key: object, password: object) -> RSAPrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import (
        load_pem_private_key,
        load_ssh_private_key,
    )

    if isinstance(private_key, RSAPrivateKey):
        return private_key
    pem = _bytes("private_key", private_key, "str or bytes of PEM, or an RSA key of cryptography")
    # An empty password is none, to cryptography too, which only says so in another way.
    secret = (
        None if password is None else _bytes("password", password, "str, bytes or None") or None
    )
    # ssh-keygen writes a format of its own between PEM's lines.
    load = load_ssh_private_key if b"OPENSSH PRIVATE KEY" in pem else load_pem_private_key
    try:
        key = load(pem, secret)
    except TypeError:
        advice = "needs its password" if secret is None else "has no password, but one is given"
        raise ApiValueError(f"decrypt: the private_key {advice}") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ApiValueError(
            "decrypt: private_key can't be read: it must be the text of a PEM file, and the "
            "password, where it has one, the right one"
        ) from None
    if not isinstance(key, RSAPrivateKey):
        raise ApiValueError("decrypt: private_key must be an RSA key")
    return key


def _bytes(name: str, value: object, accepted: str) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return string(f"decrypt: {name}", value).encode()
    raise ApiTypeError(f"decrypt: {name} must be {accepted}, not {type(value).__name__}")


def _decoded(fields: object, name: str) -> bytes:
    """Give a field's bytes; every field of an encrypted answer is base64."""
    known: Mapping[str, object] = (
        cast("Mapping[str, object]", fields) if isinstance(fields, Mapping) else {}
    )
    value = known.get(name)
    if not isinstance(value, str):
        raise DecryptionError(
            f"decrypt: the body is not an encrypted answer: it has no text {name} (a user without "
            "an RSA key gets plain answers)"
        )
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        raise DecryptionError(f"decrypt: {name} is not base64") from None


def _open_shared_key(sealed: bytes, key: RSAPrivateKey) -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    # SHA-1 is what the service uses; inside of OAEP it is sound.
    sha1 = hashes.SHA1()  # noqa: S303
    try:
        shared_key = key.decrypt(sealed, padding.OAEP(padding.MGF1(sha1), sha1, None))
    except ValueError:
        raise DecryptionError(
            "decrypt: encryptedSharedKey does not open with this private key: is it the one whose "
            "public half the user was registered with?"
        ) from None
    if len(shared_key) not in _KEY_SIZES:
        raise DecryptionError(
            f"decrypt: the shared key has {len(shared_key)} bytes; AES takes 16, 24 or 32"
        )
    return shared_key


def _open_message(shared_key: bytes, message: bytes, tag: bytes, nonce: bytes) -> str:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESOCB3

    if len(tag) != _TAG_SIZE:
        raise DecryptionError(f"decrypt: the tag has {len(tag)} bytes; 16 are supported")
    if len(nonce) not in _NONCE_SIZES:
        raise DecryptionError(f"decrypt: the nonce has {len(nonce)} bytes; 12 to 15 are supported")
    try:
        return AESOCB3(shared_key).decrypt(nonce, message + tag, None).decode()
    except InvalidTag:
        raise DecryptionError(
            "decrypt: the message does not fit its tag: it is damaged, or was changed"
        ) from None
    except UnicodeDecodeError:
        raise DecryptionError("decrypt: the message is not text") from None
