"""The figures that these tests measure, shown at the end of a run."""

from collections.abc import Callable

import pytest

_FIGURES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_FIGURES] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    figures = terminalreporter.config.stash[_FIGURES]
    if figures:
        terminalreporter.section("figures")
        for figure in figures:
            terminalreporter.line(figure)


@pytest.fixture
def show(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Adds a figure to the summary, under the test's name."""
    figures = request.config.stash[_FIGURES]
    return lambda figure: figures.append(f"{request.node.name}: {figure}")
