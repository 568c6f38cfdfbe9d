"""`users`: list, register, delete, and make portal links and JWTs for them."""

# ruff: noqa: PLC0415 - `--help` is to be fast, and needs none of these.

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from snaptrade_client.commands import keys, registration
from snaptrade_client.commands.output import Result, Screen, Style, add_output, run_command, write
from snaptrade_client.exceptions import ApiValueError
from snaptrade_client.redaction import MASK

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the commands below `users`."""
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(
        name: str, summary: str, command: Callable[[argparse.Namespace, Screen], Result]
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=summary, description=summary, allow_abbrev=False)
        sub.set_defaults(run=partial(run_command, command=command), refuse=sub.error)
        return sub

    listing = add("list", "Print the ids of all users, one a line.", _list)
    registering = add("register", "Register a user.", registration.register)
    deleting = add("delete", "Delete a user with its connections and data.", _delete)
    login = add("login", "Make a link to the connection portal, for five minutes.", _login)
    jwt = add("jwt", "Fetch the JWT of a user with an RSA key.", _jwt)
    registration.add_arguments(registering)
    deleting.add_argument("user_id", metavar="USER_ID")
    deleting.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    login.add_argument("user_id", metavar="USER_ID")
    login.add_argument("--open", action="store_true", help="open the link in the browser")
    login.add_argument("--broker", metavar="SLUG", help="skip the choice of a brokerage")
    login.add_argument("--reconnect", metavar="ID", help="repair this connection")
    login.add_argument("--custom-redirect", metavar="URL", help="where the portal returns to")
    login.add_argument("--connection-type", metavar="TYPE", help='"read", "trade" and the like')
    login.add_argument("--immediate-redirect", action="store_true", help="return without a page")
    jwt.add_argument("user_id", metavar="USER_ID")
    for sub in (login, jwt):
        keys.add_user_secret(sub)
        sub.add_argument(
            "--private-key",
            metavar="FILE",
            help="the PEM file of the user's private RSA key: opens an encrypted answer",
        )
        sub.add_argument(
            "--ask-password", action="store_true", help="ask for the password of the private key"
        )
    for sub in (listing, deleting, registering, login, jwt):
        keys.add_keys(sub)
        add_output(sub, reveal=sub not in {listing, deleting})


def _list(options: argparse.Namespace, screen: Screen) -> Result:
    with keys.client(options, screen) as client:
        answer = client.authentication.list_snap_trade_users()
    data = {"ok": True, "users": list(answer.body), "request_id": answer.request_id}
    return Result(data, _list_text)


def _list_text(data: Any, style: Style) -> str:
    del style
    return "\n".join(data["users"])


def _delete(options: argparse.Namespace, screen: Screen) -> Result:
    with keys.client(options, screen) as client:
        if not options.yes:
            _confirm(options)
        answer = client.authentication.delete_snap_trade_user(options.user_id)
    data = {
        "ok": True,
        "user_id": options.user_id,
        "status": answer.body.get("status"),
        "detail": answer.body.get("detail"),
        "request_id": answer.request_id,
    }
    return Result(data, _delete_text)


def _delete_text(data: Any, style: Style) -> str:
    del style
    return f"{data['user_id']}: {data['detail'] or data['status']}"


def _confirm(options: argparse.Namespace) -> None:
    if not keys.on_terminal():
        options.refuse("deleting needs --yes where there is no terminal to ask on")
    question = f"Delete the user {options.user_id!a} with its connections and data? [y/N] "
    write(sys.stderr, question)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise ApiValueError("not confirmed: the user was not deleted")


def _login(options: argparse.Namespace, screen: Screen) -> Result:
    secret = keys.user_secret(options, screen)
    with keys.client(options, screen) as client:
        answer = client.authentication.login_snap_trade_user(
            user_id=options.user_id,
            user_secret=secret,
            broker=options.broker,
            reconnect=options.reconnect,
            custom_redirect=options.custom_redirect,
            connection_type=options.connection_type,
            immediate_redirect=options.immediate_redirect or None,
        )
    opened = _opened(answer.body, options, screen)
    link = _link(answer.body if opened is None else opened)
    data = {
        "ok": True,
        "user_id": options.user_id,
        "redirect_uri": link,
        "expires_in": 300,
        "opened": _open(link) if options.open else False,
        "encrypted": "encryptedMessageData" in answer.body,
        "request_id": answer.request_id,
    }
    return Result(data, _login_text)


def _link(told: Any) -> str | None:
    """Find the link in an answer, or in the text that an encrypted one held."""
    from snaptrade_client.encoding import parse_json
    from snaptrade_client.shapes import is_object

    if isinstance(told, str):
        try:
            told = parse_json(told.encode())
        except ValueError:
            raise ApiValueError("the encrypted answer holds no JSON") from None
    link = told.get("redirectURI") if is_object(told) else None
    return link if isinstance(link, str) else None


def _open(link: str | None) -> bool:
    import webbrowser

    if link is None:
        raise ApiValueError("there is no link to open: an encrypted answer needs --private-key")
    if not link.startswith(("https://", "http://")) or not webbrowser.open(link):
        raise ApiValueError("no browser took the link; print it with --reveal")
    return True


def _login_text(data: Any, style: Style) -> str:
    del style
    if data["redirect_uri"] is None:
        return "The link is encrypted: open it with --private-key FILE."
    if data["opened"]:
        return "The portal is open in the browser; its link works once, for five minutes."
    if data["redirect_uri"] != MASK:
        return str(data["redirect_uri"])
    return f"{MASK}: a link that works once, for five minutes; use it with --open or --reveal."


def _jwt(options: argparse.Namespace, screen: Screen) -> Result:
    secret = keys.user_secret(options, screen)
    with keys.client(options, screen) as client:
        answer = client.authentication.get_user_jwt(user_id=options.user_id, user_secret=secret)
    opened = _opened(answer.body, options, screen)
    data = {
        "ok": True,
        "user_id": options.user_id,
        "jwt": opened,
        "characters": None if opened is None else len(opened),
        "encrypted": "encryptedMessageData" in answer.body,
        "request_id": answer.request_id,
    }
    return Result(data, _jwt_text)


def _jwt_text(data: Any, style: Style) -> str:
    del style
    if data["jwt"] is None:
        return "The JWT is encrypted: open it with --private-key FILE."
    if data["jwt"] != MASK:
        return str(data["jwt"])
    return f"{MASK} ({data['characters']} characters); print it with --reveal."


def _opened(body: Any, options: argparse.Namespace, screen: Screen) -> str | None:
    """Open an encrypted answer; None where it is plain, or there is no key to open it with."""
    if "encryptedMessageData" not in body or options.private_key is None:
        return None
    from snaptrade_client.encryption import decrypt

    key = screen.hide(keys.read("--private-key", options.private_key), always=True)
    return screen.hide(decrypt(body, key, password=keys.password(options, screen)))
