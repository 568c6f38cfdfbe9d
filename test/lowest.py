"""Installs, in place of each dependency of the installed package, the lowest version it allows."""

import subprocess
import sys
from importlib.metadata import requires

from packaging.requirements import Requirement

PACKAGE = "snaptrade-client"


def lowest(requirement: Requirement) -> str:
    """The requirement with `==` and its lower bound."""
    [bound] = [part.version for part in requirement.specifier if part.operator == ">="]
    return f"{requirement.name}=={bound}"


def main() -> None:
    """Pins every requirement, those of the extras too; pip fails if they contradict."""
    requirements = [Requirement(text) for text in requires(PACKAGE) or ()]
    pins = sorted({lowest(each) for each in requirements if each.name != PACKAGE})
    command = [sys.executable, "-m", "pip", "install", "--quiet", *pins]
    print(*command)
    subprocess.run(command, check=True)
    subprocess.run([sys.executable, "-m", "pip", "check"], check=True)


if __name__ == "__main__":
    main()
