"""What holds for every error about a caller's mistake, whichever mistake it is."""

import re
from pathlib import Path

import snaptrade_client
from snaptrade_client import ApiTypeError, ApiValueError

PACKAGE = Path(snaptrade_client.__file__).parent

# What tells how it should have been: a rule, a thing to do, or the names that there are.
WAY_OUT = re.compile(
    r"\bmust (not )?(be|hold|start)\b|\bneeds \w+=|did you mean|; there are: "
    r"|[:;] (encode it|strip it|(decode|give|leave|pass|send|set|use) )"
)


def check_refusal(failure: BaseException, *secrets: str) -> None:
    """The error has a way out, and none of its text, chain and frames keeps one of `secrets`."""
    assert type(failure) in (ApiTypeError, ApiValueError)
    assert WAY_OUT.search(str(failure)), f"no way out: {failure}"
    assert failure.__cause__ is None
    assert failure.__context__ is None
    shown = [str(failure), repr(failure)]
    trace = failure.__traceback__
    while trace:
        if PACKAGE in Path(trace.tb_frame.f_code.co_filename).parents:
            shown.append(repr(trace.tb_frame.f_locals))
        trace = trace.tb_next
    assert len(shown) == 3, "one frame of the package, its boundary's"
    for secret in secrets:
        assert not any(secret in each for each in shown)
