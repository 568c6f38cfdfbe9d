"""Celery's broker and its results, in a folder: no other program is needed."""

from importlib import import_module
from pathlib import Path
from typing import Any

Outcome = tuple[int, str, int, int, int]
"""What a task returns: its process, where its limit has struck, and a tally."""


def celery_app(folder: Path) -> Any:
    """An app of Celery, which has no types, on that folder."""
    # Where the one side writes, the other reads.
    messages = str(folder / "messages")
    results, control = folder / "results", folder / "control"
    for path in (Path(messages), results, control):
        path.mkdir(exist_ok=True)
    app = import_module("celery").Celery("servers", backend=results.as_uri())
    app.conf.update(
        broker_url="filesystem://",
        broker_transport_options={
            "data_folder_in": messages,
            "data_folder_out": messages,
            "control_folder": str(control),
            "polling_interval": 0.02,
        },
        worker_prefetch_multiplier=1,
    )
    return app
