"""The table: what is measured, how a figure is made of the rounds, and how it is printed.

Strategy: absolute times mean nothing on a shared machine, so each round measures all subjects in
turn, and a figure is the median of the rounds' ratios to urllib3. What tells how a cost grows is a
ratio already, and is shown as it is.
"""

import statistics
import time
from typing import NamedTuple

from .running import Address, run, subject

Figures = dict[str, list[float]]
"""For each subject, a number of each round."""


class Row(NamedTuple):
    """A line of the table, and the goal for our figure."""

    title: str
    unit: str
    goal: float
    absolute: bool = False
    """Whether the figure is shown as it is, not as its ratio to urllib3's."""


class Measurement(NamedTuple):
    """What `subject.py` measures in one go: a row for each number that it prints."""

    measure: str
    calls: int
    rows: tuple[Row, ...]
    tls: bool = False
    rounds: int = 1000
    """The most rounds that are worth their time."""
    shrinks: bool = True
    """Whether the short form has fewer calls; a listing costs too little then to be measured."""


MEASUREMENTS = (
    Measurement("cpu", 2000, (Row("CPU of one signed login call", "us", 0.85),)),
    Measurement("cpu", 2000, (Row("the same over TLS", "us", 0.85),), tls=True),
    Measurement("threads", 4000, (Row("wall time per call, 8 threads", "us", 1.00),)),
    Measurement("memory", 500, (Row("peak memory after calls", "MB", 1.15),)),
    Measurement(
        "listing",
        1_000_000,
        (
            Row("a listing of 1,000,000 ids: CPU", "s", 1.05),
            Row("a listing of 1,000,000 ids: peak memory", "MB", 1.10),
        ),
        shrinks=False,
    ),
    # Memory gets slower as there is more of it, for every subject.
    Measurement(
        "linear",
        1_000_000,
        (Row("CPU per id, 1,000,000 over 100,000 ids", "", 1.10),),
        shrinks=False,
    ),
    Measurement(
        "growth",
        100_000,
        (
            Row("CPU of a call, the last 1,000 of 100,000 over the first", "", 1.05, absolute=True),
            Row("memory after 100,000 calls over that after 1,000", "", 1.05, absolute=True),
        ),
        rounds=3,
    ),
)
_CLIENT = "import snaptrade_client as s; s.SnapTrade(consumer_key='k', client_id='c')"
# The goal of a client is over the import of urllib3 alone.
IMPORTS = (
    (
        Row("whole process: import", "ms", 1 / 3),
        {"urllib3": "import urllib3", "ours": "import snaptrade_client"},
    ),
    (
        Row("whole process: import and make a client", "ms", 1.15),
        {"urllib3": "import urllib3", "ours": _CLIENT, "vendor": _CLIENT},
    ),
)


def show(
    subjects: dict[str, str],
    plain: Address,
    secure: Address,
    *,
    rounds: int,
    scale: int,
    words: list[str],
) -> float:
    """Print the rows that hold a word, with so many times fewer calls.

    Return the worst of our figure over its goal.
    """

    def chosen(*rows: Row) -> bool:
        return not words or any(word in row.title for row in rows for word in words)

    losses = [
        _line(row, 1, _started(subjects, programs, rounds))
        for row, programs in IMPORTS
        if chosen(row)
    ]
    for each in MEASUREMENTS:
        if not chosen(*each.rows):
            continue
        fewer = scale if each.shrinks else 1
        columns = _measured(each, subjects, secure if each.tls else plain, rounds, fewer)
        losses += [
            _line(row, fewer, column) for row, column in zip(each.rows, columns, strict=True)
        ]
    return max(losses, default=0.0)


def _measured(
    each: Measurement, subjects: dict[str, str], address: Address, rounds: int, fewer: int
) -> list[Figures]:
    """Take a measurement of each subject in turn, round after round; a column for each row."""
    columns: list[Figures] = [{name: [] for name in subjects} for _ in each.rows]
    for _ in range(min(rounds, each.rounds)):
        for name, python in subjects.items():
            command = subject(python, name, each.measure, address, each.calls // fewer)
            for column, number in zip(columns, run(command).stdout.split(), strict=True):
                column[name].append(float(number))
    return columns


def _started(subjects: dict[str, str], programs: dict[str, str], rounds: int) -> Figures:
    """Time whole processes, in milliseconds."""
    figures: Figures = {name: [] for name in programs if name in subjects}
    for name in figures:
        # Not measured: it may have to compile the modules, and keeps that.
        run([subjects[name], "-P", "-c", programs[name]])
    for _ in range(rounds):
        for name, values in figures.items():
            began = time.perf_counter()
            run([subjects[name], "-P", "-c", programs[name]])
            values.append((time.perf_counter() - began) * 1000)
    return figures


def _line(row: Row, scale: int, figures: Figures) -> float:
    """Print a row; return our figure over its goal."""
    base = figures["urllib3"]
    shown: dict[str, float] = {}
    for name, values in figures.items():
        over = [1.0] * len(base) if row.absolute else base
        shown[name] = statistics.median(v / one for v, one in zip(values, over, strict=True))
    cells = "  ".join(f"{name} {value:5.2f}" for name, value in shown.items())
    unit = f"  (urllib3: {statistics.median(base):.4g} {row.unit})" if row.unit else ""
    few = f" (1/{scale})" if scale > 1 else ""
    print(f"{row.title + few:64} {cells}  goal {row.goal:.2f}{unit}", flush=True)
    return shown["ours"] / row.goal
