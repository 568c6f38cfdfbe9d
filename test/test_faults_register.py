"""Registering against a server that fails on purpose: sent once, and the secret never lost.

`FAULTS_FULL=1` runs the proofs in their whole length.
"""

import os

from .faults.proof_register import every_cut, mutated_answers

FULL = os.environ.get("FAULTS_FULL") == "1"


def test_an_answer_that_is_cut_anywhere_is_never_asked_for_twice() -> None:
    assert every_cut(1 if FULL else 7).problems == []


def test_a_complete_200_never_loses_the_secret() -> None:
    assert mutated_answers(10_000 if FULL else 200).problems == []
