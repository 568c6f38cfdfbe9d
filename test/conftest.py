"""Fixtures: a server that records, a client on it, the sandbox, and a clean environment.

Strategy: whatever a test sends goes over a real socket, and the tests' own implementation of the
signature judges every request at the end of the test, whether the test asks for it or not.
"""

import os
import sysconfig
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

from snaptrade_client import SnapTrade
from snaptrade_client.sandbox import Sandbox

from .commands import Runner
from .plugged import Project
from .recording import CLIENT_ID, RecordingServer
from .sandboxed import checked_sandbox
from .wire import Wire

# A deadline for each example would measure the machine.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
TLS_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")


def pytest_configure() -> None:
    """Under tox it is the installed wheel that is tested: refuse to test the source tree."""
    if "TOX_ENV_NAME" not in os.environ:
        return
    spec = find_spec("snaptrade_client")
    installed = Path(sysconfig.get_path("purelib"))
    if spec is None or spec.origin is None or installed not in Path(spec.origin).parents:
        raise pytest.UsageError(f"snaptrade_client comes from {spec}, not from {installed}")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes away what the machine's environment would tell the client."""
    for name in list(os.environ):
        if name.startswith("SNAPTRADE_") or name.upper() in (*PROXY_VARIABLES, *TLS_VARIABLES):
            monkeypatch.delenv(name)
    # A subprocess must not find the source tree in its working directory either.
    monkeypatch.setenv("PYTHONSAFEPATH", "1")


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    """A recording server; the test fails if a request was unexpected or badly signed."""
    with RecordingServer() as server:
        yield server
    server.check()


@pytest.fixture
def client(server: RecordingServer) -> Iterator[SnapTrade]:
    """A client on the recording server."""
    with SnapTrade(
        consumer_key=server.consumer_key, client_id=CLIENT_ID, host=server.url
    ) as client:
        yield client


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox without users; its verdicts on signatures are checked at the end."""
    with checked_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def wire(sandbox: Sandbox) -> Wire:
    """Requests to the test's sandbox that are made and signed by hand."""
    return Wire(sandbox)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Runner:
    """Runs commands of the command line in this process."""
    return Runner(capsys)


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with tests of its own, for files that load the plugin `pytester`."""
    return Project(pytester, monkeypatch)
