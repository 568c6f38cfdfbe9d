"""A sandbox whose judgement of signatures is compared with the tests' own."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from snaptrade_client.sandbox import Sandbox

from .signature import accepted


@contextmanager
def checked_sandbox(**options: Any) -> Generator[Sandbox]:
    """Runs a sandbox; at the end, every verdict of it must be the second implementation's too."""
    with Sandbox(**options) as sandbox:
        yield sandbox
    for request in sandbox.requests:
        if request.signature_accepted is None:
            continue
        verdict = accepted(
            request.path,
            request.query,
            request.body,
            sandbox.consumer_key,
            request.signature or "",
        )
        assert request.signature_accepted is verdict, (request.method, request.target)
