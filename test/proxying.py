"""A proxy on the loopback address, small enough to be told what to answer.

Strategy: it is a handler of `RawServer`. It records what it is asked for, answers CONNECT as it was
told, and then carries bytes to the one server that stands behind it, whatever host was named.
"""

import select
import socket
import ssl

from .raw import Peer

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class Proxy:
    """Answers each request's head with `answer`, then carries bytes to and from `port`.

    Without `tunnel`, the request itself is what it carries on.
    """

    def __init__(self, port: int, answer: bytes = ESTABLISHED, *, tunnel: bool = True) -> None:
        self.heads: list[bytes] = []
        self._port = port
        self._answer = answer
        self._tunnel = tunnel

    def __call__(self, peer: Peer) -> None:
        head = peer.request()
        self.heads.append(head)
        if self._tunnel:
            peer.send(self._answer)
            if b" 200 " not in self._answer.partition(b"\r\n")[0]:
                peer.silence()
                return
        with socket.create_connection(("127.0.0.1", self._port)) as service:
            if not self._tunnel:
                service.sendall(head)
            carry(peer.sock, service)


def carry(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways until an end closes; on one thread, as a TLS socket wants it."""
    target = {one: other, other: one}
    while True:
        decrypted = [end for end in target if isinstance(end, ssl.SSLSocket) and end.pending()]
        for source in decrypted or select.select(target, [], [])[0]:
            data = source.recv(65536)
            if not data:
                return
            target[source].sendall(data)
