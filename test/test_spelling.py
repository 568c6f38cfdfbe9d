"""The two spellings of a name, and bodies that answer to both."""

import copy
import json
from collections.abc import Callable
from pprint import pformat
from typing import Any

import pytest

from snaptrade_client import ApiKeyError
from snaptrade_client.spelling import BodyObject, snake

from .pickled import by_pickle


def body() -> BodyObject:
    return BodyObject({"userId": "u1", "userSecret": "s1"})


COPIES = pytest.mark.parametrize("copied", [by_pickle, copy.copy, copy.deepcopy])


@pytest.mark.parametrize(
    ("service", "specification"),
    [
        ("userId", "user_id"),
        ("redirectURI", "redirect_uri"),
        ("rsaPublicKey", "rsa_public_key"),
        ("encryptedJWT", "encrypted_jwt"),
        ("URIOf2Parts", "uri_of2_parts"),
        ("status_code", "status_code"),
        ("", ""),
    ],
)
def test_names_of_the_service_in_the_specifications_spelling(
    service: str, specification: str
) -> None:
    assert snake(service) == specification


@pytest.mark.parametrize("key", ["userSecret", "user_secret"])
def test_both_spellings_find_the_entry(key: str) -> None:
    assert body()[key] == "s1"
    assert body().get(key) == "s1"
    assert key in body()
    assert body().setdefault(key, "other") == "s1"
    taken = body()
    assert taken.pop(key) == "s1"
    assert list(taken) == ["userId"]
    changed = body()
    changed[key] = "s2"
    assert changed == {"userId": "u1", "userSecret": "s2"}
    del changed[key]
    assert changed == {"userId": "u1"}
    match body():
        case {"user_secret": secret}:
            assert secret == "s1"
        case _:
            pytest.fail("a pattern in the specification's spelling does not match")


def test_an_update_finds_the_entry_under_either_spelling() -> None:
    updated = body()
    updated.update({"user_secret": "s2"}, user_id="u2")
    updated.update([("userName", "n")])
    assert updated == {**body(), "userSecret": "s2", "userId": "u2", "userName": "n"}
    same = updated
    same |= {"user_secret": "s3"}
    assert same is updated
    assert updated["userSecret"] == "s3"
    assert "user_secret" not in list(updated)


def test_a_key_that_is_not_there() -> None:
    with pytest.raises(ApiKeyError) as caught:
        body()["user_name"]
    assert str(caught.value) == "'user_name' is not in the answer, which has: userId, userSecret"
    assert isinstance(caught.value, KeyError)
    assert "user_name" not in body()
    assert body().get("user_name") is None
    assert body().get("user_name", 5) == 5
    assert body().pop("user_name", 5) == 5
    with pytest.raises(KeyError):
        body().pop("user_name")
    with pytest.raises(KeyError):
        del body()["user_name"]
    added = body()
    assert added.setdefault("userName", "n") == "n"
    assert added["user_name"] == "n"


def test_a_body_is_a_real_dict_and_shows_the_services_keys_only() -> None:
    assert isinstance(body(), dict)
    assert body() == {"userId": "u1", "userSecret": "s1"}
    assert list(body()) == ["userId", "userSecret"]
    assert json.loads(json.dumps(body())) == {"userId": "u1", "userSecret": "s1"}
    assert {**body()} == dict(body())
    assert repr(body()) == repr(dict(body()))
    assert pformat(body()) == pformat(dict(body()))


def test_a_body_is_the_callers_to_change_whatever_they_put_in() -> None:
    changed: Any = body()
    changed[5] = "five"
    changed[None] = "none"
    assert changed["user_id"] == "u1"
    assert changed.get("absent") is None
    with pytest.raises(ApiKeyError, match="userId, userSecret, 5, None"):
        changed["absent"]


def test_an_own_key_comes_before_another_ones_spelling() -> None:
    both = BodyObject({"userId": 1, "user_id": 2})
    assert (both["userId"], both["user_id"]) == (1, 2)


@COPIES
def test_copies_of_a_body_are_bodies(copied: Callable[[BodyObject], BodyObject]) -> None:
    original = BodyObject({"userId": 1, "user_id": 2, "inner": BodyObject({"aB": [1]})})
    other = copied(original)
    assert other == original
    assert type(other) is BodyObject
    assert type(other["inner"]) is BodyObject
    other["new"] = 1
    assert "new" not in original


def test_the_copy_method_gives_a_body() -> None:
    original = body()
    other = original.copy()
    del other["user_id"]
    assert original["user_id"] == "u1"
    assert other["user_secret"] == "s1"
