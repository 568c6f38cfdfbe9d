"""What is secret, what masks it, and the boundary that no inner frame crosses."""

import gc
import sys
import traceback
import weakref
from types import TracebackType
from typing import Any

import pytest

from snaptrade_client.redaction import (
    SECRET_NAMES,
    boundary,
    is_secret,
    mask,
    mask_query,
    mask_urls,
    secrets_in,
)

SECRET = "s3cr3t+/= é"


@pytest.mark.parametrize(
    "name",
    ["userSecret", "user_secret", "USER-SECRET", "redirectURI", "Set-Cookie", "consumer_key"],
)
def test_a_secret_name_is_known_in_every_spelling(name: str) -> None:
    assert is_secret(name)


def test_the_list_has_every_secret_of_the_service_and_of_http() -> None:
    service = {"userSecret", "consumerKey", "redirectURI", "sessionId", "token", "jwt", "password"}
    service |= {"redirectUrl", "loginLink", "encryptedJWT", "webhookSecret", "rsaPrivateKey"}
    other = {"secret", "clientSecret", "apiKey", "accessToken", "refreshToken", "privateKey"}
    encryption = {"encryptedMessage", "encryptedMessageData", "encryptedSharedKey"}
    http = {"Signature", "Authorization", "Proxy-Authorization", "Location", "Set-Cookie"}
    names = service | other | encryption | http
    assert {name.lower().replace("-", "") for name in names} == SECRET_NAMES


@pytest.mark.parametrize("name", ["userId", "secret-ish", "", "status", "X-Request-ID"])
def test_other_names_are_not_secret(name: str) -> None:
    assert not is_secret(name)


def test_secret_names_are_kept_folded() -> None:
    assert all(name == name.lower().replace("_", "").replace("-", "") for name in SECRET_NAMES)


def test_mask_replaces_what_stands_under_a_secret_name_at_any_depth() -> None:
    value = {
        "userId": "u1",
        "userSecret": SECRET,
        "list": ({"token": SECRET}, [{"jwt": {"deep": SECRET}}]),
        "signature": None,
        5: "a key that is not text",
    }
    assert mask(value) == {
        "userId": "u1",
        "userSecret": "***",
        "list": [{"token": "***"}, [{"jwt": "***"}]],
        "signature": None,
        5: "a key that is not text",
    }
    assert value["userSecret"] == SECRET


@pytest.mark.parametrize(
    "url",
    ["https://x.test/portal?token=1", "https://x.test#token=1", " HTTP://x.test/?", "a.b+c://x?y"],
)
def test_mask_replaces_a_url_with_a_query_under_any_name(url: str) -> None:
    assert mask({"next": url, "all": [url]}) == {"next": "***", "all": ["***"]}


@pytest.mark.parametrize("text", ["https://x.test/portal", "see https://x.test/?a", "a?b", "//x?y"])
def test_mask_keeps_other_texts(text: str) -> None:
    assert mask([text]) == [text]


def test_mask_replaces_what_lies_too_deep_to_be_looked_at() -> None:
    deep: Any = "x"
    for level in range(100):
        deep = [deep] if level % 2 else {"a": deep}
    assert "x" in repr(mask(deep))
    assert "x" not in repr(mask({"a": deep}))
    assert repr(mask([deep])) == repr(mask({"a": deep})["a"]).join("[]")
    for _ in range(10_000):
        deep = [deep]
    assert "***" in repr(mask(deep))


def test_mask_query_keeps_what_is_not_secret_as_it_is() -> None:
    masked = mask_query("userId=a%20b&userSecret=x%3Dy&flag&token=&timestamp=1")
    assert masked == "userId=a%20b&userSecret=***&flag&token=***&timestamp=1"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("go to https://x.test/a?token=s3cr3t now", "go to https://x.test/a?*** now"),
        (
            "see (https://x.test/#s3cr3t), app://y?z=s3cr3t",
            "see (https://x.test/#***), app://y?***",
        ),
        ('<a href="https://x.test?t=s3cr3t">', '<a href="https://x.test?***">'),
        ("'https://x.test/a?b=(c)&token=o's', or", "'https://x.test/a?***', or"),
        ("https://x.test/a, is it? yes", "https://x.test/a, is it? yes"),
    ],
)
def test_a_url_in_a_text_keeps_nothing_of_its_query(text: str, shown: str) -> None:
    assert mask_urls(text) == shown


def test_mask_query_masks_the_whole_value_where_it_holds_an_equals_sign() -> None:
    assert mask_query("userSecret=s3cr3t==&flag==") == "userSecret=***&flag=="


def test_mask_query_reads_names_as_a_server_does() -> None:
    masked = mask_query("user%53ecret=a&user+id=b&api%5Fkey=c&%75serId=d")
    assert masked == "user%53ecret=***&user+id=b&api%5Fkey=***&%75serId=d"


def test_the_secrets_of_a_value_are_found_at_any_depth() -> None:
    value = {"userSecret": "one", "a": [{"token": "two"}, ({"jwt": {"password": "three"}},)]}
    assert secrets_in(value) == {"one", "two", "three"}
    assert secrets_in({"userId": "u1", "token": 5, 5: "five"}) == set()


class Failure(Exception):
    """Something that goes wrong within the package."""


@boundary
def guarded(secret: str, failure: BaseException) -> None:
    """Fails with a chain and frames that hold the secret."""
    inner = secret * 2
    try:
        raise ValueError(inner)  # noqa: TRY301 - the chain is the point
    except ValueError as cause:
        raise failure from cause


def calls(failure: BaseException, kind: type[BaseException]) -> BaseException:
    """Calls `guarded`, and gives what it raised."""
    with pytest.raises(kind) as caught:
        guarded(SECRET, failure)
    return caught.value


def frames_below(trace: TracebackType | None, function: str) -> list[TracebackType]:
    """The frames of a traceback below the one of `function`."""
    while trace and trace.tb_frame.f_code.co_name != function:
        trace = trace.tb_next
    frames: list[TracebackType] = []
    while trace and (trace := trace.tb_next):
        frames.append(trace)
    return frames


@pytest.mark.parametrize("kind", [Failure, KeyboardInterrupt, SystemExit])
def test_an_exception_leaves_without_inner_frames_chain_or_secrets(
    kind: type[BaseException],
) -> None:
    failure = kind("what happened")
    raised = calls(failure, kind)
    assert raised is failure
    assert raised.__cause__ is None
    assert raised.__context__ is None
    frames = frames_below(raised.__traceback__, "calls")
    assert [frame.tb_frame.f_code.co_name for frame in frames] == ["guarded"]
    assert set(frames[0].tb_frame.f_locals) == {"function"}
    shown = traceback.TracebackException.from_exception(raised, capture_locals=True).format()
    below = "".join(shown).partition("in guarded")[2]
    assert below
    assert SECRET not in below


def test_nested_boundaries_leave_one_frame_each() -> None:
    outer = boundary(guarded)

    def caller() -> None:
        outer(SECRET, Failure())

    with pytest.raises(Failure) as caught:
        caller()
    assert len(frames_below(caught.value.__traceback__, "caller")) == 1


def test_the_callers_own_exception_stays_the_context() -> None:
    """Who calls from an `except` block sees what it was handling, as with any function."""
    handled = LookupError("the caller's own")
    try:
        raise handled
    except LookupError:
        raised = calls(Failure(), Failure)
    assert raised.__context__ is handled


def test_an_exception_is_gone_when_the_caller_lets_go_of_it() -> None:
    """No reference cycle keeps it, and what it refers to, until the garbage collector comes."""

    def call() -> "weakref.ref[Failure]":
        failure = Failure()
        seen = weakref.ref(failure)
        try:
            guarded(SECRET, failure)
        except Failure:
            pass
        finally:
            del failure
        return seen

    gc.collect()
    gc.disable()
    try:
        assert call()() is None
    finally:
        gc.enable()
    assert sys.exception() is None


def test_a_guarded_function_returns_and_keeps_its_name() -> None:
    @boundary
    def double(value: int, *, more: int = 0) -> int:
        """Doubles."""
        return 2 * value + more

    assert double(2, more=1) == 5
    assert double.__name__ == "double"
    assert double.__doc__ == "Doubles."
