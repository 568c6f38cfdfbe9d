"""What is loaded when: by the import, by making a client, and nothing by a call.

Strategy: each stage runs in a process of its own, without `site`, so that nothing is there before
it, and prints the modules that it added. The package's own modules and the packages of others must
be exactly those listed here; the heavy parts of the standard library that a stage must not load are
listed too. A new import is a decision: it is made here.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .authority import Authority
from .programs import run_python
from .recording import CLIENT_ID, CONSUMER_KEY, RecordingServer, Reply

_ADDED = """
import sys
{before}
loaded = set(sys.modules)
{program}
print(*sorted(set(sys.modules) - loaded))
"""
_IMPORT = "import snaptrade_client"
_CLIENT = f"""
from snaptrade_client import SnapTrade
client = SnapTrade(consumer_key={CONSUMER_KEY!r}, client_id={CLIENT_ID!r}, **{{options}})
"""
_CALLS = """
with client:
    listing = client.authentication.list_snap_trade_users().body
    login = client.authentication.login_snap_trade_user(user_id="u", user_secret="s").body
assert (listing, login) == (["u"], {"redirectURI": "https://app.example/"})
"""

OURS = {
    *("api_client", "api_response", "attempts", "authentication", "calls", "checks", "client"),
    *("configuration", "encoding", "exceptions", "failures", "headers", "interrupts"),
    *("judgement", "logs", "operations", "redaction", "retry", "seams", "shapes", "signing"),
    *("spelling", "urls"),
    *("transport", "transport.connections", "transport.exchange", "transport.framing"),
    *("transport.head", "transport.messages", "transport.pool", "transport.routes"),
    *("transport.sockets", "transport.tls"),
}

# What no stage has a use for.
NEVER = {
    *("argparse", "asyncio", "concurrent.futures", "ctypes", "dataclasses", "difflib", "getpass"),
    *("html", "http.cookiejar", "http.server", "multiprocessing", "pdb", "pickle", "pkgutil"),
    *("pprint", "pydoc", "signal", "sqlite3", "statistics", "subprocess", "sysconfig"),
    *("unittest", "urllib.error", "urllib.request", "uuid", "webbrowser", "xml", "zoneinfo"),
}
NOT_BY_THE_IMPORT = {
    *("base64", "datetime", "decimal", "email", "hashlib", "hmac", "http", "inspect", "ipaddress"),
    *("json", "logging", "pathlib", "queue", "random", "shutil", "socket", "ssl", "tempfile"),
    *("threading", "traceback", "urllib", "zlib"),
}
# urllib3 takes these where they are installed.
_OF_URLLIB3 = {"backports", "brotli", "brotlicffi", "zstandard"}


def added(program: str, before: str = "") -> set[str]:
    """The modules that a program loads, after another."""
    # Without `site`, which may load anything, and coverage does so through it.
    path = os.pathsep.join(filter(None, sys.path))
    whole = _ADDED.format(before=before, program=program)
    return set(run_python("-S", "-c", whole, PYTHONPATH=path).split())


def client(**options: str) -> str:
    """The program that makes a client."""
    return _CLIENT.format(options=options)


def ours(modules: set[str]) -> set[str]:
    """The package's modules, without its name."""
    prefix = "snaptrade_client."
    return {name.removeprefix(prefix) for name in modules if name.startswith(prefix)}


def others(modules: set[str]) -> set[str]:
    """The top-level names that are neither ours nor the standard library's."""
    names = {name.partition(".")[0] for name in modules} - {"snaptrade_client"} - _OF_URLLIB3
    return {name for name in names if not name.startswith("_")} - sys.stdlib_module_names


@pytest.fixture(params=["plain", "TLS"])
def options(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The options of a client on a server that answers two calls."""
    authority = Authority(tmp_path)
    context = authority.server() if request.param == "TLS" else None
    with RecordingServer(ssl_context=context) as server:
        server.answer(Reply(body=["u"]), Reply(body={"redirectURI": "https://app.example/"}))
        yield {"host": server.url, "ssl_ca_cert": authority.bundle}
    server.check()


def test_the_import_loads_one_module_of_ours() -> None:
    loaded = added(_IMPORT)
    assert "snaptrade_client" in loaded
    assert ours(loaded) == set()
    assert others(loaded) == set()
    assert loaded & (NEVER | NOT_BY_THE_IMPORT) == set()


def test_a_client_loads_what_its_calls_need() -> None:
    loaded = added(client(host="http://127.0.0.1:1"))
    assert ours(loaded) == OURS
    assert others(loaded) == {"frozendict", "urllib3"}
    assert loaded & NEVER == set()


def test_a_client_over_tls_loads_certifi_where_no_certificates_are_named() -> None:
    loaded = added(client())
    assert ours(loaded) == OURS
    assert others(loaded) == {"certifi", "frozendict", "urllib3"}
    assert loaded & NEVER == set()


def test_calls_load_nothing(options: dict[str, str]) -> None:
    # A fork while another thread loads a module would leave the child waiting for ever.
    assert added(_CALLS, before=client(**options)) == set()
