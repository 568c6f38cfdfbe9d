"""How long functions and files are, in the package, its tests and its examples."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("snaptrade_client", "test", "docs/examples")
FILES = sorted(file for folder in FOLDERS for file in ROOT.glob(f"{folder}/**/*.py"))
LONGEST_FUNCTION = 40
LONGEST_FILE = 300


def functions(source: str) -> Iterator[tuple[str, int]]:
    """The name of each function, and its lines beside signature and docstring."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
            length = body[-1].end_lineno if body else 0
            yield node.name, (length or 0) - body[0].lineno + 1 if body else 0


def test_lines_are_counted_beside_signature_and_docstring() -> None:
    source = (
        "@decorated\ndef one(\n  a,\n):\n  'Doc.\\n'\n\n  b = (\n    a\n  )\n"
        "  def inner(): return b\n  return 1\n\ndef two():\n  'Doc.'\n"
    )
    assert dict(functions(source)) == {"one": 5, "inner": 1, "two": 0}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_functions_and_files_are_short(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    assert source.count("\n") <= LONGEST_FILE
    assert {name: lines for name, lines in functions(source) if lines > LONGEST_FUNCTION} == {}
