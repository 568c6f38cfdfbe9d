"""What programs that use this import name already do, line by line: what they do with answers.

Strategy: see `test_compat`.
"""

import json
import pickle
from pprint import pformat
from typing import Any

import pytest

from snaptrade_client import ApiException, SnapTrade

from .recording import RecordingServer, Reply

REGISTERED = {"userId": "u1", "userSecret": "s1"}


def test_body_is_a_real_dict_and_the_callers_to_change(
    server: RecordingServer, client: SnapTrade
) -> None:
    """`isinstance`, `.get`, `json.dumps`, `pprint`, `**` work."""
    server.answer(Reply(body=REGISTERED))
    body: Any = client.authentication.register_snap_trade_user(user_id="u1").body
    found: Any = body
    assert isinstance(found, dict)
    assert body.get("userSecret") == "s1"
    assert json.loads(json.dumps(body)) == REGISTERED
    assert pformat(body) == pformat(REGISTERED)
    assert dict(**body) == REGISTERED
    body["note"] = "mine"
    assert body["note"] == "mine"


def test_a_list_is_plain_and_users_sort_works(server: RecordingServer, client: SnapTrade) -> None:
    server.answer(Reply(body=["u2", "u1"]))
    users = client.authentication.list_snap_trade_users().body
    assert type(users) is list
    users.sort()
    assert users == ["u1", "u2"]


@pytest.mark.parametrize("key", ["userSecret", "user_secret"])
def test_the_services_own_keys_and_the_specifications_both_work(
    key: str, server: RecordingServer, client: SnapTrade
) -> None:
    """In `[]`, `.get` and `in`; iteration shows the service's keys only."""
    server.answer(Reply(body=REGISTERED))
    body: Any = client.authentication.register_snap_trade_user(user_id="u1").body
    assert body[key] == body.get(key) == "s1"
    assert key in body
    assert list(body) == list(body.keys()) == ["userId", "userSecret"]


def test_headers_status_round_trip_time_and_response_data(
    server: RecordingServer, client: SnapTrade
) -> None:
    """`headers` (case-insensitive, `.get`), `status` (int), `round_trip_time` (float), bytes."""
    server.answer(Reply(body=[]))
    response = client.authentication.list_snap_trade_users()
    assert response.headers["x-request-id"] == response.headers.get("X-REQUEST-ID")
    assert response.headers.get("absent") is None
    assert type(response.status) is int
    assert type(response.round_trip_time) is float
    assert 0 < response.round_trip_time < 5
    assert response.data == b"[]"


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (b'{"detail": "d"}', {"detail": "d"}),
        (b'["d"]', ["d"]),
        (b"<html>", "<html>"),
        (b"\xff\xfe", b"\xff\xfe"),
        (b"", None),
    ],
    ids=["dict", "list", "str", "bytes that are not text", "None"],
)
def test_api_exception_has_status_reason_body_headers_round_trip_time_and_api_response(
    data: bytes, body: Any, server: RecordingServer, client: SnapTrade
) -> None:
    server.answer(Reply(status=400, body=data))
    with pytest.raises(ApiException) as caught:
        client.authentication.list_snap_trade_users()
    failure = caught.value
    assert (failure.status, failure.reason, failure.body) == (400, "Bad Request", body)
    assert failure.headers is not None
    assert failure.headers["x-request-id"] == "0123456789abcdef"
    assert type(failure.round_trip_time) is float
    assert failure.api_response is not None
    assert failure.api_response.status == 400
    assert failure.api_response.data == data


def test_headers_and_body_of_an_exception_may_be_none(
    server: RecordingServer, client: SnapTrade
) -> None:
    server.answer_with(lambda _: b"")
    with pytest.raises(ApiException) as caught:
        client.authentication.list_snap_trade_users(retries=0)
    assert caught.value.headers is None
    assert caught.value.body is None
    assert caught.value.status is None


def test_an_exception_is_built_by_callers_with_attributes_assigned_afterwards() -> None:
    """`ApiException(status=404, reason="...")`; it pickles."""
    failure = ApiException(status=404, reason="Not Found")
    failure.body = {"detail": "No such user."}
    failure.headers = {"X-Request-ID": "abc"}
    failure.round_trip_time = 0.5
    again = pickle.loads(pickle.dumps(failure))  # noqa: S301 - the test's own
    for each in (failure, again):
        assert isinstance(each, ApiException)
        assert (each.status, each.reason, each.body) == (404, "Not Found", failure.body)
        assert (each.headers, each.round_trip_time) == ({"X-Request-ID": "abc"}, 0.5)
        assert str(each) == "404 Not Found: No such user. (request id abc)"


def test_the_text_of_an_exception_starts_with_status_and_reason_and_has_detail_and_code(
    server: RecordingServer, client: SnapTrade
) -> None:
    """Callers search it; then the request id; never headers. `repr` is useful."""
    headers = (("X-Private", "private-header"),)
    body = {"detail": "User already exists", "status_code": 400, "code": "1010"}
    server.answer(Reply(status=400, body=body, headers=headers))
    with pytest.raises(ApiException) as caught:
        client.authentication.register_snap_trade_user(user_id="u1")
    text = str(caught.value)
    assert text.startswith("400 Bad Request")
    assert "User already exists" in text
    assert "1010" in text
    assert text.index("0123456789abcdef") > text.index("1010")
    assert "private-header" not in text
    assert repr(caught.value) == f"BadRequestError({text!r})"
