"""`doctor`, with faults that need no network of their own: keys, host, versions, clock."""

import hashlib
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from snaptrade_client import __version__, cli, exceptions
from snaptrade_client.commands import checkup, probes
from snaptrade_client.headers import Headers
from snaptrade_client.sandbox import Sandbox, Status, Throttle

from .commands import KEY, Done, Runner, process, serving

NAMES = [
    *("versions", "distributions", "consumer_key", "client_id", "host"),
    *("proxy", "name", "connection", "tls", "answer", "clock", "signed_call"),
]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with serving(monkeypatch, users={"u": "secret-1"}, consumer_key=KEY) as sandbox:
        yield sandbox


def verdicts(done: Done) -> dict[str, Any]:
    """The checks of a run in JSON, by their names, which are always the same."""
    checks = done.document["checks"]
    assert [check["name"] for check in checks] == NAMES
    for check in checks:
        assert list(check) == ["name", "ok", "text", "mend", "facts"]
        assert bool(check["mend"]) is (check["ok"] is False)
    wrong = [check for check in checks if check["ok"] is False]
    assert done.document["ok"] is not bool(wrong)
    assert done.code == bool(wrong)
    return {check["name"]: check for check in checks}


def wrong(checks: dict[str, Any]) -> list[str]:
    return [name for name, check in checks.items() if check["ok"] is False]


@pytest.mark.usefixtures("service")
def test_all_is_well(run: Runner) -> None:
    checks = verdicts(run("doctor", "--json"))
    assert [check["ok"] for check in checks.values()] == [True] * len(NAMES)
    assert checks["consumer_key"]["facts"] == {
        "source": "SNAPTRADE_CONSUMER_KEY",
        "length": len(KEY),
        "sha256": hashlib.sha256(KEY.encode()).hexdigest()[:8],
    }
    parts = checks["answer"]["facts"]
    assert list(parts) == [
        *("status", "resolve_ms", "connect_ms", "tls_ms", "server_ms", "read_ms"),
    ]
    assert parts["tls_ms"] is None
    assert abs(checks["clock"]["facts"]["offset_seconds"]) <= 2
    assert checks["signed_call"]["text"].endswith("; users: 1")


def test_in_a_process(service: Sandbox) -> None:
    done = process("doctor")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert [line[:2] for line in lines[:-2]] == ["✓ "] * len(NAMES)
    assert lines[-1] == "Everything is well."
    done = process("doctor", SNAPTRADE_CONSUMER_KEY="")
    assert done.code == 1
    assert "\n✗ consumer key: SNAPTRADE_CONSUMER_KEY is not set\n  → copy it" in done.out
    assert done.out.endswith(" signed call: not tried\n\n1 of these must be mended.\n")
    # The second time, nothing was signed.
    assert [request.operation for request in service.requests] == [None, "list", None]


@pytest.mark.parametrize("option", ["consumer_key", "client_id"])
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", "is not set"),
        (" ", "it is missing or blank"),
        (" key-1", "white space before it"),
        ("key-1\n", "white space after it"),
        ("\tkey-1 ", "white space before and after it"),
        ("key 1", "white space in it"),
        ('"key-1"', "it has quotes around it"),
        ("key\u2010one", "characters in it that no key has"),
        ("key\u200bone", "characters in it that no key has"),
    ],
)
def test_a_key_that_can_not_be_right(
    run: Runner,
    service: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    option: str,
    value: str,
    text: str,
) -> None:
    monkeypatch.setenv(f"SNAPTRADE_{option.upper()}", value)
    checks = verdicts(run("doctor", "--json"))
    assert wrong(checks) == [option]
    assert text in checks[option]["text"]
    assert checks["answer"]["ok"] is True
    assert checks["signed_call"]["ok"] is None
    assert [request.operation for request in service.requests if request.operation] == []


@pytest.mark.usefixtures("service")
def test_the_same_key_twice(run: Runner) -> None:
    checks = verdicts(run("doctor", "--client-id", KEY, "--json"))
    assert wrong(checks) == ["consumer_key", "client_id"]
    assert "are the same" in checks["client_id"]["text"]
    assert checks["client_id"]["facts"]["source"] == "--client-id"


@pytest.mark.usefixtures("service")
def test_the_key_from_a_file(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY} \n", encoding="utf-8")
    checks = verdicts(run("doctor", "--consumer-key-file", str(tmp_path / "key"), "--json"))
    assert wrong(checks) == ["consumer_key"]
    assert (
        "from --consumer-key-file: there is white space after it"
        in (checks["consumer_key"]["text"])
    )


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize("variable", ["SNAPTRADE_CONSUMER_KEY", "SNAPTRADE_CLIENT_ID"])
def test_a_key_that_the_service_does_not_know(
    run: Runner, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "another-one")
    checks = verdicts(run("doctor", "--json"))
    assert wrong(checks) == ["signed_call"]
    assert checks["signed_call"]["facts"]["code"] == 1076
    assert "do not belong together" in checks["signed_call"]["mend"]


@pytest.mark.parametrize(
    ("host", "text"),
    [
        ("api.snaptrade.com", 'must be a URL that starts with "https://"'),
        ("http://api.snaptrade.com/api/v1", "http:// would send the signature"),
        ("https://user:CANARY@api.snaptrade.com", "must not hold a user name or password"),
        (" https://api.snaptrade.com", "white space"),
    ],
)
def test_a_host_that_can_not_be_right(run: Runner, host: str, text: str) -> None:
    done = run("doctor", "--host", host, "--json")
    assert "CANARY" not in done.out
    checks = verdicts(done)
    assert wrong(checks) == ["consumer_key", "client_id", "host"]
    assert text in checks["host"]["text"]
    assert "host: host" not in checks["host"]["text"]
    assert checks["host"]["mend"].startswith("set --host to a URL such as https://")
    assert [checks[name]["ok"] for name in NAMES[5:]] == [None] * 7


def test_a_path_that_is_not_the_services(run: Runner, service: Sandbox) -> None:
    base = service.url.removesuffix("/api/v1")
    checks = verdicts(run("doctor", "--host", f"{base}/v2", "--json"))
    assert wrong(checks) == ["signed_call"]
    assert "SnapTrade's own ends with /api/v1" in checks["host"]["text"]
    assert "ends with /api/v1" in checks["signed_call"]["mend"]


@pytest.mark.parametrize("offset", [90, -90])
def test_a_clock_that_is_off(run: Runner, service: Sandbox, offset: int) -> None:
    service.clock.shift(offset)
    checks = verdicts(run("doctor", "--json"))
    assert wrong(checks) == ["clock"]
    measured = checks["clock"]["facts"]["offset_seconds"]
    assert -offset - 2 < measured < -offset + 2
    way = "behind" if offset > 0 else "ahead of"
    assert f" s {way} the service's" in checks["clock"]["text"]
    assert "after its timestamp was corrected" in checks["signed_call"]["text"]


@pytest.mark.parametrize("headers", [{}, {"Date": "now"}, {"Date": "x", "Age": "9"}])
def test_an_answer_that_tells_no_time(headers: dict[str, str]) -> None:
    check = probes.clock(Headers(headers.items()), 0.0)
    assert (check.name, check.ok) == ("clock", None)


@pytest.mark.parametrize(
    ("fault", "text"),
    [(Status(500), "the service itself fails"), (Throttle(60), "too many requests: wait for ")],
)
def test_a_service_that_refuses(run: Runner, service: Sandbox, fault: Any, text: str) -> None:
    service.faults.add("list", fault, times=2)
    checks = verdicts(run("doctor", "--json"))
    assert wrong(checks) == ["signed_call"]
    assert text in checks["signed_call"]["mend"]


def dist_info(folder: Path, name: str, version: str) -> None:
    """Makes a distribution look installed in a folder."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8"
    )


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize("same", [True, False])
def test_the_vendors_distribution(
    run: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, same: bool
) -> None:
    dist_info(tmp_path, checkup.VENDORS, "11.0.1")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    if same:
        monkeypatch.setattr(checkup, "_FOLDER", tmp_path)
    checks = verdicts(run("doctor", "--json"))
    assert wrong(checks) == ["distributions"]
    text = checks["distributions"]["text"]
    assert text.startswith(f"snaptrade-python-sdk 11.0.1 is installed too, in {tmp_path}: ")
    assert ("the same folder" in text) is same
    assert "pip uninstall snaptrade-python-sdk" in checks["distributions"]["mend"]


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(
    ("version", "well", "text"),
    [
        (__version__, True, "snaptrade-client is installed in "),
        ("0.0.1", False, "snaptrade-client 0.0.1 is installed, but the code is that of "),
    ],
)
def test_our_own_distribution(
    run: Runner,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    version: str,
    well: bool,
    text: str,
) -> None:
    dist_info(tmp_path, checkup.OURS, version)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    check = verdicts(run("doctor", "--json"))["distributions"]
    assert check["ok"] is well
    assert check["text"].startswith(text)


@pytest.mark.usefixtures("service")
def test_code_that_is_not_installed(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "OURS", "snaptrade-client-that-is-not-there")
    check = verdicts(run("doctor", "--json"))["distributions"]
    assert check["ok"] is True
    assert "runs, without being installed, in " in check["text"]


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "CANARY", "1e9"])
def test_a_timeout_that_is_none(run: Runner, seconds: str) -> None:
    done = run("doctor", "--timeout", seconds)
    assert done.code == 2
    assert "CANARY" not in done.err


def test_a_package_that_is_overwritten_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """The vendor's files over ours lack what the commands import, so that none of them starts."""
    monkeypatch.delattr(exceptions, "OpenApiException")
    with pytest.raises(SystemExit) as raised:
        runpy.run_path(cli.__file__)
    said = str(raised.value)
    assert said.startswith("error: snaptrade-client is not whole here: cannot import name 'Open")
    assert "pip uninstall snaptrade-python-sdk snaptrade-client, then install" in said
