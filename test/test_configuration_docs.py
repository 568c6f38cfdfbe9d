"""The page about configuration: its tables say what the code does, option by option."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from snaptrade_client import ApiTypeError, ApiValueError
from snaptrade_client.calls import OPTIONS as CALL
from snaptrade_client.configuration import CHANGEABLE, ENVIRONMENT, OPTIONS

from .test_configuration import configuration

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "configuration.md").read_text("utf-8")


def rows(*head: str) -> dict[str, list[str]]:
    """The rows of the table with this head, each under the option that it is about."""
    start = PAGE.index(f"| {' | '.join(head)} |\n")
    table = PAGE[start:].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    assert all(len(each) == len(head) for each in cells)
    return {each[0].strip("`"): each[1:] for each in cells}


TABLE = rows("option", "type", "default", "None means", "variable", "what it does")
SCOPES = rows("option", "`with_options`", "a call")


def test_the_table_has_every_option_in_its_order() -> None:
    assert list(TABLE) == list(OPTIONS)


@pytest.mark.parametrize("name", OPTIONS)
def test_the_default_is_that_of_the_code(name: str) -> None:
    shown = TABLE[name][1]
    if shown == "none: it is needed":
        with pytest.raises(ApiValueError, match=f"^{name} is missing or blank"):
            configuration(**{name: None})
    else:
        assert ast.literal_eval(shown.strip("`")) == OPTIONS[name].default
        assert getattr(configuration(), name) == OPTIONS[name].default


@pytest.mark.parametrize("name", OPTIONS)
def test_none_means_what_the_table_says(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    meaning = TABLE[name][2]
    changed: Any = configuration()
    if name in ENVIRONMENT:
        assert meaning.startswith("the variable's")
        assert TABLE[name][3] == f"`{ENVIRONMENT[name]}`"
        value = "https://x.example" if name == "host" else "of-the-environment"
        monkeypatch.setenv(ENVIRONMENT[name], value)
        assert getattr(configuration(**{name: None}), name) == value
    elif meaning == "is refused":
        with pytest.raises(ApiTypeError, match=f"^{name} must be"):
            setattr(changed, name, None)
    elif meaning == "no limit":
        setattr(changed, name, None)
        assert getattr(changed, name) in (None, (None, None))
    else:
        # What it means otherwise is shown where the connections are tested.
        assert OPTIONS[name].none_is_default or OPTIONS[name].default is None
        assert OPTIONS[name].none_is_default == (meaning == "the default")
        setattr(changed, name, None)
        assert getattr(changed, name) == OPTIONS[name].default


def test_the_page_says_what_can_be_set_for_a_copy_and_for_a_call() -> None:
    copies = {name for name, (copy, _) in SCOPES.items() if copy == "yes"}
    assert copies == set(CHANGEABLE)
    calls = {name for name, (_, call) in SCOPES.items() if re.match("yes", call)}
    assert calls == set(CALL)
    assert set(SCOPES) == copies | calls
