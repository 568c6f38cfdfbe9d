"""The vendor's SDK, 10.33.3, and this one live through the same life in the sandbox.

Strategy: one program, `life.py`, is run twice, each time against a sandbox of its own: by the
Python of the vendor's environment, VENDOR_PYTHON, and by this one. What the two sandboxes recorded
and what the two programs were given must be the same, but for what is random, what is time, and
who sent it; bodies are compared as JSON. `tox run -e peer` runs this file.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from snaptrade_client.sandbox import RecordedRequest, Sandbox

from ..sandboxed import checked_sandbox

OPERATIONS = ["register", "register", "list", "login", "login", "jwt", "delete", "delete", "list"]
TURNS = list(enumerate(OPERATIONS))
# What says who sent a request, or follows from a time, a port or a secret; and the length of a
# body, since the two write the same JSON differently: ours is the canonical form, which is signed.
OWN = {"content-length", "host", "signature", "user-agent"}
_RANDOM = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<=timestamp=)[0-9]+"
    r"|(?<=127\.0\.0\.1:)[0-9]+|(?<=token=)[\w-]+"
)
_SEALED = re.compile(r'("(?:encryptedSharedKey|encryptedMessage|tag|nonce)": )"[^"]+"')


class Life(NamedTuple):
    """What a sandbox recorded and kept, and what the program was given."""

    requests: list[RecordedRequest]
    webhooks: list[tuple[str, str]]
    answers: list[list[Any]]


def live(python: str, **environment: str) -> Life:
    """Run the program against a new sandbox."""
    key = rsa.generate_private_key(65537, 2048).public_key()
    with checked_sandbox() as sandbox:
        given = {
            "client": {
                "consumer_key": sandbox.consumer_key,
                "client_id": sandbox.client_id,
                "host": sandbox.url,
            },
            "rsa_public_key": key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode(),
        }
        done = subprocess.run(
            [python, "-P", str(Path(__file__).with_name("life.py"))],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
            env={"PYTHONIOENCODING": "utf-8", **environment},
        )
        assert done.returncode == 0, done.stderr
        return Life(list(sandbox.requests), told(sandbox), json.loads(done.stdout))


def told(sandbox: Sandbox) -> list[tuple[str, str]]:
    """What the app would have been told, once the deletions are through."""
    sandbox.clock.shift(60)
    assert sandbox.settle()
    assert not sandbox.users
    return [(webhook.event_type, webhook.user_id) for webhook in sandbox.webhooks]


@pytest.fixture(scope="module")
def lives() -> tuple[Life, Life]:
    """The vendor's, and ours."""
    path = os.environ.get("PYTHONPATH", "")
    return live(os.environ["VENDOR_PYTHON"]), live(sys.executable, PYTHONPATH=path)


def neutral(text: str) -> str:
    """A text without what is random, or time; of what is encrypted, the names remain."""
    return _SEALED.sub(r'\1"*"', _RANDOM.sub("*", text))


def without(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers, but for those that say who sent them."""
    lowered = {name.lower(): value for name, value in headers.items()}
    return {name: value for name, value in lowered.items() if name not in OWN}


def seen(request: RecordedRequest) -> tuple[Any, ...]:
    """All that the sandbox could tell the two apart by."""
    body = json.loads(request.body or "null")
    if body and "rsaPublicKey" in body:
        body["rsaPublicKey"] = body["rsaPublicKey"].partition(" ")[0]
    return (
        request.operation,
        request.method,
        neutral(request.target),
        without(request.headers),
        body,
        request.content_type,
        request.status,
        request.signature_accepted,
        request.fault,
        request.diagnosis,
    )


def test_both_live_through_it(lives: tuple[Life, Life]) -> None:
    for life in lives:
        assert [request.operation for request in life.requests] == OPERATIONS
        assert [request.status for request in life.requests] == [200] * len(OPERATIONS)
        assert all(request.signature_accepted for request in life.requests)


@pytest.mark.parametrize(("turn", "operation"), TURNS)
def test_the_sandbox_can_not_tell_their_requests_apart(
    lives: tuple[Life, Life], turn: int, operation: str
) -> None:
    vendors, ours = (seen(life.requests[turn]) for life in lives)
    assert ours == vendors
    assert ours[0] == operation


@pytest.mark.parametrize(("turn", "operation"), TURNS)
def test_both_are_given_the_same(lives: tuple[Life, Life], turn: int, operation: str) -> None:
    vendors, ours = (neutral(json.dumps(life.answers[turn])) for life in lives)
    assert ours == vendors
    assert ours.startswith("[200, "), operation


def test_their_users_leave_the_same_trace(lives: tuple[Life, Life]) -> None:
    vendors, ours = lives
    assert ours.webhooks == vendors.webhooks
    assert len(ours.webhooks) == 4


def test_only_the_user_agent_says_who_it_was(lives: tuple[Life, Life]) -> None:
    for mine, others in zip(*(life.requests for life in lives), strict=True):
        names = [sorted(name.lower() for name in each.headers) for each in (mine, others)]
        assert names[0] == names[1]
        assert mine.headers["User-Agent"] != others.headers["User-Agent"]
