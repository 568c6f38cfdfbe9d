"""One measurement of one subject, in a process of its own: `subject.py SUBJECT MEASURE URL CA N`.

It prints one number. It imports nothing but the subject, and knows nothing of the other files, so
that it runs in an environment that holds another client. CA is "-" without TLS.
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


def _peak_memory() -> float:
    # Not getrusage: its maximum is inherited from the process that started this one.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


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


def _growth(call: Callable[[], Any], count: int) -> float:
    """The CPU of the last tenth of the calls over that of the first."""
    first = _cpu(call, count // 10)
    for _ in range(count * 8 // 10):
        call()
    return _cpu(call, count // 10) / first


def main() -> None:
    """Print the figure."""
    subject, measure, url, ca, count = sys.argv[1:]
    login, listing = SUBJECTS[subject](url, None if ca == "-" else ca)
    if measure == "listing":
        started = time.process_time()
        assert len(listing()) == int(count)
        print(time.process_time() - started, _peak_memory())
        return
    for _ in range(WARM_UP):
        login()
    figure = {
        "cpu": lambda: _cpu(login, int(count)),
        "threads": lambda: _wall_with_threads(login, int(count)),
        "growth": lambda: _growth(login, int(count)),
        "memory": lambda: (_cpu(login, int(count)), _peak_memory())[1],
        "nothing": lambda: 0.0,
    }[measure]()
    print(figure)


if __name__ == "__main__":
    main()
