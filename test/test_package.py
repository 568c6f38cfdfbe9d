"""`import snaptrade_client`: its names, when they are loaded, and how large the package is."""

import ast
import importlib
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

import snaptrade_client

from .programs import run_python

PACKAGE = Path(snaptrade_client.__file__).parent


def run(program: str) -> str:
    """What a program prints."""
    return run_python("-c", program).strip()


@pytest.mark.parametrize("name", snaptrade_client.__all__)
def test_every_public_name_is_there(name: str) -> None:
    program = (
        f"import snaptrade_client as s; x = s.{name}; print(s.{name} is x, '{name}' in vars(s))"
    )
    assert run(program) == "True True"


@pytest.mark.parametrize("name", snaptrade_client.__all__)
def test_a_public_name_is_the_one_of_its_module(name: str) -> None:
    value: Any = getattr(snaptrade_client, name)
    if name == "__version__":
        assert value.count(".") == 2
    else:
        assert getattr(importlib.import_module(value.__module__), name) is value
        assert value.__module__.startswith("snaptrade_client.")


def test_the_names_are_sorted_and_shown_by_dir() -> None:
    assert snaptrade_client.__all__ == sorted(snaptrade_client.__all__)
    assert set(snaptrade_client.__all__) <= set(dir(snaptrade_client))
    loaded = run(
        "import snaptrade_client as s; print('SnapTrade' in dir(s), 'SnapTrade' in vars(s))"
    )
    assert loaded == "True False"


def test_import_star_gives_the_public_names() -> None:
    program = "from snaptrade_client import *; print(SnapTrade.__name__, ApiException.__name__)"
    assert run(program) == "SnapTrade ApiException"


@pytest.mark.parametrize(
    "name",
    [
        "api_client",
        "client",
        "configuration",
        "encryption",
        "exceptions",
        "signing",
        "types",
        "webhooks",
    ],
)
def test_modules_are_attributes_without_being_imported(name: str) -> None:
    program = f"import snaptrade_client; print(snaptrade_client.{name}.__name__)"
    assert run(program) == f"snaptrade_client.{name}"


@pytest.mark.parametrize("name", ["Snaptrade", "_HOMES_", "sandbox_", "urllib3"])
def test_an_unknown_name_is_an_attribute_error(name: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(snaptrade_client, name)
    assert str(caught.value) == f"module 'snaptrade_client' has no attribute '{name}'"
    assert not hasattr(snaptrade_client, name)
    with pytest.raises(ImportError, match=name):
        exec(f"from snaptrade_client import {name}")  # noqa: S102 - a constant


def test_a_submodule_that_is_no_attribute_can_be_imported() -> None:
    assert run("from snaptrade_client import checks; print(checks.__name__)") == (
        "snaptrade_client.checks"
    )


def test_types_exports_what_it_defines_and_nothing_else() -> None:
    found = ast.parse(Path(snaptrade_client.types.__file__).read_text(encoding="utf-8")).body
    defined = {node.name for node in found if isinstance(node, ast.ClassDef)}
    defined |= {ast.unparse(node.target) for node in found if isinstance(node, ast.AnnAssign)}
    assert snaptrade_client.types.__all__ == sorted(defined)


def test_the_pure_rooms_do_no_network() -> None:
    """What only signs, encodes or catches exceptions does not load urllib3."""
    rooms = "signing, encoding, exceptions, retry, operations, configuration, authentication"
    program = f"import sys; from snaptrade_client import {rooms}; print('urllib3' in sys.modules)"
    assert run(program) == "False"


def zipped(*without: str) -> int:
    """The bytes of the package's files, compressed as in a wheel, without some of its folders."""
    left_out = {"__pycache__", *without}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in PACKAGE.rglob("*"):
            inside = path.relative_to(PACKAGE.parent)
            if path.is_file() and not left_out.intersection(inside.parts):
                archive.write(path, inside)
    return packed.tell()


@pytest.mark.parametrize(
    ("without", "most"),
    [(("sandbox", "commands"), 95_000), (("pages",), 185_000)],
    ids=["client", "all but pages"],
)
def test_the_package_is_small(without: tuple[str, ...], most: int) -> None:
    size = zipped(*without)
    assert most / 2 < size <= most
