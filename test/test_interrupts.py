"""What a signal handler raises in the middle of a call is the program's, and is not tried again."""

import ctypes
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Generator
from functools import partial
from typing import NoReturn

import pytest

from snaptrade_client import SnapTrade
from snaptrade_client.interrupts import is_from_a_signal, is_from_outside
from snaptrade_client.transport import Transport

from .raw import OK, Handler, Peer, RawServer, answering, configuration, get


class SoftTimeLimitExceeded(Exception):
    """As Celery has it: of a module of its own, and no OSError."""


def raise_in_a_function(_number: int, _frame: object) -> NoReturn:
    raise TimeoutError


def raise_with(_: str, __: str, _number: int, _frame: object) -> NoReturn:
    raise BrokenPipeError


def raise_once(number: int, _frame: object) -> NoReturn:
    signal.signal(number, signal.SIG_DFL)
    raise TimeoutError


class Alarm:
    def method(self, _number: int, _frame: object) -> NoReturn:
        raise SoftTimeLimitExceeded

    def __call__(self, _number: int, _frame: object) -> NoReturn:
        below()


def below() -> NoReturn:
    raise ConnectionResetError


HANDLERS: dict[str, tuple[Callable[[int, object], NoReturn], type[Exception]]] = {
    "a function": (raise_in_a_function, TimeoutError),
    "a method": (Alarm().method, SoftTimeLimitExceeded),
    "an object": (Alarm(), ConnectionResetError),
    "a partial": (partial(partial(raise_with, "x"), "y"), BrokenPipeError),
    "a function that puts itself away": (raise_once, TimeoutError),
}


@pytest.fixture
def alarm() -> Generator[None]:
    before = signal.getsignal(signal.SIGALRM)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def silent(peer: Peer) -> None:
    peer.request()
    peer.silence()


def half(peer: Peer) -> None:
    peer.request()
    peer.send(OK[:-1])
    peer.silence()


def garbage(peer: Peer) -> None:
    peer.request()
    peer.send(b"not HTTP\r\n")
    peer.silence()


@pytest.mark.usefixtures("alarm")
@pytest.mark.parametrize("handle", [silent, half, garbage])
@pytest.mark.parametrize(("handler", "kind"), HANDLERS.values(), ids=HANDLERS)
def test_it_ends_the_call_and_the_connection(
    handler: Callable[[int, object], NoReturn], kind: type[Exception], handle: Handler
) -> None:
    with RawServer(handle) as server, SnapTrade(configuration(server.url)) as client:
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(kind) as caught:
            client.authentication.list_snap_trade_users()
        assert type(caught.value) is kind
        assert len(server.peers) == 1
        assert server.ended(1)


@pytest.mark.usefixtures("alarm")
def test_it_ends_a_connection_that_is_being_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **__: object) -> list[object]:
        time.sleep(1)
        return []

    transport = Transport(configuration("http://slow.test", allow_insecure_http=True))
    monkeypatch.setattr(socket, "getaddrinfo", hang)
    signal.signal(signal.SIGALRM, raise_in_a_function)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    with pytest.raises(TimeoutError):
        get(transport)


def test_a_timeout_that_another_thread_raises_ends_the_call() -> None:
    caller = ctypes.c_ulong(threading.get_ident())

    def interrupt(peer: Peer) -> None:
        peer.request()
        ctypes.pythonapi.PyThreadState_SetAsyncExc(caller, ctypes.py_object(TimeoutError))
        # It strikes when the thread wakes up.
        peer.send(OK[:-1])
        peer.silence()

    with RawServer(interrupt) as server, SnapTrade(configuration(server.url)) as client:
        with pytest.raises(TimeoutError):
            client.authentication.list_snap_trade_users()
        assert len(server.peers) == 1


def test_what_the_network_raises_is_not_from_outside() -> None:
    for error in (TimeoutError(), ConnectionResetError(), ValueError(), OSError(5, "x")):
        with pytest.raises(type(error)) as caught:
            raise error
        assert not is_from_outside(caught.value)
        assert not is_from_a_signal(caught.value)
    assert is_from_outside(SoftTimeLimitExceeded())


@pytest.mark.usefixtures("alarm")
def test_it_passes_through_the_callback_for_metrics() -> None:
    def wait(_name: str, _attempt: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        time.sleep(5)

    signal.signal(signal.SIGALRM, Alarm().method)
    with (
        RawServer(answering(OK)) as server,
        SnapTrade(configuration(server.url)) as client,
        pytest.raises(SoftTimeLimitExceeded),
    ):
        client.with_options(on_attempt=wait).request("GET", "/x")


def test_a_program_that_never_loaded_signal_has_no_handlers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "signal")
    with pytest.raises(TimeoutError) as caught:
        raise_in_a_function(1, None)
    assert not is_from_a_signal(caught.value)
