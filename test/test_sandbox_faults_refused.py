"""The JSON form of a fault, and arguments that are of no use."""

import json
from typing import Any

import pytest

from snaptrade_client.exceptions import ApiTypeError, ApiValueError
from snaptrade_client.sandbox import Drop, Faults
from snaptrade_client.sandbox.faults import KINDS, Fault, from_fields, to_fields

from .fault_table import FORMS


@pytest.mark.parametrize("fault", FORMS)
def test_json_and_back(fault: Fault) -> None:
    assert from_fields(json.loads(json.dumps(to_fields(fault)))) == fault
    assert eval(repr(fault), {kind.__name__: kind for kind in KINDS.values()}) == fault  # noqa: S307


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        ({"fault": "status", "status": 399}, ApiValueError, "status must be from 400 to 599"),
        ({"fault": "status", "status": True}, ApiTypeError, "status must be an int, not bool"),
        (
            {"fault": "status", "status": 403, "code": 1066},
            ApiTypeError,
            "code must be a str, not int",
        ),
        (
            {"fault": "status", "status": 403, "code": "10660"},
            ApiValueError,
            "code must be of four digits",
        ),
        (
            {"fault": "status", "status": 503, "retry_after": -1},
            ApiValueError,
            "retry_after must be from 0",
        ),
        (
            {"fault": "status", "status": 503, "when": "now"},
            ApiValueError,
            'when must be "before" or "after"',
        ),
        ({"fault": "delay", "seconds": "2"}, ApiTypeError, "a number of seconds, not str"),
        ({"fault": "delay", "seconds": True}, ApiTypeError, "a number of seconds, not bool"),
        ({"fault": "delay", "seconds": float("nan")}, ApiValueError, "from 0 to 600 seconds"),
        ({"fault": "delay", "seconds": 1, "when": []}, ApiValueError, "when must be"),
        ({"fault": "drop", "when": "later"}, ApiValueError, "when must be"),
        ({"fault": "truncate", "after": -1}, ApiValueError, "after must be from 0"),
        ({"fault": "throttle", "seconds": 1.5}, ApiTypeError, "seconds must be an int, not float"),
        (
            {"fault": "clock_off", "seconds": float("inf")},
            ApiValueError,
            "from -1000000 to 1000000",
        ),
        ({}, ApiValueError, "fault is not a kind of fault; there are: status, delay, drop"),
        ({"fault": []}, ApiValueError, "fault is not a kind"),
        ({"fault": "dropp"}, ApiValueError, "did you mean 'drop'"),
        ({"fault": "status"}, ApiValueError, "status is missing"),
        (
            {"fault": "drop", "seconds": 1},
            ApiValueError,
            "seconds is not a field of drop; there are: when",
        ),
        (
            {"fault": "bad_json", "when": "after"},
            ApiValueError,
            "when is not a field of bad_json; there are: none",
        ),
    ],
)
def test_wrong_faults(given: dict[str, object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        from_fields(given)


@pytest.mark.parametrize(
    ("operation", "fault", "times", "error", "text"),
    [
        ("list", Drop, 1, ApiTypeError, r"such as Status\(503\), not type$"),
        ("list", Drop(), 0, ApiValueError, "times must be from 1"),
        ("lists", Drop(), 1, ApiValueError, "'lists' is not known: did you mean 'list'"),
        (None, Drop(), 1, ApiTypeError, "operation must be one of register, list, .* any, not"),
    ],
)
def test_wrong_arguments(
    operation: Any, fault: Any, times: int, error: type[Exception], text: str
) -> None:
    faults = Faults()
    with pytest.raises(error, match=text):
        faults.add(operation, fault, times=times)
    assert faults.pending == ()
