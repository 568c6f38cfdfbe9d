"""How answers, failures and clients look in a notebook: masked and escaped."""

from typing import Any

import pytest

from snaptrade_client import ApiException, ApiResponse, Attempt, RateLimitError, SnapTrade
from snaptrade_client.headers import Headers
from snaptrade_client.sandbox import Sandbox
from snaptrade_client.spelling import BodyObject

from .shown import HEADERS, HOSTILE, SECRET, URL, answer, html_of, shown


def test_an_answer_shows_its_fields_masked_and_how_it_came() -> None:
    page = shown(answer(BodyObject(userId="u1", userSecret=SECRET, none=None, more={"token": "t"})))
    assert page.text == (
        "200 in 250 ms userId u1 userSecret *** none None more {'token': '***'} "
        "request id abc 249 of 250 requests left"
    )


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (["u1", URL], "200 in 250 ms 0 u1 1 ***"),
        ([{"jwt": SECRET}], "0 {'jwt': '***'} request"),
        ([str(n) for n in range(12)], "8 8 9 9 ... and 2 more request"),
        ({str(n): n for n in range(11)}, "9 9 ... and 1 more request"),
        ([], "body an array, 5 bytes"),
        ({}, "body an object, 5 bytes"),
        (None, "body empty, 5 bytes"),
        (SECRET, "body a single value, 5 bytes"),
        (["x" * 201], f"0 {'x' * 200}... request"),
        ({("no", "JSON"): {1}}, "('no', 'JSON') {1}"),
    ],
)
def test_an_answer_of_any_shape_is_shown_in_short(body: Any, text: str) -> None:
    page = shown(answer(body))
    assert text in page.text
    assert SECRET not in page.text


def test_every_value_of_an_answer_is_escaped() -> None:
    hostile = {HOSTILE: HOSTILE, "list": [HOSTILE]}
    assert "<script" not in html_of(answer(hostile))
    assert shown(answer({HOSTILE: HOSTILE})).text.count(HOSTILE) == 2


def test_the_body_of_a_refusal_is_not_shown() -> None:
    page = shown(answer({"detail": f"{SECRET} is wrong"}, status=401))
    assert "body an object, 5 bytes" in page.text
    assert SECRET not in page.text


def test_an_answer_tells_of_its_attempts_where_there_were_several() -> None:
    lost, last = Attempt("lost", "unknown", None, 0.5, 0.1), Attempt("ok", None, 200, 0.25, 0.0)
    text = shown(answer(["u"], attempts=(lost, last))).text
    assert "attempt 1 lost in 500.0 ms, outcome unknown, again after 0.10 s attempt 2 ok" in text
    assert "attempt" not in shown(answer(["u"], attempts=(last,))).text


def test_a_slow_answer_and_the_time_of_the_rate_limit_are_told_in_seconds() -> None:
    headers = Headers((*HEADERS.items(), ("X-RateLimit-Reset", "7.5")))
    text = shown(ApiResponse(body=[], status=200, headers=headers, elapsed=2.51)).text
    assert text.startswith("200 in 2.5 s")
    assert text.endswith("249 of 250 requests left, all again in 7.5 s")


def test_an_answer_without_headers_tells_of_none() -> None:
    assert shown(ApiResponse(body=["u"], status=200, headers=Headers())).text == "200 in 0 ms 0 u"


def test_a_login_is_shown_without_its_link_but_with_the_way_to_it() -> None:
    page = shown(answer(BodyObject(redirectURI=URL, sessionId=SECRET)))
    assert page.links == []
    assert SECRET not in page.text
    assert page.text.endswith("notebook.portal_link(response) shows the link as a click")


def test_a_body_in_ipython_is_masked_and_printing_it_shows_it() -> None:
    shown: list[Any] = []

    class Printer:
        pretty = staticmethod(shown.append)

    body: Any = BodyObject(userId="u1", userSecret=SECRET)
    body._repr_pretty_(Printer(), cycle=False)
    assert shown == [{"userId": "u1", "userSecret": "***"}]
    # A plain dict, or IPython would ask again.
    assert type(shown[0]) is dict
    assert SECRET in str(body)


def test_a_failure_says_what_happened_and_what_it_means() -> None:
    failure = RateLimitError(429, HOSTILE)
    failure.outcome, failure.safe_to_retry, failure.retry_after = "rejected", True, 7.5
    failure.prior_attempt_unknown = True
    failure.attempts = (Attempt("throttled", "rejected", 429, 0.5, 0.0),)
    assert "<script" not in html_of(failure)
    assert shown(failure).text == (
        f"RateLimitError 429 {HOSTILE} outcome rejected: the service said no "
        "safe_to_retry True retry_after 7.5 s prior_attempt_unknown True "
        "attempt 1 throttled 429 in 500.0 ms, outcome rejected"
    )


def test_a_failure_that_knows_nothing_says_little() -> None:
    text = shown(ApiException()).text
    assert text == "ApiException the call failed safe_to_retry False"


def test_a_failed_call_shows_no_secret(sandbox: Sandbox) -> None:
    with sandbox.client() as client, pytest.raises(ApiException) as caught:
        client.authentication.login_snap_trade_user(user_id="u1", user_secret=SECRET)
    html = html_of(caught.value)
    assert "1083" in html
    assert SECRET not in html


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "timeout 5 s to connect, 15 s of silence deadline 25 s retries 2"),
        (
            {"timeout": None, "deadline": None, "retries": 0},
            "timeout no limit to connect, no limit of silence deadline no limit retries 0",
        ),
    ],
)
def test_a_client_shows_whom_it_talks_to_and_not_its_key(options: Any, text: str) -> None:
    with SnapTrade(consumer_key=SECRET, client_id=HOSTILE, **options) as client:
        assert "<script" not in html_of(client)
        assert shown(client).text == (
            f"SnapTrade https://api.snaptrade.com/api/v1 client_id {HOSTILE} "
            f"consumer_key *** {text}"
        )
