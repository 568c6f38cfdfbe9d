"""`demo`: plays a user's life; see `snaptrade_client.demo`."""

# ruff: noqa: PLC0415 - `--help` is to be fast, and does not need it.

from __future__ import annotations

from typing import TYPE_CHECKING

from snaptrade_client.commands.output import add_output

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `demo` takes."""
    add_output(parser, reveal=False)
    parser.add_argument(
        "--live",
        action="store_true",
        help="against the real service, with the keys of SNAPTRADE_CLIENT_ID and "
        "SNAPTRADE_CONSUMER_KEY and a user of its own, which is deleted at the end",
    )


def run(options: argparse.Namespace) -> int:
    """Run the demo."""
    from snaptrade_client import demo

    return 0 if demo.run(live=options.live, as_json=options.json) else 1
