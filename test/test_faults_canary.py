"""No secret shows anywhere, whatever fails; and the canary does find one that shows."""

import logging
import warnings

import pytest
import urllib3

from .faults import canary
from .faults.proof_canary import QUIET, SCRIPTS, canaries
from .faults.server import FaultServer, Peer


def test_no_secret_shows_in_any_failure() -> None:
    assert canaries().problems == []


def test_the_failures_that_repeat_nothing_are_those_of_the_table() -> None:
    assert len(QUIET & SCRIPTS.keys()) == 11


@pytest.mark.parametrize("form", sorted(canary.forms(canary.SECRET)))
def test_every_form_is_found(form: str) -> None:
    assert canary.hits([("here", f"before {form} after")], [canary.SECRET])


def test_bare_urllib3_gives_its_urls_away() -> None:
    """In its log, and in what http.client prints."""

    def run(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with FaultServer(run, consumer_key=None) as server, canary.watching() as watch:
        pool = urllib3.PoolManager()
        pool.request("GET", server.url, fields={"userSecret": canary.SECRET})
        pool.clear()
    places = {hit.partition(" in ")[2].partition(":")[0] for hit in found(watch)}
    assert places == {"logger urllib3.connectionpool", "the output"}
    assert watch.records > 0


def test_what_a_program_writes_is_watched() -> None:
    with canary.watching() as watch:
        print(canary.SECRET)  # noqa: T201 - that is what is tested
        warnings.warn(canary.SECRET, stacklevel=1)
        logging.getLogger("any").info("%s", canary.SECRET)
    assert len(found(watch)) >= 3


def test_an_exception_is_searched_with_its_causes_and_frames() -> None:
    def chained() -> None:
        raise ValueError("text") from OSError(canary.SECRET)

    def elsewhere() -> None:
        names = {"local": canary.SECRET}
        exec(compile("raise ValueError", "elsewhere.py", "exec"), names)  # noqa: S102 - a frame

    for call, place in ((chained, "a chained exception"), (elsewhere, "local local of <module>")):
        with pytest.raises(ValueError, match=r"text|^$") as caught:
            call()
        texts = list(canary.texts_of(caught.value))
        assert place in [where for where, _ in texts]
        assert canary.hits(texts, [canary.SECRET])


def found(watch: canary.Watch) -> list[str]:
    return canary.hits(watch.texts, [canary.SECRET])
