"""`users register`: no secret is lost, whatever happens.

Strategy: the user's secret is told once. So where it is to go is settled before anything is sent,
and when the answer is lost, whatever came of it is kept, and the way back is printed.
"""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Any

from snaptrade_client.commands import keys
from snaptrade_client.commands.output import UNKNOWN, Result, Screen, Style, failed
from snaptrade_client.commands.secret_file import SecretFile, line, rescued
from snaptrade_client.exceptions import (
    ApiException,
    OpenApiException,
    RegistrationOutcomeUnknown,
)
from snaptrade_client.shapes import is_object

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `users register` takes."""
    parser.add_argument(
        "user_id", metavar="USER_ID", nargs="?", help="left out, the service chooses one"
    )
    parser.add_argument(
        "--secret-file",
        metavar="FILE",
        help="a new file for the user's secret, which only you can read (this, or --reveal)",
    )
    parser.add_argument(
        "--rsa-public-key",
        metavar="FILE",
        help='the user\'s RSA public key ("ssh-rsa ..."): its links and JWTs come encrypted',
    )


def register(options: argparse.Namespace, screen: Screen) -> Result:
    """Register a user, and put its secret where it was wanted."""
    if options.secret_file is None and not (options.reveal and sys.stdout):
        options.refuse(
            "the user's secret is told once: say where it goes, with --secret-file FILE or --reveal"
        )
    public_key = options.rsa_public_key and keys.read("--rsa-public-key", options.rsa_public_key)
    with keys.client(options, screen) as client:
        file = None if options.secret_file is None else SecretFile(options.secret_file)
        try:
            answer = client.authentication.register_snap_trade_user(
                user_id=options.user_id, rsa_public_key=public_key
            )
        except RegistrationOutcomeUnknown as error:
            return _unknown(error, options, file)
        except KeyboardInterrupt:
            return _unknown(_interrupted(), options, file)
        except OpenApiException:
            if file is not None:
                file.discard()
            raise
    user_id, secret = answer.body.get("userId", options.user_id), answer.body["userSecret"]
    data = {
        "ok": True,
        "user_id": user_id,
        "user_secret": secret,
        "secret_file": _kept(file, line(secret)),
        "request_id": answer.request_id,
    }
    return Result(data, _text, keep="" if file else secret)


def _text(data: Any, style: Style) -> str:
    del style
    where = f" is in {data['secret_file']}" if data["secret_file"] else f": {data['user_secret']}"
    return f"registered {data['user_id']}; the user's secret{where}"


def _kept(file: SecretFile | None, content: bytes) -> str | None:
    """Write the secret to its file, or to another one where that fails; say where it is."""
    if file is None:
        return None
    try:
        file.keep(content)
    except OSError:
        return rescued(content)
    return file.path


def _interrupted() -> RegistrationOutcomeUnknown:
    error = RegistrationOutcomeUnknown(reason="interrupted")
    error.outcome = "unknown"
    return error


def _unknown(
    error: RegistrationOutcomeUnknown, options: argparse.Namespace, file: SecretFile | None
) -> Result:
    """Keep what came of an answer, and tell the way back."""
    arrived = _arrived(error)
    where = None
    if file is not None and arrived:
        where = _kept(file, arrived)
    elif file is not None:
        file.discard()
    shown = arrived.decode(errors="replace") if options.reveal and arrived else None
    user = "USER_ID" if options.user_id is None else shlex.quote(options.user_id)
    steps = [f"What came of the answer is in {where}."] if where else []
    steps += [
        "The user may have been registered, and its secret can't be asked for again. To recover:",
        "1. snaptrade-client users list",
        f"2. if {user} is there, and was not before: snaptrade-client users delete {user}",
        "3. when it is gone from the list, register it again",
    ]
    result = failed(error, recovery=steps, secret_file=where, arrived=shown)
    # The exception's own text tells the way back as a program would go it.
    message = ApiException.__str__(error)
    told = {**result.data, "error": {**result.data["error"], "message": message}}
    return Result(told, result.text, UNKNOWN, keep=shown or "")


def _arrived(error: RegistrationOutcomeUnknown) -> bytes:
    """Find what came of an answer: the secret itself, or the bytes that it may be in."""
    secret = error.body.get("userSecret") if is_object(error.body) else None
    return line(secret) if isinstance(secret, str) and secret else error.data or b""
