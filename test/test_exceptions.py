"""The exception tree: what each is, says, and carries when it is pickled."""

import pickle
from typing import Any

import pytest

import snaptrade_client
from snaptrade_client import exceptions
from snaptrade_client.api_response import ApiResponse, Attempt, BodyObject, Headers
from snaptrade_client.exceptions import (
    ApiAttributeError,
    ApiException,
    ApiKeyError,
    ApiTypeError,
    ApiValueError,
    BadRequestError,
    ClientError,
    ConflictError,
    DecryptionError,
    ForbiddenError,
    InvalidResponseError,
    MissingExtraError,
    NotFoundError,
    OpenApiException,
    RateLimitError,
    RedirectError,
    RegistrationOutcomeUnknown,
    ServerError,
    TransportError,
    UnauthorizedError,
    error_class,
    registration_unknown,
)

SECRET = "s3cr3t+value"
ATTEMPTS = (Attempt("lost", "unknown", None, 0.5, 0.1),)
CLASSES = [
    kind
    for kind in vars(exceptions).values()
    if isinstance(kind, type) and issubclass(kind, OpenApiException)
]
API_EXCEPTIONS = [kind for kind in CLASSES if issubclass(kind, ApiException)]


def by_pickle(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - the test's own


def refused(kind: type[ApiException] = BadRequestError) -> ApiException:
    """A failure as the client raises it."""
    failure = kind(400, "Bad Request")
    failure.body = BodyObject({"detail": f"no user {SECRET}", "code": 1010, "userSecret": SECRET})
    failure.headers = Headers([("x-request-id", "abc"), ("Location", f"/?s={SECRET}")])
    failure.data = SECRET.encode()
    failure.api_response = ApiResponse(
        body=failure.body, status=400, headers=failure.headers, data=failure.data
    )
    failure.outcome, failure.attempts, failure.retry_after = "rejected", ATTEMPTS, 7.0
    failure.seal({SECRET})
    return failure


def tree(kind: type, level: int = 0) -> list[str]:
    """The names of a class and its subclasses in the package, as the module draws them."""
    lines = [f"{level} {kind.__name__}"]
    children: list[type] = kind.__subclasses__()
    for child in children:
        if child in CLASSES and not child.__name__.startswith("Registration"):
            lines += tree(child, level + 1)
    return lines


def test_the_tree_is_the_one_that_the_module_draws() -> None:
    drawing = (exceptions.__doc__ or "").partition("OpenApiException\n")[2]
    drawn = ["0 OpenApiException"]
    for line in drawing.splitlines():
        branch, mark, leaf = line.partition("── ")
        if mark and not leaf.startswith("Registration"):
            drawn.append(f"{len(branch) // 4 + 1} {leaf.split()[0]}")
    assert tree(OpenApiException) == drawn


@pytest.mark.parametrize(
    ("kind", "base"),
    [
        (ApiTypeError, TypeError),
        (ApiValueError, ValueError),
        (ApiKeyError, KeyError),
        (ApiAttributeError, AttributeError),
        (MissingExtraError, ImportError),
        (DecryptionError, ValueError),
    ],
)
def test_the_callers_errors_are_pythons_own_too(
    kind: type[Exception], base: type[Exception]
) -> None:
    failure = kind("the text")
    assert isinstance(failure, base)
    assert isinstance(failure, OpenApiException)
    assert not isinstance(failure, ApiException)
    assert "the text" in str(failure)
    assert str(by_pickle(failure)) == str(failure)


def test_a_key_error_shows_its_text_without_quotes() -> None:
    assert str(ApiKeyError("'a' is not there")) == "'a' is not there"


def test_a_missing_extra_says_what_to_install() -> None:
    failure = MissingExtraError("sandbox")
    assert failure.extra == "sandbox"
    assert str(failure) == (
        "this needs the extra 'sandbox': python -m pip install \"snaptrade-client[sandbox]\""
    )


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, RedirectError),
        (304, RedirectError),
        (400, BadRequestError),
        (401, UnauthorizedError),
        (402, ClientError),
        (403, ForbiddenError),
        (404, NotFoundError),
        (408, ClientError),
        (409, ConflictError),
        (429, RateLimitError),
        (499, ClientError),
        (500, ServerError),
        (599, ServerError),
        (600, InvalidResponseError),
        (999, InvalidResponseError),
    ],
)
def test_every_status_has_its_class(status: int, kind: type[ApiException]) -> None:
    assert error_class(status) is kind


@pytest.mark.parametrize(
    ("body", "code", "detail"),
    [
        ({"detail": "d", "status_code": 429, "code": "0000"}, "0000", "d"),
        ({"default_detail": "d", "default_code": 1076}, 1076, "d"),
        ({"message": "d"}, None, "d"),
        ({"detail": ["d"], "code": {"a": 1}}, None, None),
        ({}, None, None),
        ([{"detail": "d"}], None, None),
        ("<html>", None, None),
        (b"\xff", None, None),
        (None, None, None),
    ],
)
def test_code_and_detail_are_read_from_every_shape(
    body: Any, code: str | int | None, detail: str | None
) -> None:
    failure = ApiException(status=400, reason="Bad Request")
    failure.body = body
    assert failure.code == code
    assert failure.detail == detail


def test_the_text_starts_with_status_and_reason_then_detail_code_and_request_id() -> None:
    failure = ApiException(404, "Not Found")
    failure.body = {"detail": "No such user.", "code": 1011}
    failure.headers = {"X-Request-ID": "abc", "Signature": "hidden"}
    assert str(failure) == "404 Not Found: No such user. (code 1011, request id abc)"
    assert repr(failure) == f"ApiException({str(failure)!r})"


@pytest.mark.parametrize(
    ("status", "reason", "text"),
    [
        (None, None, "the call failed"),
        (None, "the deadline passed", "the deadline passed"),
        (500, "", "500"),
        (500, None, "500"),
    ],
)
def test_the_text_goes_without_what_is_not_there(
    status: int | None, reason: str | None, text: str
) -> None:
    assert str(ApiException(status=status, reason=reason)) == text


def test_a_long_detail_is_cut_after_its_secrets_are_gone() -> None:
    failure = ApiException(400, "Bad Request")
    failure.body = {"detail": "x" * 495 + SECRET + "y" * 500}
    failure.seal({SECRET})
    assert str(failure) == "400 Bad Request: " + "x" * 495 + "***yy"


def test_a_sealed_text_has_no_secret_in_any_place() -> None:
    failure = ApiException(400, f"Bad {SECRET}")
    failure.body = {"detail": "s3cr3t%2Bvalue", "code": SECRET}
    failure.headers = Headers([("X-Request-ID", SECRET)])
    failure.seal({SECRET})
    assert str(failure) == "400 Bad ***: *** (code ***)"
    assert SECRET not in repr(failure)
    assert SECRET not in repr(failure._secrets)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    assert failure.body["code"] == SECRET


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://other.example/x?token=hidden", "other.example"),
        ("//user:hidden@other.example:8080/x", "other.example:8080"),
        ("http://[::1]/hidden", "[::1]"),
        ("/hidden", "another path"),
        ("hidden", "another path"),
        (None, "another path"),
    ],
)
def test_a_redirect_names_the_targets_host_only(location: str | None, target: str) -> None:
    failure = RedirectError(302, "Found")
    failure.headers = Headers([("Location", location)] if location else [])
    assert str(failure) == f"302 Found; it points to {target}, and no redirect is followed"


def test_a_redirect_without_headers_has_a_text() -> None:
    assert "points to another path" in str(RedirectError(302, "Found"))


@pytest.mark.parametrize("kind", API_EXCEPTIONS)
def test_callers_build_every_class_and_assign_attributes_later(kind: type[ApiException]) -> None:
    failure = kind(status=404, reason="Not Found")
    assert (failure.status, failure.reason) == (404, "Not Found")
    nothing = (failure.body, failure.headers, failure.round_trip_time, failure.api_response)
    assert nothing == (None, None, None, None)
    assert (failure.data, failure.outcome, failure.attempts) == (None, None, ())
    assert not failure.safe_to_retry
    assert not failure.prior_attempt_unknown
    assert failure.kind == "final"
    assert failure.request_id is failure.code is failure.detail is None
    assert str(failure).startswith("404 Not Found")
    failure.body = {"detail": "assigned later", "code": "1011"}
    failure.headers = {"X-Request-ID": "abc"}
    failure.status = 410
    assert str(failure).startswith("410 Not Found: assigned later (code 1011, request id abc)")
    with pytest.raises(kind):
        raise failure


@pytest.mark.parametrize("kind", API_EXCEPTIONS)
def test_every_class_is_public_or_has_a_public_base(kind: type[ApiException]) -> None:
    public = {getattr(snaptrade_client, name) for name in snaptrade_client.__all__}
    assert kind in public or RegistrationOutcomeUnknown in kind.__mro__


def test_an_exception_made_of_a_response_has_its_parts() -> None:
    response = ApiResponse(
        body={"code": 1}, status=500, headers=Headers(), data=b"{}", round_trip_time=0.5
    )
    failure = ApiException(500, "Internal", response)
    assert failure.api_response is response
    assert (failure.body, failure.data, failure.round_trip_time) == ({"code": 1}, b"{}", 0.5)
    assert failure.headers is response.headers


@pytest.mark.parametrize("base", [ServerError, InvalidResponseError, TransportError, ClientError])
def test_an_unknown_registration_is_what_it_was_and_tells_how_to_recover(
    base: type[ApiException],
) -> None:
    failure = refused(base)
    unknown = registration_unknown(failure, "u1")
    assert isinstance(unknown, base)
    assert unknown.user_id == "u1"
    assert unknown.body is failure.body
    assert unknown.data == SECRET.encode()
    assert str(unknown) == (
        f"{failure}; the user may have been registered: look for its secret in `body` and `data`; "
        "else list the users, and if this one is there and was not before the call, delete it, "
        "wait for USER_DELETED and register it again"
    )
    again = by_pickle(unknown)
    assert (again.user_id, str(again)) == ("u1", str(unknown))


def test_an_unknown_registration_has_a_class_for_each_part_of_the_tree() -> None:
    for kind in API_EXCEPTIONS:
        if not issubclass(kind, RegistrationOutcomeUnknown) and kind not in (
            ApiException,
            RedirectError,
        ):
            unknown = registration_unknown(kind(500, "x"), None)
            assert isinstance(unknown, RegistrationOutcomeUnknown)
