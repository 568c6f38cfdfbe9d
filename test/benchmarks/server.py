"""A small fast server in a process of its own: keep-alive, plain or TLS, the same few answers.

`server.py IDS [CERTIFICATE KEY]` prints its port and serves until its standard input ends; with a
certificate and its key it speaks TLS. A listing has so many ids, and a tenth under a path with
`/tenth/` in it.
"""

import json
import socket
import ssl
import sys
import threading

HEAD = (
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: application/json\r\n"
    "Date: Tue, 24 Nov 2026 12:00:00 GMT\r\n"
    "X-Request-ID: 0123456789abcdef0123456789abcdef\r\n"
    "X-RateLimit-Limit: 250\r\n"
    "X-RateLimit-Remaining: 249\r\n"
    "X-RateLimit-Reset: 60\r\n"
    "Content-Length: {}\r\n\r\n"
)
LINK = {"redirectURI": "https://app.example/redeem?token=" + "t" * 40, "sessionId": "5" * 36}


def _answer(value: object) -> bytes:
    body = json.dumps(value).encode()
    return HEAD.format(len(body)).encode() + body


def _listing(ids: int) -> bytes:
    return _answer([f"user-{number:031d}" for number in range(ids)])


def _serve(connection: socket.socket, login: bytes, listing: bytes, tenth: bytes) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    received = b""
    while True:
        while b"\r\n\r\n" not in received:
            data = connection.recv(65536)
            if not data:
                return
            received += data
        head, _, received = received.partition(b"\r\n\r\n")
        _, _, length = head.lower().partition(b"\r\ncontent-length:")
        expected = int(length.partition(b"\r\n")[0]) if length else 0
        while len(received) < expected:
            received += connection.recv(65536)
        received = received[expected:]
        line = head.partition(b"\r\n")[0]
        if b"/listUsers" in line:
            connection.sendall(tenth if b"/tenth/" in line else listing)
        else:
            connection.sendall(login)


def main() -> None:
    """Serve until the standard input ends."""
    ids = int(sys.argv[1])
    answers = _answer(LINK), _listing(ids), _listing(ids // 10)
    context = None
    if sys.argv[2:]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*sys.argv[2:])
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    print(listener.getsockname()[1], flush=True)

    def accept() -> None:
        while True:
            connection = listener.accept()[0]
            if context:
                connection = context.wrap_socket(connection, server_side=True)
            threading.Thread(target=_serve, args=(connection, *answers), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
