"""Runs a module of this folder as a program of its own, against the package under test.

Strategy: this folder's parent is called `test`, as a part of the standard library is, and a test
run must not find the source tree. So the program is told where both packages are, and nothing is
left to the search path. It is not measured: a fork or a signal that strikes within a coverage tool
leaves its locks taken.
"""

import os
import subprocess
import sys
from pathlib import Path

import snaptrade_client

_PACKAGE = str(Path(snaptrade_client.__file__).parents[1])
_TESTS = Path(__file__).parents[1]
_START = """
import importlib.util, runpy, sys
package, tests, module = sys.argv[1:4]
sys.path.append(package)
spec = importlib.util.spec_from_file_location(
    "test", tests + "/__init__.py", submodule_search_locations=[tests]
)
sys.modules["test"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["test"])
del sys.argv[1:4]
runpy.run_module("test.faults." + module, run_name="__main__")
"""


def run(module: str, *arguments: str, timeout: float = 600) -> str:
    """Runs a program and returns what it prints; it must succeed."""
    # Forking beside threads, which Python 3.12 warns of, is what some of them are for.
    python = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", _START]
    command = [*python, _PACKAGE, str(_TESTS), module, *arguments]
    bare = {name: text for name, text in os.environ.items() if not name.startswith("COVERAGE_")}
    program = subprocess.run(
        command, env=bare, timeout=timeout, capture_output=True, check=False, text=True
    )
    if program.returncode:
        raise AssertionError(f"{module} failed with {program.returncode}: {program.stderr}")
    return program.stdout
