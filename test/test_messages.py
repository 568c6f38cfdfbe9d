"""What passes the door to the network: its values show no secret, and hold a long body once."""

import sys

import pytest

from snaptrade_client.headers import Headers
from snaptrade_client.transport import Answer, Payload, Request


def test_a_request_shows_its_method_and_path_only() -> None:
    headers = {"Signature": "s3cr3t"}
    request = Request("POST", "/x?userSecret=s3cr3t", headers, b'{"userSecret": "s3cr3t"}')
    assert repr(request) == str(request) == "Request(POST /x)"


def test_an_answer_shows_its_status_and_size_only() -> None:
    headers = Headers([("Location", "https://x/?token=s3cr3t")])
    answer = Answer(200, "OK", headers, Payload(b'{"userSecret": "s3cr3t"}'), b"s3cr3t")
    assert repr(answer) == str(answer) == "Answer(200, 24 bytes)"


def test_an_answer_can_be_had_with_what_came_after_its_end() -> None:
    answer = Answer(200, "OK", Headers(), Payload(b'{"userSecret"'), b': "s"}').with_surplus()
    assert (answer.data, answer.surplus) == (b'{"userSecret": "s"}', b"")


@pytest.mark.parametrize("text", ["", "\ufeff", "Z\u00fcrich \U0001f600", "\x00"])
def test_a_payload_is_the_same_bytes_before_and_after_it_is_decoded(text: str) -> None:
    payload = Payload(text.encode())
    assert bytes(payload) == text.encode()
    assert payload.decode() == payload.decode() == text
    assert bytes(payload) == text.encode()


def test_a_payload_that_is_not_text_stays_what_it_is() -> None:
    payload = Payload(b"\xff")
    with pytest.raises(UnicodeDecodeError):
        payload.decode()
    assert bytes(payload) == b"\xff"


def test_a_decoded_payload_holds_its_bytes_no_more() -> None:
    data = b"x" * 1000
    payload = Payload(data)
    before = sys.getrefcount(data)
    payload.decode()
    assert sys.getrefcount(data) == before - 1


@pytest.mark.parametrize(
    ("data", "blank"), [(b"", True), (b" \r\n\t", True), (b"0", False), ("\u00a0".encode(), False)]
)
def test_a_payload_knows_that_it_is_blank(data: bytes, blank: bool) -> None:
    payload = Payload(data)
    assert payload.is_blank() == blank
    payload.decode()
    assert payload.is_blank() == blank
