"""What is tried again, end to end: each row of the table, for both replay classes.

Strategy: a fake transport fails in each way that there is; the number of requests, the waits and
what the exception says are those of the table, and each attempt is signed for its own moment.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise, repeat
from typing import Any

import pytest

from snaptrade_client import exceptions
from snaptrade_client.attempts import Attempt, Outcome
from snaptrade_client.exceptions import ApiException

from .fakes import Fake, Service, Step, answer, failed

LINK = {"redirectURI": "https://portal.example/?token=t", "sessionId": "x"}
REGISTERED = {"userId": "u1", "userSecret": "s3cr3t"}
DELETED = {"status": "deleted", "userId": "u1"}
USER: dict[str, Any] = {"user_id": "u1", "user_secret": "s3cr3t"}

Method = Callable[[Fake], Any]

HARMLESS: dict[str, tuple[Method, Any]] = {
    "list": (lambda fake: fake.authentication.list_snap_trade_users(), ["u1"]),
    "jwt": (lambda fake: fake.authentication.get_user_jwt(**USER), {"encryptedSharedKey": "x"}),
    "login": (lambda fake: fake.authentication.login_snap_trade_user(**USER), LINK),
    "delete": (lambda fake: fake.authentication.delete_snap_trade_user("u1"), DELETED),
    "GET": (lambda fake: fake.client.request("GET", "/x"), [1]),
    "HEAD": (lambda fake: fake.client.request("HEAD", "/x"), None),
    "PUT": (lambda fake: fake.client.request("PUT", "/x", body={"a": 1}), [1]),
    "DELETE": (lambda fake: fake.client.request("DELETE", "/x"), None),
    "POST, idempotent": (lambda fake: fake.client.request("POST", "/x", idempotent=True), [1]),
}
HARMFUL: dict[str, tuple[Method, Any]] = {
    "register": (
        lambda fake: fake.authentication.register_snap_trade_user(user_id="u1"),
        REGISTERED,
    ),
    "POST": (lambda fake: fake.client.request("POST", "/x"), [1]),
    "PATCH": (lambda fake: fake.client.request("PATCH", "/x", body={"a": 1}), [1]),
    "GET, not idempotent": (lambda fake: fake.client.request("GET", "/x", idempotent=False), [1]),
}
METHODS = HARMLESS | HARMFUL


@dataclass(frozen=True)
class Row:
    """A failure, and how often it is sent at most: where that is harmless, and where it is not."""

    step: Step
    harmless: int
    harmful: int
    outcome: Outcome
    safe: str = ""
    """The replay classes in which it is safe to send the call again."""


def row_of_status(status: int, harmless: int, harmful: int, **headers: str) -> Row:
    unknown = status == 408 or status >= 500
    safe = "both" if status == 429 else "harmless" if unknown or status == 425 else ""
    step = answer({"detail": "no"}, status, **headers)
    return Row(step, harmless, harmful, "unknown" if unknown else "rejected", safe)


NOT_SENT: dict[str, Row] = {
    f"not sent: {name}": Row(
        failed(getattr(exceptions, name), "not_sent", "not_sent"), 3, 3, "not_sent", "both"
    )
    for name in (
        *("NameResolutionError", "ConnectionFailedError", "ConnectTimeoutError"),
        *("DeadlineExceededError", "TlsError", "ProxyError"),
    )
}
REFUSED: dict[str, Row] = {
    f"refused: {name}": Row(
        failed(getattr(exceptions, name), "not_sent", "refused"), 1, 1, "not_sent", "both"
    )
    for name in ("TlsError", "ProxyError")
}
LOST: dict[str, Row] = {
    f"lost: {name}": Row(
        failed(getattr(exceptions, name), "unknown", "lost"), 3, 1, "unknown", "harmless"
    )
    for name in ("ReadTimeoutError", "ConnectionLostError", "DeadlineExceededError", "TlsError")
}
UNUSABLE: dict[str, Row] = {
    "not HTTP": Row(
        failed(exceptions.InvalidResponseError, "unknown", "final"), 1, 1, "unknown", "harmless"
    ),
    "200, not JSON": Row(answer(b"<html>"), 1, 1, "unknown", "harmless"),
    "201, cut off": Row(answer(b'{"userId": ', 201), 1, 1, "unknown", "harmless"),
}
STATUSES: dict[str, Row] = {
    **{f"{status}": row_of_status(status, 3, 1) for status in (408, 500, 502, 503, 504, 520, 599)},
    **{f"{status}": row_of_status(status, 1, 1) for status in (501, 505)},
    "425": row_of_status(425, 3, 1),
    "429": row_of_status(429, 3, 3),
    "429, told": row_of_status(429, 3, 3, Retry_After="1"),
    "503, told": row_of_status(503, 3, 1, Retry_After="1"),
    **{
        f"{status}": row_of_status(status, 1, 1)
        for status in (
            *(300, 301, 302, 303, 304, 307, 308),
            *(
                400,
                401,
                402,
                403,
                404,
                405,
                409,
                410,
                411,
                413,
                422,
                423,
                424,
                426,
                428,
                431,
                451,
                499,
            ),
        )
    },
}
ROWS = NOT_SENT | REFUSED | LOST | UNUSABLE | STATUSES


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ROWS)
def test_each_failure_is_sent_as_often_as_the_table_says(name: str, method: str) -> None:
    row, replay = ROWS[name], "harmless" if method in HARMLESS else "harmful"
    sends = row.harmless if replay == "harmless" else row.harmful
    fake = Fake(repeat(row.step), deadline=None)
    with pytest.raises(ApiException) as caught:
        METHODS[method][0](fake)
    failure = caught.value
    assert fake.sent == sends == len(failure.attempts)
    assert {attempt.outcome for attempt in failure.attempts} == {failure.outcome} == {row.outcome}
    assert failure.safe_to_retry is (row.safe in ("both", replay))
    assert failure.prior_attempt_unknown is (row.outcome == "unknown" and sends > 1)
    assert failure.round_trip_time == fake.transport.seconds
    assert [attempt.wait for attempt in failure.attempts] == [*fake.time.sleeps, 0.0]
    waits = [1.25, 1.25] if "told" in name else [0.25, 0.5]
    assert fake.time.sleeps == waits[: sends - 1]


RECOVERED = {**NOT_SENT, **LOST, **{name: STATUSES[name] for name in ("408", "425", "429", "503")}}


@pytest.mark.parametrize(
    ("name", "method"),
    [
        (name, method)
        for name, row in RECOVERED.items()
        for method in METHODS
        if method in HARMLESS or row.harmful == 3
    ],
)
def test_a_call_that_succeeds_later_tells_its_failures(name: str, method: str) -> None:
    row = RECOVERED[name]
    call, body = METHODS[method]
    fake = Fake([row.step, row.step, answer(body)])
    response = call(fake)
    assert response.body == body
    status = getattr(row.step, "status", None)
    assert [(one.result == "ok", one.outcome, one.status) for one in response.attempts] == [
        (False, row.outcome, status),
        (False, row.outcome, status),
        (True, None, 200),
    ]
    assert [one.seconds for one in response.attempts] == [2.0] * 3
    assert [one.wait for one in response.attempts] == [0.25, 0.5, 0.0]
    assert response.round_trip_time == 2.0
    assert response.elapsed == 3 * 2.0 + 0.75


@pytest.mark.parametrize("method", METHODS)
def test_each_attempt_has_a_timestamp_and_a_signature_of_its_own(method: str) -> None:
    """The fake transport has checked that each signature is right."""
    call, body = METHODS[method]
    lost = NOT_SENT["not sent: ConnectionFailedError"].step
    fake = Fake([lost, answer({}, 429), answer(body)])
    call(fake)
    assert fake.timestamps == [int(fake.time.true() - 6.75 + passed) for passed in (0, 2.25, 4.75)]
    requests = fake.transport.requests
    assert len({request.headers["Signature"] for request in requests}) == 3
    for one, other in pairwise(requests):
        assert one.method == other.method
        assert one.body == other.body
        assert one.target.rpartition("=")[0] == other.target.rpartition("=")[0]
        own = ({**request.headers, "Signature": ""} for request in (one, other))
        assert next(own) == next(own)


def test_attempts_within_a_second_have_the_same_timestamp_and_signature() -> None:
    fake = Fake([answer({}, 429, Retry_After="0"), answer([])])
    fake.transport.seconds = 0.25
    fake.authentication.list_snap_trade_users()
    assert fake.timestamps[0] == fake.timestamps[1]
    one, other = (request.headers["Signature"] for request in fake.transport.requests)
    assert one == other


@pytest.mark.parametrize(("retries", "sent"), [(0, 1), (1, 2), (2, 3), (5, 6)])
@pytest.mark.parametrize("where", ["client", "call"])
def test_the_number_of_retries_is_the_clients_or_the_calls(
    where: str, retries: int, sent: int
) -> None:
    fake = Fake(repeat(answer({}, 500)), deadline=None, retries=retries if where == "client" else 3)
    options: Any = {"retries": retries} if where == "call" else {}
    with pytest.raises(ApiException) as caught:
        fake.authentication.list_snap_trade_users(**options)
    assert fake.sent == sent == len(caught.value.attempts)


def test_different_failures_of_one_call_share_its_attempts() -> None:
    fake = Fake(
        [
            failed(exceptions.ConnectTimeoutError, "not_sent", "not_sent"),
            answer({}, 503, Retry_After="1"),
            answer({"detail": "no"}, 404, X_Request_ID="second"),
        ]
    )
    with pytest.raises(exceptions.NotFoundError) as caught:
        fake.authentication.delete_snap_trade_user("u1")
    assert caught.value.attempts == (
        Attempt("not_sent", "not_sent", None, 2.0, 0.25),
        Attempt("unavailable", "unknown", 503, 2.0, 1.25, "abc123"),
        Attempt("final", "rejected", 404, 2.0, 0.0, "second"),
    )


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("method", METHODS)
def test_a_wrong_clock_is_corrected_once_for_every_call(method: str, status: int) -> None:
    call, body = METHODS[method]
    fake = Fake([])
    fake.time.wrong = -3600.0
    fake.transport.script = repeat(Service(fake.time, body, status=status))
    response = call(fake)
    assert response.body == body
    assert [attempt.result for attempt in response.attempts] == ["clock", "ok"]
    assert fake.time.sleeps == [0.0]
