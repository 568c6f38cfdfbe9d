"""The demo against a service that errs: what it notices, and what it leaves behind."""

import json
import re
import sys
from collections.abc import Callable
from urllib.parse import parse_qsl

import pytest

from snaptrade_client.authentication import AuthenticationApi
from snaptrade_client.cli import main
from snaptrade_client.sandbox.sealing import seal

from .recording import CLIENT_ID, Recorded, RecordingServer, Reply

SECRET = "the-user-secret"


@pytest.fixture
def environment(server: RecordingServer, monkeypatch: pytest.MonkeyPatch) -> RecordingServer:
    """The recording server as "the real service", one request of which has a wrong key."""
    monkeypatch.setenv("SNAPTRADE_HOST", server.url)
    monkeypatch.setenv("SNAPTRADE_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("SNAPTRADE_CONSUMER_KEY", server.consumer_key)
    return server


def test_without_cryptography(
    environment: RecordingServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    assert main(["demo", "--live"]) == 1
    assert "snaptrade-client[crypto]" in capsys.readouterr().err
    assert environment.requests == []


def service(**replies: Reply | Callable[[Recorded], Reply]) -> Callable[[Recorded], Reply]:
    """A service whose operations answer as told, and otherwise as if all were well."""
    known: list[str] = []
    wrong = Reply(status=401, body={"default_detail": "Signature", "default_code": 1076})
    unknown = Reply(status=401, body={"detail": "Invalid userID or userSecret", "code": "1083"})
    plain = {"redirectURI": "https://example.com/?token=x", "sessionId": "the-session"}

    def register(request: Recorded) -> Reply:
        known.append(json.loads(request.body)["userId"])
        return Reply(body={"userId": known[0], "userSecret": SECRET})

    def list_users(_: Recorded) -> Reply:
        # The second listing is the one that is signed with a wrong key.
        known.append("listed")
        return wrong if known.count("listed") > 1 else Reply(body=known[:1])

    def delete(request: Recorded) -> Reply:
        user_id = dict(parse_qsl(request.query))["userId"]
        return Reply(body={"status": "deleted", "userId": user_id})

    def login(request: Recorded) -> Reply:
        return unknown if "missing" in request.query else Reply(body=plain)

    usual: dict[str, Reply | Callable[[Recorded], Reply]] = {
        "registerUser": register,
        "listUsers": list_users,
        "login": login,
        "encryptedJWT": Reply(body=plain),
        "deleteUser": delete,
        **replies,
    }

    def answer(request: Recorded) -> Reply:
        reply = usual[request.path.rpartition("/")[2]]
        return reply if isinstance(reply, Reply) else reply(request)

    return answer


def operations(server: RecordingServer) -> list[str]:
    return [request.path.rpartition("/")[2] for request in server.requests]


def test_plain_answers_are_shown_masked(
    environment: RecordingServer, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.bad_signatures_expected = True
    environment.answer_with(service())
    assert main(["demo", "--live"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.count('{"redirectURI": "***", "sessionId": "***"}') == 2
    assert "} a portal link to https://example.com, for 5 minutes\n" in out
    assert SECRET not in out


def all_users(_: Recorded) -> Reply:
    return Reply(body=["somebody"])


def every_login(_: Recorded) -> Reply:
    return Reply(body={"redirectURI": "https://example.com/?token=x", "sessionId": "x"})


def refusal(code: int) -> Reply:
    return Reply(status=401, body={"detail": "No", "code": code})


def in_turn(*replies: Reply) -> Callable[[Recorded], Reply]:
    """Answers the first request with the first reply, and so on."""
    left = list(replies)

    return lambda _: left.pop(0)


LINK = {"redirectURI": "https://example.com/?token=x", "sessionId": "x"}


@pytest.mark.parametrize(
    ("replies", "shown"),
    [
        ({"listUsers": (Reply(body=["somebody"]), refusal(1076))}, "users: 1, without demo-"),
        ({"login": (Reply(body=LINK), refusal(1076))}, "(code 1076"),
        ({"login": (Reply(body={**LINK, "redirectURI": "/portal?t"}), refusal(1083))}, "no portal"),
        ({"login": (Reply(body={**LINK, "redirectURI": "ftp://x/?"}), refusal(1083))}, "no portal"),
    ],
)
def test_one_wrong_answer_is_enough(
    environment: RecordingServer,
    capsys: pytest.CaptureFixture[str],
    replies: dict[str, tuple[Reply, ...]],
    shown: str,
) -> None:
    environment.bad_signatures_expected = True
    environment.answer_with(service(**{name: in_turn(*two) for name, two in replies.items()}))
    assert main(["demo", "--live"]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    assert shown in out
    assert out.endswith("\nNot everything behaved.\n")


def test_a_refusal_for_another_reason_is_none(
    environment: RecordingServer, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.bad_signatures_expected = True
    usual = service()

    def answer(request: Recorded) -> Reply:
        reply = usual(request)
        return refusal(1083) if b"1076" in json.dumps(reply.body).encode() else reply

    environment.answer_with(answer)
    assert main(["demo", "--live"]) == 1
    assert "(code 1083" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["no JSON", "[]", "{}", '{"redirectURI": null}'])
def test_a_sealed_login_without_a_link(
    environment: RecordingServer, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    environment.bad_signatures_expected = True
    usual, keys = service(), list[str]()

    def answer(request: Recorded) -> Reply:
        if request.path.endswith("registerUser"):
            keys.append(json.loads(request.body)["rsaPublicKey"])
        if request.path.endswith("login") and "missing" not in request.query:
            return Reply(body=seal(text, keys[0]))
        return usual(request)

    environment.answer_with(answer)
    assert main(["demo", "--live"]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    assert "opened: no portal link\n" in out


@pytest.mark.parametrize(
    ("replies", "shown"),
    [
        ({"listUsers": all_users}, ["users: 1, without demo-", "was not refused"]),
        ({"login": every_login}, ["was not refused"]),
        (
            {"listUsers": Reply(status=401, body={"detail": "No", "code": "1083"})},
            ["UnauthorizedError: 401"],
        ),
        ({"encryptedJWT": Reply(body={"encryptedMessageData": {}})}, ["DecryptionError"]),
        ({"encryptedJWT": Reply(status=400, body={"detail": "No key"})}, ["BadRequestError"]),
    ],
)
def test_a_service_that_errs(
    environment: RecordingServer,
    capsys: pytest.CaptureFixture[str],
    replies: dict[str, Reply],
    shown: list[str],
) -> None:
    environment.answer_with(service(**replies))
    assert main(["demo", "--live"]) == 1
    out, err = capsys.readouterr()
    for text in shown:
        assert text in out + err
    assert "Not everything behaved." in out
    assert "Traceback" not in out + err
    assert SECRET not in out + err
    # Whatever failed, the user is deleted.
    assert operations(environment)[-1] == "deleteUser"
    # Where every step was played, the wrong key was too.
    environment.bad_signatures_expected = bool(environment.bad_signatures)


def test_a_registration_that_is_refused(
    environment: RecordingServer, capsys: pytest.CaptureFixture[str]
) -> None:
    refusal = Reply(status=400, body={"detail": "One user only", "code": "1012"})
    environment.answer_with(service(registerUser=refusal))
    assert main(["demo", "--live"]) == 1
    assert "BadRequestError: 400" in capsys.readouterr().err
    assert operations(environment) == ["registerUser"]


def test_a_registration_whose_answer_is_lost(
    environment: RecordingServer, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.answer_with(service(registerUser=Reply(raw=b"", close=True)))
    assert main(["demo", "--live"]) == 1
    assert "Registration" in capsys.readouterr().err
    assert operations(environment)[-1] == "deleteUser"


def test_an_interrupted_demo_deletes_its_user(
    environment: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(AuthenticationApi, "list_snap_trade_users", interrupted)
    environment.answer_with(service())
    assert main(["demo", "--live"]) == 130
    assert operations(environment) == ["registerUser", "deleteUser"]


def test_a_deletion_that_fails(
    environment: RecordingServer, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.bad_signatures_expected = True
    refusal = Reply(status=403, body={"detail": "No", "code": "1066"})
    environment.answer_with(service(deleteUser=refusal))
    assert main(["demo", "--live"]) == 1
    out, err = capsys.readouterr()
    assert re.search(
        "the user demo-[0-9a-f-]{36} could not be deleted, and may still be there", err
    )
    assert "ForbiddenError: 403" in err
    assert "Not everything behaved." in out
