"""One measurement of one subject, in a process of its own: `subject.py SUBJECT MEASURE URL CA N`.

It prints one number or two. It imports nothing but the subject, and knows nothing of the other
files, so that it runs in an environment that holds another client. CA is "-" without TLS.
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

USER, SECRET = "John.doe@snaptrade.com", "USERSECRET123"
QUERY = "userId=John.doe%40snaptrade.com&userSecret=USERSECRET123&clientId=C&timestamp=1635790389"
BODY = {"broker": "ALPACA", "immediateRedirect": True}
HEADERS = {"Accept": "application/json", "Signature": "s" * 44}
WARM_UP = 100
WINDOW = 1000

Calls = tuple[Callable[[], Any], Callable[[], Any]]


def _urllib3(url: str, ca: str | None) -> Calls:
    import urllib3

    pool = urllib3.PoolManager(maxsize=8, ca_certs=ca)

    def login() -> Any:
        headers = {**HEADERS, "Content-Type": "application/json"}
        target = f"{url}/snapTrade/login?{QUERY}"
        return json.loads(pool.request("POST", target, body=json.dumps(BODY), headers=headers).data)

    def listing() -> Any:
        target = f"{url}/snapTrade/listUsers?clientId=C&timestamp=1635790389"
        return json.loads(pool.request("GET", target, headers=HEADERS).data)

    return login, listing


def _http_client(url: str, ca: str | None) -> Calls:
    import http.client
    import ssl
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    context = ssl.create_default_context(cafile=ca) if ca else None
    local = threading.local()

    def send(method: str, target: str, body: str | None) -> Any:
        connection = getattr(local, "connection", None)
        if connection is None:
            if context:
                connection = http.client.HTTPSConnection(parts.netloc, context=context)
            else:
                connection = http.client.HTTPConnection(parts.netloc)
            local.connection = connection
        connection.request(method, f"{parts.path}{target}", body=body, headers=HEADERS)
        return json.loads(connection.getresponse().read())

    return (
        lambda: send("POST", f"/snapTrade/login?{QUERY}", json.dumps(BODY)),
        lambda: send("GET", "/snapTrade/listUsers?clientId=C&timestamp=1635790389", None),
    )


def _ours(url: str, ca: str | None) -> Calls:
    from snaptrade_client import SnapTrade

    client = SnapTrade(consumer_key="k" * 32, client_id="C", host=url, ssl_ca_cert=ca)
    return _calls(client)


def _vendor(url: str, ca: str | None) -> Calls:
    import warnings

    from snaptrade_client import Configuration, SnapTrade

    warnings.simplefilter("ignore")
    configuration = Configuration(consumer_key="k" * 32, client_id="C", host=url)
    configuration.ssl_ca_cert = ca
    return _calls(SnapTrade(configuration))


def _calls(client: Any) -> Calls:
    api = client.authentication
    return (
        lambda: (
            api.login_snap_trade_user(
                user_id=USER, user_secret=SECRET, broker="ALPACA", immediate_redirect=True
            ).body
        ),
        lambda: api.list_snap_trade_users().body,
    )


SUBJECTS = {"urllib3": _urllib3, "http.client": _http_client, "ours": _ours, "vendor": _vendor}


def _memory(field: str) -> float:
    # Not getrusage: its maximum is inherited from the process that started this one.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition(f"{field}:")[2].split()[0]) / 1024


def _cpu(call: Callable[[], Any], count: int) -> float:
    started = time.process_time()
    for _ in range(count):
        call()
    return (time.process_time() - started) / count * 1e6


def _wall_with_threads(call: Callable[[], Any], count: int, threads: int = 8) -> float:
    def work() -> None:
        for _ in range(count // threads):
            call()

    workers = [threading.Thread(target=work) for _ in range(threads)]
    started = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return (time.perf_counter() - started) / count * 1e6


def _growth(call: Callable[[], Any], count: int) -> tuple[float, float]:
    """CPU of the last calls over that of the first, and the memory that is used after them."""
    first, memory = _cpu(call, WINDOW), _memory("VmRSS")
    for _ in range(count - 2 * WINDOW):
        call()
    return _cpu(call, WINDOW) / first, _memory("VmRSS") / memory


def _linear(whole: Callable[[], Any], tenth: Callable[[], Any]) -> float:
    """CPU of a listing over that of ten listings of a tenth of its length."""
    return _cpu(whole, 1) / (_cpu(tenth, 10) * 10)


def _listing(call: Callable[[], Any], count: int) -> tuple[float, float]:
    started = time.process_time()
    assert len(call()) == count
    return time.process_time() - started, _memory("VmHWM")


def main() -> None:
    """Print the figures."""
    subject, measure, url, ca, given = sys.argv[1:]
    trusted, count = None if ca == "-" else ca, int(given)
    login, listing = SUBJECTS[subject](url, trusted)
    # The first call loads what it needs.
    _cpu(login, WARM_UP)
    if measure == "listing":
        print(*_listing(listing, count))
    elif measure == "linear":
        _, tenth = SUBJECTS[subject](url.replace("/api/", "/tenth/api/"), trusted)
        print(_linear(listing, tenth))
    elif measure == "growth":
        print(*_growth(login, count))
    elif measure == "threads":
        print(_wall_with_threads(login, count))
    elif measure == "memory":
        print(_peak_after(login, count))
    else:
        print(_cpu(login, count))


def _peak_after(call: Callable[[], Any], count: int) -> float:
    _cpu(call, count)
    return _memory("VmHWM")


if __name__ == "__main__":
    main()
