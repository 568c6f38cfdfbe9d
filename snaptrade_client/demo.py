"""A user's life, played through the SDK: register, list, login, JWT, two refusals, delete.

Strategy: the same steps against a sandbox and, with keys, against the real service, with a user
of its own that is deleted at the end, whatever happens in between. Each step prints one line: what
was called, the status, milliseconds, the request id, and the answer with its secrets masked.
"""

# ruff: noqa: PLC0415 - a command imports what it alone needs.

from __future__ import annotations

import json
import re
import sys
import uuid
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from snaptrade_client.client import SnapTrade
from snaptrade_client.encryption import decrypt
from snaptrade_client.exceptions import (
    ApiException,
    DecryptionError,
    MissingExtraError,
    RegistrationOutcomeUnknown,
)
from snaptrade_client.redaction import MASK, mask
from snaptrade_client.shapes import is_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from snaptrade_client.api_response import ApiResponse

_WRONG_KEY = "not-the-consumer-key"
_ROW = "{:<18} {:>6} {:>9}  {:<32}  {}"


class Row(NamedTuple):
    """One call of the demo's, and what came of it."""

    call: str
    status: int | None
    seconds: float | None
    request_id: str | None
    answer: str


def run(*, live: bool, as_json: bool = False) -> bool:
    """Play the demo, against a sandbox of its own or the real service; tell whether all was well.

    It prints a line for each call or, with `as_json`, one JSON document at the end.

    Raises:
        MissingExtraError: an extra that it needs is not installed.
        ApiTypeError, ApiValueError: the environment's keys are missing or of no use.

    """
    if live:
        with SnapTrade() as client, SnapTrade(consumer_key=_WRONG_KEY) as stranger:
            return _Demo.prepare(client, stranger, as_json=as_json).play("the service")
    from snaptrade_client.sandbox import Sandbox

    with (
        Sandbox() as sandbox,
        sandbox.client() as client,
        sandbox.client(consumer_key=_WRONG_KEY) as stranger,
    ):
        return _Demo.prepare(client, stranger, as_json=as_json).play("a sandbox")


@dataclass
class _Demo:
    client: SnapTrade
    stranger: SnapTrade
    user_id: str
    private_key: str
    public_key: str
    as_json: bool
    rows: list[Row] = field(default_factory=list[Row])
    secret: str = ""
    may_exist: bool = False

    @classmethod
    def prepare(cls, client: SnapTrade, stranger: SnapTrade, *, as_json: bool) -> _Demo:
        private_key, public_key = _rsa_key_pair()
        user_id = f"demo-{uuid.uuid4()}"
        return cls(client, stranger, user_id, private_key, public_key, as_json)

    def play(self, where: str) -> bool:
        host = self.client.configuration.host
        if not self.as_json:
            print(f"A user's life, against {where} at {host}\n")
            print(_ROW.format("call", "status", "time", "request id", "answer"))
        behaved = False
        try:
            behaved = self._steps()
        except (ApiException, DecryptionError) as error:
            print(f"\nerror: {type(error).__name__}: {error}", file=sys.stderr)
        finally:
            # Also after Ctrl-C: nothing is to be left behind.
            deleted = not self.may_exist or self._delete()
        well = behaved and deleted
        if self.as_json:
            calls = [row._asdict() for row in self.rows]
            print(json.dumps({"ok": well, "host": host, "calls": calls}, indent=2))
        else:
            print("\nEverything behaved." if well else "\nNot everything behaved.")
        return well

    def _steps(self) -> bool:
        self._register()
        users = self.client.authentication.list_snap_trade_users()
        listed = self.user_id in users.body
        among = "with" if listed else "without"
        self._show_answer("list", users, f"users: {len(users.body)}, {among} {self.user_id}")
        login = self.client.authentication.login_snap_trade_user(
            user_id=self.user_id, user_secret=self.secret
        )
        linked = self._print_link(login)
        jwt = self.client.authentication.get_user_jwt(user_id=self.user_id, user_secret=self.secret)
        opened = self._opened(jwt.body)
        text = "" if opened is None else f" opened: {MASK} ({len(opened)} characters)"
        self._show_answer("JWT", jwt, _shown(jwt.body) + text)
        return all((listed, linked, self._wrong_signature(), self._missing_user()))

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
        self._show_answer("register", user, _shown(user.body))

    def _print_link(self, login: ApiResponse[Any]) -> bool:
        """Print where the portal is, without the token that opens it; tell whether it is there."""
        opened = self._opened(login.body)
        plain = login.body if opened is None else _parsed(opened)
        link = plain.get("redirectURI") if is_object(plain) else None
        origin = re.match(r"https?://[^/?#@]+(?=[/?#])", str(link))
        portal = f"a portal link to {origin[0]}, for 5 minutes" if origin else "no portal link"
        sealed = "" if opened is None else " opened:"
        self._show_answer("login", login, f"{_shown(login.body)}{sealed} {portal}")
        return origin is not None

    def _opened(self, body: Any) -> str | None:
        return decrypt(body, self.private_key) if "encryptedMessageData" in body else None

    def _wrong_signature(self) -> bool:
        return self._refused(
            "wrong signature", 1076, self.stranger.authentication.list_snap_trade_users
        )

    def _missing_user(self) -> bool:
        return self._refused(
            "unknown user",
            1083,
            lambda: self.client.authentication.login_snap_trade_user(
                user_id=f"{self.user_id}-missing", user_secret=self.secret
            ),
        )

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
        self._show_answer("delete", answer, _shown(answer.body))
        return True

    def _refused(self, name: str, code: int, call: Callable[[], ApiResponse[Any]]) -> bool:
        """Make a call that must be refused, show what came of it, and tell whether it was so."""
        try:
            answer = call()
        except ApiException as error:
            text = f"{type(error).__name__}: {error}"
            self._show(Row(name, error.status, error.round_trip_time, error.request_id, text))
            return str(error.code) == str(code)
        self._show_answer(name, answer, "was not refused")
        return False

    def _show_answer(self, name: str, answer: ApiResponse[Any], text: str) -> None:
        self._show(Row(name, answer.status, answer.round_trip_time, answer.request_id, text))

    def _show(self, row: Row) -> None:
        self.rows.append(row)
        if not self.as_json:
            time = "-" if row.seconds is None else f"{row.seconds * 1000:.1f} ms"
            line = (row.call, row.status or "-", time, row.request_id or "-", row.answer)
            print(_ROW.format(*line))


def _shown(body: object) -> str:
    return json.dumps(mask(body), ensure_ascii=False)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


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
