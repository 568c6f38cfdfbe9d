"""Prints one table: what a call costs with this package and with others, over bare urllib3.

Strategy: absolute times mean nothing on a shared machine, so each round measures all subjects in
turn, each in a process (and, for the vendor's client, an environment) of its own, and a figure is
the median of the rounds' ratios to urllib3. `--check` ends with an error where a goal is missed by
more than 30%, which noise does not explain.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import trustme

HERE = Path(__file__).parent
GROSS_LOSS = 1.3


class Row(NamedTuple):
    """A line of the table: a measure, the number of calls, and the goal for our ratio."""

    title: str
    measure: str
    calls: int
    goal: float
    tls: bool = False


ROWS = (
    Row("CPU of one signed login call", "cpu", 2000, 0.85),
    Row("the same over TLS", "cpu", 2000, 0.85, tls=True),
    Row("wall time per call, 8 threads", "threads", 4000, 1.00),
    Row("peak memory after calls", "memory", 500, 1.15),
    Row("a listing of 1,000,000 ids: CPU", "listing", 1_000_000, 1.05),
    Row("a listing of 1,000,000 ids: peak memory", "listing", 1_000_000, 1.10),
)
IMPORTS = {
    "urllib3": ("import urllib3", "import urllib3; urllib3.PoolManager()"),
    "ours": (
        "import snaptrade_client",
        "import snaptrade_client as s; s.SnapTrade(consumer_key='k', client_id='c')",
    ),
    "vendor": (
        "import snaptrade_client",
        "import snaptrade_client as s; s.SnapTrade(consumer_key='k', client_id='c')",
    ),
}


@contextmanager
def _server(*arguments: str) -> Generator[str]:
    command = [sys.executable, str(HERE / "server.py"), *arguments]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def _certificate(folder: Path) -> tuple[str, str, str]:
    authority = trustme.CA()
    leaf = authority.issue_cert("127.0.0.1", "localhost")
    paths = tuple(str(folder / name) for name in ("ca.pem", "cert.pem", "key.pem"))
    authority.cert_pem.write_to_path(paths[0])
    leaf.cert_chain_pems[0].write_to_path(paths[1])
    leaf.private_key_pem.write_to_path(paths[2])
    return paths[0], paths[1], paths[2]


def _run(python: str, *arguments: str) -> str:
    # Not the source tree: what is installed.
    command = [python, "-P", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _ratios(figures: dict[str, list[float]]) -> dict[str, float]:
    base = figures["urllib3"]
    return {
        subject: statistics.median(value / one for value, one in zip(values, base, strict=True))
        for subject, values in figures.items()
    }


def _line(title: str, figures: dict[str, list[float]], goal: float | None, unit: str) -> float:
    ratios = _ratios(figures)
    base = statistics.median(figures["urllib3"])
    cells = "  ".join(f"{subject} {ratio:5.2f}" for subject, ratio in ratios.items())
    goal_text = f"goal {goal:.2f}" if goal else ""
    print(f"{title:44} {cells}  {goal_text}  (urllib3: {base:.4g} {unit})", flush=True)
    return ratios["ours"] / goal if goal else 0.0


def _measured(
    row: Row, subjects: dict[str, str], address: tuple[str, str], rounds: int
) -> dict[str, list[list[float]]]:
    figures: dict[str, list[list[float]]] = {subject: [] for subject in subjects}
    for _ in range(rounds):
        for subject, python in subjects.items():
            arguments = (subject, row.measure, *address, str(row.calls))
            output = _run(python, str(HERE / "subject.py"), *arguments)
            figures[subject].append([float(number) for number in output.split()])
    return figures


def _imports(subjects: dict[str, str], rounds: int) -> list[float]:
    losses: list[float] = []
    for index, (title, goal) in enumerate(
        (("whole process: import", 1 / 3), ("whole process: import and make a client", 1.15))
    ):
        figures: dict[str, list[float]] = {name: [] for name in subjects if name in IMPORTS}
        for _ in range(rounds):
            for subject, values in figures.items():
                # The goal is over the import of urllib3 alone.
                program = IMPORTS[subject][0 if subject == "urllib3" else index]
                started = time.perf_counter()
                _run(subjects[subject], "-c", program)
                values.append((time.perf_counter() - started) * 1000)
        losses.append(_line(title, figures, goal, "ms"))
    return losses


def main() -> None:
    """Measure, print, and perhaps judge."""
    parser = argparse.ArgumentParser(prog="python -m test.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--short", action="store_true", help="a tenth of the calls and ids")
    parser.add_argument("--vendor", default=os.environ.get("VENDOR_PYTHON"), metavar="PYTHON")
    parser.add_argument("--check", action="store_true", help="fail on a gross loss")
    options = parser.parse_args()
    subjects: dict[str, str] = dict.fromkeys(("urllib3", "http.client", "ours"), sys.executable)
    if options.vendor:
        subjects["vendor"] = options.vendor
    scale = 10 if options.short else 1
    os.environ["BENCHMARK_IDS"] = str(1_000_000 // scale)
    losses = _imports(subjects, options.rounds)
    with tempfile.TemporaryDirectory() as folder:
        ca, certificate, key = _certificate(Path(folder))
        with _server() as plain, _server(certificate, key) as secure:
            addresses = {
                False: (f"http://127.0.0.1:{plain}/api/v1", "-"),
                True: (f"https://127.0.0.1:{secure}/api/v1", ca),
            }
            for row in ROWS:
                small = row._replace(calls=row.calls // scale)
                figures = _measured(small, subjects, addresses[row.tls], options.rounds)
                column = 1 if "listing" in row.measure and "memory" in row.title else 0
                chosen = {name: [one[column] for one in all_] for name, all_ in figures.items()}
                unit = "MB" if "memory" in row.title else "us" if column == 0 else "s"
                losses.append(_line(row.title, chosen, row.goal, unit))
    if options.check and max(losses) > GROSS_LOSS:
        sys.exit("a goal is missed by more than 30%")


if __name__ == "__main__":
    main()
