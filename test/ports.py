"""Ports of the loopback address: one that listens, one where nobody does, one that is deaf."""

import socket
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any


def port_of(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port


def free_port() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return port_of(listener)


@contextmanager
def deaf_port() -> Generator[int]:
    """A port that answers nothing: the queue of its listener is full, and nobody empties it."""
    with socket.socket() as listener, socket.socket() as first:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        first.connect(listener.getsockname())
        yield port_of(listener)


def inet(port: int) -> tuple[Any, Any, tuple[Any, ...]]:
    """Family, kind and address of a port."""
    return socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", port)
