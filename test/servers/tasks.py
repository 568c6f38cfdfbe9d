"""The tasks of a Celery worker; it imports them, and forks its processes then."""

import os
import time
from importlib import import_module
from itertools import count, takewhile
from pathlib import Path
from typing import Any

from ..faults.crossing import Tally
from .broker import Outcome, celery_app
from .shared import call

# Seconds until a task gives up waiting for its limit, and how many calls it makes after it.
PATIENCE, AFTER = 4, 8

_SoftTimeLimitExceeded: Any = import_module("celery.exceptions").SoftTimeLimitExceeded
app = celery_app(Path(os.environ["BROKER"]))


def work(name: str) -> Outcome:
    """Calls for users of its own until the soft time limit strikes, and a little longer."""
    tally, calling, struck = Tally(), False, "never"
    end = time.monotonic() + PATIENCE
    try:
        for number in takewhile(lambda _: time.monotonic() < end, count()):
            calling = True
            call(tally, number, f"{name}-{number}")
            calling = False
    except _SoftTimeLimitExceeded:
        struck = "in a call" if calling else "between calls"
    for number in range(AFTER):
        call(tally, number, f"{name}-after-{number}")
    return os.getpid(), struck, tally.calls, tally.answered, tally.crossed


app.task(work, name="work")
