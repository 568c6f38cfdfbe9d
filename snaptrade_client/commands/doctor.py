"""`doctor`: what is wrong between this program and the service, in plain words.

Strategy: checks in the order of a call's way: what is installed, the keys, the host, name,
connection, TLS, answer, clock, and at last a signed call of the client itself. What stands behind
a wrong one on that way is not tried.
"""

# ruff: noqa: PLC0415 - `--help` is to be fast, and needs none of these.

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from snaptrade_client.commands import arguments, keys
from snaptrade_client.commands.output import (
    DONE,
    FAILED,
    Result,
    Screen,
    Style,
    add_output,
    run_command,
)
from snaptrade_client.configuration import DEFAULT_HOST, ENVIRONMENT

if TYPE_CHECKING:
    import argparse

    from snaptrade_client.commands.checkup import Check, Given


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `doctor` takes."""
    parser.add_argument(
        "--timeout",
        type=arguments.timeout,
        default=10.0,
        metavar="SECONDS",
        help="how long each step may take (default: %(default)s)",
    )
    keys.add_keys(parser)
    add_output(parser, reveal=False)


def run(options: argparse.Namespace) -> int:
    """Run `doctor`."""
    return run_command(options, _doctor)


def _doctor(options: argparse.Namespace, screen: Screen) -> Result:
    checks = _checks(options, screen)
    well = all(check.ok is not False for check in checks)
    data = {
        "ok": well,
        "checks": [{**check._asdict(), "facts": dict(check.facts)} for check in checks],
    }
    return Result(data, _text, DONE if well else FAILED)


def _checks(options: argparse.Namespace, screen: Screen) -> list[Check]:
    from snaptrade_client.commands import checkup, probes, verdict

    key, client_id, host = _given(options)
    for secret in filter(None, (key.value, key.value and key.value.strip())):
        screen.hide(secret, always=True)
    forms = [
        checkup.credential("consumer_key", key, client_id),
        checkup.credential("client_id", client_id, key),
    ]
    host_check, configuration = checkup.host(host)
    checks = [checkup.versions(), checkup.distributions(), *forms, host_check]
    if configuration is None:
        return [*checks, *probes.not_tried(), verdict.NOT_TRIED]
    probe = probes.Probe(configuration, options.timeout)
    checks += probe.checks()
    if not probe.reached or not all(check.ok for check in forms):
        return [*checks, verdict.NOT_TRIED]
    whole = configuration.replace(consumer_key=key.value or "", client_id=client_id.value or "")
    return [*checks, verdict.signed_call(whole, options.timeout)]


def _given(options: argparse.Namespace) -> tuple[Given, Given, Given]:
    """Find the key, the client id and the host, each with its source."""
    from snaptrade_client.commands.checkup import Given

    def named(argument: str, given: str | None, option: str, default: str | None) -> Given:
        if given is not None:
            return Given(given, argument)
        value = os.environ.get(ENVIRONMENT[option])
        return Given(value, ENVIRONMENT[option]) if value else Given(default, "the default")

    file = options.consumer_key_file
    key = keys.given_consumer_key(options) if file is not None else None
    return (
        named("--consumer-key-file", key, "consumer_key", None),
        named("--client-id", options.client_id, "client_id", None),
        named("--host", options.host, "host", DEFAULT_HOST),
    )


def _text(data: Any, style: Style) -> str:
    marks = {True: style.tick(), False: style.cross(), None: style.dash()}
    lines: list[str] = []
    for check in data["checks"]:
        lines.append(f"{marks[check['ok']]} {check['text']}")
        if check["mend"]:
            lines.append(f"  {'→' if style.unicode else '->'} {check['mend']}")
    wrong = sum(check["ok"] is False for check in data["checks"])
    lines += ["", f"{wrong} of these must be mended." if wrong else "Everything is well."]
    return "\n".join(lines)
