"""Faults on demand: what strikes which request, what arrives, and what stays behind."""

import threading
import time
from collections import Counter
from collections.abc import Generator
from http.client import IncompleteRead, RemoteDisconnected

import pytest

from snaptrade_client.sandbox import (
    BadJson,
    ClockOff,
    Delay,
    Drop,
    Faults,
    Sandbox,
    Status,
    Throttle,
    Truncate,
)
from snaptrade_client.sandbox.faults import Fault, Pending, When
from snaptrade_client.sandbox.names import METHODS

from .fault_table import PAGE, measured, page
from .sandboxed import checked_sandbox
from .wire import DELETE, JWT, LIST, LOGIN, REGISTER, Answer, Wire, refused, unsigned

KNOWN = "userId=u1&userSecret=s1"
CALLS = {
    "register": ("POST", REGISTER, ""),
    "list": ("GET", LIST, ""),
    "login": ("POST", LOGIN, KNOWN),
    "jwt": ("GET", JWT, KNOWN),
    "delete": ("DELETE", DELETE, "userId=u1"),
}


@pytest.fixture
def sandbox() -> Generator[Sandbox]:
    with checked_sandbox(users={"u1": "s1"}) as sandbox:
        yield sandbox


def call(wire: Wire, name: str) -> Answer:
    method, path, query = CALLS[name]
    return wire.call(method, path, query)


def test_the_page_is_what_is_measured() -> None:
    """`python -m test.fault_table --write` writes it anew."""
    text = PAGE.read_text(encoding="utf-8")
    assert page(text, measured()) == text


@pytest.mark.parametrize("name", METHODS)
def test_an_operation_has_two_names(wire: Wire, sandbox: Sandbox, name: str) -> None:
    for given in (name, METHODS[name], "any"):
        sandbox.faults.add(given, Status(503))
    for other in METHODS:
        if other != name:
            sandbox.faults.add(other, Status(500))
    for _ in range(3):
        refused(call(wire, name), 503, "1000")
        request = sandbox.requests.last(METHODS[name])
        assert (request.operation, request.fault) == (name, "Status(503)")
    assert len(sandbox.faults.pending) == 4


def test_faults_come_in_their_order(wire: Wire, sandbox: Sandbox) -> None:
    sandbox.faults.add("list", Status(500), times=2)
    sandbox.faults.add("any", Status(502))
    sandbox.faults.add("list", Status(503))
    assert call(wire, "login").status == 502
    assert [call(wire, "list").status for _ in range(4)] == [500, 500, 503, 200]
    assert list(sandbox.faults.pending) == []
    sandbox.faults.add("list", Status(500), times=7)
    assert call(wire, "list").status == 500
    assert list(sandbox.faults.pending) == [Pending("list", Status(500), 6)]
    assert repr(sandbox.faults) == "<Faults list: Status(500) (6)>"
    sandbox.faults.clear()
    assert repr(sandbox.faults) == "<Faults none>"
    assert call(wire, "list").status == 200
    assert sandbox.requests[-1].fault is None


def test_what_is_no_operation_meets_no_fault(wire: Wire, sandbox: Sandbox) -> None:
    sandbox.faults.add("any", Status(503))
    refused(wire.call("GET", "/accounts"), 404, "1011")
    refused(wire.call("GET", REGISTER), 405, "0000")
    assert wire.send("GET", "/portal", None, {}).status == 410
    assert sandbox.requests[-1].operation is None
    assert len(sandbox.faults.pending) == 1


def test_the_count_is_exact_under_threads() -> None:
    faults = Faults()
    faults.add("login", Status(500), times=500)
    faults.add("any", Status(503), times=700)
    taken: list[Fault | None] = []
    start = threading.Barrier(32)

    def take() -> None:
        start.wait()
        for _ in range(50):
            taken.append(faults.take("login"))  # noqa: PERF401 - seen by every thread

    threads = [threading.Thread(target=take) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(taken) == {Status(500): 500, Status(503): 700, None: 400}
    assert faults.pending == ()


def test_n_faults_hit_n_requests_of_32_threads() -> None:
    with Sandbox(rate_limit=10_000) as sandbox:
        sandbox.faults.add("list", Status(503), times=100)
        wire = Wire(sandbox)
        statuses: list[int] = []

        def run() -> None:
            for _ in range(10):
                statuses.append(call(wire, "list").status)  # noqa: PERF401 - seen by every thread

        threads = [threading.Thread(target=run) for _ in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert Counter(statuses) == {503: 100, 200: 220}
        recorded = Counter(request.fault for request in sandbox.requests)
        assert recorded == {"Status(503)": 100, None: 220}


@pytest.mark.parametrize(("status", "code"), [(400, "0000"), (499, "0000"), (520, "1000")])
def test_a_status(wire: Wire, sandbox: Sandbox, status: int, code: str) -> None:
    sandbox.faults.add("delete", Status(status, retry_after=7))
    answer = call(wire, "delete")
    refused(answer, status, code)
    assert answer.headers["Retry-After"] == "7"
    assert answer.headers["X-Request-ID"] == sandbox.requests[-1].request_id
    # It was neither looked at nor counted.
    assert answer.headers["X-RateLimit-Remaining"] == "250"
    assert sandbox.requests[-1].signature_accepted is None
    assert call(wire, "delete").status == 200


def test_a_status_with_a_code_of_the_service(wire: Wire, sandbox: Sandbox) -> None:
    for status, code in ((400, "1012"), (403, "1066")):
        sandbox.faults.add("list", Status(status, code=code))
        refused(call(wire, "list"), status, code)
    # The code of a signature has the other shape, and has been seen with 400 and 403.
    sandbox.faults.add("list", Status(400, code="1076"))
    answer = call(wire, "list")
    assert (answer.status, answer.body["default_code"]) == (400, 1076)
    assert set(answer.body) == {"default_detail", "default_code"}


@pytest.mark.parametrize(
    "fault", [Status(500, when="after"), Drop("after"), Truncate(3), BadJson()]
)
def test_after_means_that_the_operation_has_acted(
    wire: Wire, sandbox: Sandbox, fault: Fault
) -> None:
    sandbox.faults.add("register", fault)
    body = b'{"userId":"u2"}'
    try:
        wire.call("POST", REGISTER, "", body)
    except (RemoteDisconnected, IncompleteRead, ValueError):
        pass
    else:
        assert isinstance(fault, Status)
    assert "u2" in sandbox.users
    request = sandbox.requests.last("register")
    assert request.signature_accepted is True
    assert request.status == (500 if isinstance(fault, Status) else 200)
    assert request.fault == repr(fault)


@pytest.mark.parametrize("fault", [Status(500), Drop(), Throttle(7)])
def test_before_means_that_it_has_not(wire: Wire, sandbox: Sandbox, fault: Fault) -> None:
    sandbox.faults.add("register", fault)
    try:
        wire.call("POST", REGISTER, "", b'{"userId":"u2"}')
    except RemoteDisconnected:
        assert sandbox.requests[-1].status is None
    assert "u2" not in sandbox.users
    assert sandbox.rate_limit.peek().remaining == 250


def test_a_refusal_can_be_lost_too(wire: Wire, sandbox: Sandbox) -> None:
    sandbox.faults.add("delete", Drop("after"))
    with pytest.raises(RemoteDisconnected):
        wire.call("DELETE", DELETE, "userId=nobody")
    assert sandbox.requests.last("delete").status == 404


def test_throttling(wire: Wire, sandbox: Sandbox) -> None:
    sandbox.faults.add("list", Throttle(7))
    answer = call(wire, "list")
    detail = refused(answer, 429, "0000")
    assert detail == "Request was throttled. Expected available in 7 seconds."
    headers = answer.headers
    assert (headers["X-RateLimit-Remaining"], headers["X-RateLimit-Reset"]) == ("0", "7")
    assert call(wire, "list").headers["X-RateLimit-Remaining"] == "249"


def test_a_clock_that_is_off() -> None:
    now = 1_700_000_000.0
    with checked_sandbox(users={"u1": "s1"}, clock=lambda: now) as sandbox:
        wire = Wire(sandbox)
        sandbox.faults.add("list", ClockOff(86_400))
        sandbox.faults.add("list", ClockOff(-30))
        answer = call(wire, "list")
        assert "86400 seconds old" in unsigned(answer)
        assert answer.headers["Date"] == "Wed, 15 Nov 2023 22:13:20 GMT"
        answer = call(wire, "list")
        assert (answer.status, answer.headers["Date"]) == (200, "Tue, 14 Nov 2023 22:12:50 GMT")
        assert call(wire, "list").headers["Date"] == "Tue, 14 Nov 2023 22:13:20 GMT"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_delay(when: When) -> None:
    sandbox = Sandbox()
    # One that was stopped and started again waits too.
    for _ in range(2):
        with sandbox:
            sandbox.faults.add("list", Delay(0.2, when=when))
            start = time.monotonic()
            assert call(Wire(sandbox), "list").status == 200
            assert time.monotonic() - start >= 0.2
