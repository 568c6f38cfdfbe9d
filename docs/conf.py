"""How Sphinx makes a site of the project's Markdown pages.

Strategy: the pages are plain Markdown, for forges as much as for the site, so what only Sphinx
understands is added here, while it reads them. The source is the whole repository: links between
`docs/` and the README work as they are written. `docs/README.md` is the index: each of its sections
becomes a part of the navigation. A comment `<!-- autodoc: MODULE NAMES -->` becomes the
documentation of these names; without names, of all that the module exports.
"""

# ruff: noqa: INP001 - Sphinx reads this file by its path

import re
from importlib import import_module
from inspect import isclass, isroutine
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config, GoogleDocstring

import snaptrade_client

project = "snaptrade-client"
author = "the snaptrade-client contributors"
project_copyright = author
release = version = snaptrade_client.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
root_doc = "docs/README"
include_patterns = ["*.md", "docs/**.md"]
exclude_patterns = [".*", "build", "dist", "htmlcov", "snaptrade_client", "test"]

# The anchors of headings, as forges make them.
myst_heading_anchors = 4

# The docstrings mark code with single backquotes.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_default_options = {"members": True, "undoc-members": True}
python_display_short_literal_types = True
python_maximum_signature_line_length = 80
add_module_names = False

html_theme = "furo"
html_title = f"snaptrade-client {release}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False

_REDIRECT = """<!doctype html>
<meta charset="utf-8">
<title>snaptrade-client</title>
<meta http-equiv="refresh" content="0; url=docs/README.html">
<a href="docs/README.html">The documentation of snaptrade-client</a>
"""


def _navigation(index: str) -> str:
    """The index's pages, as the site's navigation: a part for each of its sections."""
    parts: list[str] = []
    # What stands before the first section has no heading but the title.
    for section in index.removeprefix("# ").split("\n## "):
        heading, _, text = section.partition("\n")
        caption = heading if parts else "Start"
        links = re.findall(r"\[([^\]]+)\]\(([^)#\s]+)\.md\)", text)
        # The index lies in docs/, and its links are relative; a leading slash is the repository.
        names = "\n".join(f"{title} <{page.replace('../', '/')}>" for title, page in links)
        parts.append(f"```{{toctree}}\n:caption: {caption}\n:hidden:\n\n{names}\n```\n")
    return "\n".join(parts)


def _reference(comment: re.Match[str]) -> str:
    """The directives that document what a comment names."""
    module, *names = comment[1].split()
    lines = [f".. currentmodule:: {module}", ""]
    home = import_module(module)
    for name in names or [name for name in home.__all__ if not name.startswith("_")]:
        value = getattr(home, name)
        if isclass(value):
            kind = "autoexception" if issubclass(value, BaseException) else "autoclass"
        else:
            kind = "autofunction" if isroutine(value) else "autodata"
        lines.append(f".. {kind}:: {name}")
        lines += ["   :show-inheritance:", ""] if kind == "autoexception" else [""]
    return "\n".join(["```{eval-rst}", *lines, "```"])


def _read(_app: Sphinx, page: str, source: list[str]) -> None:
    """Add to a page what plain Markdown can't say."""
    source[0] = re.sub(r"^<!-- autodoc: ([\w.\s]+) -->$", _reference, source[0], flags=re.MULTILINE)
    if page == root_doc:
        source[0] += f"\n{_navigation(source[0])}"


def _docstring(
    _app: Sphinx, what: str, _name: str, _value: object, _options: object, lines: list[str]
) -> None:
    """Read the sections of a docstring.

    Napoleon as an extension would take what stands before an attribute's first colon for its type.
    """
    # An indented block of `name: text` is a list.
    for number in range(1, len(lines)):
        before = lines[number - 1].lstrip()
        if (not before or before.startswith("- ")) and re.match(r" +\w+: ", lines[number]):
            lines[number] = re.sub(r"(\w+):", r"- \1:", lines[number], count=1)
    if what not in ("attribute", "data", "property"):
        lines[:] = GoogleDocstring(lines, Config(napoleon_use_rtype=False), what=what).lines()


def _finish(app: Sphinx, failure: Exception | None) -> None:
    """Give the site's root a page that leads to the index."""
    if failure is None and app.builder.format == "html":
        Path(app.outdir, "index.html").write_text(_REDIRECT, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Connect the above with Sphinx's events."""
    app.connect("source-read", _read)
    app.connect("autodoc-process-docstring", _docstring)
    app.connect("build-finished", _finish)
