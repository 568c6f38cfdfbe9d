"""Starts a module of another package, gunicorn for example, in a process that knows these tests.

Strategy: this folder's parent is called `test`, as a part of the standard library is, and a program
must not find the source tree. So the tests are loaded from their place, and the search path gets
nothing but the folder of the package under test, at its end.

Arguments: that folder, the module, and the module's own arguments.
"""

import importlib.util
import runpy
import sys
from pathlib import Path


def main() -> None:
    package, module = sys.argv[1:3]
    sys.path.append(package)
    tests = Path(__file__).parents[1]
    spec = importlib.util.spec_from_file_location(
        "test", tests / "__init__.py", submodule_search_locations=[str(tests)]
    )
    assert spec is not None
    sys.modules["test"] = importlib.util.module_from_spec(spec)
    del sys.argv[1:3]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
