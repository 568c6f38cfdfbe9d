"""`sign`: the canonical string, its digest and the signature, as the tests' own code has them."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from snaptrade_client.signing import sign

from .commands import KEY, SECRET, Runner, process
from .signature import accepted

VECTORS = Path(__file__).with_name("vectors.json")
QUERY = "userId=u&clientId=id&timestamp=1700000000"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.setenv("SNAPTRADE_CONSUMER_KEY", KEY)
    monkeypatch.setenv("SNAPTRADE_CLIENT_ID", "id&1")
    monkeypatch.setenv("SNAPTRADE_USER_SECRET", SECRET)
    return Runner(capsys)


def test_the_signature_of_a_listing(run: Runner) -> None:
    document = run(
        "sign", "get", "/snapTrade/listUsers", "--query", QUERY, "--json", "--reveal"
    ).document
    assert list(document) == [
        *("ok", "method", "canonical", "bytes", "sha256", "signature", "signature_begins"),
        *("consumer_key_length", "consumer_key_sha256"),
    ]
    path = "/api/v1/snapTrade/listUsers"
    assert document["canonical"] == f'{{"content":null,"path":"{path}","query":"{QUERY}"}}'
    assert document["signature"] == sign(path, QUERY, None, KEY)
    assert accepted(path, QUERY, b"", KEY, document["signature"])
    assert document["sha256"] == hashlib.sha256(document["canonical"].encode()).hexdigest()
    assert document["method"] == "GET"
    whole = run("sign", "GET", path, "--query", QUERY, "--json", "--reveal").document
    assert whole == document


def test_as_text(run: Runner) -> None:
    done = run("sign", "GET", "/accounts", "--query", QUERY)
    signature = sign("/api/v1/accounts", QUERY, None, KEY)
    assert done.code == 0
    assert done.out.splitlines()[-1] == f"signature:        {signature[:6]}..."
    assert f"consumer key:     {len(KEY)} characters, SHA-256 " in done.out
    revealed = run("sign", "GET", "/accounts", "--query", QUERY, "--reveal")
    assert revealed.out.endswith(f"signature:        {signature}\n")


def test_a_secret_is_filled_in_and_masked(run: Runner) -> None:
    arguments = ["sign", "POST", "/snapTrade/login", "--query", f"{QUERY}&userSecret=", "--json"]
    masked = run(*arguments).document
    revealed = run(*arguments, "--reveal").document
    assert masked["canonical"].endswith(f'{QUERY}&userSecret=***"}}')
    assert revealed["canonical"].endswith(f'{QUERY}&userSecret={SECRET}"}}')
    assert masked["signature"] == "***"
    assert revealed["sha256"].startswith(masked["sha256"].removesuffix("..."))
    assert revealed["signature"].startswith(masked["signature_begins"])


def test_a_secret_in_the_arguments_is_refused(run: Runner) -> None:
    done = run("sign", "GET", "/x", "--query", "user%53ecret=CANARY")
    assert (done.code, done.out) == (1, "")
    assert "a secret in an argument is seen by others" in done.err
    assert "CANARY" not in done.err


def test_a_query_from_a_file_is_taken_as_it_is(run: Runner, tmp_path: Path) -> None:
    file = tmp_path / "query"
    file.write_text("a=%7e&userSecret=canary%2Dtwo&b\n", encoding="utf-8")
    arguments = ["sign", "GET", "/x", "--query-file", str(file)]
    assert '"query":"a=%7e&userSecret=***&b"' in run(*arguments).out
    assert '"query":"a=%7e&userSecret=canary%2Dtwo&b"' in run(*arguments, "--reveal").out


def test_without_a_query_it_is_the_clients(run: Runner) -> None:
    assert re.search(r'"query":"clientId=id%261&timestamp=[0-9]{10}"', run("sign", "GET", "/x").out)


def test_a_body(run: Runner, tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_text('{"userSecret": "canary-four", "b": 1, "a": "ü"}', encoding="utf-8")
    arguments = ["sign", "POST", "/x", "--query", QUERY, "--body", str(file), "--json"]
    masked = run(*arguments).document
    assert masked["canonical"].startswith('{"content":{"a":"\\u00fc","b":1,"userSecret":"***"},')
    revealed = run(*arguments, "--reveal").document
    content = json.loads(file.read_text(encoding="utf-8"))
    assert revealed["signature"] == sign("/api/v1/x", QUERY, content, KEY)


def test_a_body_from_stdin(run: Runner) -> None:
    del run
    done = process("sign", "POST", "/x", "--query", QUERY, "--body", "-", "--json", stdin="{}")
    assert done.document["canonical"].startswith('{"content":null,')


@pytest.mark.parametrize("content", ["{", "[1, NaN]", b"\xff"])
def test_a_body_that_is_no_json(run: Runner, tmp_path: Path, content: str | bytes) -> None:
    file = tmp_path / "body"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    done = run("sign", "POST", "/x", "--body", str(file))
    assert done.code == 1
    assert done.err.startswith("error: --body")


def test_paths_and_methods_that_are_none(run: Runner) -> None:
    assert run("sign", "GET", "x").err.startswith("error: PATH must start with '/'")
    done = run("sign", "CANARY", "/x")
    assert done.code == 2
    assert "CANARY" not in done.err
