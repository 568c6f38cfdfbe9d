"""The program of docs/reliability.md that recovers from an unknown outcome, where it has to."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from snaptrade_client import SnapTrade

from .recording import RecordingServer, Reply

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reliability.md"
LOST = b""
REGISTERED = Reply(body={"userId": "u1", "userSecret": "s3cr3t"})
DELETED = Reply(body={"status": "deleted", "userId": "u1"})
GONE = Reply(status=404, body={"detail": "not found", "code": "1011", "status_code": 404})

Register = Callable[[SnapTrade, str, Callable[[str], object]], str]


def program() -> Register:
    """The function of the page, byte for byte."""
    blocks = re.findall(
        r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    (block,) = [block for block in blocks if "def register(" in block]
    names: dict[str, Any] = {"__name__": "page"}
    exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102 - the page's own program
    return cast("Register", names["register"])


@pytest.mark.parametrize(
    ("answers", "sent", "waits"),
    [
        ([REGISTERED], ["registerUser"], 0),
        ([LOST, Reply(body=[]), REGISTERED], ["registerUser", "listUsers", "registerUser"], 0),
        (
            [LOST, Reply(body=["u1"]), DELETED, REGISTERED],
            ["registerUser", "listUsers", "deleteUser", "registerUser"],
            1,
        ),
        (
            [LOST, Reply(body=["u1"]), GONE, REGISTERED],
            ["registerUser", "listUsers", "deleteUser", "registerUser"],
            1,
        ),
    ],
    ids=["nothing lost", "never arrived", "it did happen", "being deleted already"],
)
def test_the_secret_is_had_in_the_end(
    server: RecordingServer,
    client: SnapTrade,
    answers: list[Reply | bytes],
    sent: list[str],
    waits: int,
) -> None:
    server.answer(*answers)
    waited: list[str] = []
    assert program()(client, "u1", waited.append) == "s3cr3t"
    assert [request.path.rpartition("/")[2] for request in server.requests] == sent
    assert waited == ["u1"] * waits
