"""Timers on a clock that is moved by hand, and sockets that open in time or not at all."""

import errno
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from snaptrade_client.exceptions import (
    ConnectTimeoutError,
    DeadlineExceededError,
    ReadTimeoutError,
    TransportError,
)
from snaptrade_client.transport import Limits
from snaptrade_client.transport.sockets import TimedReader, Timer, open_socket, ran_out

from .raw import limits, takes


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def timer(connect: float | None = 5.0, read: float | None = 15.0) -> Timer:
    """A timer on the real clock."""
    return Timer(limits(connect=connect, read=read), time.monotonic)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def started(
    clock: Clock, *, connect: float | None, read: float | None, deadline: float | None
) -> Timer:
    moment = None if deadline is None else clock.now + deadline
    return Timer(Limits(connect, read, moment, max_body_bytes=1, fresh=False), clock)


@pytest.mark.parametrize(
    ("connect", "read", "deadline", "connecting", "reading"),
    [
        (5.0, 15.0, 25.0, 5.0, 15.0),
        (5.0, 15.0, 3.0, 3.0, 3.0),
        (5.0, None, None, 5.0, None),
        (None, 15.0, None, None, 15.0),
        (None, 15.0, 10.0, 10.0, 10.0),
        (None, 15.0, 25.0, 25.0, 15.0),
        (None, None, None, None, None),
        (None, None, 25.0, 25.0, 25.0),
    ],
    ids=repr,
)
def test_a_wait_ends_at_the_nearest_limit(
    clock: Clock,
    connect: float | None,
    read: float | None,
    deadline: float | None,
    connecting: float | None,
    reading: float | None,
) -> None:
    timer = started(clock, connect=connect, read=read, deadline=deadline)
    assert timer.seconds() == connecting
    timer.connected()
    assert timer.seconds() == reading


def test_connecting_is_bounded_as_a_whole_and_reading_by_its_gaps(clock: Clock) -> None:
    timer = started(clock, connect=5, read=15, deadline=None)
    clock.now += 3
    assert timer.seconds() == 2
    timer.connected()
    clock.now += 100
    assert timer.seconds() == 15


def test_the_deadline_bounds_everything(clock: Clock) -> None:
    timer = started(clock, connect=5, read=15, deadline=25)
    timer.connected()
    clock.now += 24
    assert timer.seconds() == 1


@pytest.mark.parametrize("beyond", [0, 1])
@pytest.mark.parametrize(
    ("connect", "deadline", "connected", "expected"),
    [
        (5, 25, False, ConnectTimeoutError),
        (5, 5, False, DeadlineExceededError),
        (25, 5, False, DeadlineExceededError),
        (5, 25, True, DeadlineExceededError),
    ],
    ids=repr,
)
def test_no_wait_begins_when_there_is_no_time_left(
    clock: Clock,
    connect: float,
    deadline: float,
    connected: bool,
    expected: type[TransportError],
    beyond: float,
) -> None:
    timer = started(clock, connect=connect, read=15, deadline=deadline)
    if connected:
        timer.connected()
    clock.now += (deadline if connected else min(connect, deadline)) + beyond
    with pytest.raises(TimeoutError):
        timer.seconds()
    assert type(timer.failure()) is expected


def test_a_wait_that_ends_a_rounding_early_has_still_met_the_deadline(clock: Clock) -> None:
    timer = started(clock, connect=5, read=15, deadline=10)
    timer.connected()
    clock.now += 9.996
    assert isinstance(timer.failure(), DeadlineExceededError)
    clock.now -= 0.01
    assert isinstance(timer.failure(), ReadTimeoutError)


def test_a_silence_is_a_read_timeout(clock: Clock) -> None:
    timer = started(clock, connect=5, read=15, deadline=25)
    timer.connected()
    clock.now += 15
    assert isinstance(timer.failure(), ReadTimeoutError)


@pytest.fixture
def listener() -> Generator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def port_of(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port


@contextmanager
def deaf_port() -> Generator[int]:
    """A port that answers nothing: the queue of its listener is full, and nobody empties it."""
    with socket.socket() as listener, socket.socket() as first:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        first.connect(listener.getsockname())
        yield port_of(listener)


def resolved(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[Any, Any, tuple[Any, ...]]) -> None:
    """Let every name have these addresses: (family, kind, address)."""
    found = [(family, kind, 0, "", address) for family, kind, address in addresses]

    def look_up(*_: object, **__: object) -> list[Any]:
        return found

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def inet(port: int) -> tuple[Any, Any, tuple[Any, ...]]:
    return socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", port)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_open_socket_is_connected_and_armed(listener: socket.socket, host: str) -> None:
    with closing(open_socket(host, port_of(listener), timer(connect=5), ())) as sock:
        assert sock.getpeername() == listener.getsockname()
        timeout = sock.gettimeout()
        assert timeout is not None
        assert 4 < timeout <= 5


def test_socket_options_are_set(listener: socket.socket) -> None:
    option = (socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    with closing(open_socket("127.0.0.1", port_of(listener), timer(), [(*option, 1)])) as sock:
        assert sock.getsockopt(*option) == 1
    with closing(open_socket("127.0.0.1", port_of(listener), timer(), [])) as sock:
        assert sock.getsockopt(*option) == 0


def test_an_option_that_the_system_refuses_is_an_oserror(listener: socket.socket) -> None:
    with pytest.raises(OSError, match="Protocol not available"):
        open_socket("127.0.0.1", port_of(listener), timer(), [(socket.IPPROTO_TCP, 9999, 1)])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return port_of(listener)


def test_a_port_where_nobody_listens_refuses() -> None:
    with pytest.raises(ConnectionRefusedError):
        open_socket("127.0.0.1", free_port(), timer(), ())


def test_the_next_address_is_tried_where_one_refuses(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolved(monkeypatch, inet(free_port()), inet(port_of(listener)))
    open_socket("two.test", 80, timer(), ()).close()


def test_the_next_address_is_tried_where_the_machine_lacks_a_family(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a machine without IPv6 does whose resolver knows IPv6 addresses."""
    odd = (socket.AF_APPLETALK, socket.SOCK_SEQPACKET, ("127.0.0.1", 1))
    resolved(monkeypatch, odd, inet(port_of(listener)))
    open_socket("two.test", 80, timer(), ()).close()
    resolved(monkeypatch, odd)
    with pytest.raises(OSError, match="not supported") as caught:
        open_socket("one.test", 80, timer(), ())
    assert caught.value.errno in (errno.EAFNOSUPPORT, errno.ESOCKTNOSUPPORT)


def test_the_last_addresss_failure_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved(monkeypatch, inet(free_port()), (socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 0)))  # noqa: S104
    with pytest.raises(OSError, match=r".") as last:
        open_socket("two.test", 80, timer(), ())
    resolved(monkeypatch, inet(free_port()))
    with pytest.raises(ConnectionRefusedError):
        open_socket("one.test", 80, timer(), ())
    assert last.value.errno


def test_a_name_without_addresses_is_an_oserror(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved(monkeypatch)
    with pytest.raises(OSError, match="the name has no address"):
        open_socket("none.test", 80, timer(), ())


def test_all_addresses_together_have_the_connect_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    with deaf_port() as port:
        resolved(monkeypatch, inet(port), inet(port), inet(port))
        with takes(0.15), pytest.raises(TimeoutError) as caught:
            open_socket("three.test", 80, timer(connect=0.15), ())
    assert ran_out(caught.value)


def test_an_address_that_swallows_packets_leaves_time_for_the_next(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    with deaf_port() as port:
        resolved(monkeypatch, inet(port), inet(port_of(listener)))
        with takes(2):
            open_socket("two.test", 80, timer(connect=4), ()).close()


@pytest.mark.parametrize(
    ("seconds", "addresses", "share"),
    [(9.0, 3, 3.0), (9.0, 1, 9.0), (5.0, 4, 2.0), (1.0, 2, 1.0), (None, 2, None)],
)
def test_an_addresss_share_is_of_use(
    clock: Clock, seconds: float | None, addresses: int, share: float | None
) -> None:
    """Half a second would be too short for a far service; at the end all that is left is used."""
    waits: list[float | None] = []

    class Recording(socket.socket):
        def settimeout(self, value: float | None) -> None:
            waits.append(value)

    address = (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", free_port()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "socket", Recording)
        resolved(patch, *[address] * addresses)
        with pytest.raises(ConnectionRefusedError):
            open_socket("x.test", 80, started(clock, connect=seconds, read=1, deadline=None), ())
    assert waits[0] == share
    assert waits[-1] == seconds


def test_the_systems_own_timeout_is_an_addresss_failure(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes before ours where ours is long or off; the next address may still answer."""
    impatient = [(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 50)]
    with deaf_port() as port:
        resolved(monkeypatch, inet(port), inet(port_of(listener)))
        open_socket("two.test", 80, timer(connect=None), impatient).close()
    assert not ran_out(TimeoutError(errno.ETIMEDOUT, "Connection timed out"))


def test_an_interrupt_closes_the_socket(listener: socket.socket) -> None:
    class Interrupting(Timer):
        asked = 0

        def seconds(self) -> float | None:
            self.asked += 1
            if self.asked > 1:  # the first time is for the name
                raise KeyboardInterrupt
            return 5.0

    with pytest.raises(KeyboardInterrupt):
        open_socket("127.0.0.1", port_of(listener), Interrupting(limits(), time.monotonic), ())


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


def test_a_reader_can_be_closed_twice() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"ab")
        reader = TimedReader(ours, timer())
        assert reader.read(1) == b"a"
        assert reader.leftover() == b"b"
        theirs.sendall(b"c")
        assert reader.leftover() == b"b"
        reader.close()
        reader.close()
