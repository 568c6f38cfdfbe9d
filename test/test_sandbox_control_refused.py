"""Whom and what the control API refuses."""

import re
from collections.abc import Generator

import pytest

from snaptrade_client.sandbox import Sandbox

from .fault_table import SECRET, USER
from .remote import Remote, another_process
from .sandboxed import checked_sandbox


@pytest.fixture
def sandbox() -> Generator[Sandbox]:
    with checked_sandbox(users={USER: SECRET}, control=True) as sandbox:
        yield sandbox


@pytest.fixture
def remote(sandbox: Sandbox) -> Remote:
    return Remote(sandbox.url)


def test_without_being_asked_for_it_is_not_there() -> None:
    with Sandbox() as sandbox:
        remote = Remote(sandbox.url)
        for method, path in (("GET", "/"), ("GET", "/faults"), ("POST", "/clock")):
            assert remote(method, path).status == 404
    with another_process() as url:
        assert Remote(url)("GET", "/clock").status == 404


def test_unknown_paths_and_methods(remote: Remote) -> None:
    assert remote("GET", "/nothing").status == 404
    told = remote("DELETE", "/clock")
    assert (told.status, told.headers["Allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        ("/faults", None, "the body must be a JSON object."),
        ("/faults", b"{", "the body must be a JSON object."),
        ("/faults", [1], "the body must be a JSON object."),
        ("/faults", b"[" * 100_000, "the body must be a JSON object."),
        ("/faults", {"fault": "drop"}, "operation must be one of .*, any, not NoneType."),
        ("/faults", {"operation": "logn", "fault": "drop"}, "'logn' .* did you mean 'login'?"),
        ("/faults", {"operation": "login"}, "fault is not a kind of fault; there are: status, "),
        ("/faults", {"operation": "login", "fault": "status"}, "status is missing"),
        (
            "/faults",
            {"operation": "login", "fault": "drop", "times": "2"},
            "times must be an int, not str.",
        ),
        (
            "/faults",
            {"operation": "login", "fault": "drop", "whn": "after"},
            "whn is not a field of drop; there are: when.",
        ),
        ("/clock", {}, "shift must be a number of seconds, not NoneType."),
        ("/clock", {"shift": 1e9}, "shift must be from -1000000 to 1000000 seconds."),
        ("/clock", {"shit": 1}, "shit is not a field here; there are: shift."),
        ("/rate-limit", {"limit": 0}, "limit must be from 1"),
        ("/users", {"user_id": "u"}, "secret must be a str, not NoneType."),
        ("/users", {"secret": "s"}, "user_id must be a str, not NoneType."),
        ("/users", {"user_id": USER, "secret": "s"}, "user_id: User .* already exists: u1."),
        (
            "/users",
            {"user_id": "u", "secret": "s", "rsa_public_key": "ssh-rsa AAAA"},
            "rsa_public_key is not an RSA public key",
        ),
    ],
)
def test_wrong_bodies(remote: Remote, sandbox: Sandbox, path: str, body: object, text: str) -> None:
    detail = remote.refused(path, body)
    assert re.search(text, detail), detail
    assert list(sandbox.users) == [USER]
    assert sandbox.faults.pending == ()


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1:1", "127.9.9.9", "[::1]"])
def test_hosts_that_may(remote: Remote, host: str) -> None:
    for headers in ({}, {"Origin": f"http://{host}"}, {"Sec-Fetch-Site": "same-origin"}):
        assert remote("GET", "/clock", None, {"Host": host, **headers}).status == 200


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({"Host": "evil.example"}, "Host"),
        ({"Host": "127.0.0.1.evil.example"}, "Host"),
        ({"Host": "localhost.evil.example:80"}, "Host"),
        ({"Host": "192.168.0.1"}, "Host"),
        ({"Host": "evil@127.0.0.1"}, "Host"),
        ({"Host": ""}, "Host"),
        ({"Origin": "http://evil.example"}, "Origin"),
        ({"Origin": "null"}, "Origin"),
        ({"Origin": ""}, "Origin"),
        ({"Host": "127.0.0.1:1", "Origin": "http://127.0.0.1:2"}, "Origin"),
        ({"Host": "127.0.0.1:1", "Origin": "https://127.0.0.1:1"}, "Origin"),
        ({"Sec-Fetch-Site": "cross-site"}, "another site"),
        ({"Sec-Fetch-Site": "same-site"}, "another site"),
    ],
)
def test_hosts_that_may_not(
    remote: Remote, sandbox: Sandbox, headers: dict[str, str], text: str
) -> None:
    for method, path, body in (
        ("GET", "/users", None),
        ("POST", "/faults", {"operation": "any", "fault": "drop"}),
        ("DELETE", "/rate-limit", None),
    ):
        told = remote(method, path, body, headers)
        assert told.status == 403
        assert text in told.body["detail"]
    assert sandbox.faults.pending == ()


def test_a_preflight_is_not_answered(remote: Remote) -> None:
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    assert remote("OPTIONS", "/faults", None, headers).status in {403, 405}
