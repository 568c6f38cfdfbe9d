"""No frame that an exception leaves with, below the caller's own, holds a secret."""

import operator
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from snaptrade_client import ApiResponse, OpenApiException
from snaptrade_client.headers import Headers
from snaptrade_client.spelling import BodyObject

SECRET = "the-user's-only-secret"


def body() -> BodyObject:
    return BodyObject(userSecret=SECRET)


def assign(response: ApiResponse[Any]) -> None:
    response.body = {"userSecret": SECRET}  # type: ignore[misc]


def answer() -> ApiResponse[Any]:
    return ApiResponse(body=body(), status=200, headers=Headers())


def delete(held: BodyObject) -> None:
    del held["absent"]


def join(held: Any) -> None:
    held |= [SECRET]


ERRORS: dict[str, tuple[Callable[[], Any], Callable[[Any], object]]] = {
    "reading a key": (body, lambda held: held["absent"]),
    "taking a key": (body, lambda held: held.pop("absent")),
    "deleting a key": (body, delete),
    "asking for what is no key": (body, lambda held: [] in held),
    "getting what is no key": (body, lambda held: held.get([])),
    "defaulting what is no key": (body, lambda held: held.setdefault([], SECRET)),
    "assigning what is no key": (body, lambda held: operator.setitem(held, [], SECRET)),
    "updating with what is no dict": (body, lambda held: held.update([SECRET])),
    "joining what is no dict": (body, join),
    "assigning to an answer": (answer, assign),
}


@pytest.mark.parametrize(("make", "use"), ERRORS.values(), ids=ERRORS)
def test_a_mistake_with_an_answer_shows_no_secret(
    make: Callable[[], Any], use: Callable[[Any], object]
) -> None:
    with pytest.raises((OpenApiException, KeyError, TypeError, ValueError)) as caught:
        use(make())
    place = caught.value.__traceback__
    while place is not None:
        if "snaptrade_client" in place.tb_frame.f_code.co_filename:
            assert SECRET not in repr(list(place.tb_frame.f_locals.items()))
            assert not any(
                isinstance(held, BodyObject) for held in place.tb_frame.f_locals.values()
            )
        place = place.tb_next
    assert SECRET.encode() not in pickle.dumps(caught.value)
