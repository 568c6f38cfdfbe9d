"""The plugin for pytest, in projects that use it, that misuse it, and that don't use it.

Strategy: each project is a folder with a file of tests, which pytest runs in a process of its own
with warnings as errors. Nothing is imported from the plugin here.
"""

import pytest

from .plugged import Project, told

pytest_plugins = ("pytester",)

_HEAD = """
import pytest
from snaptrade_client import SnapTrade
from snaptrade_client.exceptions import RegistrationOutcomeUnknown, ServerError
from snaptrade_client.sandbox import Drop, Status
"""


def failure(result: pytest.RunResult) -> str:
    """What pytest says of its one test, which must have failed, and nothing else with it."""
    result.assert_outcomes(failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    return told(result)


def test_both_fixtures_and_the_apps_own_client_reach_one_sandbox(project: Project) -> None:
    result = project.test(f"""{_HEAD}
def test_it(snaptrade, snaptrade_sandbox):
    with SnapTrade() as own:
        secret = own.authentication.register_snap_trade_user(user_id="u").body["userSecret"]
    snaptrade.authentication.login_snap_trade_user(user_id="u", user_secret=secret)
    assert snaptrade_sandbox.requests.last("login").status == 200
    assert list(snaptrade_sandbox.users) == ["u"]
""")
    result.assert_outcomes(passed=1)


def test_every_test_has_a_sandbox_of_its_own_and_the_environment_back(project: Project) -> None:
    result = project.test(f"""{_HEAD}
import os
import socket
from urllib.parse import urlsplit

urls = []
NAMES = ("SNAPTRADE_HOST", "SNAPTRADE_CLIENT_ID", "SNAPTRADE_CONSUMER_KEY")

@pytest.mark.parametrize("turn", [1, 2])
def test_it(turn, snaptrade_sandbox, monkeypatch):
    monkeypatch.setenv("SNAPTRADE_CLIENT_ID", "of the test")
    monkeypatch.undo()
    assert os.environ["SNAPTRADE_CLIENT_ID"] == snaptrade_sandbox.client_id
    assert not snaptrade_sandbox.users
    snaptrade_sandbox.add_user("u", "s")
    urls.append(os.environ["SNAPTRADE_HOST"])

def test_afterwards():
    assert len(urls) == 2
    assert not any(name in os.environ for name in NAMES)
    for url in urls:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((urlsplit(url).hostname, urlsplit(url).port))
""")
    result.assert_outcomes(passed=3)


def test_the_control_api_is_on_and_webhooks_go_where_they_are_sent(project: Project) -> None:
    result = project.test(f"""{_HEAD}
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.request import urlopen

from snaptrade_client import webhooks

got = []

class App(BaseHTTPRequestHandler):
    def do_POST(self):
        payload = self.rfile.read(int(self.headers["Content-Length"]))
        got.append(webhooks.verify(payload, self.headers["Signature"], "k"))
        self.send_response(204)
        self.end_headers()

@pytest.fixture
def snaptrade_sandbox_options():
    return {{"consumer_key": "k", "users": {{"u": "s"}}}}

def test_it(snaptrade, snaptrade_sandbox):
    server = HTTPServer(("127.0.0.1", 0), App)
    with server:
        snaptrade_sandbox.webhook = f"http://127.0.0.1:{{server.server_port}}/"
        snaptrade.authentication.register_snap_trade_user(user_id="u2")
        server.handle_request()
        assert snaptrade_sandbox.settle()
    assert [event.event_type for event in got] == ["USER_REGISTERED"]
    assert snaptrade_sandbox.webhooks.last("USER_REGISTERED").delivered
    control = snaptrade_sandbox.url.replace("/api/v1", "/_sandbox/users")
    with urlopen(control) as answer:
        assert {{"u", "u2"}} == {{user["user_id"] for user in json.load(answer)}}
""")
    result.assert_outcomes(passed=1)


def test_a_marker_adds_faults_in_the_order_in_which_one_reads_them(project: Project) -> None:
    result = project.test(f"""{_HEAD}
pytestmark = pytest.mark.snaptrade_fault("list", Status(501))

@pytest.mark.snaptrade_fault("register", Drop("after"))
@pytest.mark.snaptrade_fault("list_snap_trade_users", Status(500), times=2)
class TestIt:
    @pytest.mark.snaptrade_fault("any", Status(502), 3)
    @pytest.mark.snaptrade_fault(operation="any", fault=Status(504))
    def test_it(self, snaptrade, snaptrade_sandbox):
        api = snaptrade.with_options(retries=0).authentication
        with pytest.raises(RegistrationOutcomeUnknown):
            api.register_snap_trade_user(user_id="u")
        for status in (501, 500, 500, 502, 502, 502, 504):
            with pytest.raises(ServerError) as caught:
                api.list_snap_trade_users()
            assert caught.value.status == status
        assert api.list_snap_trade_users().body == ["u"]
""")
    result.assert_outcomes(passed=1)


def test_a_fault_that_was_met_by_too_few_requests_fails_the_test(project: Project) -> None:
    source = f"""{_HEAD}
@pytest.mark.snaptrade_fault("login", Status(503), times=3)
@pytest.mark.snaptrade_fault("register", Drop("after"))
def test_it(snaptrade, snaptrade_sandbox):
    snaptrade_sandbox.add_user("u", "s")
    api = snaptrade.with_options(retries=0).authentication
    api.list_snap_trade_users()
    with pytest.raises(ServerError):
        api.login_snap_trade_user(user_id="u", user_secret="s")
"""
    text = failure(project.test(source))
    assert (
        "No request met these faults:\n"
        "  login: Status(503), for 2 more\n"
        "  register: Drop('after'), for 1 more\n"
        "The test's requests were for: list, login\n"
    ) in text
    assert "snaptrade_sandbox.faults.clear()" in text
    project.test(source, "-o", "snaptrade_unmet_faults_fail=false").assert_outcomes(passed=1)
    project.test(f"{source}    snaptrade_sandbox.faults.clear()\n").assert_outcomes(passed=1)


def test_a_fault_that_the_test_added_itself_counts_too(project: Project) -> None:
    text = failure(
        project.test("""
def test_it(snaptrade_sandbox):
    from snaptrade_client.sandbox import BadJson
    snaptrade_sandbox.faults.add("any", BadJson())
""")
    )
    assert "any: BadJson(), for 1 more\nThe test's requests were for: nothing\n" in text


def test_a_test_that_ends_otherwise_is_not_blamed_for_its_faults(project: Project) -> None:
    result = project.test(f"""{_HEAD}
pytestmark = pytest.mark.snaptrade_fault("login", Status(503))

def test_failed(snaptrade):
    assert False, "of its own"

def test_skipped(snaptrade):
    pytest.skip("in the middle")

@pytest.mark.xfail(strict=True)
def test_failed_as_expected(snaptrade):
    assert False
""")
    result.assert_outcomes(failed=1, skipped=1, xfailed=1)
    assert "No request met" not in result.stdout.str()


def test_the_marker_and_the_fixtures_are_documented_in_pytests_own_lists(project: Project) -> None:
    source = _HEAD + 'pytestmark = pytest.mark.snaptrade_fault("any", Status(503))'
    project.test(source, "--strict-markers", "--collect-only").assert_outcomes()
    markers = project.run("--markers").stdout.str()
    assert "@pytest.mark.snaptrade_fault(operation, fault, times=1): let the next" in markers
    fixtures = project.run("--fixtures").stdout.str()
    for line in (
        "snaptrade_sandbox -- ",
        "    Run a sandbox for this test alone",
        "    Give a client of this test's sandbox",
        "    Arguments for the test's `Sandbox`",
    ):
        assert line in fixtures
    assert "snaptrade_unmet_faults_fail (bool):" in project.run("--help").stdout.str()


def test_a_run_that_has_no_use_for_it_loads_nothing(project: Project) -> None:
    result = project.test("""
import sys
import unittest

def test_it():
    ours = {name for name in sys.modules if name.startswith("snaptrade_client")}
    assert ours == {"snaptrade_client", "snaptrade_client.pytest_plugin"}
    assert not {"cheroot", "cryptography", "flask", "urllib3"} & set(sys.modules)

class TestCase(unittest.TestCase):
    def test_it(self):
        pass
""")
    result.assert_outcomes(passed=2)


def test_the_fixture_is_ready_in_half_a_second(project: Project) -> None:
    source = """
import time

def test_it(request):
    # Not the clock on the wall: what else the machine does is not the fixture's.
    began = time.process_time()
    request.getfixturevalue("snaptrade_sandbox")
    took = time.process_time() - began
    with open("took", "a") as file:
        print(took, file=file)
"""
    # The first run compiles.
    for _ in range(2):
        project.test(source).assert_outcomes(passed=1)
    took = [float(line) for line in (project.path / "took").read_text().splitlines()]
    assert min(took) < 0.5


def test_naming_the_plugin_twice_does_no_harm(project: Project) -> None:
    project.write("conftest.py", 'pytest_plugins = ["snaptrade_client.pytest_plugin"]')
    project.test("def test_it(snaptrade_sandbox): pass").assert_outcomes(passed=1)


def test_it_can_be_switched_off(project: Project) -> None:
    test = project.write("test_it.py", "def test_it(snaptrade_sandbox): pass")
    # Naming it once more would switch it on again.
    result = project.pytester.runpytest_subprocess(
        "-p", "no:snaptrade_client.pytest_plugin", str(test), timeout=60
    )
    result.assert_outcomes(errors=1)
    assert "fixture 'snaptrade_sandbox' not found" in result.stdout.str()


def test_every_worker_of_xdist_has_sandboxes_of_its_own(project: Project) -> None:
    source = f"""{_HEAD}
import os
import time
from pathlib import Path

@pytest.mark.parametrize("turn", range(4))
@pytest.mark.snaptrade_fault("list", Status(501))
def test_it(turn, snaptrade, snaptrade_sandbox):
    worker = os.environ["PYTEST_XDIST_WORKER"]
    Path(f"{{worker}}.ready").touch()
    # Both sandboxes run at once, and each meets its own fault.
    ends = time.monotonic() + 30
    while len(list(Path().glob("*.ready"))) < 2 and time.monotonic() < ends:
        time.sleep(0.01)
    assert len(list(Path().glob("*.ready"))) == 2
    with pytest.raises(ServerError):
        snaptrade.authentication.list_snap_trade_users()
    snaptrade.authentication.register_snap_trade_user(user_id=worker)
    assert snaptrade.authentication.list_snap_trade_users().body == [worker]
"""
    project.test(source, "-n", "2").assert_outcomes(passed=4)
