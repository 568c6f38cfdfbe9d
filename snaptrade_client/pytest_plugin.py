"""Fixtures over the sandbox, for pytest. docs/testing.md shows their use.

Strategy: pytest imports this in every run of every project that has the package installed, so it
imports nothing but pytest, and does nothing for a test that doesn't ask: the sandbox is loaded by
the first fixture that needs it. It is written for every pytest from 7.0 on, since what it could not
bear would end runs that have no use for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from snaptrade_client.client import SnapTrade
    from snaptrade_client.sandbox import Sandbox
    from snaptrade_client.sandbox.faults import Fault

FIXTURE = "snaptrade_sandbox"
MARKER = "snaptrade_fault"
SWITCH = "snaptrade_unmet_faults_fail"

_SANDBOX = pytest.StashKey["Sandbox"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switch to the ini-file."""
    text = "whether a test fails if faults that it asked for were met by no request"
    parser.addini(SWITCH, text, type="bool", default=True)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    text = "let the next `times` requests for an operation meet a fault of snaptrade_client.sandbox"
    config.addinivalue_line("markers", f"{MARKER}(operation, fault, times=1): {text}")


@pytest.fixture
def snaptrade_sandbox_options() -> dict[str, Any]:
    """Arguments for the test's `Sandbox`, such as `users`: override it to give some."""
    return {}


@pytest.fixture
def snaptrade_sandbox(
    request: pytest.FixtureRequest, snaptrade_sandbox_options: dict[str, Any]
) -> Iterator[Sandbox]:
    """Run a sandbox for this test alone; the environment variables `SNAPTRADE_*` lead to it.

    Its control API and its dashboard are on. `sandbox.webhook = url` sends webhooks to an app.
    """
    sandbox_type = _sandbox_type()
    from snaptrade_client.configuration import ENVIRONMENT  # noqa: PLC0415 - see the strategy

    options: dict[str, Any] = {"control": True, **snaptrade_sandbox_options}
    with sandbox_type(**options) as sandbox:
        _add_faults(request.node, sandbox)
        request.node.stash[_SANDBOX] = sandbox
        # Of its own, since a test may undo those of the fixture monkeypatch.
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv(ENVIRONMENT["host"], sandbox.url)
            environment.setenv(ENVIRONMENT["client_id"], sandbox.client_id)
            environment.setenv(ENVIRONMENT["consumer_key"], sandbox.consumer_key)
            yield sandbox


@pytest.fixture
def snaptrade(snaptrade_sandbox: Sandbox) -> Iterator[SnapTrade]:
    """Give a client of this test's sandbox, with the default options."""
    with snaptrade_sandbox.client() as client:
        yield client


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a marker that nothing would read."""
    if item.get_closest_marker(MARKER) and FIXTURE not in getattr(item, "fixturenames", ()):
        pytest.fail(
            f"The marker {MARKER} has no effect without a sandbox: let the test ask for the "
            f"fixture {FIXTURE} or snaptrade, or add @pytest.mark.usefixtures({FIXTURE!r}).",
            pytrace=False,
        )


@pytest.hookimpl(trylast=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Fail a test that has passed, where faults are left; pytest calls this after the test."""
    sandbox = item.stash.get(_SANDBOX, None)
    if sandbox is None or not sandbox.faults.pending or not item.config.getini(SWITCH):
        return
    left = "".join(
        f"\n  {entry.operation}: {entry.fault}, for {entry.left} more"
        for entry in sandbox.faults.pending
    )
    requests = ", ".join(dict.fromkeys(filter(None, (each.operation for each in sandbox.requests))))
    pytest.fail(
        f"No request met these faults:{left}\n"
        f"The test's requests were for: {requests or 'nothing'}\n"
        f"Where that is meant, end the test with {FIXTURE}.faults.clear(), or switch this off in "
        f"pytest's settings: {SWITCH} = false",
        pytrace=False,
    )


def _sandbox_type() -> type[Sandbox]:
    from snaptrade_client.exceptions import MissingExtraError  # noqa: PLC0415 - see the strategy

    try:
        from snaptrade_client.sandbox import Sandbox  # noqa: PLC0415 - the same
    except MissingExtraError as error:
        raise pytest.fail.Exception(f"{FIXTURE}: {error}", pytrace=False) from None
    return Sandbox


def _add_faults(item: pytest.Item, sandbox: Sandbox) -> None:
    """Add the faults of the markers: those of the module first, then from the top down."""

    def snaptrade_fault(operation: str, fault: Fault, times: int = 1) -> None:
        sandbox.faults.add(operation, fault, times=times)

    # Python's own texts about its arguments name it so.
    snaptrade_fault.__qualname__ = MARKER
    for mark in reversed(list(item.iter_markers(MARKER))):
        try:
            snaptrade_fault(*mark.args, **mark.kwargs)
        except (TypeError, ValueError) as error:
            text = f"@pytest.mark.{MARKER}(operation, fault, times=1): {error}"
            raise pytest.fail.Exception(text, pytrace=False) from None
