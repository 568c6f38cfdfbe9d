"""The notebooks as they are stored: without outputs, and as Jupyter writes them.

`tox run -e notebooks` runs them.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"
NOTEBOOKS = sorted(DOCS.rglob("*.ipynb"))


def _read(notebook: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(notebook.read_text(encoding="utf-8"))
    return content


def test_there_are_notebooks_and_the_pages_name_them() -> None:
    assert len(NOTEBOOKS) == 2
    for page in ("README.md", "notebooks.md"):
        links = re.findall(r"\(([^)\s]+\.ipynb)\)", (DOCS / page).read_text(encoding="utf-8"))
        assert sorted((DOCS / link).resolve() for link in links) == NOTEBOOKS


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_a_notebook_is_stored_without_what_a_run_leaves(notebook: Path) -> None:
    content = _read(notebook)
    assert content["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in content["cells"]:
        assert cell["metadata"] == {}, cell["id"]
        if cell["cell_type"] == "code":
            assert (cell["execution_count"], cell["outputs"]) == (None, []), cell["id"]
    # What saves it in another form would change every line of it.
    written = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    assert notebook.read_text(encoding="utf-8") == f"{written}\n"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_the_ids_of_cells_are_words(notebook: Path) -> None:
    ids = [cell["id"] for cell in _read(notebook)["cells"]]
    assert len(set(ids)) == len(ids)
    # Jupyter's own are random: a cell that is written anew would have another one.
    assert [name for name in ids if not re.fullmatch(r"[a-z]+(-[a-z]+)*", name)] == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_the_links_of_a_notebook_lead_to_files(notebook: Path) -> None:
    prose = "".join(
        line
        for cell in _read(notebook)["cells"]
        if cell["cell_type"] == "markdown"
        for line in cell["source"]
    )
    links = re.findall(r"\]\(([^)\s]+)\)", prose)
    assert links
    assert [link for link in links if not (notebook.parent / link).is_file()] == []
