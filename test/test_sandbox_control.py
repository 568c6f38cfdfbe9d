"""The control API: a sandbox in another process is told over HTTP, and nobody else tells it."""

import json
import threading
from collections.abc import Generator
from urllib.parse import urlsplit

import pytest

from snaptrade_client import SnapTrade
from snaptrade_client.exceptions import NotFoundError, ServerError
from snaptrade_client.sandbox import Drop, Sandbox, Status
from snaptrade_client.sandbox.faults import Fault, Pending, to_fields

from .fault_table import CASES, PAGE, SECRET, USER, Target, measure, page
from .remote import Remote, another_process
from .sandboxed import checked_sandbox
from .test_sandbox_encryption import EXAMPLE_KEY
from .wire import DELETE, LIST, LOGIN, REGISTER, Wire

KNOWN = f"userId={USER}&userSecret={SECRET}"


@pytest.fixture
def sandbox() -> Generator[Sandbox]:
    with checked_sandbox(users={USER: SECRET}, control=True) as sandbox:
        yield sandbox


@pytest.fixture
def remote(sandbox: Sandbox) -> Remote:
    return Remote(sandbox.url)


def test_each_fault_from_another_process() -> None:
    """The table of the page, with nothing of the sandbox in this process."""
    with another_process("--control", "--user", f"{USER}:{SECRET}", "--rate-limit", "10000") as url:
        remote = Remote(url)

        def add(call: str, fault: Fault, times: int) -> None:
            remote.ok("POST", "/faults", {"operation": call, "times": times, **to_fields(fault)})

        def clear() -> None:
            assert remote.ok("DELETE", "/faults") == []
            assert remote.ok("DELETE", "/requests") == []

        target = Target(
            url=url,
            add=add,
            clear=clear,
            users=lambda: [user["user_id"] for user in remote.ok("GET", "/users")],
            seen=lambda: len(remote.ok("GET", "/requests")),
        )
        results = {case: measure(target, case) for case in CASES}
    text = PAGE.read_text(encoding="utf-8")
    assert page(text, results) == text


def test_faults(remote: Remote, sandbox: Sandbox) -> None:
    sandbox.faults.add("any", Drop("after"))
    added = {"operation": "login_snap_trade_user", "fault": "status", "status": 503, "times": 2}
    listed = remote.ok("POST", "/faults", added)
    assert listed == [
        {"operation": "any", "fault": "drop", "when": "after", "times": 1},
        {
            "operation": "login",
            "fault": "status",
            "status": 503,
            "code": None,
            "retry_after": None,
            "when": "before",
            "times": 2,
        },
    ]
    assert remote.ok("GET", "/faults") == listed
    assert sandbox.faults.pending[1] == Pending("login", Status(503), 2)
    assert remote.ok("DELETE", "/faults") == []
    assert sandbox.faults.pending == ()


def test_the_clock(remote: Remote, sandbox: Sandbox) -> None:
    before = remote.ok("GET", "/clock")["now"]
    now = remote.ok("POST", "/clock", {"shift": 301})["now"]
    assert 301 <= now - before < 331
    assert remote.ok("POST", "/clock", {"shift": -301.5})["now"] < now
    assert abs(sandbox.clock() - before) < 30


def test_the_rate_limit(remote: Remote, sandbox: Sandbox) -> None:
    wire = Wire(sandbox)
    assert remote.ok("GET", "/rate-limit") == {"limit": 250, "remaining": 250, "reset": 0}
    for _ in range(3):
        assert wire.call("GET", LIST).status == 200
    told = remote.ok("POST", "/rate-limit", {"limit": 2})
    assert (told["limit"], told["remaining"]) == (2, 0)
    assert wire.call("GET", LIST).status == 429
    assert remote.ok("DELETE", "/rate-limit") == {"limit": 2, "remaining": 2, "reset": 0}
    assert [wire.call("GET", LIST).status for _ in range(3)] == [200, 200, 429]


def test_users(remote: Remote, sandbox: Sandbox) -> None:
    assert remote.ok("GET", "/users") == [{"user_id": USER, "rsa_public_key": None}]
    added = {"user_id": "u2", "secret": "secret-2", "rsa_public_key": EXAMPLE_KEY}
    listed = remote.ok("POST", "/users", added)
    assert listed[1] == {"user_id": "u2", "rsa_public_key": EXAMPLE_KEY}
    with sandbox.client() as client:
        api = client.authentication
        assert api.get_user_jwt(user_id="u2", user_secret="secret-2").status == 200
    assert len(sandbox.webhooks) == 0


def test_requests_and_webhooks(remote: Remote, sandbox: Sandbox) -> None:
    wire = Wire(sandbox)
    wire.call("POST", LOGIN, KNOWN, b'{"broker":"b-value"}')
    wire.call("DELETE", DELETE, "userId=nobody")
    wire.call("POST", REGISTER, "", b'{"userId":"u2"}')
    login, delete, _ = remote.ok("GET", "/requests")
    timestamp = login["query"].pop("timestamp")
    assert timestamp.isdigit()
    assert login == {
        "method": "POST",
        "path": "/api/v1/snapTrade/login",
        "query": {"userId": USER, "userSecret": "***", "clientId": "SANDBOX-CLIENT"},
        "operation": "login",
        "status": 200,
        "signature_accepted": True,
        "fault": None,
        "request_id": sandbox.requests[0].request_id,
    }
    assert (delete["operation"], delete["status"]) == ("delete", 404)
    (webhook,) = remote.ok("GET", "/webhooks")
    assert (webhook["event_type"], webhook["user_id"]) == ("USER_REGISTERED", "u2")
    assert (webhook["delivered"], webhook["deliveries"]) == (False, [])
    # What is asked here is not what the service was asked.
    assert len(sandbox.requests) == 3
    assert remote.ok("DELETE", "/requests") == remote.ok("DELETE", "/webhooks") == []
    assert len(sandbox.requests) == len(sandbox.webhooks) == 0


def test_deliveries_are_told() -> None:
    with checked_sandbox(control=True, webhook="http://127.0.0.1:9/hook?token=t") as sandbox:
        Wire(sandbox).call("POST", REGISTER, "", b'{"userId":"u2"}')
        assert sandbox.settle()
        (webhook,) = Remote(sandbox.url).ok("GET", "/webhooks")
    (delivery,) = webhook["deliveries"]
    assert (delivery["status"], webhook["delivered"]) == (None, False)


def test_no_answer_holds_a_secret(remote: Remote, sandbox: Sandbox) -> None:
    wire = Wire(sandbox)
    registered = wire.register("u2")
    login = wire.call("POST", LOGIN, KNOWN)
    link = urlsplit(str(login.body["redirectURI"]))
    wire.send("GET", f"{link.path}?{link.query}", None, {})
    # Names that no list knows, a name that is written otherwise, and a secret in a path.
    wire.call("GET", f"/{SECRET}", f"user%53ecret={registered}&odd={sandbox.consumer_key}")
    signatures = [request.signature for request in sandbox.requests]
    secrets = [registered, SECRET, sandbox.consumer_key, link.query.partition("=")[2], *signatures]
    paths = ("/faults", "/clock", "/rate-limit", "/users", "/requests", "/webhooks")
    shown = json.dumps([remote.ok("GET", path) for path in paths])
    shown += remote.refused("/users", {"user_id": USER, "secret": SECRET})
    assert "userSecret" in shown
    for secret in filter(None, secrets):
        assert secret not in shown


def test_it_is_told_while_requests_arrive(remote: Remote, sandbox: Sandbox) -> None:
    """N faults of M threads that add them hit N requests."""
    fault = {"operation": "list", "fault": "status", "status": 500}
    threads = [
        threading.Thread(target=lambda: [remote.ok("POST", "/faults", fault) for _ in range(5)])
        for _ in range(8)
    ]
    statuses: list[int] = []
    wire = Wire(sandbox)
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) or sandbox.faults.pending:
        sandbox.rate_limit.reset()
        statuses.append(wire.call("GET", LIST).status)
    assert statuses.count(500) == 40


def test_what_the_client_makes_of_it(remote: Remote, sandbox: Sandbox) -> None:
    with sandbox.client(retries=0) as client:
        _play(client, remote)


def _play(client: SnapTrade, remote: Remote) -> None:
    api = client.authentication
    remote.ok("POST", "/faults", {"operation": "list", "fault": "status", "status": 503})
    with pytest.raises(ServerError) as caught:
        api.list_snap_trade_users()
    assert (caught.value.status, caught.value.outcome) == (503, "unknown")
    remote.ok("POST", "/faults", {"operation": "delete", "fault": "drop", "when": "after"})
    with pytest.raises(NotFoundError) as missing:
        api.delete_snap_trade_user(user_id=USER, retries=1)
    assert missing.value.prior_attempt_unknown
