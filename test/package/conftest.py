"""The wheel and the sdist of this checkout: built here, or where `RELEASE` says they are."""

import os
from pathlib import Path

import pytest

from .building import ROOT, build


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds both, as a release builds them."""
    if release := os.environ.get("RELEASE"):
        return ROOT / release
    folder = tmp_path_factory.mktemp("dist")
    build(ROOT, folder)
    return folder


@pytest.fixture(scope="session")
def wheel(dist: Path) -> Path:
    """The wheel."""
    [path] = dist.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def sdist(dist: Path) -> Path:
    """The sdist."""
    [path] = dist.glob("*.tar.gz")
    return path
