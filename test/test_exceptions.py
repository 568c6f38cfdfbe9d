"""The exception tree: what each is, says, and carries when it is pickled."""

import pytest

import snaptrade_client
from snaptrade_client import exceptions
from snaptrade_client.api_response import ApiResponse
from snaptrade_client.attempts import Attempt
from snaptrade_client.exceptions import (
    ApiAttributeError,
    ApiException,
    ApiKeyError,
    ApiTypeError,
    ApiValueError,
    BadRequestError,
    ClientError,
    DecryptionError,
    InvalidResponseError,
    MissingExtraError,
    OpenApiException,
    RedirectError,
    RegistrationOutcomeUnknown,
    ServerError,
    TransportError,
    registration_unknown,
)
from snaptrade_client.headers import Headers
from snaptrade_client.spelling import BodyObject

from .pickled import by_pickle

SECRET = "s3cr3t+value"
ATTEMPTS = (Attempt("lost", "unknown", None, 0.5, 0.1),)
CLASSES = [
    kind
    for kind in vars(exceptions).values()
    if isinstance(kind, type) and issubclass(kind, OpenApiException)
]
API_EXCEPTIONS = [kind for kind in CLASSES if issubclass(kind, ApiException)]


def sealed(failure: ApiException) -> ApiException:
    """A failure with a fixed text, as a call seals it."""
    failure._seal({SECRET})  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    return failure


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
    return sealed(failure)


def below(path: str, kind: type) -> list[str]:
    """A class and its subclasses in the package, each with its way down from the root."""
    path += f"/{kind.__name__}"
    children: list[type] = kind.__subclasses__()
    shown = (
        child
        for child in children
        if child in CLASSES and not child.__name__.startswith("Registration")
    )
    return [path, *(line for child in shown for line in below(path, child))]


def test_the_tree_is_the_one_that_the_module_draws() -> None:
    drawing = (exceptions.__doc__ or "").partition("OpenApiException\n")[2]
    way = ["/OpenApiException"]
    drawn = [*way]
    for line in drawing.splitlines():
        branch, mark, leaf = line.partition("── ")
        if mark and not leaf.startswith("Registration"):
            del way[len(branch) // 4 + 1 :]
            way.append(f"{way[-1]}/{leaf.split()[0]}")
            drawn.append(way[-1])
    assert sorted(below("", OpenApiException)) == sorted(drawn)


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
    ("location", "target"),
    [
        ("https://other.example/x?token=hidden", "other.example"),
        ("//user:hidden@other.example:8080/x", "other.example"),
        ("http://[::1]/hidden", "::1"),
        ("https://a@hidden@other.example/", "other.example"),
        ("https://user:hidden/x@other.example/", "user"),
        ("https://[hidden", "another path"),
        ("/hidden", "another path"),
        ("hidden", "another path"),
        (None, "another path"),
    ],
)
def test_a_redirect_names_the_targets_host_only(location: str | None, target: str) -> None:
    failure = RedirectError(302, "Found")
    failure.headers = Headers([("Location", location)] if location else [])
    assert str(failure) == f"302 Found; it points to {target}, and no redirect is followed"


def test_no_text_of_a_service_shows_the_query_of_a_url() -> None:
    failure = BadRequestError(400, "Go to https://portal.example/?token=hidden")
    failure.body = {
        "detail": "open https://portal.example/connect?token=hidden first",
        "code": "https://portal.example/#hidden",
    }
    assert str(failure) == (
        "400 Go to https://portal.example/?***: open https://portal.example/connect?*** first "
        "(code https://portal.example/#***)"
    )


def test_no_text_of_a_service_is_shown_at_any_length() -> None:
    failure = BadRequestError(400, "r" * 501)
    failure.body = {"detail": "d" * 501, "code": "c" * 501}
    assert str(failure) == f"400 {'r' * 500}: {'d' * 500} (code {'c' * 500})"


def test_what_a_service_says_is_one_line_of_text() -> None:
    failure = BadRequestError(400, "Bad\rRequest\x1b[2J")
    failure.body = {"detail": "no\nroot: \u202eyes\x85 \ud800 caf\xe9", "code": "1\r\n2"}
    assert str(failure) == (
        r"400 Bad\x0dRequest\x1b[2J: no\x0aroot: \u202eyes\x85 \ud800 café (code 1\x0d\x0a2)"
    )
    assert failure.detail == failure.body["detail"]


def test_a_redirect_without_headers_has_a_text() -> None:
    assert "points to another path" in str(RedirectError(302, "Found"))


@pytest.mark.parametrize("kind", API_EXCEPTIONS)
def test_every_class_is_public_or_has_a_public_base(kind: type[ApiException]) -> None:
    public = {getattr(snaptrade_client, name) for name in snaptrade_client.__all__}
    assert kind in public or RegistrationOutcomeUnknown in kind.__mro__


@pytest.mark.parametrize("kind", [OpenApiException, *API_EXCEPTIONS])
def test_every_class_names_the_public_module_as_its_home(kind: type[Exception]) -> None:
    assert kind.__module__ == "snaptrade_client.exceptions"
    assert getattr(exceptions, kind.__name__) is kind
    assert kind.__name__ in exceptions.__all__


def test_the_warning_of_an_insecure_connection_can_be_filtered_by_its_class() -> None:
    assert issubclass(exceptions.InsecureConnectionWarning, UserWarning)
    assert not issubclass(exceptions.InsecureConnectionWarning, OpenApiException)


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
