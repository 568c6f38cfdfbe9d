"""What the service encrypts, and the token that it encrypts.

Strategy: the real thing, so that what opens it here opens the service's answers too. A shared key
of 32 printable characters encrypts the message with AES in OCB mode; the user's RSA key encrypts
the shared key's text with OAEP (SHA-1). The sizes are PyCryptodome's defaults, which the service's
own example uses: a nonce of 15 bytes, a tag of 16.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESOCB3
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

# The specification's example has 1,024 bits; a shorter key holds too little for OAEP, or no secret.
_SMALLEST_KEY = 1024
_TAG_SIZE = 16
_NONCE_SIZE = 15


def load_rsa_public_key(text: str) -> RSAPublicKey:
    """Read a key in OpenSSH's form, "ssh-rsa ..."; ValueError where it is of no use."""
    try:
        key = load_ssh_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPublicKey):
        # One error for every text that is of no use, whatever else it may be.
        raise ValueError('not an RSA public key in OpenSSH\'s form ("ssh-rsa ...")')  # noqa: TRY004
    if key.key_size < _SMALLEST_KEY:
        raise ValueError(f"an RSA key of {key.key_size} bits: at least {_SMALLEST_KEY} are needed")
    return key


def seal(text: str, rsa_public_key: str) -> dict[str, object]:
    """Encrypt `text` for the holder of the key, as the service does."""
    shared_key = secrets.token_hex(16).encode()
    nonce = secrets.token_bytes(_NONCE_SIZE)
    sealed = AESOCB3(shared_key).encrypt(nonce, text.encode(), None)
    # SHA-1 is what the service uses, and sound inside of OAEP.
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303
    return {
        "encryptedSharedKey": _base64(
            load_rsa_public_key(rsa_public_key).encrypt(shared_key, oaep)
        ),
        "encryptedMessageData": {
            "encryptedMessage": _base64(sealed[:-_TAG_SIZE]),
            "tag": _base64(sealed[-_TAG_SIZE:]),
            "nonce": _base64(nonce),
        },
    }


def signed_jwt(claims: Mapping[str, object], key: str) -> str:
    """Make a JSON Web Token, signed with HMAC-SHA256 (RFC 7519, RFC 7515)."""
    header = {"alg": "HS256", "typ": "JWT"}
    signed = ".".join(
        _base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims)
    )
    digest = hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_base64url(digest)}"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
