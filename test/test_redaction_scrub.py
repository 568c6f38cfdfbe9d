"""Known secrets are taken out of texts, whatever a server has made of them."""

import html
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any
from unicodedata import normalize
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snaptrade_client.redaction import Secrets

SECRET = "s3cr3t+/= é"
UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
HARD = "k3y&<'\"\\é+/= 𝄞%41-x?~"


def scrub(text: str, *secrets: str) -> str:
    return Secrets(secrets).scrub(text)


def percent(text: str, form: str = "%{:02X}") -> str:
    return "".join(form.format(byte) for byte in text.encode())


FORMS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "as in a path": quote,
    "fully encoded": lambda text: quote(text, safe=""),
    "as in a form": quote_plus,
    "lower-case escapes": lambda text: percent(text, "%{:02x}"),
    "every character": percent,
    "some characters": lambda text: text[:3] + percent(text[3:5]) + text[5:],
    "twice": lambda text: quote(quote(text, safe=""), safe=""),
    "three times": lambda text: quote(quote(percent(text))),
    "HTML": html.escape,
    "HTML, in numbers": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "HTML, in hexadecimal numbers": lambda text: "".join(f"&#x{ord(char):x};" for char in text),
    "HTML, in a query": lambda text: quote(html.escape(text)),
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in JSON": lambda text: json.dumps(json.dumps(text))[3:-3],
    "JSON with slashes escaped": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "repr": lambda text: ascii(text)[1:-1],
    "repr of bytes": lambda text: repr(text.encode())[2:-1],
    "upper case": str.upper,
    "upper case, encoded": lambda text: quote(text.upper()),
    "lower case": str.lower,
    "NFD": lambda text: normalize("NFD", text),
    "NFD, encoded": lambda text: quote(normalize("NFD", text)),
    "base64": lambda text: b64encode(text.encode()).decode(),
    "base64 for URLs": lambda text: urlsafe_b64encode(text.encode()).decode(),
    "base64, encoded": lambda text: quote(b64encode(text.encode()).decode(), safe=""),
}


@pytest.mark.parametrize("secret", [SECRET, UUID, HARD], ids=["plain", "a UUID", "hard"])
@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_found_in_every_form(form: str, secret: str) -> None:
    assert scrub(f"before {FORMS[form](secret)} after", secret) == "before *** after"


def test_a_uuid_is_found_without_its_dashes() -> None:
    assert scrub(f"no {UUID.replace('-', '').upper()}", UUID) == "no ***"


def test_a_secret_that_is_not_composed_is_found_composed() -> None:
    assert scrub("no caféé here", normalize("NFD", "caféé")) == "no *** here"


def test_two_forms_of_one_secret_are_found_in_one_text() -> None:
    assert scrub(f"{UUID} and {UUID.replace('-', '')}", UUID) == "*** and ***"


@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
def test_base64_is_found_in_both_alphabets(encode: Callable[[bytes], bytes]) -> None:
    """The two differ where a text has "+" and "/", or "-" and "_": as this one has."""
    assert scrub(f"Basic {encode(b'>>>???').decode()}", ">>>???") == "Basic ***"


@pytest.mark.parametrize("before", range(4))
@pytest.mark.parametrize("after", range(4))
def test_a_secret_within_base64_is_found(before: int, after: int) -> None:
    """At most the characters that hold bits of what stands around it are left."""
    encoded = b64encode(b"u" * before + UUID.encode() + b"v" * after).decode()
    shown = scrub(f"Basic {encoded}!", UUID)
    assert "***" in shown
    assert len(shown) <= len("Basic ***!") + 4 * 2 + 1


def test_escapes_of_latin_1_and_of_half_a_pair() -> None:
    assert scrub(r"no caf\xe9-\xff", "café-ÿ") == "no ***"
    assert scrub(r"\ud800 \udc00 abc%64 %ff", "abcd") == "\ufffd \ufffd *** \ufffd"
    assert scrub(r"\U0001d11e\U00110000 abc%64", "abcd") == "\U0001d11e\ufffd ***"


def test_a_text_without_a_secret_is_left_as_it_is() -> None:
    text = "100%25 &amp; \\u0041 %2541"
    assert scrub(text, SECRET) == text
    assert scrub(text) == text


def test_only_the_layers_around_a_secret_are_undone() -> None:
    assert scrub("%2541 abcd", "abcd") == "%2541 ***"
    assert scrub("%2541 abc%64", "abcd") == "%41 ***"
    assert scrub("%252541 abc%2564 abcd", "abcd") == "%41 *** ***"


def test_layers_are_undone_up_to_a_bound() -> None:
    text = "abc%64"
    for depth in range(1, 7):
        assert (scrub(text, "abcd") == "***") is (depth <= 4), depth
        text = text.replace("%", "%25")


def test_the_longest_form_is_taken_first() -> None:
    assert scrub("abcd%20efgh", "abcd", "abcd efgh") == "***"
    assert scrub("abcd efgh", "abcd", "abcd efgh") == "***"
    assert scrub("abcd efgh", "efgh", "abcd efgh") == "***"
    # Of one secret too: HTML's &#1; stands for nothing, so the rest is a form within the whole.
    assert scrub("&#1;zabcd", "&#1;zabcd") == "***"


def test_values_that_are_too_short_to_be_told_are_left() -> None:
    assert scrub("a status", "a", "tus", "", "---") == "a status"
    assert scrub("a status", "atus") == "a st***"
    assert scrub("a b-c-d", "b-c-d") == "a ***"
    assert scrub("a bcd", "b-c-d") == "a bcd"


def test_a_long_text_is_masked_whole() -> None:
    assert scrub("x" * 2**16, SECRET) == "x" * 2**16
    assert scrub("x" * (2**16 + 1), SECRET) == "***"
    assert scrub("x" * (2**16 + 1)) == "x" * (2**16 + 1)


def test_an_entity_of_too_many_digits_is_left() -> None:
    text = "&#" + "1" * 5000
    assert scrub(f"{text} abc%64", "abcd") == f"{text} ***"


def test_a_lone_surrogate_does_no_harm() -> None:
    assert scrub("no ab\udc80cd here", "ab\udc80cd") == "no *** here"


@given(st.text(), st.lists(st.text(min_size=4, max_size=40), max_size=3))
def test_every_text_and_every_secret_go_together(text: str, secrets: list[str]) -> None:
    shown = scrub(text + "".join(secrets), *secrets)
    assert all(secret not in shown or set(secret) <= {"*"} for secret in secrets)


@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40),
    st.sampled_from(sorted(FORMS)),
)
def test_every_secret_is_found_in_every_form(secret: str, form: str) -> None:
    assert "***" in scrub(f"before {FORMS[form](secret)} after", secret)


def test_known_secrets_are_taken_out_of_every_text_of_a_value() -> None:
    secrets = Secrets([SECRET])
    echoed: dict[str, Any] = {
        "detail": [f"no {SECRET}", 5, None],
        quote(SECRET): (f"{SECRET}{SECRET}", True),
    }
    assert secrets.scrub_all(echoed) == {"detail": ["no ***", 5, None], "***": ["******", True]}
    assert SECRET in echoed["detail"][0]


def test_known_secrets_show_nothing_themselves() -> None:
    assert SECRET not in f"{Secrets([SECRET])} {Secrets([SECRET])!r}"
