"""A value that has been pickled, as on its way into another process."""

import pickle
from typing import TypeVar

T = TypeVar("T")


def by_pickle(value: T) -> T:
    arrived: T = pickle.loads(pickle.dumps(value))  # noqa: S301 - the test's own
    return arrived
