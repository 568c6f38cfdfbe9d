"""A portal link in a notebook: a click with its time left, and nothing of it anywhere else."""

import copy
import pickle
from collections.abc import Callable
from time import monotonic
from typing import Any

import pytest

from snaptrade_client import ApiTypeError, ApiValueError
from snaptrade_client.encryption import decrypt
from snaptrade_client.notebook import PortalLink, portal_link
from snaptrade_client.sandbox import Sandbox, SandboxUser

from .pickled import by_pickle
from .shown import SECRET, URL, answer, shown
from .test_encryption import KEY, PEM


def test_a_portal_link_is_a_click_that_tells_the_opener_nothing() -> None:
    link = PortalLink(URL, ends=300, clock=lambda: 1)
    page = shown(link)
    assert page.links == [{"href": URL, "target": "_blank", "rel": "noopener noreferrer"}]
    assert SECRET not in page.text
    assert page.text.startswith("Portal link 4 min 59 s left when this was shown Open the")
    assert "clear this output" in page.text


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        (0, "5 min 0 s left when this was shown"),
        (299.5, "0 min 0 s left when this was shown"),
        (300, "expired"),
        (301, "expired"),
    ],
)
def test_the_time_of_a_link_passes(passed: float, text: str) -> None:
    link = PortalLink(URL, ends=1300, clock=lambda: 1000 + passed)
    assert link.seconds_left == max(0, 300 - passed)
    assert repr(link) == f"<PortalLink to app.example, {text}>"
    page = shown(link)
    assert text in page.text
    assert bool(page.links) is (passed < 300)


def test_a_link_works_for_five_minutes_from_its_answer_on(sandbox: Sandbox) -> None:
    sandbox.add_user("u1", SECRET)
    before = monotonic()
    with sandbox.client() as client:
        login = client.authentication.login_snap_trade_user(user_id="u1", user_secret=SECRET)
    left = portal_link(login).seconds_left
    assert left is not None
    assert before + 300 - monotonic() <= left <= 300


@pytest.mark.parametrize("copied", [by_pickle, copy.copy, copy.deepcopy])
def test_when_a_copied_answer_came_is_not_known(copied: Callable[[Any], Any]) -> None:
    link = portal_link(copied(answer({"redirectURI": URL}, arrived=monotonic())))
    assert link.seconds_left is None
    assert repr(link) == "<PortalLink to app.example, for five minutes from when it was made>"
    assert "five minutes" in shown(link).text
    assert shown(link).links[0]["href"] == URL


def test_a_portal_link_is_not_pickled() -> None:
    with pytest.raises(ApiTypeError, match="it is a secret"):
        pickle.dumps(portal_link(answer({"redirectURI": URL})))


def test_a_link_out_of_an_encrypted_answer_is_a_click_too() -> None:
    user = SandboxUser(
        secret=SECRET, rsa_public_key=KEY.public_key().export_key(format="OpenSSH").decode()
    )
    with Sandbox(users={"u1": user}) as sandbox, sandbox.client() as client:
        login = client.authentication.login_snap_trade_user(user_id="u1", user_secret=SECRET)
        origin = sandbox.url.removesuffix("/api/v1")
    with pytest.raises(ApiValueError, match="the answer is encrypted: portal_link"):
        portal_link(login)
    link = portal_link(login, opened=decrypt(login.body, PEM))
    assert str(shown(link).links[0]["href"]).startswith(f"{origin}/portal?")
    assert portal_link(login, opened=URL).seconds_left is not None


@pytest.mark.parametrize(
    "body",
    [
        None,
        ["https://x.example"],
        {"userId": "u"},
        {"redirectURI": 5},
        {"redirectURI": "javascript:alert(1)"},
        {"redirectURI": "data:text/html,x"},
        {"redirectURI": "/portal"},
        {"redirectURI": "https://[x"},
        {"redirectURI": "https://"},
    ],
)
def test_what_is_no_link_to_a_web_page_is_refused(body: Any) -> None:
    with pytest.raises(ApiValueError, match="has no redirectURI that is a web page's") as caught:
        portal_link(answer(body))
    assert "alert" not in str(caught.value)


@pytest.mark.parametrize("opened", ["[" * 100_000, "\ud800", "5", ""])
def test_what_was_opened_and_holds_no_link_is_refused(opened: str) -> None:
    with pytest.raises(ApiValueError, match="has no redirectURI that is a web page's"):
        portal_link(answer({}), opened=opened)


def test_what_is_no_answer_is_refused() -> None:
    wrong: Any = {"redirectURI": URL}
    with pytest.raises(ApiTypeError, match="must be the answer of a login, not dict"):
        portal_link(wrong)
    wrong = 5
    with pytest.raises(ApiTypeError, match="opened must be str, not int"):
        portal_link(answer({}), opened=wrong)
