"""Calls whose answers tell whom they are for, on our client and on bare urllib3."""

from collections.abc import Callable
from functools import partial
from urllib.parse import parse_qs, quote, urlsplit

import urllib3

from snaptrade_client import ApiException, AuthenticationApi

from .answers import secret_of

Told = Callable[[str], str]
"""Calls the service for a user, and returns the user that the answer is for."""


def _register(api: AuthenticationApi, user: str) -> str:
    secret = api.register_snap_trade_user(user_id=user).body["user_secret"]
    return secret.removeprefix(secret_of(""))


def _login(api: AuthenticationApi, user: str) -> str:
    body = api.login_snap_trade_user(user_id=user, user_secret=secret_of(user)).body
    assert "redirectURI" in body
    return parse_qs(urlsplit(body["redirectURI"]).query)["token"][0].removeprefix("token-of-")


def _jwt(api: AuthenticationApi, user: str) -> str:
    body = api.get_user_jwt(user_id=user, user_secret=secret_of(user)).body
    return body["encrypted_shared_key"]


def _delete(api: AuthenticationApi, user: str) -> str:
    return api.delete_snap_trade_user(user_id=user).body["user_id"]


OPERATIONS = (_jwt, _login, _register, _delete)


def ours(api: AuthenticationApi) -> list[Told]:
    """The operations that are about a user."""
    return [partial(call, api) for call in OPERATIONS]


def bare(url: str) -> list[Told]:
    """The same question through urllib3's own pool."""
    pool = urllib3.PoolManager(retries=False, timeout=1.0)

    def ask(user: str) -> str:
        target = f"{url}/snapTrade/encryptedJWT?userId={quote(user)}"
        return str(pool.request("GET", target).json()["encryptedSharedKey"])

    return [ask]


class Tally:
    """How many calls there were, how many were answered, and how many by another's answer."""

    def __init__(self) -> None:
        self.calls = self.answered = self.crossed = 0

    def add(self, call: Told, user: str) -> None:
        """Makes a call. What it fails with does not matter, unless it was another's answer."""
        self.calls += 1
        try:
            told = call(user)
        except (ApiException, urllib3.exceptions.HTTPError, ValueError, KeyError) as error:
            self.crossed += "names another user" in str(error)
        else:
            self.answered += 1
            self.crossed += told != user

    def join(self, other: "Tally") -> None:
        """Adds another tally to this one."""
        self.calls += other.calls
        self.answered += other.answered
        self.crossed += other.crossed

    def problems(self, *, least: float = 0.8) -> list[str]:
        """What is wrong; too few answers would prove nothing."""
        found = [f"{self.crossed} answers crossed"] if self.crossed else []
        few = self.answered < least * self.calls
        return found + ([f"{self.answered} answers to {self.calls} calls"] if few else [])

    def __str__(self) -> str:
        return f"{self.crossed} of {self.answered} answers, {self.calls} calls"
