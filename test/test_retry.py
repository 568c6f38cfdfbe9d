"""The table of what is tried again, the waits, and the correction of the clock."""

import random
import time
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snaptrade_client.attempts import Kind
from snaptrade_client.headers import Headers
from snaptrade_client.retry import (
    BACKOFF_CAP,
    TABLE,
    TOLD_JITTER,
    Action,
    Progress,
    Replay,
    clock_error,
    http_date,
    measured_skew,
    told_wait,
)

NOW = 1_700_000_000
HOUR = 3600.0
DAY = 24 * HOUR
KINDS: list[Kind] = list(TABLE)
REPLAYS: list[Replay] = list(get_args(Replay))


def most(_: float, high: float) -> float:
    return high


def least(low: float, _: float) -> float:
    return low


def headers(**values: str) -> Headers:
    return Headers((name.replace("_", "-"), value) for name, value in values.items())


def date(seconds: float = NOW) -> str:
    return formatdate(seconds, usegmt=True)


@pytest.mark.parametrize(
    ("kind", "harmless", "harmful"),
    [
        ("not_sent", "backoff", "backoff"),
        ("refused", "never", "never"),
        ("lost", "backoff", "never"),
        ("server_error", "backoff", "never"),
        ("unavailable", "told", "never"),
        ("too_early", "backoff", "never"),
        ("throttled", "told", "told"),
        ("clock", "correct", "correct"),
        ("final", "never", "never"),
    ],
)
def test_the_table_has_an_action_for_each_failure_and_replay_class(
    kind: Kind, harmless: Action, harmful: Action
) -> None:
    assert TABLE[kind].harmless == harmless
    assert TABLE[kind].harmful == harmful


def test_the_table_has_a_row_for_every_kind_of_failure() -> None:
    assert set(TABLE) == set(get_args(Kind))


def test_the_table_knows_every_replay_class_and_action() -> None:
    assert all(list(row._asdict()) == REPLAYS for row in TABLE.values())
    assert {action for row in TABLE.values() for action in row} == set(get_args(Action))


@pytest.mark.parametrize("replay", REPLAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_progress_does_what_the_table_says(kind: Kind, replay: Replay) -> None:
    after = Progress(2).after(kind, replay, 7.0, most)
    expected = {
        "never": None,
        "backoff": (0.25, Progress(1, 1)),
        "told": (7.25, Progress(1, 1)),
        "correct": (0.0, Progress(1, 1, corrected=True)),
    }
    assert after == expected[getattr(TABLE[kind], replay)]


@pytest.mark.parametrize("replay", REPLAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_tried_again_when_no_attempt_is_left(kind: Kind, replay: Replay) -> None:
    assert Progress(0).after(kind, replay, 7.0, most) is None


def test_the_clock_is_corrected_once() -> None:
    first = Progress(5).after("clock", "harmless", None, most)
    assert first is not None
    assert first[1].after("clock", "harmless", None, most) is None
    # What happens in between does not make it a first time again.
    second = first[1].after("lost", "harmless", None, most)
    assert second is not None
    assert second[1].after("clock", "harmless", None, most) is None


def test_backoff_doubles_up_to_its_cap() -> None:
    waits: list[float] = []
    progress = Progress(8)
    for _ in range(8):
        after = progress.after("lost", "harmless", None, most)
        assert after is not None
        wait, progress = after
        waits.append(wait)
    assert waits == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0, 5.0]
    assert progress == Progress(0, 8)


@given(
    failures=st.integers(0, 10**6),
    seed=st.integers(),
    kind=st.sampled_from(["lost", "throttled", "not_sent"]),
)
def test_backoff_is_jittered_over_its_whole_range(failures: int, seed: int, kind: Kind) -> None:
    progress = Progress(1, failures)
    after = progress.after(kind, "harmless", None, random.Random(seed).uniform)
    assert after is not None
    assert 0.0 <= after[0] <= min(BACKOFF_CAP, 0.25 * 2 ** min(failures, 10))
    assert progress.after(kind, "harmless", None, least) == (0.0, Progress(0, failures + 1))


@given(told=st.floats(0, HOUR - 1), seed=st.integers())
def test_a_told_wait_is_never_shortened(told: float, seed: int) -> None:
    after = Progress(1).after("throttled", "harmful", told, random.Random(seed).uniform)
    assert after is not None
    assert told <= after[0] <= told + TOLD_JITTER


def test_a_wait_of_more_than_an_hour_is_not_waited() -> None:
    assert Progress(1).after("throttled", "harmless", HOUR, least) is not None
    assert Progress(1).after("throttled", "harmless", HOUR + 1, least) is None


LIMITED = {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "9"}
THROTTLED = {"detail": "Request was throttled. Expected available in 7 seconds."}


@pytest.mark.parametrize(
    ("status", "given", "body", "seconds"),
    [
        (429, {"Retry_After": "3", **LIMITED}, THROTTLED, 3.0),
        (429, {"Retry_After": "0"}, THROTTLED, 0.0),
        (429, {"Retry_After": date(NOW + 4), "Date": date()}, THROTTLED, 4.0),
        (429, {"Retry_After": date(NOW + 4)}, THROTTLED, 4.5),
        (429, {"Retry_After": date(NOW - 4), "Date": date()}, THROTTLED, 0.0),
        (429, {"Retry_After": "soon", **LIMITED}, THROTTLED, 9.0),
        (429, LIMITED, THROTTLED, 9.0),
        (429, {**LIMITED, "X_RateLimit_Remaining": "1"}, THROTTLED, 7.0),
        (429, {"X_RateLimit_Remaining": "0"}, THROTTLED, 7.0),
        (429, {"X_RateLimit_Reset": "9"}, None, None),
        (429, {}, {"default_detail": "available in 12 seconds"}, 12.0),
        (429, {}, "Expected available in 1 second.", 1.0),
        (429, {}, {"detail": ["available in 5 seconds"]}, 5.0),
        (429, {}, {"detail": "available in 12345678901 seconds"}, None),
        (429, {}, {"detail": "later"}, None),
        (429, {}, None, None),
        (503, {"Retry_After": "3"}, None, 3.0),
        (503, LIMITED, THROTTLED, None),
        (500, {}, THROTTLED, None),
    ],
)
def test_the_wait_that_is_told(
    status: int, given: dict[str, str], body: Any, seconds: float | None
) -> None:
    assert told_wait(status, headers(**given), body, NOW - 0.5) == seconds


@given(st.text(), st.text(), st.text(), st.text())
def test_no_header_breaks_the_reading_of_a_wait(
    after: str, remaining: str, reset: str, now: str
) -> None:
    given = headers(
        Retry_After=after, X_RateLimit_Remaining=remaining, X_RateLimit_Reset=reset, Date=now
    )
    told = told_wait(429, given, None, NOW)
    assert told is None or told >= 0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Tue, 14 Nov 2023 22:13:20 GMT", NOW),
        ("Tue, 14 Nov 2023 22:13:20 -0000", NOW),
        ("Tuesday, 14-Nov-23 22:13:20 GMT", NOW),
        ("Tue Nov 14 22:13:20 2023", NOW),
        ("Wed, 15 Nov 2023 00:13:20 +0200", NOW),
        ("Tue, 14 Nov 2023 25:13:20 GMT", None),
        ("Tue, 99 Nov 2023 22:13:20 GMT", None),
        ("Fri, 31 Dec 99999 22:13:20 GMT", None),
        ("tomorrow", None),
        ("10", None),
        ("", None),
        (None, None),
    ],
)
def test_http_dates(text: str | None, seconds: int | None) -> None:
    assert http_date(text) == seconds


@pytest.fixture
def far_from_greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose local time is five hours behind."""
    with monkeypatch.context() as moved:
        moved.setenv("TZ", "EST5")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_from_greenwich")
@pytest.mark.parametrize("zone", ["GMT", "-0000", "+0000"])
def test_http_dates_do_not_depend_on_the_machines_time_zone(zone: str) -> None:
    assert time.localtime(NOW).tm_hour == 17
    assert http_date(f"Tue, 14 Nov 2023 22:13:20 {zone}") == NOW


DATE_PARTS = st.sampled_from(
    ["Tue,", "14", "Nov", "2023", "22:13:20", "GMT", "+0000", "-9999", ":", "0", "99999", ",", "-"]
)


@given(st.text() | st.lists(DATE_PARTS).map(" ".join))
def test_no_text_breaks_the_reading_of_dates(text: str) -> None:
    assert isinstance(http_date(text), float | None)


def test_the_skew_is_the_services_date_minus_the_timestamp() -> None:
    assert measured_skew(headers(Date=date(NOW + 30)), NOW) == 30.0
    assert measured_skew(headers(Date=date(NOW - 30)), NOW) == -30.0
    assert measured_skew(headers(Date=date(NOW + DAY)), NOW) == DAY


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"Date": "yesterday"},
        {"Date": date(NOW + 30), "Age": "5"},
        {"Date": date(NOW + DAY + 1)},
        {"Date": date(NOW - DAY - 1)},
    ],
    ids=["no date", "unreadable", "a cache's", "a day ahead", "a day behind"],
)
def test_a_skew_that_cannot_be_told_is_none(given: dict[str, str]) -> None:
    assert measured_skew(headers(**given), NOW) is None


@pytest.mark.parametrize(
    ("status", "code", "refused"),
    [
        (400, 1076, True),
        (401, "1076", True),
        (403, 1076, True),
        (401, None, True),
        (400, None, False),
        (403, None, False),
        (401, 1083, False),
        (404, 1076, False),
        (500, 1076, False),
    ],
)
def test_which_refusals_a_wrong_clock_explains(
    status: int, code: str | int | None, refused: bool
) -> None:
    error = clock_error(status, code, headers(Date=date(NOW + 60)), NOW)
    assert error == (60.0 if refused else None)


@pytest.mark.parametrize(
    ("off", "explains"),
    [
        (10.0, True),
        (-10.0, True),
        (10.0 - 1, False),
        (1 - 10.0, False),
        (0, False),
        (DAY + 1, False),
    ],
)
def test_the_clock_explains_a_refusal_from_ten_seconds_to_a_day(off: float, explains: bool) -> None:
    error = clock_error(401, 1076, headers(Date=date(NOW + off)), NOW)
    assert error == (off if explains else None)
