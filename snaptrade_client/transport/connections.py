"""Connections: urllib3's, made to obey a timer.

Strategy: urllib3's connection classes are public, and do what is theirs: TLS, and TLS inside TLS.
`_new_conn` and `_tunnel` are the protected hooks that are needed, the first as urllib3's own SOCKS
support needs it. Requests are written and answers read by `exchange`, not by http.client.
"""

from __future__ import annotations

import os
import ssl
import sys
from socket import socket
from typing import Any

import urllib3.connection

from snaptrade_client.transport.head import read_head
from snaptrade_client.transport.sockets import TimedReader, Timer, open_socket
from snaptrade_client.transport.tls import ProxySocket

# TLS inside TLS encrypts what it is given in one go; between two slices the time is looked at.
_SLICE = 256 * 1024


class TunnelRefusedError(Exception):
    """A proxy's answer to CONNECT that is not 2xx."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Connection(urllib3.connection.HTTPConnection):
    """A connection of urllib3 whose every wait obeys a timer."""

    timer: Timer
    # The request for a tunnel, where there is to be one.
    connect_request: bytes = b""

    def _new_conn(self) -> socket:
        sys.audit("http.client.connect", self, self.host, self.port)
        return open_socket(self.host, self.port, self.timer, self.socket_options or ())

    def send(self, data: Any) -> None:
        """Send bytes, each write armed anew."""
        view = memoryview(data)
        while view:
            self.timer.arm(self.sock)
            view = view[self.sock.send(view[:_SLICE]) :]

    def is_clean(self) -> bool:
        """Say whether nothing arrived since the last answer: bytes, or the connection's end."""
        # A TLS socket inside another can't tell what it has buffered.
        buffered = isinstance(self.sock, ssl.SSLSocket) and self.sock.pending()
        return self.is_connected and not buffered

    def can_be_kept(self) -> bool:
        """Say whether this kind of socket can be told to be clean at all."""
        return isinstance(self.sock, socket)

    def abandon(self) -> None:
        """Close this process's copy of the socket without a word to the other side."""
        if self.can_be_kept():
            descriptor = self.sock.detach()
            if descriptor >= 0:
                os.close(descriptor)


class TlsConnection(Connection, urllib3.connection.HTTPSConnection):
    """The same over TLS."""

    def _tunnel(self) -> None:
        """Ask the proxy for the tunnel that urllib3 then speaks TLS in."""
        if isinstance(self.sock, ProxySocket):
            self.sock.timer = self.timer
        self.send(self.connect_request)
        with TimedReader(self.sock, self.timer) as reader:
            head = read_head(reader)
            if not 200 <= head.status <= 299:
                raise TunnelRefusedError(head.status)
            # No byte of the service's can have come before the handshake has begun.
            if reader.leftover():
                raise TunnelRefusedError(502)
        # For the handshake with the service, which comes next.
        self.sock.settimeout(self.timer.seconds())
