"""Tests of the app. The fixture `snaptrade_sandbox` and the marker come with snaptrade-client."""

import http.client
import sqlite3
import threading
from collections.abc import Generator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from app import create_app
from snaptrade_client.sandbox import Drop, Sandbox, Status, Throttle, Truncate
from store import PATIENCE


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "app.sqlite"


@pytest.fixture
def browser(snaptrade_sandbox: Sandbox, database: Path) -> Generator[FlaskClient]:
    """A visitor of the app, which is served too, so that webhooks reach it."""
    app = create_app(database)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    snaptrade_sandbox.webhook = f"http://127.0.0.1:{server.server_port}/webhooks/snaptrade"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield app.test_client()
    server.shutdown()
    thread.join()
    server.server_close()


def sign_up(browser: FlaskClient) -> None:
    assert browser.post("/signup", data={"name": "Zoé"}).status_code == 303


def home(browser: FlaskClient) -> str:
    return browser.get("/").text


def go_through_portal(link: str, scenario: str) -> str:
    """Do in the portal what a user does; give where the user is sent then."""
    parts = urlsplit(link)
    form = {
        "token": parse_qs(parts.query)["token"][0],
        "broker": "ALPACA",
        "access": "read",
        "scenario": scenario,
    }
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", parts.path, urlencode(form), headers)
    location = connection.getresponse().headers["Location"]
    connection.close()
    assert location
    return location


def connect(browser: FlaskClient, scenario: str = "success") -> TestResponse:
    """Connect a brokerage; give the page that the user comes back to."""
    answer = browser.post("/connect")
    assert answer.status_code == 303
    return browser.get(go_through_portal(answer.location, scenario), follow_redirects=True)


def change(database: Path, statement: str, *values: object) -> None:
    """Change the database behind the app's back."""
    connection = sqlite3.connect(database)
    with connection:
        assert connection.execute(statement, values).rowcount == 1
    connection.close()


def test_a_user_signs_up_connects_and_comes_back(
    browser: FlaskClient, snaptrade_sandbox: Sandbox
) -> None:
    assert "Sign up" in home(browser)
    sign_up(browser)
    for count in (1, 2):
        assert "You are back." in connect(browser).text
        assert snaptrade_sandbox.settle()
        assert f"Connected brokerages: {count}" in home(browser)
    assert len(snaptrade_sandbox.requests.of("register")) == 1
    assert snaptrade_sandbox.requests.last("login").status == 200
    assert snaptrade_sandbox.webhooks.last("CONNECTION_ADDED").delivered


def test_a_user_who_fails_at_the_brokerage_is_told_so(
    browser: FlaskClient, snaptrade_sandbox: Sandbox
) -> None:
    sign_up(browser)
    assert "could not be connected" in connect(browser, "invalid-credentials").text
    assert "No brokerage was connected" in connect(browser, "abandoned").text
    assert snaptrade_sandbox.settle()
    assert "Connected brokerages: 0" in home(browser)


def test_a_user_leaves(browser: FlaskClient, snaptrade_sandbox: Sandbox, database: Path) -> None:
    sign_up(browser)
    connect(browser)
    assert browser.post("/delete").status_code == 303
    assert "Goodbye, Zoé" in home(browser)
    snaptrade_sandbox.clock.shift(1)  # the service deletes in the background
    assert snaptrade_sandbox.settle()
    assert "Sign up" in home(browser)
    assert not snaptrade_sandbox.users
    connection = sqlite3.connect(database)
    for table in ("customer", "connection"):
        assert not connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - ours
    connection.close()


@pytest.mark.parametrize(
    "fault", [Drop("after"), Truncate(40), Status(500, when="after")], ids=repr
)
def test_a_registration_whose_answer_is_lost_is_undone_and_done_again(
    browser: FlaskClient, snaptrade_sandbox: Sandbox, fault: Drop | Truncate | Status
) -> None:
    snaptrade_sandbox.faults.add("register", fault)
    sign_up(browser)
    answer = browser.post("/connect")
    assert (answer.status_code, "Nothing is lost" in answer.text) == (503, True)
    assert len(snaptrade_sandbox.users) == 1  # nobody knows the secret

    assert "still setting things up" in browser.post("/connect").text
    assert snaptrade_sandbox.requests.last("delete").status == 200
    snaptrade_sandbox.clock.shift(1)
    assert snaptrade_sandbox.settle()

    assert "You are back." in connect(browser).text
    assert len(snaptrade_sandbox.requests.of("register")) == 2
    assert len(snaptrade_sandbox.users) == 1


@pytest.mark.snaptrade_fault("register", Drop("before"))
def test_a_registration_that_never_arrived_is_done_again_at_once(browser: FlaskClient) -> None:
    sign_up(browser)
    assert browser.post("/connect").status_code == 503
    assert "You are back." in connect(browser).text


@pytest.mark.snaptrade_fault("register", Drop("after"))
@pytest.mark.snaptrade_fault("delete", Status(503), times=3)
def test_an_undoing_that_fails_is_tried_again(
    browser: FlaskClient, snaptrade_sandbox: Sandbox
) -> None:
    sign_up(browser)
    for text in ("can&#39;t be reached", "can&#39;t be reached", "still setting things up"):
        assert text in browser.post("/connect").text
    snaptrade_sandbox.clock.shift(1)
    assert snaptrade_sandbox.settle()
    assert "You are back." in connect(browser).text


@pytest.mark.snaptrade_fault("register", Drop("after"))
def test_an_undoing_whose_webhook_is_lost_ends_all_the_same(
    browser: FlaskClient, snaptrade_sandbox: Sandbox, database: Path
) -> None:
    sign_up(browser)
    browser.post("/connect")
    browser.post("/connect")
    snaptrade_sandbox.webhook = None
    snaptrade_sandbox.clock.shift(1)
    assert snaptrade_sandbox.settle()
    assert "still setting things up" in browser.post("/connect").text
    change(database, "UPDATE customer SET since = since - ?", PATIENCE)
    assert "You are back." in connect(browser).text


def test_a_crash_in_the_middle_of_a_registration_is_cleaned_up(
    browser: FlaskClient, snaptrade_sandbox: Sandbox, database: Path
) -> None:
    sign_up(browser)
    change(database, "UPDATE customer SET state = 'registering'")
    assert "still setting things up" in browser.post("/connect").text
    assert not snaptrade_sandbox.requests  # it may be under way
    change(database, "UPDATE customer SET since = since - ?", PATIENCE)
    assert "You are back." in connect(browser).text


@pytest.mark.snaptrade_fault("login", Status(503), times=3)
def test_a_service_that_is_down_is_a_page_of_ours(browser: FlaskClient) -> None:
    sign_up(browser)
    answer = browser.post("/connect")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "You are back." in connect(browser).text


@pytest.mark.snaptrade_fault("login", Throttle(30))
def test_a_throttled_user_is_told_when_to_come_back(browser: FlaskClient) -> None:
    sign_up(browser)
    answer = browser.post("/connect")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")


@pytest.mark.snaptrade_fault("delete", Drop("after"))
def test_a_lost_answer_to_a_deletion_does_no_harm(
    browser: FlaskClient, snaptrade_sandbox: Sandbox
) -> None:
    sign_up(browser)
    connect(browser)
    assert browser.post("/delete").status_code == 303
    assert [each.status for each in snaptrade_sandbox.requests.of("delete")] == [200, 404]


def test_only_the_services_webhooks_are_believed(browser: FlaskClient) -> None:
    sign_up(browser)
    event = {"eventType": "USER_DELETED"}
    for headers in ({}, {"Signature": "bm9uZQ=="}):
        answer = browser.post("/webhooks/snaptrade", json=event, headers=headers)
        assert answer.status_code == 400


def test_nobody_acts_without_signing_up(browser: FlaskClient) -> None:
    assert browser.post("/connect").status_code == 403
    assert browser.post("/delete").status_code == 403
    assert browser.post("/signup", data={"name": " "}).status_code == 400
