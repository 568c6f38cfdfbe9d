"""The signature: the vectors, the second implementation, what is refused, and `explain`."""

import hashlib
import json
import traceback
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snaptrade_client import ApiTypeError, ApiValueError
from snaptrade_client.encoding import canonical_json, encode_query
from snaptrade_client.signing import canonical_message, explain, sign

from . import signature as second

VECTORS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("vectors.json").read_bytes())
PATH = "/api/v1/snapTrade/login"
QUERY = "userId=u1&userSecret=hidden&clientId=C&timestamp=1635790389"

# What every JSON implementation reads and writes alike; other values are test_encoding's subject.
TEXT = st.text(st.characters(codec="utf-8"))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)


@pytest.fixture(params=VECTORS, ids=[vector["name"] for vector in VECTORS])
def vector(request: pytest.FixtureRequest) -> dict[str, Any]:
    """One vector after the other."""
    vector: dict[str, Any] = request.param
    return vector


def body_bytes(content: object) -> bytes | None:
    """A body as some client might send it: not sorted, with white space."""
    return None if content is None else json.dumps(content, indent=1, ensure_ascii=False).encode()


def test_vector_signature(vector: dict[str, Any]) -> None:
    """The package gives the vector's signature."""
    given_arguments = (vector["path"], vector["query"], vector["body"], vector["consumer_key"])
    assert sign(*given_arguments) == vector["signature"]


def test_vector_signature_in_the_tests(vector: dict[str, Any]) -> None:
    """So does the tests' own implementation, from the bytes that a server gets."""
    body = body_bytes(vector["body"])
    signed = second.signature(vector["path"], vector["query"], body, vector["consumer_key"])
    assert signed == vector["signature"]
    assert second.canonical(vector["path"], vector["query"], body) == vector["canonical"]


def test_vector_canonical_string(vector: dict[str, Any]) -> None:
    """The signed text is the vector's, byte for byte."""
    content = canonical_json(vector["body"])
    message = canonical_message(vector["path"], vector["query"], content)
    assert message == vector["canonical"].encode()


def test_vector_query(vector: dict[str, Any]) -> None:
    """The parameters, in the service's order, give the vector's query."""
    common = {"clientId": vector["client_id"], "timestamp": str(vector["timestamp"])}
    pairs = (vector["parameters"] | common).items()
    assert encode_query(pairs) == vector["query"]


@given(path=TEXT, query=TEXT, content=JSON, consumer_key=TEXT.filter(bool))
def test_any_content_signs_as_the_second_implementation_does(
    path: str, query: str, content: object, consumer_key: str
) -> None:
    """The two implementations agree on whatever JSON can hold."""
    body = canonical_json(content).encode()
    expected = second.signature(path, query, body, consumer_key)
    assert sign(path=path, query=query, content=content, consumer_key=consumer_key) == expected


@pytest.mark.parametrize("changed", ["path", "query", "content", "consumer_key"])
def test_every_part_is_signed(changed: str) -> None:
    """A request that differs in one part has another signature."""
    parts: dict[str, Any] = {
        "path": PATH,
        "query": QUERY,
        "content": {"broker": "ALPACA"},
        "consumer_key": "k1",
    }
    other: dict[str, Any] = parts | {
        changed: {"broker": "X"} if changed == "content" else parts[changed] + "x"
    }
    assert sign(**other) != sign(**parts)


def test_an_empty_object_signs_as_no_body_and_other_empty_values_do_not() -> None:
    """Only `{}` and None are null in the canonical string."""
    assert sign(PATH, QUERY, {}, "k1") == sign(PATH, QUERY, None, "k1")
    assert sign(PATH, QUERY, [], "k1") != sign(PATH, QUERY, None, "k1")
    assert sign(PATH, QUERY, {"content": {}}, "k1") != sign(PATH, QUERY, {"content": None}, "k1")


@pytest.mark.parametrize("function", [sign, explain])
@pytest.mark.parametrize(
    ("argument", "value", "error", "text"),
    [
        ("path", b"/", ApiTypeError, "path must be a str, not bytes"),
        ("query", None, ApiTypeError, "query must be a str, not NoneType"),
        ("consumer_key", b"k1", ApiTypeError, "consumer_key must be a str, not bytes"),
        (
            "consumer_key",
            "",
            ApiValueError,
            "consumer_key is empty: pass the key from the SnapTrade dashboard",
        ),
        ("path", "/\ud800", ApiValueError, "path holds a lone surrogate"),
        ("query", "\ud800", ApiValueError, "query holds a lone surrogate"),
        ("consumer_key", "k\ud800", ApiValueError, "consumer_key holds a lone surrogate"),
        ("content", {1: 2}, ApiTypeError, "content has a key of type int"),
        ("content", {"a": float("nan")}, ApiValueError, "content"),
    ],
)
def test_a_bad_argument_is_named(
    function: Any, argument: str, value: object, error: type[Exception], text: str
) -> None:
    """The error names the argument, and nothing that it holds travels along with it."""
    arguments: dict[str, object] = {
        "path": PATH,
        "query": QUERY,
        "content": None,
        "consumer_key": "k1",
    }
    with pytest.raises(error) as caught:
        function(**arguments | {argument: value})
    assert str(caught.value).startswith(text)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("function", [sign, explain])
def test_an_error_shows_no_frame_that_holds_the_key(function: Any) -> None:
    """Error trackers send the local variables of each frame below the caller's."""
    with pytest.raises(ApiTypeError) as caught:
        function(PATH, QUERY, {"a": object()}, "confidential-key")
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)][1:]
    assert frames
    for frame in frames:
        assert "confidential" not in repr(frame.f_locals)


def test_explain_shows_the_canonical_string_with_its_secrets_masked() -> None:
    """What can be compared is shown: lengths and beginnings; what is secret is not."""
    content = {"userSecret": "concealed", "broker": "ALPACA"}
    shown = explain(PATH, QUERY, content, "confidential-key")
    message = second.canonical(PATH, QUERY, json.dumps(content).encode())
    signed = second.signature(PATH, QUERY, json.dumps(content).encode(), "confidential-key")
    assert shown == (
        'canonical string, masked: {"content":{"broker":"ALPACA","userSecret":"***"},'
        '"path":"/api/v1/snapTrade/login",'
        '"query":"userId=u1&userSecret=***&clientId=C&timestamp=1635790389"}\n'
        f"its length, unmasked:     {len(message)} bytes\n"
        f"its SHA-256 begins with:  {hashlib.sha256(message.encode()).hexdigest()[:12]}\n"
        "consumer key:             16 characters\n"
        f"the signature begins with {signed[:6]}"
    )
    for secret in ("hidden", "concealed", "confidential", signed):
        assert secret not in shown
