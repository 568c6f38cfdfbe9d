"""Why a signature does not fit; pure.

Strategy: the signature of each usual mistake is computed, and of each two of them, and compared
with the one that came. What is shown of the canonical strings is made of a request whose secrets
were taken out first, by the same steps, so nothing secret can be in it, however it was encoded.
"""

import hmac
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from snaptrade_client.redaction import MASK, Secrets, mask, mask_query, secrets_in
from snaptrade_client.sandbox.mistakes import ROWS, Mistake, Row
from snaptrade_client.sandbox.recipe import Recipe
from snaptrade_client.sandbox.signatures import split_target, timestamp_error

MISSING = Mistake("no signature", 'The header "Signature" is missing.')
CLIENT_ID = Mistake(
    "another client id",
    "The query's clientId is not the one that the sandbox was started with.",
)
TIMESTAMP = Mistake(
    "timestamp",
    "The query's timestamp is not in Unix seconds, or more than a minute off: take the time anew "
    "for each attempt, and set the machine's clock.",
)
MILLISECONDS = Mistake(
    "timestamp: milliseconds", "The query's timestamp is in milliseconds: it is in seconds."
)
UNKNOWN = Mistake(
    "wrong key, or changed on the way",
    "None of the usual mistakes gives this signature: the key is wrong, or something else was "
    "changed on the way. Compare what your program signed with what was expected.",
)

# Requests that are longer, or have more objects and arrays, are not searched: it would take long.
_LONGEST = 16 * 1024
_MOST_BRACKETS = 100
# Characters of the canonical strings in front of the difference, and from there on.
_BEFORE, _AFTER = 40, 60
# Stands for a secret until all encoding is done: letters stay what they are in every form.
_PLACEHOLDER = "SnapTradeMaskedSecret"
_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A request whose signature or timestamp was refused.

    `content` is the parsed body, None for none; `origin` is the sandbox's own "http://host:port".
    """

    target: str
    body: bytes
    content: object
    signature: str | None
    client_id: str | None
    timestamp: str | None
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Where two canonical strings part: at which byte, counted from 0, and what stands there.

    The texts are masked and cut. `signed` and `expected` are the same where the difference is
    inside of a secret.
    """

    byte: int
    before: str
    signed: str
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Why a request was refused with code 1076.

    `mistakes` has at least one entry. `expected` is the canonical string that the sandbox expects
    to be signed, its secrets masked. `difference` is None where another string was not signed, or
    it is not known which.
    """

    mistakes: tuple[Mistake, ...]
    expected: str
    difference: Difference | None = None

    def __str__(self) -> str:
        """Tell it in plain sentences."""
        text = " ".join(f"{one.name}: {one.advice}" for one in self.mistakes)
        if self.difference is not None:
            text += f" The signed text differs from byte {self.difference.byte} on."
        return text


def diagnose(
    arrived: Arrived,
    *,
    accepted: bool,
    client_id: str,
    consumer_key: str,
    now: float,
    secrets: Iterable[str] = (),
) -> Diagnosis:
    """Say why a request was refused.

    Args:
        arrived: the request.
        accepted: whether its signature is right.
        client_id: the one that is accepted.
        consumer_key: the key that it should have been signed with.
        now: the time, in Unix seconds.
        secrets: more secrets to take out of what is shown.

    """
    searchable = _is_searchable(arrived)
    # What is not searched is not looked into either: it may be nested deeper than Python's stack.
    content = arrived.content if searchable else MASK
    recipe = _recipe(replace(arrived, content=content), client_id, consumer_key)
    hidden = Secrets({*secrets, consumer_key, *([arrived.signature] if arrived.signature else [])})
    masked = _masked(recipe)
    found: tuple[Mistake, ...] = ()
    difference = None
    if arrived.signature is None:
        found = (MISSING,)
    elif not accepted:
        found = (_unknown(arrived.signature),)
        match = _search(recipe, masked, arrived.signature) if searchable else None
        if match is not None:
            found, difference = match.mistakes, match.difference(hidden)
    return Diagnosis(
        mistakes=(*found, *_further(arrived, client_id, now)),
        expected=_shown(next(masked.messages()), hidden),
        difference=difference,
    )


def _is_searchable(arrived: Arrived) -> bool:
    brackets = arrived.body.count(b"[") + arrived.body.count(b"{")
    return len(arrived.target) + len(arrived.body) <= _LONGEST and brackets <= _MOST_BRACKETS


def _further(arrived: Arrived, client_id: str, now: float) -> Iterator[Mistake]:
    if arrived.client_id != client_id:
        yield CLIENT_ID
    if timestamp_error(arrived.timestamp, now):
        stamp = arrived.timestamp or ""
        thousandth = stamp[:-3] if re.fullmatch("[0-9]{12,14}", stamp, re.ASCII) else None
        yield TIMESTAMP if timestamp_error(thousandth, now) else MILLISECONDS


def _unknown(signature: str) -> Mistake:
    if len(signature) == 44:
        return UNKNOWN
    hint = f" A signature has 44 characters; this one has {len(signature)}."
    return replace(UNKNOWN, advice=UNKNOWN.advice + hint)


def _recipe(arrived: Arrived, client_id: str, consumer_key: str) -> Recipe:
    path, query = split_target(arrived.target)
    # An empty object is signed as null, like no body at all.
    unsorted = None if arrived.content == {} else arrived.content
    return Recipe(
        path=path,
        query=query,
        content=json.loads(json.dumps(unsorted, sort_keys=True)),
        unsorted=unsorted,
        body=arrived.body.decode("utf-8", "replace"),
        origin=arrived.origin,
        client_id=client_id,
        key=consumer_key.encode(),
    )


def _masked(recipe: Recipe) -> Recipe:
    """Give the same recipe without a secret in it; its signatures are worth nothing."""
    content = mask(recipe.content)
    return replace(
        recipe,
        query=mask_query(recipe.query).replace(MASK, _PLACEHOLDER),
        content=content,
        unsorted=mask(recipe.unsorted),
        body=MASK if content == MASK else _masked_body(recipe.body, recipe.content, content),
    )


def _masked_body(body: str, content: object, masked: object) -> str:
    """Give the text of a body with its secrets masked, and otherwise just as it came."""
    secrets = secrets_in(content)

    def hide(found: re.Match[str]) -> str:
        value: Any = json.loads(found[0])
        return f'"{MASK}"' if value in secrets or mask(value) != value else found[0]

    text = _JSON_STRING.sub(hide, body)
    # Where a secret is no text, or stands in a name, nothing of the body is shown.
    return text if json.loads(text or "null") in (masked, {}) else MASK


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    """What was found: the rows, the canonical string that was signed, and the right one."""

    mistakes: tuple[Mistake, ...]
    signed: str
    expected: str
    shown_signed: str
    shown_expected: str

    def difference(self, hidden: Secrets) -> Difference | None:
        """Tell where the two strings part."""
        if self.signed == self.expected:
            return None
        signed, expected = _shown(self.shown_signed, hidden), _shown(self.shown_expected, hidden)
        at = _parting(signed, expected)
        # Inside of a secret, the masked strings are the same: there is nothing to show.
        inside = signed == expected
        cut = "..." if at > _BEFORE else ""
        return Difference(
            byte=_parting(_bytes(self.signed), _bytes(self.expected)),
            before="" if inside else cut + signed[max(0, at - _BEFORE) : at],
            signed=MASK if inside else _clipped(signed[at:]),
            expected=MASK if inside else _clipped(expected[at:]),
        )


def _search(recipe: Recipe, masked: Recipe, signature: str) -> _Match | None:
    given = signature.encode("utf-8", "replace")
    for rows in _combinations():
        for wrong, steps in _changed(rows, recipe):
            for form, message in enumerate(wrong.messages()):
                if hmac.compare_digest(wrong.signature(message).encode(), given):
                    return _Match(
                        mistakes=tuple(row.mistake for row in rows),
                        signed=message,
                        expected=_form(recipe, form),
                        shown_signed=_form(_again(rows, masked, steps), form),
                        shown_expected=_form(masked, form),
                    )
    return None


def _combinations() -> Iterator[tuple[Row, ...]]:
    """Yield each mistake, then each two of them."""
    yield from ((row,) for row in ROWS)
    yield from combinations((row for row in ROWS if not row.alone), 2)


def _changed(rows: Sequence[Row], recipe: Recipe) -> Iterator[tuple[Recipe, tuple[int, ...]]]:
    """Yield what mistakes make of a recipe, and which of its ways each of them took."""
    for index, wrong in enumerate(rows[0].ways(recipe)):
        # A way that changes nothing is no mistake.
        if wrong == recipe:
            continue
        if len(rows) == 1:
            yield wrong, (index,)
        else:
            for further, steps in _changed(rows[1:], wrong):
                yield further, (index, *steps)


def _again(rows: Sequence[Row], recipe: Recipe, steps: Sequence[int]) -> Recipe:
    """Make the same mistakes, in the same ways, with another recipe."""
    for row, step in zip(rows, steps, strict=True):
        recipe = list(row.ways(recipe))[step]
    return recipe


def _form(recipe: Recipe, form: int) -> str:
    """Give the canonical string in one of its forms; ASCII has one only."""
    return list(recipe.messages())[: form + 1][-1]


def _shown(message: str, hidden: Secrets) -> str:
    return hidden.scrub(message.replace(_PLACEHOLDER, MASK))


def _bytes(message: str) -> bytes:
    return message.encode("utf-8", "surrogatepass")


def _parting(one: str | bytes, other: str | bytes) -> int:
    """Give the first position at which two texts are not the same."""
    for at, (mine, theirs) in enumerate(zip(one, other, strict=False)):
        if mine != theirs:
            return at
    return min(len(one), len(other))


def _clipped(text: str) -> str:
    return text if len(text) <= _AFTER else f"{text[:_AFTER]}..."
