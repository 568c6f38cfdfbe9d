"""What runs out: the rate limit of the sandbox, and its portal links."""

import threading
from collections.abc import Generator
from http.client import HTTPConnection

import pytest

from snaptrade_client.exceptions import ApiValueError, RateLimitError
from snaptrade_client.sandbox import Sandbox
from snaptrade_client.sandbox.rate_limit import Allowance, RateLimit

from .sandboxed import checked_sandbox
from .wire import DELETE, LIST, LOGIN, Wire, open_link, refused

KNOWN = "userId=u1&userSecret=s1"
WORKS = "Choose your brokerage"


@pytest.fixture
def sandbox() -> Generator[Sandbox]:
    with checked_sandbox(users={"u1": "s1"}) as sandbox:
        yield sandbox


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


def test_a_small_step_back_does_not_keep_places_taken() -> None:
    now = [1000.0]
    limit = RateLimit(3, lambda: now[0])
    for moment in (1000.0, 1030.0, 1001.0):
        now[0] = moment
        assert limit.take().allowed
    # What was counted at 1030 was of no minute of this clock; the others are in order.
    assert limit.peek().remaining == 1
    now[0] = 1060.0
    assert (limit.peek().remaining, limit.peek().reset) == (2, 1)
    now[0] = 1061.0
    assert limit.peek().remaining == 3


def test_the_limit_can_be_set_and_forgotten() -> None:
    now = [1000.0]
    limit = RateLimit(5, lambda: now[0])
    for _ in range(4):
        limit.take()
        now[0] += 10
    limit.limit = 2
    # Two of the four have to leave until there is a place: the second does at 1070.
    assert limit.take() == Allowance(allowed=False, limit=2, remaining=0, reset=40)
    limit.limit = 5
    assert limit.take() == Allowance(allowed=True, limit=5, remaining=0, reset=20)
    limit.reset()
    assert limit.peek() == Allowance(allowed=True, limit=5, remaining=5, reset=0)
    with pytest.raises(ApiValueError, match="rate_limit must be from 1"):
        limit.limit = 0
    assert limit.limit == 5


def test_2000_requests_beyond_the_limit_by_32_threads_are_counted_exactly() -> None:
    """Over kept connections, within one minute: each is answered, and the limit's number taken."""
    threads, limit, total = 32, 250, 2250
    now = 1_700_000_000.0
    answers: list[tuple[int, str, str]] = []
    start = threading.Barrier(threads)
    with Sandbox(clock=lambda: now, rate_limit=limit) as sandbox:
        wire = Wire(sandbox)
        target = wire.target(LIST)
        headers = {"Signature": wire.sign(target)}

        def call(count: int) -> None:
            connection = HTTPConnection("127.0.0.1", wire.port, timeout=30)
            start.wait()
            for _ in range(count):
                connection.request("GET", target, headers=headers)
                answer = connection.getresponse()
                answer.read()
                told = answer.headers
                answers.append(
                    (answer.status, told["X-RateLimit-Remaining"], told["X-RateLimit-Reset"])
                )
            connection.close()

        counts = [total // threads + (number < total % threads) for number in range(threads)]
        workers = [threading.Thread(target=call, args=(count,)) for count in counts]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert sandbox.rate_limit.peek().remaining == 0
    accepted = [answer for answer in answers if answer[0] == 200]
    throttled = [answer for answer in answers if answer[0] == 429]
    assert (len(answers), len(accepted), len(throttled)) == (total, limit, total - limit)
    # Each of the places was given once.
    assert sorted(int(remaining) for _, remaining, _ in accepted) == list(range(limit))
    assert {(remaining, reset) for _, remaining, reset in throttled} == {("0", "60")}


def test_the_client_reads_the_limit() -> None:
    with Sandbox(rate_limit=1) as sandbox, sandbox.client(retries=0) as client:
        answer = client.authentication.list_snap_trade_users()
        assert (answer.rate_limit.limit, answer.rate_limit.remaining) == (1, 0)
        with pytest.raises(RateLimitError) as caught:
            client.authentication.list_snap_trade_users()
        assert 58 <= (caught.value.retry_after or 0) <= 60


def test_links_differ_and_only_whole_ones_work(wire: Wire) -> None:
    uri = wire.call("POST", LOGIN, KNOWN).body["redirectURI"]
    assert uri != wire.call("POST", LOGIN, KNOWN).body["redirectURI"]
    assert open_link(wire, uri, "HEAD") == ""
    assert WORKS in open_link(wire, uri)
    assert "has expired" in open_link(wire, uri[:-1])
    assert "has expired" in open_link(wire, uri.partition("?")[0])


def test_a_link_expires_after_five_minutes() -> None:
    now = [1_000_000.0]
    with checked_sandbox(users={"u1": "s1"}, clock=lambda: now[0]) as sandbox:
        wire = Wire(sandbox)
        links = [wire.call("POST", LOGIN, KNOWN).body["redirectURI"] for _ in range(3)]
        now[0] += 299.5
        assert WORKS in open_link(wire, links[0])
        now[0] += 0.5
        assert "has expired" in open_link(wire, links[1])
        fresh = wire.call("POST", LOGIN, KNOWN).body["redirectURI"]
        assert "has expired" in open_link(wire, links[2])
        assert WORKS in open_link(wire, fresh)


def test_a_deleted_users_link_is_gone(wire: Wire) -> None:
    other = wire.register("other")
    uri = wire.call("POST", LOGIN, KNOWN).body["redirectURI"]
    stays = wire.call("POST", LOGIN, f"userId=other&userSecret={other}").body["redirectURI"]
    wire.call("DELETE", DELETE, "userId=u1")
    assert "has expired" in open_link(wire, uri)
    assert WORKS in open_link(wire, stays)
