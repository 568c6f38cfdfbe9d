"""Many threads on one client: each gets its own answers, and none waits for ever."""

import threading
from concurrent.futures import ThreadPoolExecutor

from . import steps
from .answers import right, secret_of
from .clients import Figure, authentication, some
from .server import FaultServer


def threads(each: int, *, most: int = 32) -> Figure:
    """`each` calls of each of `most` threads."""
    wrong: list[str] = []
    start = threading.Barrier(most)

    def work(name: int) -> None:
        start.wait(30)
        for number in range(each):
            user = f"{name}-{number}"
            body = api.get_user_jwt(user_id=user, user_secret=secret_of(user)).body
            if body["encrypted_shared_key"] != user:
                wrong.append(user)

    script = steps.each_request(lambda request: steps.send(right(request)))
    with (
        FaultServer(script) as server,
        authentication(server.url, deadline=None, timeout=60) as api,
        ThreadPoolExecutor(most) as pool,
    ):
        running = [pool.submit(work, name) for name in range(most)]
        failures = [done.exception(300) for done in running]
    server.check()
    problems = [repr(failure) for failure in failures if failure is not None]
    if len(server.requests) != most * each:
        problems.append(f"{len(server.requests)} requests")
    figure = f"{len(wrong)} wrong, {len(problems)} failed, of {most} x {each}"
    return Figure(figure, [*some(problems), *some(wrong)])
