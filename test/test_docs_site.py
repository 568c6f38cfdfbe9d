"""The page that the site fills with docstrings: it names every public name, and none twice.

`tox run -e docs` makes the site itself, and fails on a name that does not exist.
"""

import re
from pathlib import Path

import snaptrade_client

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "python.md").read_text(encoding="utf-8")
COMMENTS = [comment.split() for comment in re.findall(r"<!-- autodoc: ([\w.\s]+) -->", PAGE)]


def test_the_reference_has_every_public_name_once() -> None:
    named = [name for module, *names in COMMENTS if module == "snaptrade_client" for name in names]
    assert sorted(named) == sorted(set(snaptrade_client.__all__) - {"__version__"})


def test_the_reference_has_every_public_module() -> None:
    rooms = {"signing", "encryption", "webhooks", "notebook", "sandbox", "types"}
    modules = {module for module, *_ in COMMENTS}
    assert modules == {"snaptrade_client"} | {f"snaptrade_client.{room}" for room in rooms}
