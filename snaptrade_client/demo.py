"""A user's life, played through the SDK: register, list, login, JWT, two refusals, delete.

Strategy: the same steps against a sandbox and, with keys, against the real service, with a user
of its own that is deleted at the end, whatever happens in between. Each step prints one line: what
was called, the status, milliseconds, the request id, and the answer with its secrets masked.
"""

# ruff: noqa: PLC0415 - a command imports what it alone needs.

from __future__ import annotations

import json
import sys
import uuid
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from snaptrade_client.client import SnapTrade
from snaptrade_client.encryption import decrypt
from snaptrade_client.exceptions import (
    ApiException,
    DecryptionError,
    MissingExtraError,
    RegistrationOutcomeUnknown,
)
from snaptrade_client.redaction import MASK, mask

if TYPE_CHECKING:
    from snaptrade_client.api_response import ApiResponse

_WRONG_KEY = "not-the-consumer-key"
_ROW = "{:<18} {:>6} {:>9}  {:<32}  {}"


def run(*, live: bool) -> bool:
    """Play the demo, against a sandbox of its own or the real service; tell whether all was well.

    Raises:
        MissingExtraError: an extra that it needs is not installed.
        ApiTypeError, ApiValueError: the environment's keys are missing or of no use.

    """
    if live:
        with SnapTrade() as client, SnapTrade(consumer_key=_WRONG_KEY) as stranger:
            return _Demo.prepare(client, stranger).play("the real service")
    from snaptrade_client.sandbox import Sandbox

    with (
        Sandbox() as sandbox,
        sandbox.client() as client,
        sandbox.client(consumer_key=_WRONG_KEY) as stranger,
    ):
        return _Demo.prepare(client, stranger).play(f"a sandbox at {sandbox.url}")


@dataclass
class _Demo:
    client: SnapTrade
    stranger: SnapTrade
    user_id: str
    private_key: str
    public_key: str
    secret: str = ""
    may_exist: bool = False

    @classmethod
    def prepare(cls, client: SnapTrade, stranger: SnapTrade) -> _Demo:
        private_key, public_key = _rsa_key_pair()
        user_id = f"demo-{uuid.uuid4()}"
        return cls(client, stranger, user_id, private_key, public_key)

    def play(self, where: str) -> bool:
        print(f"A user's life, against {where}\n")
        print(_ROW.format("call", "status", "time", "request id", "answer"))
        behaved = False
        try:
            behaved = self._live()
        except (ApiException, DecryptionError) as error:
            print(f"\nerror: {type(error).__name__}: {error}", file=sys.stderr)
        finally:
            # Also after Ctrl-C: nothing is to be left behind.
            deleted = not self.may_exist or self._delete()
        print("\nEverything behaved." if behaved and deleted else "\nNot everything behaved.")
        return behaved and deleted

    def _live(self) -> bool:
        self._register()
        users = self.client.authentication.list_snap_trade_users()
        listed = self.user_id in users.body
        among = "with" if listed else "without"
        _print_answer("list", users, f"users: {len(users.body)}, {among} {self.user_id}")
        login = self.client.authentication.login_snap_trade_user(
            user_id=self.user_id, user_secret=self.secret
        )
        self._print_sealed("login", login)
        jwt = self.client.authentication.get_user_jwt(user_id=self.user_id, user_secret=self.secret)
        self._print_sealed("JWT", jwt)
        return all((listed, self._wrong_signature(), self._missing_user()))

    def _register(self) -> None:
        self.may_exist = True
        try:
            user = self.client.authentication.register_snap_trade_user(
                user_id=self.user_id, rsa_public_key=self.public_key
            )
        except ApiException as error:
            self.may_exist = isinstance(error, RegistrationOutcomeUnknown)
            raise
        self.secret = user.body["userSecret"]
        _print_answer("register", user, _shown(user.body))

    def _print_sealed(self, name: str, answer: ApiResponse[Any]) -> None:
        text = ""
        if "encryptedMessageData" in answer.body:
            opened = decrypt(answer.body, self.private_key)
            text = f" opened: {MASK} ({len(opened)} characters)"
        _print_answer(name, answer, _shown(answer.body) + text)

    def _wrong_signature(self) -> bool:
        try:
            users = self.stranger.authentication.list_snap_trade_users()
        except ApiException as error:
            return _print_refusal("wrong signature", error, code=1076)
        _print_answer("wrong signature", users, "was not refused")
        return False

    def _missing_user(self) -> bool:
        try:
            answer = self.client.authentication.login_snap_trade_user(
                user_id=f"{self.user_id}-missing", user_secret=self.secret
            )
        except ApiException as error:
            return _print_refusal("unknown user", error, code=1083)
        _print_answer("unknown user", answer, "was not refused")
        return False

    def _delete(self) -> bool:
        try:
            answer = self.client.authentication.delete_snap_trade_user(user_id=self.user_id)
        except ApiException as error:
            print(
                f"\nerror: the user {self.user_id} could not be deleted, and may still be there: "
                f"{type(error).__name__}: {error}",
                file=sys.stderr,
            )
            return False
        _print_answer("delete", answer, _shown(answer.body))
        return True


def _print_answer(name: str, answer: ApiResponse[Any], text: str) -> None:
    request_id = answer.headers.get("X-Request-ID") or "-"
    time = f"{answer.round_trip_time * 1000:.1f} ms"
    print(_ROW.format(name, answer.status, time, request_id, text))


def _print_refusal(name: str, error: ApiException, *, code: int) -> bool:
    """Print a refusal that was asked for, and tell whether it is that one."""
    time = "-" if error.round_trip_time is None else f"{error.round_trip_time * 1000:.1f} ms"
    text = f"{type(error).__name__}: {error}"
    print(_ROW.format(name, error.status or "-", time, error.request_id or "-", text))
    return str(error.code) == str(code)


def _shown(body: object) -> str:
    return json.dumps(mask(body), ensure_ascii=False)


def _rsa_key_pair() -> tuple[str, str]:
    """Make a key pair: PEM text for `decrypt`, and OpenSSH's text for the service."""
    if find_spec("cryptography") is None:
        raise MissingExtraError("crypto")
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private_key = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public_key = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return private_key.decode(), public_key.decode()
