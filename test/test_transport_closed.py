"""What a transport leaves behind when it is closed or let go of: nothing."""

import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from snaptrade_client import ApiValueError
from snaptrade_client.transport import Transport

from .raw import (
    OK,
    Peer,
    RawServer,
    answering,
    closing_after,
    configuration,
    error_of,
    failure_of,
    get,
    in_turn,
)
from .test_transport import CHUNKED, forever, head


def test_close_ends_idle_connections_and_spares_busy_ones() -> None:
    asked, go = threading.Event(), threading.Event()

    def busy(peer: Peer) -> None:
        peer.request()
        asked.set()
        go.wait(5)
        peer.send(OK)
        peer.silence()

    with RawServer(in_turn(answering(OK), busy)) as server, ThreadPoolExecutor() as pool:
        transport = server.transport()
        get(transport)
        server.peers[0].send(b"x")  # so that the next call needs another connection
        call = pool.submit(get, transport)
        assert asked.wait(5)
        transport.close()
        transport.close()
        go.set()
        assert call.result(5).data == b"{}"
        assert server.ended(2)


def test_close_ends_an_idle_connection_at_once() -> None:
    with RawServer(forever) as server:
        transport = server.transport()
        get(transport)
        transport.close()
        assert server.ended(1)


def test_a_closed_transport_says_so() -> None:
    with RawServer(forever) as server:
        transport = server.transport()
        transport.close()
        error = error_of(lambda: get(transport))
        assert isinstance(error, ApiValueError)
        assert str(error) == "this client is closed: make another, or close it later"
    assert server.peers == []


def test_a_transport_that_is_let_go_of_closes_its_connections() -> None:
    """Without a ResourceWarning, which the test run would turn into a failure."""
    with RawServer(forever) as server:
        transport = Transport(configuration(server.url))
        get(transport)
        assert not server.peers[0].ended.is_set()
        del transport
        gc.collect()
        assert server.ended(1)


def descriptors() -> int:
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


def test_no_descriptor_is_left() -> None:
    """After good answers, bad ones, and answers that close, each kept by its exception."""
    answers = (
        OK,
        head("Connection: close", length=9) + b"{}",
        b"garbage\r\n",
        CHUNKED + b"\r\nx\r\n",
    )
    kept: list[Exception] = []
    with RawServer(in_turn(*[closing_after(answer) for answer in answers], forever)) as server:
        before = descriptors()
        transport = Transport(configuration(server.url))
        get(transport, fresh=True)
        kept.extend(failure_of(lambda: get(transport)) for _ in answers[1:])
        get(transport)
        assert all(server.ended(number + 1) for number in range(len(answers)))
        transport.close()
        assert server.ended(len(answers) + 1)
        assert descriptors() == before
    assert len(kept) == 3
