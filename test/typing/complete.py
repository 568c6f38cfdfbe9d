"""What an editor offers: pyright's language server is asked at each place that is marked.

Strategy: a program, for `tox run -e types`. Each line of `CODE` has its place marked with `|`, and
what must be offered there in its comment; nothing else may be.
"""

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
HEAD = """
from snaptrade_client import ApiException, SnapTrade
from snaptrade_client.types import ConnectionType, RegisterBody
def program(client: SnapTrade, error: ApiException) -> None:
    api = client.authentication
    """
CODE = """
api.login_snap_trade_user(connection_type="|")  # read trade trade-if-available
access: ConnectionType = "|"  # read trade trade-if-available
fields: RegisterBody = {"|"}  # userId user_id rsaPublicKey rsa_public_key
api.register_snap_trade_user(user_id="u").body["|"]  # userId user_id userSecret user_secret
api.delete_snap_trade_user("u").body["|"]  # status userId user_id detail
error.outcome == "|"  # not_sent rejected unknown
"""


class Server:
    """pyright's language server, which speaks JSON over its standard streams."""

    def __init__(self) -> None:
        self._number = 0

    def __enter__(self) -> Self:
        command = [str(Path(sys.executable).with_name("pyright-langserver")), "--stdio"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._timer = threading.Timer(60, self._process.kill)
        self._timer.start()
        folders = [{"uri": ROOT.as_uri(), "name": "checkout"}]
        self.ask("initialize", processId=None, capabilities={}, workspaceFolders=folders)
        self.send(method="initialized", params={})
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._process.kill()
        self._process.communicate()

    def send(self, **message: Any) -> None:
        """Send a message."""
        assert self._process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def ask(self, method: str, **parameters: Any) -> Any:
        """Send a request, and give its result."""
        self._number += 1
        self.send(id=self._number, method=method, params=parameters)
        while True:
            message = self._receive()
            if "method" not in message:
                assert message["id"] == self._number, message
                return message["result"]
            if "id" in message:
                # What it wants to know of the editor: there are no settings.
                items = message.get("params", {}).get("items", ())
                self.send(id=message["id"], result=[{} for _ in items])

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        message: dict[str, Any] = json.loads(self._process.stdout.read(length))
        return message


def offered(server: Server, number: int, line: str) -> list[str]:
    """What is offered at the mark in a line, in a file of its own that is nowhere on disk."""
    before, _, after = (HEAD + line).partition("|")
    document = {"uri": (ROOT / "test" / "typing" / f"offered_{number}.py").as_uri()}
    opened = document | {"languageId": "python", "version": 1, "text": before + after}
    server.send(method="textDocument/didOpen", params={"textDocument": opened})
    place = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
    found = server.ask("textDocument/completion", textDocument=document, position=place)
    return [item["label"].strip('"') for item in found["items"]]


def main() -> None:
    """Ask everywhere."""
    with Server() as server:
        for number, line in enumerate(CODE.strip().splitlines()):
            code, _, wanted = line.partition("  # ")
            found = offered(server, number, code)
            assert found == wanted.split(), (code, found)
            print(code, "offers", *found)


if __name__ == "__main__":
    main()
