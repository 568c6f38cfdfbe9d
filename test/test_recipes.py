"""The recipes whose frameworks are not there for the tests: their code runs with stand-ins.

Strategy: `test_docs` runs the recipes that are whole programs. The others are taken from the page;
what they import of Django, FastAPI and Celery is stood in for, and the client, its requests and the
sandbox are real.
"""

import asyncio
import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from snaptrade_client import ApiException
from snaptrade_client.sandbox import Drop, Sandbox, Status

from .signature import webhook_signature
from .test_webhooks_docs import Response, webhook

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "recipes.md").read_text(encoding="utf-8")
RECIPES: dict[str, str] = dict(
    re.findall(
        r"^## ([\w ]+)\n(?:(?!^## ).)*?^```python3\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE
    )
)
KEY = "sandbox-consumer-key"


@pytest.fixture(autouse=True)
def environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the page's code reads of the environment."""
    monkeypatch.setenv("SNAPTRADE_CONSUMER_KEY", sandbox.consumer_key)
    monkeypatch.setenv("SNAPTRADE_CLIENT_ID", sandbox.client_id)
    monkeypatch.setenv("SNAPTRADE_HOST", sandbox.url)


def run(name: str, monkeypatch: pytest.MonkeyPatch, **modules: dict[str, Any]) -> dict[str, Any]:
    """The names that a recipe leaves behind, where modules hold what it imports.

    A double underscore stands for a dot in a module's name.
    """
    for module, content in modules.items():
        stand_in = ModuleType(module.replace("__", "."))
        vars(stand_in).update(content)
        monkeypatch.setitem(sys.modules, stand_in.__name__, stand_in)
    names: dict[str, Any] = {"__name__": "recipe.views", "__package__": "recipe"}
    exec(compile(RECIPES[name], name, "exec"), names)  # noqa: S102 - this repository's own page
    return names


def same(view: Any) -> Any:
    """A decorator that leaves a function as it is."""
    return view


def unchanged(*_: Any, **__: Any) -> Any:
    """The same, with arguments."""
    return same


def test_the_page_has_these_recipes() -> None:
    assert set(RECIPES) == {"Django", "FastAPI", "Celery", "AWS Lambda"}
    assert PAGE.count("```python3") == len(RECIPES)


def redirect(url: str) -> Response:
    return Response(url, status=302)


def absolute(path: str) -> str:
    return f"http://127.0.0.1:1{path}"


class Rows:
    """What stands in for the manager of the Django model."""

    def __init__(self) -> None:
        self.rows: dict[str, Any] = {}

    def get_or_create(self, *, user: str, defaults: dict[str, str]) -> tuple[Any, bool]:
        new = user not in self.rows
        if new:
            row = SimpleNamespace(snaptrade_id=defaults["snaptrade_id"], secret="", saved=0)
            row.save = lambda: setattr(row, "saved", row.saved + 1)
            self.rows[user] = row
        return self.rows[user], new


@pytest.fixture
def django(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The Django recipe's names, and its rows under `rows`."""
    settings = SimpleNamespace(
        SNAPTRADE_CONSUMER_KEY=sandbox.consumer_key,
        SNAPTRADE_CLIENT_ID=sandbox.client_id,
        SNAPTRADE_HOST=sandbox.url,
    )
    rows = Rows()
    names = run(
        "Django",
        monkeypatch,
        django={},
        django__conf={"settings": settings},
        django__contrib={},
        django__contrib__auth={},
        django__contrib__auth__decorators={"login_required": same},
        django__http={"HttpResponse": Response},
        django__shortcuts={"redirect": redirect},
        django__views={},
        django__views__decorators={},
        django__views__decorators__http={"require_POST": same},
        recipe={},
        recipe__models={"Brokerage": SimpleNamespace(objects=rows)},
    )
    return names | {"rows": rows.rows}


def visit(names: dict[str, Any], user: str) -> Any:
    """The answer of the Django view to a user."""
    return names["connect"](SimpleNamespace(user=user, build_absolute_uri=absolute))


def test_django_registers_a_user_once_and_leads_to_the_portal(
    django: dict[str, Any], sandbox: Sandbox
) -> None:
    for _ in range(2):
        answer = visit(django, "someone")
        assert answer.status_code == 302
        assert answer.content.startswith(sandbox.url.removesuffix("/api/v1") + "/portal?token=")
    [row] = django["rows"].values()
    assert sandbox.users[row.snaptrade_id].secret == row.secret
    assert row.saved == 1
    django["snaptrade"]().close()


def test_django_takes_another_id_where_a_registration_was_lost(
    django: dict[str, Any], sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.faults.add("register", Drop("after"))
    assert visit(django, "someone").status_code == 503
    [lost] = sandbox.users
    assert f"delete this user of SnapTrade if it exists: {lost}" in caplog.text
    assert visit(django, "someone").status_code == 302
    [row] = django["rows"].values()
    assert row.snaptrade_id != lost
    assert sandbox.users[row.snaptrade_id].secret == row.secret
    django["snaptrade"]().close()


class HTTPException(Exception):
    """What stands in for FastAPI's."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(status, detail)
        self.status, self.detail = status, detail


def fastapi(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    def app(**options: Any) -> Any:
        return SimpleNamespace(get=unchanged, delete=unchanged, post=unchanged, **options)

    content = {"FastAPI": app, "HTTPException": HTTPException, "Request": object}
    return run("FastAPI", monkeypatch, fastapi=content)


def test_fastapi_answers_from_a_thread_and_closes_at_the_end(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.add_user("user-1", "secret-1")
    names = fastapi(monkeypatch)

    async def life() -> Any:
        async with names["app"].lifespan(names["app"]):
            return names["users"](), await names["delete"]("user-1")

    assert asyncio.run(life()) == (["user-1"], {"status": "deleted"})
    # It is closed: that is the caller's error, which the recipe does not take for the service's.
    with pytest.raises(Exception, match="closed"):
        names["users"]()


def test_fastapi_says_503_where_the_service_fails(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = fastapi(monkeypatch)
    sandbox.faults.add("list", Status(400))
    with pytest.raises(HTTPException) as failure:
        names["users"]()
    assert failure.value.status == 503
    [request] = sandbox.requests
    assert failure.value.detail == f"not available; request id {request.request_id}"
    names["snaptrade"].close()


def test_fastapi_takes_and_refuses_webhooks(monkeypatch: pytest.MonkeyPatch) -> None:
    names = fastapi(monkeypatch)
    payload = webhook()

    async def body() -> bytes:
        return payload

    def told(signature: str) -> Any:
        return names["told"](SimpleNamespace(body=body, headers={"Signature": signature}))

    assert asyncio.run(told(webhook_signature(payload, KEY))) == {"took": "w-1"}
    with pytest.raises(HTTPException) as refused:
        asyncio.run(told(webhook_signature(payload, "another key")))
    assert refused.value.status == 400
    names["snaptrade"].close()


class Retry(Exception):
    """What stands in for Celery's."""


class Task:
    """What stands in for a bound task of Celery, on its third attempt."""

    request = SimpleNamespace(retries=2)

    def retry(self, *, exc: ApiException, countdown: float) -> Retry:
        return Retry(exc, countdown)


def celery(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    def app(*_: Any, **__: Any) -> Any:
        return SimpleNamespace(task=unchanged)

    return run("Celery", monkeypatch, celery={"Celery": app})


def test_celery_deletes_a_user_once(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.add_user("user-1", "secret-1")
    names = celery(monkeypatch)
    assert names["delete_user"](Task(), "user-1") == "queued"
    assert names["delete_user"](Task(), "user-1") == "gone already"
    names["snaptrade"].close()


@pytest.mark.parametrize(("seconds", "wait"), [(None, 4), (30, 30)])
def test_celery_puts_back_what_is_harmless(
    seconds: int | None, wait: float, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = celery(monkeypatch)
    # A wait of 30 s does not fit into the deadline, so the client leaves it to Celery.
    sandbox.faults.add("delete", Status(503, retry_after=seconds), times=3)
    with pytest.raises(Retry) as put_back:
        names["delete_user"](Task(), "user-1")
    error, countdown = put_back.value.args
    assert (error.status, countdown) == (503, wait)
    names["snaptrade"].close()


def test_celery_raises_what_would_fail_again(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = celery(monkeypatch)
    sandbox.faults.add("delete", Status(400))
    with pytest.raises(ApiException, match=r"^400 "):
        names["delete_user"](Task(), "user-1")
    names["snaptrade"].close()


def test_lambda_answers_within_its_time(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox.add_user("user-1", "secret-1")
    names = run("AWS Lambda", monkeypatch)
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 3000)
    assert names["handler"]({}, context) == {"statusCode": 200, "body": "1"}
    sandbox.faults.add("list", Status(400))
    assert names["handler"]({}, context) == {"statusCode": 503}
    assert capsys.readouterr().out.rstrip().endswith("rejected")
    names["snaptrade"].close()
