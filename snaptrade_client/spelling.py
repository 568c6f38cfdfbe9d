"""The two spellings of a name, and the dict that answers to both."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from snaptrade_client.exceptions import ApiKeyError
from snaptrade_client.redaction import boundary, mask

if TYPE_CHECKING:
    from typing import Self

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@lru_cache(maxsize=512)
def snake(name: str) -> str:
    """Spell a name of the service as the specification does: `redirectURI`, `redirect_uri`."""
    return _HUMP.sub("_", name).lower()


class BodyObject(dict[str, Any]):
    """A JSON object of an answer: a dict that finds an entry under either of its spellings.

    The service spells `userSecret`, the specification `user_secret`: both find the same entry, to
    read, assign and delete. Iteration shows the service's spelling only.
    """

    __slots__ = ()

    def _spelled(self, key: Any) -> Any:
        """Return the key under which the entry stands, or `key` itself where there is none."""
        if not super().__contains__(key):
            for own in self:
                # The dict is the caller's to change: its keys may be anything.
                if snake(str(own)) == key:
                    return own
        return key

    # No error, of a key that is no key for example, must leave with a frame that holds the body.

    @boundary
    def __missing__(self, key: Any) -> Any:
        own = self._spelled(key)
        if own == key:
            known = ", ".join(map(str, self))
            raise ApiKeyError(f"{key!r} is not in the answer, which has: {known}")
        return super().__getitem__(own)

    @boundary
    def __contains__(self, key: object) -> bool:
        return super().__contains__(self._spelled(key))

    @boundary
    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(self._spelled(key), value)

    @boundary
    def __delitem__(self, key: str) -> None:
        super().__delitem__(self._spelled(key))

    @boundary
    def get(self, key: str, default: Any = None) -> Any:
        """Return the entry under either spelling, else `default`."""
        return super().get(self._spelled(key), default)

    @boundary
    def pop(self, key: str, *default: Any) -> Any:
        """Remove and return the entry under either spelling, else `default`."""
        return super().pop(self._spelled(key), *default)

    @boundary
    def setdefault(self, key: str, default: Any = None) -> Any:
        """Return the entry under either spelling; where there is none, put `default` there."""
        return super().setdefault(self._spelled(key), default)

    @boundary
    def update(self, *others: Any, **entries: Any) -> None:
        """Assign entries, each under either spelling; takes what `dict.update` takes."""
        for key, value in dict(*others, **entries).items():
            self[key] = value

    # To type checkers it is dict's, whose signature they find contradictory in a subclass.
    if not TYPE_CHECKING:

        @boundary
        def __ior__(self, other: Any) -> Self:
            self.update(other)
            return self

    def copy(self) -> BodyObject:
        """Return a shallow copy that answers to both spellings too."""
        return BodyObject(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002, FBT001 - IPython's
        # What IPython shows may be saved, with its notebook. `print` shows a body whole.
        printer.pretty(mask(self))

    def __reduce__(self) -> tuple[Any, ...]:
        # Entry by entry, a copy would merge two that differ in their spelling only.
        return (BodyObject, (dict(self),))
