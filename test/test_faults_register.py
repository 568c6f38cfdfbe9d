"""A registration is never sent twice, and a secret that arrived is never lost.

`FAULTS_FULL=1` runs these proofs at their full size, and `python -m test.numbers` prints them.
"""

import pytest

from .faults import certificates, steps
from .faults.answers import FRAMINGS, answer
from .faults.clients import NO_SLEEP, authentication
from .faults.proof_register import BODY, cut_answers, mutated_answers, verdict
from .faults.scale import scaled
from .faults.server import FaultServer, Step

endings = {"close": steps.close, "reset": steps.reset}
tls_endings = {"cut": steps.close, "close-notify": steps.close_notify}


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("ending", endings.values(), ids=endings.keys())
def test_an_answer_may_end_after_any_byte(framing: str, ending: Step) -> None:
    assert cut_answers(framing=framing, ending=ending).problems == []


@pytest.mark.parametrize("ending", tls_endings.values(), ids=tls_endings.keys())
def test_an_answer_over_tls_may_end_after_any_byte(ending: Step) -> None:
    figure = cut_answers(framing="chunked", ending=ending, tls=certificates.right())
    assert figure.problems == []


def test_a_complete_answer_never_loses_the_secret() -> None:
    assert mutated_answers(scaled(300, 10_000)).problems == []


def test_a_secret_beyond_the_end_of_an_answer_of_unknown_encoding_is_kept() -> None:
    whole = answer(BODY, ("Content-Encoding", "br"))
    length = len(whole.partition(b"\r\n\r\n")[2])
    cut = whole.replace(b"Content-Length: %d" % length, b"Content-Length: %d" % (length - 3))
    with FaultServer(steps.close) as server, authentication(server.url) as api:
        server.script = steps.script(steps.request, steps.send(cut), steps.close)
        assert verdict(api, server, secret_expected=True) is None


def test_the_verdict_notices_a_second_send_and_a_lost_secret() -> None:
    """So the proofs can fail. A service that throttles is the one that is asked again."""
    throttled = b"HTTP/1.1 429 Slow\r\nContent-Length: 0\r\nRetry-After: 0\r\n\r\n"

    def answer_to(number: int) -> Step:
        return steps.send(throttled if number % 2 else answer(BODY))

    with FaultServer(steps.close) as server, authentication(server.url, seams=NO_SLEEP) as api:
        server.script = steps.script(steps.request, steps.each_connection(answer_to), steps.close)
        assert verdict(api, server, secret_expected=True) == "it was sent 2 times"
        server.script = steps.script(steps.request, steps.close)
        assert "lost" in str(verdict(api, server, secret_expected=True))
        assert verdict(api, server, secret_expected=False) is None
