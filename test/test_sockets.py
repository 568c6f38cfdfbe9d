"""Sockets that open in time or not at all."""

import errno
import socket
import time
from collections.abc import Generator
from contextlib import closing
from typing import Any

import pytest

from snaptrade_client.transport.sockets import TimedReader, Timer, open_socket, ran_out

from .ports import deaf_port, free_port, inet, port_of
from .raw import limits, takes
from .timers import Clock, started, timer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def listener() -> Generator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def resolved(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[Any, Any, tuple[Any, ...]]) -> None:
    """Let every name have these addresses: (family, kind, address)."""
    found = [(family, kind, 0, "", address) for family, kind, address in addresses]

    def look_up(*_: object, **__: object) -> list[Any]:
        return found

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


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
