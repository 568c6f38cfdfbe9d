"""The notebooks run from top to bottom, and what they would be saved with holds no secret.

Strategy: each runs in a kernel of its own. A cell that is added at the end, and whose output is
taken away again, tells the kernel's secrets: none of them may stand in what the others show.
"""

import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from nbclient import NotebookClient

import snaptrade_client

from ..shown import Page

# It says that it is typed, and hardly is.
nbformat: Any = import_module("nbformat")

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "notebooks"

QUICKSTART = {
    "start": r"SnapTrade http://127\.0\.0\.1:\d+/api/v1 client_id SANDBOX-CLIENT .*_key \*{3}",
    "register": r"200 in .* userId user-1 userSecret \*\*\* request id \w{32} 249 of 250",
    "secret": r"{'userId': 'user-1', 'userSecret': '\*\*\*'}",
    "list": r"200 in .* 0 user-1 request id",
    "login": r"redirectURI \*\*\* sessionId \*\*\* .*\.portal_link\(response\)",
    "link": r"Portal link 4 min 5\d s left when this was shown Open the connection portal",
    "connections": r"\[\]",
    "delete": r"status deleted detail User queued for deletion: user-1",
    "deleted": r"\[\]",
}
ERRORS = {
    "refused": r"UnauthorizedError 401 .* outcome rejected: the service said no",
    "fields": r"'status': 401, 'code': '1083', .* 'outcome': 'rejected', 'safe_to_retry': False",
    "mistake": r"login_snap_trade_user\(\): user_id is empty",
    "retried": r"200 .* 0 user-1 attempt 1 unavailable 503 .* attempt 2 .* attempt 3 ok 200",
    "exhausted": r"ServerError 503 .* outcome unknown: .* safe_to_retry True .* attempt 3 unav",
    "history": r"(unavailable 503 unknown ?){3}",
    "throttled": r"RateLimitError 429 .* retry_after 40 s attempt 1 throttled 429",
    "deadline": r"DeadlineExceededError .* outcome unknown: .* attempt 1 lost in \d+\.\d ms",
    "timeout": r"200 .* attempt 1 lost in \d+\.\d ms, .* attempt 2 ok 200",
    "lost": r"RegistrationTransportError .* outcome unknown: .* safe_to_retry False",
    "arrived": r"\('user-2', True\)",
    "recover": r"200 .* userId user-2 userSecret \*\*\*",
}


@pytest.fixture(autouse=True)
def _no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hides what whoever runs the tests has told Jupyter."""
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))


def run(notebook: Any, folder: Path, secrets: str) -> tuple[dict[str, list[Any]], list[str]]:
    """What the cells show, by the cells' ids; and the values of expressions, at the end."""
    ask = (
        f"import json, snaptrade_client\nprint(json.dumps([snaptrade_client.__file__, {secrets}]))"
    )
    notebook.cells.append(nbformat.v4.new_code_cell(ask))
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": folder}}).execute()
    [told] = notebook.cells.pop().outputs
    home, *values = json.loads(told.text)
    # The kernel has the package that is tested, not one that it found elsewhere.
    assert home == snaptrade_client.__file__
    return {c.id: c.outputs for c in notebook.cells if c.cell_type == "code"}, values


def text(outputs: list[Any]) -> str:
    """What a reader sees of a cell's outputs: the HTML, where there is any."""
    shown: list[str] = []
    for output in outputs:
        data = output.get("data", {})
        if "text/html" in data:
            shown.append(Page(data["text/html"]).text)
        else:
            shown.append(data.get("text/plain") or output["text"])
    return " ".join(" ".join(shown).split())


@pytest.mark.parametrize(
    ("name", "told", "secrets"),
    [
        ("quickstart", QUICKSTART, "user_secret, *login.body.values(), sandbox.consumer_key"),
        (
            "errors_and_retries",
            ERRORS,
            "'secret-1', 'not the secret', recovered.body['userSecret'], sandbox.consumer_key",
        ),
    ],
    ids=["quickstart", "errors"],
)
def test_a_notebook_runs_and_shows_no_secret(
    name: str, told: dict[str, str], secrets: str, tmp_path: Path
) -> None:
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    cells, values = run(notebook, tmp_path, secrets)
    shown = {cell: text(outputs) for cell, outputs in cells.items() if outputs}
    assert list(shown) == list(told)
    for cell, pattern in told.items():
        assert re.search(pattern, shown[cell]), (cell, shown[cell])
    # The link's click, which is there for it, is the one output that holds it.
    for output in cells.get("link", []):
        [link] = Page(output.data.pop("text/html")).links
        assert link["href"] in values
    # A link's token is one in whatever form the link is written.
    values += [value.partition("token=")[2] for value in values if "token=" in value]
    saved = nbformat.writes(notebook)
    sources = "\n".join(cell.source for cell in notebook.cells)
    for value in values:
        assert saved.count(value) == sources.count(value), value


def test_an_error_that_nobody_catches_shows_no_secret(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(source)
            for source in (
                "from secrets import token_hex\nfrom snaptrade_client.sandbox import Sandbox",
                "sandbox = Sandbox().start()\nwrong = token_hex()",
                "login = sandbox.client().authentication.login_snap_trade_user",
                "login(user_id='u1', user_secret=wrong)",
                "sandbox.stop()",
            )
        ]
    )
    notebook.cells[3].metadata["tags"] = ["raises-exception"]
    cells, [wrong] = run(notebook, tmp_path, "wrong")
    [failure] = [output for outputs in cells.values() for output in outputs]
    assert failure.ename == "UnauthorizedError"
    assert "code 1083" in failure.evalue
    assert wrong not in nbformat.writes(notebook)
