"""The resolution of names: in time, left behind where it hangs, and not needed for an address."""

import signal
import socket
import threading
import time
from collections.abc import Callable, Generator
from typing import Any, NoReturn

import pytest

from snaptrade_client.transport.sockets import open_socket

from .ports import deaf_port, inet, port_of
from .raw import takes
from .timers import timer


@pytest.fixture
def listener() -> Generator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def resolver(monkeypatch: pytest.MonkeyPatch, function: Callable[[], list[Any]]) -> list[str]:
    """Replace name resolution; the list gets the names of the threads that it is called on."""
    threads: list[str] = []

    def getaddrinfo(*_: object, **__: object) -> list[Any]:
        threads.append(threading.current_thread().name)
        return function()

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return threads


def test_a_name_that_does_not_resolve_raises_what_the_resolver_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    resolver(monkeypatch, fail)
    with pytest.raises(socket.gaierror):
        open_socket("nobody.test", 80, timer(), ())


@pytest.mark.parametrize("host", ["x" * 64 + ".test", "a..test"])
def test_a_label_that_no_name_can_have_is_not_found(host: str) -> None:
    with pytest.raises(socket.gaierror):
        open_socket(host, 80, timer(), ())


def test_a_name_that_is_not_ascii_is_a_unicode_error() -> None:
    with pytest.raises(UnicodeError):
        open_socket("b\xfccher.test", 80, timer(), ())


@pytest.mark.parametrize("host", ["256.256.256.256", "1.2.3", "::g"])
def test_what_only_looks_like_an_address_is_resolved_in_time(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    threads = resolver(monkeypatch, list)
    with pytest.raises(OSError, match="no address"):
        open_socket(host, 80, timer(), ())
    assert threads != [threading.current_thread().name]


def test_a_resolver_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def hang() -> list[Any]:
        release.wait(5)
        return []

    threads = resolver(monkeypatch, hang)
    try:
        with takes(0.1), pytest.raises(TimeoutError):
            open_socket("slow.test", 80, timer(connect=0.1), ())
        helper = next(one for one in threading.enumerate() if one.name == threads[0])
        assert helper.daemon, "it would hold up the program's end"
    finally:
        release.set()
    helper.join(5)


def test_resolving_and_connecting_share_the_connect_timeout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with deaf_port() as port:

        def slow() -> list[Any]:
            time.sleep(0.1)
            return [(*inet(port)[:2], 0, "", inet(port)[2])]

        resolver(monkeypatch, slow)
        with takes(0.2), pytest.raises(TimeoutError):
            open_socket("slow.test", 80, timer(connect=0.2), ())


def test_what_a_signal_raises_is_not_taken_for_the_failure_of_an_address(
    monkeypatch: pytest.MonkeyPatch, listener: socket.socket
) -> None:
    def ring(_number: int, _frame: object) -> NoReturn:
        raise TimeoutError

    with deaf_port() as deaf:
        both = [inet(deaf), inet(port_of(listener))]
        resolver(monkeypatch, lambda: [(*way[:2], 0, "", way[2]) for way in both])
        before = signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        try:
            with takes(0.1), pytest.raises(TimeoutError):
                open_socket("two.test", 80, timer(), ())
        finally:
            signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_address_needs_no_thread(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    threads = resolver(monkeypatch, list)
    with pytest.raises(OSError, match="no address"):
        open_socket(host, 80, timer(), ())
    assert threads == [threading.current_thread().name]


def test_a_name_is_resolved_where_no_thread_starts_any_more(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As while the interpreter shuts down."""

    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", start)
    open_socket("localhost", port_of(listener), timer(), ()).close()
