"""What runs out: the rate limit of the sandbox, and its portal links."""

import threading
from collections.abc import Generator

import pytest

from snaptrade_client.exceptions import RateLimitError
from snaptrade_client.sandbox import Sandbox

from .sandboxed import checked_sandbox
from .wire import DELETE, LIST, LOGIN, Answer, Wire, open_link, refused

KNOWN = "userId=u1&userSecret=s1"


@pytest.fixture
def sandbox() -> Generator[Sandbox]:
    with checked_sandbox(users={"u1": "s1"}) as sandbox:
        yield sandbox


@pytest.fixture
def wire(sandbox: Sandbox) -> Wire:
    return Wire(sandbox)


def test_the_limit_rolls() -> None:
    now = [1_000_000.0]
    with checked_sandbox(clock=lambda: now[0], rate_limit=3) as sandbox:
        wire = Wire(sandbox)
        remaining: list[tuple[str, str]] = []
        for _ in range(3):
            answer = wire.call("GET", LIST)
            headers = answer.headers
            remaining.append((headers["X-RateLimit-Remaining"], headers["X-RateLimit-Reset"]))
            now[0] += 10.5
        assert remaining == [("2", "60"), ("1", "50"), ("0", "39")]
        answer = wire.call("GET", LIST)
        detail = refused(answer, 429, "0000")
        assert detail == "Request was throttled. Expected available in 29 seconds."
        assert answer.headers["X-RateLimit-Remaining"] == "0"
        assert answer.headers["X-RateLimit-Reset"] == "29"
        assert answer.headers["Retry-After"] is None
        now[0] += 28
        assert "in 1 second." in refused(wire.call("GET", LIST), 429, "0000")
        now[0] += 0.5
        # The first of the three has left the window; the refused ones were never in it.
        assert wire.call("GET", LIST).status == 200
        assert wire.call("GET", LIST).status == 429


def test_only_requests_that_are_signed_well_count() -> None:
    with checked_sandbox(rate_limit=1) as sandbox:
        wire = Wire(sandbox)
        for _ in range(3):
            assert wire.call("GET", LIST, "", None, {"Signature": "x"}).status == 401
        # A request that the operation refuses counts.
        refused(wire.call("DELETE", DELETE, "userId=nobody"), 404, "1011")
        assert wire.call("GET", LIST).status == 429


def test_a_clock_that_is_set_back_starts_a_new_window() -> None:
    with checked_sandbox(rate_limit=1) as sandbox:
        wire = Wire(sandbox)
        assert wire.call("GET", LIST).status == 200
        sandbox.clock.shift(-1000)
        answer = wire.call("GET", LIST)
        assert answer.status == 200
        assert wire.call("GET", LIST).status == 429


def test_the_limit_is_exact_under_threads() -> None:
    with checked_sandbox(rate_limit=100) as sandbox:
        wire = Wire(sandbox)
        answers: list[Answer] = []

        def call() -> None:
            for _ in range(10):
                answers.append(wire.call("GET", LIST))  # noqa: PERF401 - seen by every thread

        threads = [threading.Thread(target=call) for _ in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    accepted = [answer for answer in answers if answer.status == 200]
    assert len(answers) == 320
    assert sorted(int(answer.headers["X-RateLimit-Remaining"]) for answer in accepted) == list(
        range(100)
    )
    assert {answer.status for answer in answers} == {200, 429}


def test_the_client_reads_the_limit() -> None:
    with Sandbox(rate_limit=1) as sandbox, sandbox.client(retries=0) as client:
        answer = client.authentication.list_snap_trade_users()
        assert (answer.rate_limit.limit, answer.rate_limit.remaining) == (1, 0)
        with pytest.raises(RateLimitError) as caught:
            client.authentication.list_snap_trade_users()
        assert 58 <= (caught.value.retry_after or 0) <= 60


def test_a_link_works_once(wire: Wire) -> None:
    uri = wire.call("POST", LOGIN, KNOWN).body["redirectURI"]
    assert uri != wire.call("POST", LOGIN, KNOWN).body["redirectURI"]
    assert open_link(wire, uri, "HEAD") == ""
    assert "is valid" in open_link(wire, uri)
    assert "has expired" in open_link(wire, uri)
    assert "has expired" in open_link(wire, uri[:-1])
    assert "has expired" in open_link(wire, uri.partition("?")[0])


def test_a_link_expires_after_five_minutes(wire: Wire, sandbox: Sandbox) -> None:
    links = [wire.call("POST", LOGIN, KNOWN).body["redirectURI"] for _ in range(3)]
    sandbox.clock.shift(298)
    assert "is valid" in open_link(wire, links[0])
    sandbox.clock.shift(2)
    assert "has expired" in open_link(wire, links[1])
    fresh = wire.call("POST", LOGIN, KNOWN).body["redirectURI"]
    assert "has expired" in open_link(wire, links[2])
    assert "is valid" in open_link(wire, fresh)


def test_a_deleted_users_link_is_gone(wire: Wire) -> None:
    other = wire.register("other")
    uri = wire.call("POST", LOGIN, KNOWN).body["redirectURI"]
    stays = wire.call("POST", LOGIN, f"userId=other&userSecret={other}").body["redirectURI"]
    wire.call("DELETE", DELETE, "userId=u1")
    assert "has expired" in open_link(wire, uri)
    assert "is valid" in open_link(wire, stays)
