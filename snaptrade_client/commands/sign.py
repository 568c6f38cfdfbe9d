"""`sign`: how the signature of a request comes about, to compare with another implementation."""

# ruff: noqa: PLC0415 - `--help` is to be fast, and needs none of these.

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_plus, urlsplit

from snaptrade_client.commands import keys
from snaptrade_client.commands.output import Result, Screen, Style, add_output, run_command
from snaptrade_client.exceptions import ApiValueError
from snaptrade_client.redaction import MASK, is_secret, mask, mask_query

if TYPE_CHECKING:
    import argparse

    from snaptrade_client.configuration import Configuration

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Enough to tell two signatures or digests apart, too little to send one.
_SHOWN = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `sign` takes."""
    parser.add_argument("method", metavar="METHOD", type=str.upper, choices=_METHODS)
    parser.add_argument(
        "path",
        metavar="PATH",
        help="/snapTrade/listUsers, or with the base URL's path, /api/v1/snapTrade/listUsers",
    )
    query = parser.add_mutually_exclusive_group()
    query.add_argument(
        "--query",
        help="the query as it is sent; userSecret= without a value gets that of "
        "SNAPTRADE_USER_SECRET (default: clientId and the present timestamp)",
    )
    query.add_argument(
        "--query-file", metavar="FILE", help="a file that holds the query, - for standard input"
    )
    parser.add_argument(
        "--body", metavar="FILE", help="a file that holds the JSON body, - for standard input"
    )
    keys.add_user_secret(parser)
    keys.add_keys(parser)
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Run `sign`."""
    return run_command(options, _sign)


def _sign(options: argparse.Namespace, screen: Screen) -> Result:
    from snaptrade_client.encoding import canonical_json
    from snaptrade_client.signing import canonical_message, signature

    with keys.client(options, screen) as client:
        configuration = client.configuration
    path = _path(options.path, configuration)
    query, content = _query(options, screen, configuration), _body(options)
    message = canonical_message(path, query, canonical_json(content, "--body"))
    signed = signature(message, configuration.consumer_key.encode())
    digest = hashlib.sha256(message).hexdigest()
    shown = message
    if not options.reveal:
        masked = canonical_json(mask(content), "--body")
        shown = canonical_message(path, mask_query(query), masked)
    data = {
        "ok": True,
        "method": options.method,
        "canonical": shown.decode(),
        "bytes": len(message),
        "sha256": digest if options.reveal else digest[:_SHOWN] + "...",
        "signature": signed,
        "signature_begins": signed[: _SHOWN // 2],
        "consumer_key_length": len(configuration.consumer_key),
        "consumer_key_sha256": keys.fingerprint(configuration.consumer_key),
    }
    return Result(data, _text)


def _text(data: Any, style: Style) -> str:
    del style
    masked = data["signature"] == MASK
    signed = f"{data['signature_begins']}..." if masked else data["signature"]
    return (
        f"canonical string: {data['canonical']}\n"
        f"its length:       {data['bytes']} bytes, unmasked\n"
        f"its SHA-256:      {data['sha256']}\n"
        f"consumer key:     {data['consumer_key_length']} characters, SHA-256 "
        f"{data['consumer_key_sha256']}...\n"
        f"signature:        {signed}"
    )


def _path(given: str, configuration: Configuration) -> str:
    """Complete a path to what the service sees."""
    from snaptrade_client import urls

    path = urls.path("PATH", given)
    base = urlsplit(configuration.host).path
    return path if path.startswith(f"{base}/") else base + path


def _query(options: argparse.Namespace, screen: Screen, configuration: Configuration) -> str:
    if options.query_file is not None:
        query = keys.read("--query-file", options.query_file)
        for name, value in (pair.partition("=")[::2] for pair in query.split("&")):
            if is_secret(unquote_plus(name)) and value:
                screen.hide(unquote_plus(value))
        return query
    if options.query is None:
        return f"clientId={quote(configuration.client_id, safe='')}&timestamp={int(time.time())}"
    return "&".join(_parameter(pair, options, screen) for pair in options.query.split("&"))


def _parameter(pair: str, options: argparse.Namespace, screen: Screen) -> str:
    """Fill a secret in that is left out; refuse one that stands in the arguments."""
    name, _, value = pair.partition("=")
    if not is_secret(unquote_plus(name)):
        return pair
    if value:
        raise ApiValueError(
            f"--query: a secret in an argument is seen by others: leave it out "
            f"({name}=), and set SNAPTRADE_USER_SECRET, or use --query-file"
        )
    return f"{name}={quote(keys.user_secret(options, screen), safe='')}"


def _body(options: argparse.Namespace) -> Any:
    if options.body is None:
        return None
    from snaptrade_client.encoding import parse_json

    try:
        return parse_json(keys.read("--body", options.body).encode())
    except ApiValueError:
        raise
    except ValueError as error:
        problem = str(error)
    raise ApiValueError(f"--body is not JSON: {problem}")
