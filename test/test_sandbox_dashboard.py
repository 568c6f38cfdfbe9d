"""The dashboard: what its page is told, that no secret is in it, and who may see it."""

import json
import re
from collections.abc import Generator
from http.client import RemoteDisconnected
from typing import Any
from urllib.parse import quote

import pytest

from snaptrade_client.sandbox import Drop, Sandbox, SandboxUser, Status

from .portal import Visitor
from .remote import Remote
from .sandboxed import checked_sandbox
from .test_sandbox_encryption import EXAMPLE_KEY
from .wire import DELETE, LIST, LOGIN, REGISTER, Answer, Wire

SECRET = "hush/hush-1"
KNOWN = f"userId=u1&userSecret={quote(SECRET, safe='')}"
PAGE = "/_sandbox/"


@pytest.fixture
def sandbox() -> Generator[Sandbox]:
    second = SandboxUser(secret="s2-secret", rsa_public_key=EXAMPLE_KEY)
    users = {"u1": SandboxUser(secret=SECRET), "u2": second}
    with checked_sandbox(users=users, control=True, deletion_delay=60) as sandbox:
        yield sandbox


def get(wire: Wire, path: str, headers: dict[str, str] | None = None) -> Answer:
    return wire.send("GET", path, None, headers or {})


def state(wire: Wire, after: str = "") -> Any:
    told = get(wire, f"{PAGE}dashboard.json?after={after}")
    assert told.status == 200
    assert told.headers["Cache-Control"] == "no-store"
    return told.body


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("", "text/html"),
        ("dashboard.css", "text/css"),
        ("dashboard.js", "text/javascript"),
        ("dashboard.svg", "image/svg+xml"),
        ("dashboard.json", "application/json"),
    ],
)
def test_the_page_and_what_it_loads(
    wire: Wire, sandbox: Sandbox, name: str, media_type: str
) -> None:
    told = get(wire, PAGE + name)
    assert (told.status, told.headers.get_content_type()) == (200, media_type)
    policy = told.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert told.headers["X-Content-Type-Options"] == "nosniff"
    assert told.headers["Referrer-Policy"] == "no-referrer"
    assert list(sandbox.requests) == []
    foreign = get(wire, PAGE + name, {"Host": "attacker.example"})
    assert foreign.status == 403
    assert get(wire, PAGE + name, {"Sec-Fetch-Site": "cross-site"}).status == 403
    with checked_sandbox() as without:
        assert get(Wire(without), PAGE + name).status == 404


def test_the_page_has_nothing_inline_and_nothing_from_elsewhere(wire: Wire) -> None:
    page = str(get(wire, PAGE).body)
    assert '<html lang="en">' in page
    assert not re.findall(r"<style|<script>|\sstyle=|\son[a-z]+=|https?://", page)
    script = str(get(wire, f"{PAGE}dashboard.js").body)
    assert not re.findall(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|//[a-z]", script
    )


def test_the_state_of_a_new_sandbox(wire: Wire, sandbox: Sandbox) -> None:
    sandbox.clock.shift(600)
    told = state(wire)
    assert abs(told.pop("now") - sandbox.clock()) < 30
    assert abs(told.pop("ahead") - 600) < 1
    users: list[dict[str, object]] = [
        {"user_id": "u2", "rsa_key": True, "gone_at": None, "connections": []},
        {"user_id": "u1", "rsa_key": False, "gone_at": None, "connections": []},
    ]
    assert told.pop("users") == users
    assert told == {
        "client_id": "SANDBOX-CLIENT",
        "base_url": sandbox.url,
        "rate_limit": {"limit": 250, "remaining": 250, "reset": 0},
        "faults": [],
        "user_count": 2,
        "links": [],
        "webhooks": [],
        "complete": True,
        "requests": [],
    }


def test_users_links_and_faults(wire: Wire, sandbox: Sandbox) -> None:
    first = visitor_of(sandbox)
    assert first.submit(broker="ALPACA", scenario="success", access="trade").status == 200
    [connection] = sandbox.connections
    sandbox.break_connection(connection)
    visitor_of(sandbox)
    wire.call("DELETE", DELETE, "userId=u2")
    sandbox.faults.add("login", Status(503), times=2)
    told = state(wire)
    by_id = {user["user_id"]: user for user in told["users"]}
    assert by_id["u1"]["connections"] == ["ALPACA (trade, disabled)"]
    assert 0 < by_id["u2"]["gone_at"] - told["now"] <= 60
    assert [(link["user_id"], link["used"]) for link in told["links"]] == [
        ("u1", True),
        ("u1", False),
    ]
    assert 0 < told["links"][1]["expires_at"] - told["now"] <= 300
    assert told["faults"] == [{"operation": "login", "fault": "Status(503)", "times": 2}]
    sandbox.clock.shift(301)
    assert [link["used"] for link in state(wire)["links"]] == [True]


def visitor_of(sandbox: Sandbox) -> Visitor:
    """The portal, opened by u1."""
    return Visitor(sandbox, Wire(sandbox).call("POST", LOGIN, KNOWN).body["redirectURI"])


def test_webhooks(sandbox: Sandbox, wire: Wire) -> None:
    wire.register("u3")
    told = {"event_type": "USER_REGISTERED", "user_id": "u3", "delivered": False}
    assert state(wire)["webhooks"] == [{**told, "deliveries": [], "next_at": None}]
    # Nobody listens on the port of a sandbox that has stopped.
    with checked_sandbox() as gone:
        url = gone.url
    with checked_sandbox(webhook=url, redelivery=[60], control=True) as other:
        wire = Wire(other)
        wire.register("u3")
        assert other.settle()
        [entry] = state(wire)["webhooks"]
        assert 0 < entry.pop("next_at") - other.clock() <= 60
        assert entry == {**told, "deliveries": [None]}
        other.clock.shift(61)
        assert other.settle()
        [entry] = state(wire)["webhooks"]
        assert entry == {**told, "deliveries": [None, None], "next_at": None}
    assert sandbox.webhooks[0].next_at is None


def test_requests_as_they_arrive(wire: Wire, sandbox: Sandbox) -> None:
    assert wire.call("GET", LIST, "", None, {"User-Agent": "mine", "X-Mine": "1"}).status == 200
    told = state(wire)
    [entry] = told["requests"]
    assert 0 <= entry.pop("seconds") < 30
    assert abs(entry.pop("at") - sandbox.clock()) < 30
    assert re.fullmatch("clientId=SANDBOX-CLIENT&timestamp=[0-9]+", entry.pop("query"))
    assert entry == {
        "id": sandbox.requests[0].request_id,
        "method": "GET",
        "path": f"/api/v1{LIST}",
        "headers": [
            ["Host", f"127.0.0.1:{wire.port}"],
            ["User-Agent", "mine"],
            ["Accept-Encoding", "identity"],
            ["Signature", "*** (44 characters)"],
        ],
        "body": "",
        "operation": "list",
        "status": 200,
        "signed": True,
        "fault": None,
        "diagnosis": None,
    }
    sandbox.faults.add("list", Drop())
    with pytest.raises(RemoteDisconnected):
        wire.call("GET", LIST)
    told = state(wire, entry["id"])
    assert told["complete"] is False
    [dropped] = told["requests"]
    assert (dropped["status"], dropped["fault"], dropped["signed"]) == (None, "Drop()", None)
    assert state(wire, dropped["id"])["requests"] == []
    sandbox.requests.clear()
    told = state(wire, dropped["id"])
    assert (told["complete"], told["requests"]) == (True, [])
    for _ in range(103):
        get(wire, "/")
    assert len(state(wire)["requests"]) == 100


def test_why_a_signature_does_not_fit(wire: Wire) -> None:
    target = wire.target(LIST, "a=%20")
    signature = wire.sign(target.replace("%20", "+"))
    assert wire.send("GET", target, None, {"Signature": signature}).status == 401
    [entry] = state(wire)["requests"]
    assert entry["signed"] is False
    diagnosis = entry["diagnosis"]
    assert [one["name"] for one in diagnosis["mistakes"]] == ['query: "+" and "%20" exchanged']
    difference = diagnosis["difference"]
    assert difference["theirs"].startswith("+&clientId")
    assert difference["ours"].startswith("%20&clientId")
    assert difference["before"].endswith("a=")
    assert diagnosis["expected"][difference["byte"] :].startswith("%20&")
    wire.send("GET", target, None, {"Signature": wire.sign(target, b'{"other":1}')})
    assert state(wire)["requests"][-1]["diagnosis"]["difference"] is None


@pytest.mark.parametrize(
    ("media_type", "body", "shown"),
    [
        (
            "application/json",
            b'{"broker":"A","secret":"x"}',
            '{\n  "broker": "A",\n  "secret": "***"\n}',
        ),
        ("application/json", b"{", "1 bytes that are not shown: no JSON, or too much of it"),
        ("text/plain", b"[" * 70_000, "70000 bytes that are not shown: no JSON, or too much of it"),
        ("application/json", json.dumps(["x" * 5000]).encode(), "..."),
        ("application/x-www-form-urlencoded", b"token=x&broker=A", "token=***&broker=A"),
        (None, b"", ""),
    ],
)
def test_bodies(wire: Wire, media_type: str | None, body: bytes, shown: str) -> None:
    wire.send("POST", "/x", body, {"Content-Type": media_type} if media_type else {})
    told = state(wire)["requests"][0]["body"]
    assert told[-len(shown) :] == shown if shown == "..." else told == shown
    assert len(told) <= 4099


def test_no_secret_is_in_any_answer(wire: Wire, sandbox: Sandbox) -> None:
    body = b'{"broker":"A","customRedirect":"https://app.example/?code=canary-1"}'
    signatures = [wire.sign(wire.target(LOGIN, KNOWN), body)]
    link = wire.call("POST", LOGIN, KNOWN, body).body["redirectURI"]
    portal_token = link.partition("token=")[2].partition("&")[0]
    get(wire, f"/portal?token={portal_token}")
    registered = wire.register("u9")
    for target in (wire.target(LOGIN, KNOWN), wire.target(LOGIN, f"note={quote(SECRET, safe='')}")):
        wrong = wire.sign(target.replace("%2F", "/"), body)
        signatures.append(wrong)
        headers = {"Signature": wrong, "Content-Type": "application/json", "X-Api-Key": "canary-2"}
        wire.send("POST", target, body, headers)
    raw = b'{"userId":"u8","extra":"%s"}' % SECRET.encode()
    wire.call("POST", REGISTER, "", raw)
    Remote(sandbox.url).ok("POST", "/users", {"user_id": "u7", "secret": "canary-3"})
    told = state(wire)
    assert len(told["requests"]) == 6
    text = json.dumps(told, ensure_ascii=False)
    for secret in (
        SECRET,
        quote(SECRET, safe=""),
        "s2-secret",
        registered,
        portal_token,
        sandbox.consumer_key,
        "canary",
        *signatures,
    ):
        assert secret not in text
