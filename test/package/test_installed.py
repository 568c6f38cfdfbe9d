"""The wheel as users install it: in a fresh environment of each Python, plain and with an extra.

Strategy: each Python that this machine has gets one environment. The wheel is installed plain, and
tried; then with the extra `sandbox`, and tried again. That the package works in it is shown by the
other environments of tox.
"""

from pathlib import Path

import pytest

from .building import Environment, works

PYTHONS = [name for name in ("python3.11", "python3.12", "python3.13") if works(name)]


def test_there_is_the_oldest_python() -> None:
    assert PYTHONS[0] == "python3.11"


@pytest.mark.parametrize("python", PYTHONS)
def test_the_wheel_is_installed(python: str, wheel: Path, tmp_path: Path) -> None:
    version = wheel.name.split("-")[1]
    environment = Environment(python, tmp_path)
    environment.pip("install", "--quiet", str(wheel))
    check(environment, version, python)
    told = environment.python(
        "from snaptrade_client import MissingExtraError\n"
        "try:\n    import snaptrade_client.sandbox\n"
        "except MissingExtraError as error:\n    print(isinstance(error, ImportError), error)"
    )
    assert told.startswith("True ")
    assert 'pip install "snaptrade-client[sandbox]"' in told

    environment.pip("install", "--quiet", f"{wheel}[sandbox]")
    check(environment, version, python)
    assert environment.python(
        "from snaptrade_client.sandbox import Sandbox; print(Sandbox.__name__)"
    )


def check(environment: Environment, version: str, python: str) -> None:
    """What is installed fits together, and answers in Python and as a command."""
    assert environment.pip("check").strip() == "No broken requirements found."
    told = environment.python(
        "import sys, snaptrade_client as s\n"
        "print(s.__version__, s.SnapTrade.__name__, s.__file__.startswith(sys.prefix))\n"
        "print('python%d.%d' % sys.version_info[:2])"
    )
    assert told == f"{version} SnapTrade True\n{python}"
    assert environment.script("snaptrade-client", "--version") == f"snaptrade-client {version}"
