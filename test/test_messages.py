"""What passes the door to the network: its values show no secret."""

from snaptrade_client.headers import Headers
from snaptrade_client.transport import Answer, Request


def test_a_request_shows_its_method_and_path_only() -> None:
    headers = {"Signature": "s3cr3t"}
    request = Request("POST", "/x?userSecret=s3cr3t", headers, b'{"userSecret": "s3cr3t"}')
    assert repr(request) == str(request) == "Request(POST /x)"


def test_an_answer_shows_its_status_and_size_only() -> None:
    headers = Headers([("Location", "https://x/?token=s3cr3t")])
    answer = Answer(200, "OK", headers, b'{"userSecret": "s3cr3t"}', b"s3cr3t")
    assert repr(answer) == str(answer) == "Answer(200, 24 bytes)"
