"""Whether sending a failed call again is safe: what the table and the outcome say together."""

import pytest

from snaptrade_client.attempts import Kind, Outcome
from snaptrade_client.retry import TABLE, safe_to_retry


@pytest.mark.parametrize(
    ("outcome", "kind", "harmless", "harmful"),
    [
        ("not_sent", "not_sent", True, True),
        ("not_sent", "refused", True, True),
        ("rejected", "throttled", True, True),
        ("rejected", "too_early", True, False),
        ("rejected", "clock", True, True),
        ("rejected", "final", False, False),
        ("unknown", "lost", True, False),
        ("unknown", "server_error", True, False),
        ("unknown", "unavailable", True, False),
        ("unknown", "final", True, False),
        (None, "final", False, False),
    ],
)
def test_safe_to_retry_follows_from_the_table_the_outcome_and_the_operation(
    outcome: Outcome | None, kind: Kind, harmless: bool, harmful: bool
) -> None:
    assert safe_to_retry(kind, outcome, "harmless") is harmless
    assert safe_to_retry(kind, outcome, "harmful") is harmful


@pytest.mark.parametrize("kind", TABLE)
def test_what_is_tried_again_is_safe_to_be(kind: Kind) -> None:
    for outcome in (None, "not_sent", "rejected", "unknown"):
        assert safe_to_retry(kind, outcome, "harmless") or TABLE[kind].harmless == "never"
        assert safe_to_retry(kind, outcome, "harmful") or TABLE[kind].harmful == "never"
