"""A web service that calls for its users; gunicorn loads it, and forks its workers then."""

import os

from flask import Flask, Response

from ..faults.crossing import Tally
from .shared import call

app = Flask(__name__)


@app.get("/<int:number>/<user>")
def made(number: int, user: str) -> Response:
    """The worker's process, and what came of a call: whether it was answered, and crossed."""
    tally = Tally()
    call(tally, number, user)
    return Response(f"{os.getpid()} {tally.answered} {tally.crossed}")
