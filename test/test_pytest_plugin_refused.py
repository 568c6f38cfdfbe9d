"""The plugin for pytest where it is misused, or lacks what it needs: what it says then."""

import pytest

from .plugged import Project, told

pytest_plugins = ("pytester",)

_HEAD = """
import pytest
from snaptrade_client.sandbox import Status
"""


def error(result: pytest.RunResult) -> str:
    """What pytest says of its one test, which could not be set up."""
    result.assert_outcomes(errors=1)
    text = told(result)
    assert "During handling" not in text
    return text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("", "snaptrade_fault() missing 2 required positional arguments"),
        ('("login")', "snaptrade_fault() missing 1 required positional argument: 'fault'"),
        (
            '("login", Status(503), time=2)',
            "snaptrade_fault() got an unexpected keyword argument 'time'",
        ),
        ('("logon", Status(503))', "operation 'logon' is not known: did you mean"),
        ('("login", Status)', "fault must be one of Status, Delay"),
        ('("login", Status(503), times=0)', "times must be"),
    ],
)
def test_a_marker_that_is_used_wrongly_is_an_error(
    project: Project, arguments: str, words: str
) -> None:
    text = error(
        project.test(f"""{_HEAD}
@pytest.mark.snaptrade_fault{arguments}
def test_it(snaptrade):
    pass
""")
    )
    assert f"\n@pytest.mark.snaptrade_fault(operation, fault, times=1): {words}" in text


def test_a_marker_on_a_test_without_a_sandbox_is_an_error(project: Project) -> None:
    source = f"""{_HEAD}
@pytest.mark.snaptrade_fault("login", Status(503))
def test_it():
    pass
"""
    text = error(project.test(source))
    assert "The marker snaptrade_fault has no effect without a sandbox" in text
    assert "@pytest.mark.usefixtures('snaptrade_sandbox')" in text


def test_options_of_the_sandbox_that_are_wrong_are_its_own_errors(project: Project) -> None:
    result = project.test("""
import pytest

@pytest.fixture
def snaptrade_sandbox_options():
    return {"rate_limit": 0}

def test_it(snaptrade_sandbox):
    pass
""")
    result.assert_outcomes(errors=1)
    assert "rate_limit must be" in result.stdout.str()


def test_without_the_extra_the_fixture_says_what_to_install(project: Project) -> None:
    project.write(
        "conftest.py",
        """
import importlib.util

_find = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: (
    None if name == "flask" else _find(name, package)
)
""",
    )
    text = error(project.test("def test_it(snaptrade_sandbox): pass"))
    assert 'pip install "snaptrade-client[sandbox]"' in text
