"""A registration's answer that is longer than it says: the rest, with the secret, is kept."""

import pytest

from snaptrade_client import RegistrationOutcomeUnknown, SnapTrade
from snaptrade_client.transport.exchange import PATIENCE

from .raw import OK, Peer, RawServer, configuration, failure_of, get, takes

BODY = b'{"userId": "u1", "userSecret": "the-one"}'


def later(length: int, status: str = "200 OK") -> RawServer:
    """A server whose answer's end comes in a segment of its own, after what Content-Length says."""

    def handle(peer: Peer) -> None:
        peer.request()
        head = f"HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n".encode()
        peer.send(head + BODY[:length])
        if not peer.gone(0.1):
            peer.send(BODY[length:])
            peer.silence()

    return RawServer(handle)


@pytest.mark.parametrize("length", [0, 10, len(BODY) - 1])
def test_the_rest_of_an_answer_that_is_too_long_is_kept(length: int) -> None:
    with later(length) as server, SnapTrade(configuration(server.url)) as client:
        failure = failure_of(lambda: client.authentication.register_snap_trade_user(user_id="u1"))
        assert len(server.peers) == 1
    assert isinstance(failure, RegistrationOutcomeUnknown)
    assert failure.data == BODY


def test_the_rest_is_not_waited_for_longer_than_the_patience() -> None:
    with later(10) as server, takes(PATIENCE):
        answer = get(server.transport(), patient=True)
    assert answer.data + answer.surplus == BODY


def test_the_rest_is_not_waited_for_beyond_the_deadline() -> None:
    with later(10) as server, takes(0.3):
        get(server.transport(), patient=True, deadline=0.3)


@pytest.mark.parametrize(
    ("length", "status", "patient"),
    [
        pytest.param(len(BODY), "200 OK", True, id="whole"),
        pytest.param(10, "502 Bad Gateway", True, id="an error"),
        pytest.param(10, "200 OK", False, id="another operation"),
    ],
)
def test_nothing_is_waited_for_elsewhere(length: int, status: str, patient: bool) -> None:
    with later(length, status) as server, takes(0):
        answer = get(server.transport(), fresh=True, patient=patient)
    assert answer.surplus == b""


def test_a_whole_answer_needs_no_patience() -> None:
    with RawServer(lambda peer: peer.send(OK) if peer.request() else None) as server, takes(0):
        assert get(server.transport(), patient=True).data == b"{}"
