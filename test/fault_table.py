"""The table of faults in docs/faults.md: what the client makes of each, measured.

Strategy: a row is a call, a fault and how often it strikes. `measure` lets a client meet it, in a
sandbox that is told by a function: of this process, or of another one over HTTP. The client waits
for nothing between its attempts. `python -m test.fault_table` says whether the page is what was
measured; `--write` writes it.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from snaptrade_client import ApiClient, AuthenticationApi, Configuration
from snaptrade_client.api_client import Seams
from snaptrade_client.attempts import Attempt
from snaptrade_client.exceptions import ApiException
from snaptrade_client.sandbox import (
    BadJson,
    ClockOff,
    Delay,
    Drop,
    Sandbox,
    Status,
    Throttle,
    Truncate,
)
from snaptrade_client.sandbox.faults import Fault, to_fields

PAGE = Path(__file__).resolve().parents[1] / "docs" / "faults.md"
BEGIN = "<!-- begin: measured by test/fault_table.py -->\n"
END = "<!-- end -->\n"

# Longer than the time that the clients below wait for an answer.
_DELAY = 0.8
_READ_TIMEOUT = 0.4
USER, SECRET = "u1", "secret-1"

FAULTS: tuple[Fault, ...] = (
    Status(400),
    Status(403, code="1066"),
    Status(408),
    Status(425),
    Status(500),
    Status(500, when="after"),
    Status(501),
    Status(503, retry_after=1),
    Delay(_DELAY),
    Delay(_DELAY, when="after"),
    Drop(),
    Drop("after"),
    Truncate(40),
    BadJson(),
    Throttle(1),
    ClockOff(300),
)


class Case(NamedTuple):
    """A fault that strikes a call so many times."""

    call: str
    fault: Fault
    times: int


class Result(NamedTuple):
    """What came of a call: of its last attempt, and of each."""

    raised: str
    outcome: str
    safe_to_retry: str
    attempts: str
    acted: str


# One of each kind, with all that it can be told.
FORMS: tuple[Fault, ...] = (
    Status(503, code="1000", retry_after=1, when="after"),
    Delay(2, when="after"),
    Drop("after"),
    Truncate(40),
    BadJson(),
    Throttle(7),
    ClockOff(-300),
)

# A login that is lost is sent again, whether the sandbox has acted or not.
_LOGIN = [fault for fault in FAULTS if "when='after'" not in repr(fault)]
CASES = (
    *(Case("login", fault, times) for fault in _LOGIN for times in (1, 3)),
    *(Case("register", fault, 1) for fault in FAULTS),
)


@dataclass(frozen=True, kw_only=True)
class Target:
    """A sandbox, in this process or another: its URL and how to tell and ask it."""

    url: str
    add: Callable[[str, Fault, int], object]
    clear: Callable[[], object]
    users: Callable[[], Sequence[str]]
    seen: Callable[[], int]
    """How many requests it has finished with."""


def in_process(sandbox: Sandbox) -> Target:
    """A sandbox of this process."""

    def add(call: str, fault: Fault, times: int) -> None:
        sandbox.faults.add(call, fault, times=times)

    def clear() -> None:
        sandbox.faults.clear()
        sandbox.requests.clear()

    return Target(
        url=sandbox.url,
        add=add,
        clear=clear,
        users=lambda: list(sandbox.users),
        seen=lambda: len(sandbox.requests),
    )


def measure(target: Target, case: Case) -> Result:
    """Let a client meet the fault."""
    target.clear()
    target.add(case.call, case.fault, case.times)
    user_id = f"{case.fault!r} {case.times}"
    api = _client(target.url, patient=not isinstance(case.fault, Delay))
    try:
        try:
            attempts, told = _call(api, case.call, user_id), ("nothing", "-", "-")
        except ApiException as error:
            attempts = error.attempts
            safe = "yes" if error.safe_to_retry else "no"
            told = (f"`{type(error).__name__}`", f"`{error.outcome}`", safe)
    finally:
        api.api_client.close()
    # A request that the client has given up on goes on.
    end = time.monotonic() + 10
    while target.seen() < len(attempts) and time.monotonic() < end:
        time.sleep(0.01)
    results = ", ".join(attempt.result for attempt in attempts)
    return Result(*told, results, "yes" if user_id in target.users() else "no")


def _call(api: AuthenticationApi, call: str, user_id: str) -> tuple[Attempt, ...]:
    if call == "login":
        return api.login_snap_trade_user(user_id=USER, user_secret=SECRET).attempts
    return api.register_snap_trade_user(user_id=user_id).attempts


def _client(url: str, *, patient: bool) -> AuthenticationApi:
    configuration = Configuration(
        consumer_key="sandbox-consumer-key",
        client_id="SANDBOX-CLIENT",
        host=url,
        timeout=(5, 15 if patient else _READ_TIMEOUT),
    )
    return AuthenticationApi(ApiClient(configuration, seams=Seams(sleep=_sleep, uniform=min)))


def _sleep(_: float) -> None:
    """The next attempt is made at once."""


def tables(results: dict[Case, Result]) -> str:
    """The tables of the page."""
    login = [
        "| fault | raises, once | raises, three times | outcome | safe to retry | attempts |",
        "|---|---|---|---|---|---|",
    ]
    register = [
        "| fault | raises | outcome | safe to retry | attempts | registered |",
        "|---|---|---|---|---|---|",
    ]
    for case, result in results.items():
        told = [result.raised, result.outcome, result.safe_to_retry, result.attempts]
        if case.call == "register":
            register.append(_row([f"`{case.fault}`", *told, result.acted]))
        elif case.times == 3:
            once = results[case._replace(times=1)].raised
            login.append(_row([f"`{case.fault}`", once, *told]))
    forms = ["| in Python | over HTTP |", "|---|---|"]
    forms += [_row([f"`{fault}`", f"`{json.dumps(to_fields(fault))}`"]) for fault in FORMS]
    return "\n".join(
        [
            "",
            "A login, which may be sent again; the last three columns are of three times:",
            "",
            *login,
            "",
            "A registration, which must not be sent again once it may have happened:",
            "",
            *register,
            "",
            "The faults in JSON:",
            "",
            *forms,
            "",
            "",
        ]
    )


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def measured() -> dict[Case, Result]:
    """Each case, in a sandbox of this process."""
    with Sandbox(users={USER: SECRET}, rate_limit=10_000) as sandbox:
        return {case: measure(in_process(sandbox), case) for case in CASES}


def page(text: str, results: dict[Case, Result]) -> str:
    """The page with the tables in it."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    assert begin
    assert end
    return head + begin + tables(results) + end + tail


def main() -> int:
    """Compare the page with what is measured, or write it."""
    old = PAGE.read_text(encoding="utf-8")
    new = page(old, measured())
    if "--write" in sys.argv[1:]:
        PAGE.write_text(new, encoding="utf-8")
        return 0
    return int(old != new)


if __name__ == "__main__":
    sys.exit(main())
