"""What a call shows of itself: no secret in texts, logs, records or frames, and no inner frame."""

import pickle
import traceback
from collections.abc import Callable, Iterable
from itertools import repeat
from types import TracebackType
from typing import Any, NoReturn
from urllib.parse import quote, quote_plus

import pytest

from snaptrade_client import (
    ApiClient,
    ApiException,
    ApiResponse,
    ApiTypeError,
    ApiValueError,
    ConnectionLostError,
    InvalidResponseError,
    RegistrationOutcomeUnknown,
    SnapTrade,
)
from snaptrade_client.transport import Answer, Request

from .fakes import Fake, Step, answer, failed
from .recording import CONSUMER_KEY

SECRET = "s3cr3t/of=u1 +é"
USER: dict[str, Any] = {"user_id": "u1", "user_secret": SECRET}
TOKEN = "Bearer t0ken-of-a-gateway"
# A name, since tracebacks show the lines of the call.
FIELD = "in-the-body"
FORMS: list[Callable[[str], str]] = [str, quote, lambda text: quote(text, safe=""), quote_plus]
FORM_IDS = ["raw", "as in a query", "fully encoded", "as in a form"]

LOST = failed(ConnectionLostError, "unknown", "lost")


def failing(fake: Fake, kind: type[ApiException] = ApiException) -> ApiException:
    """The failure of a call that hands over every kind of secret."""
    with pytest.raises(kind) as caught:
        fake.authentication.login_snap_trade_user(
            **USER, body={"token": FIELD}, extra_headers={"Authorization": TOKEN}
        )
    return caught.value


def hidden(requests: Iterable[Request]) -> list[str]:
    """Every form of every secret of these requests."""
    signatures = [request.headers["Signature"] for request in requests]
    secrets = [SECRET, CONSUMER_KEY, FIELD, TOKEN, *signatures]
    return [form(secret) for secret in secrets for form in FORMS]


def shown(failure: ApiException) -> str:
    """All texts that a failure comes to, its pickle's included."""
    copied: ApiException = pickle.loads(pickle.dumps(failure))  # noqa: S301 - the test's own
    texts = [str(failure), repr(failure), str(copied), repr(copied), repr(vars(copied))]
    texts += traceback.TracebackException.from_exception(failure).format()
    return "\n".join([*texts, repr(failure.attempts), repr(failure.api_response)])


@pytest.mark.parametrize("form", FORMS, ids=FORM_IDS)
@pytest.mark.parametrize("place", ["detail", "code", "reason"])
@pytest.mark.parametrize("status", [200, 301, 400, 401, 404, 429, 500])
def test_a_secret_that_the_service_repeats_is_not_shown(
    status: int, place: str, form: Callable[[str], str]
) -> None:
    fake = Fake([])

    def echo(request: Request) -> Answer:
        said = f"<{' '.join(hidden([request]))}> <{form(SECRET)}>"
        body: Any = [said] if status == 200 else {place: said}
        given = answer(body, status)
        return given._replace(reason=said) if place == "reason" else given

    fake.transport.script = repeat(echo)
    failure = failing(fake)
    if place == "reason" or status != 200:
        assert "<*** " in str(failure)
    for text in hidden(fake.transport.requests):
        assert text not in shown(failure)
    # The service's own words stay as they came, for the program.
    assert SECRET in str(failure.body) + str(failure.reason)


@pytest.mark.parametrize("form", FORMS, ids=FORM_IDS)
def test_a_secret_in_the_text_of_a_transport_failure_is_not_shown(
    form: Callable[[str], str],
) -> None:
    def lose(_: Request) -> NoReturn:
        failure = ConnectionLostError(reason=f"lost {form(SECRET)} {form(CONSUMER_KEY)}")
        failure.outcome, failure.kind = "unknown", "lost"
        failure.data = form(SECRET).encode()
        raise failure

    failure = failing(Fake(repeat(lose)))
    assert str(failure) == "lost *** ***"
    assert form(SECRET) not in shown(failure)


def test_the_signature_of_an_earlier_attempt_is_not_shown() -> None:
    fake = Fake([])

    def echo(_: Request) -> Answer:
        first = fake.transport.requests[0].headers["Signature"]
        return answer({"detail": f"seen before: {first}"}, 500 if fake.sent == 1 else 400)

    fake.transport.script = repeat(echo)
    failure = failing(fake)
    assert fake.sent == 2
    assert "seen before: ***" in str(failure)
    for text in hidden(fake.transport.requests):
        assert text not in shown(failure)


def test_a_secret_in_a_list_that_is_sent_is_not_shown() -> None:
    fake = Fake([answer({"detail": "no in-a-list"}, 400)])
    with pytest.raises(ApiException) as caught:
        fake.client.request("POST", "/x", body=[{"userSecret": "in-a-list"}])
    assert "400 Reason 400: no *** (" in str(caught.value)


def test_a_registration_does_not_show_the_secret_that_it_keeps() -> None:
    body = {"userId": "another", "userSecret": SECRET}
    fake = Fake([answer(body)])
    with pytest.raises(RegistrationOutcomeUnknown) as caught:
        fake.authentication.register_snap_trade_user(user_id="u1")
    assert caught.value.body == body
    assert SECRET not in shown(caught.value)


def test_an_answer_does_not_show_its_secrets() -> None:
    fake = Fake([answer({"redirectURI": f"https://x.example/?token={SECRET}", "sessionId": "hid"})])
    response: ApiResponse[Any] = fake.authentication.login_snap_trade_user(**USER)
    assert SECRET in response.body["redirect_uri"]
    assert SECRET not in repr(response)
    assert "hid" not in repr(response)


def frames(trace: TracebackType | None) -> list[TracebackType]:
    """The frames of a traceback that are not this file's."""
    found: list[TracebackType] = []
    while trace:
        if trace.tb_frame.f_code.co_filename != __file__:
            found.append(trace)
        trace = trace.tb_next
    return found


CALLS: dict[str, tuple[Step, Callable[[Fake], Any], type[BaseException]]] = {
    "refused": (
        answer({"detail": SECRET}, 400),
        lambda fake: fake.client.request("GET", "/x", query={"userSecret": SECRET}),
        ApiException,
    ),
    "lost": (LOST, lambda fake: fake.authentication.get_user_jwt(**USER), ApiException),
    "unusable": (
        answer(SECRET.encode()),
        lambda fake: fake.authentication.get_user_jwt(**USER),
        InvalidResponseError,
    ),
    "unknown": (
        LOST,
        lambda fake: fake.authentication.register_snap_trade_user(user_id=SECRET),
        RegistrationOutcomeUnknown,
    ),
    "interrupted": (
        KeyboardInterrupt(),
        lambda fake: fake.authentication.get_user_jwt(**USER),
        KeyboardInterrupt,
    ),
    "broken transport": (
        LookupError(),
        lambda fake: fake.authentication.get_user_jwt(**USER),
        LookupError,
    ),
    "bad argument": (
        LOST,
        lambda fake: fake.authentication.get_user_jwt(user_id="", user_secret=SECRET),
        ApiValueError,
    ),
    "bad option": (
        LOST,
        lambda fake: fake.client.with_options(timeout=-1),
        ApiValueError,
    ),
    "no configuration": (LOST, lambda _: ApiClient(SECRET), ApiTypeError),  # type: ignore[arg-type]
    "bad key": (
        LOST,
        lambda _: SnapTrade(consumer_key=f" {SECRET}", client_id="C"),
        ApiValueError,
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_an_exception_shows_one_frame_below_the_callers_and_no_secret_in_it(name: str) -> None:
    step, call, kind = CALLS[name]
    fake = Fake(repeat(step))
    with pytest.raises(kind) as caught:
        call(fake)
    failure = caught.value
    [frame] = frames(failure.__traceback__)
    assert frame.tb_frame.f_code.co_name == "guarded"
    assert set(frame.tb_frame.f_locals) == {"function"}
    assert failure.__cause__ is failure.__context__ is None
    assert SECRET not in str(failure) + repr(failure)
