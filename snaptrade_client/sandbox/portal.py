"""The connection portal, as a browser sees it.

Strategy: a journey is GET (choose a brokerage), GET (say how it shall go), POST (it goes so). The
link's token is the whole credential, and every page carries it on, so nothing is kept between two
requests: looking at a link, however often, changes nothing, and the POST uses it up. What a journey
is, and what comes of it, `journeys` knows.
"""

import re
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, render_template, request

from snaptrade_client.sandbox.errors import INVALID, ServiceError
from snaptrade_client.sandbox.journeys import (
    BROKERAGES,
    SUCCESS,
    Journey,
    Scenario,
    asked_for,
    plan,
    publish,
    result_of,
    return_url,
)
from snaptrade_client.sandbox.operations import Desk
from snaptrade_client.sandbox.state import Connection, PortalOptions

_PAGES = Path(__file__).parent / "pages"
_ASSETS = {
    "portal.css": "text/css",
    "portal.js": "text/javascript",
    "portal.svg": "image/svg+xml",
}
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*")


def add_portal(app: Flask, desk: Desk) -> None:
    """Let an app serve the portal's pages and what they load."""
    portal = Blueprint("portal", __name__, template_folder=_PAGES)
    for method, view in (("GET", _show), ("POST", _finish)):
        portal.add_url_rule(
            "/portal",
            endpoint=method.lower(),
            view_func=partial(view, desk),
            methods=[method],
            provide_automatic_options=False,
        )
    for name in _ASSETS:
        portal.add_url_rule(
            f"/portal/{name}",
            endpoint=name.replace(".", "-"),
            view_func=partial(_asset, name),
            provide_automatic_options=False,
        )
    app.register_blueprint(portal)


def _show(desk: Desk) -> Response:
    link = desk.state.link(request.args.get("token", ""))
    if link is None:
        return _expired()
    journey = plan(desk.state.connections, link, request.args.get("broker", ""))
    return _page(
        journey.page,
        journey.options,
        journey=journey,
        brokerages=BROKERAGES.values(),
        asked=asked_for(journey),
    )


def _finish(desk: Desk) -> Response:
    link = desk.state.link(request.form.get("token", ""))
    if link is None:
        return _expired()
    journey = plan(desk.state.connections, link, request.form.get("broker", ""))
    scenario = journey.scenarios.get(request.form.get("scenario", ""))
    if scenario is None:
        known = ", ".join(journey.scenarios)
        raise ServiceError(INVALID, reason=f'The field "scenario" must be one of: {known}.')
    connection = None
    if scenario is SUCCESS:
        connection = journey.connected(trade=request.form.get("access") == "trade")
    # Of two at the same time, one only uses the link.
    if not desk.state.finish_link(link, connection):
        return _expired()
    publish(desk.publisher, journey, scenario, connection)
    return _outcome(journey, scenario, connection)


def _asset(name: str) -> Response:
    data = (_PAGES / "portal" / name).read_bytes()
    return _guarded(Response(data, mimetype=_ASSETS[name]))


def _expired() -> Response:
    return _page("expired", PortalOptions(), status=410)


def _outcome(journey: Journey, scenario: Scenario, connection: Connection | None) -> Response:
    """Answer the POST: the way back to the app at once, or the page that shows it."""
    result = result_of(scenario, connection)
    target = return_url(journey.options.custom_redirect, result.query)
    immediate = journey.options.immediate_redirect or result.query["status"] == "ABANDONED"
    # Where somebody listens to window messages, a page has to send them before it leaves.
    if target and immediate and not request.form.get("listener"):
        return _guarded(Response(status=303, headers={"Location": target}))
    return _page(
        "finished",
        journey.options,
        journey=journey,
        scenario=scenario,
        connection=connection,
        result=result,
        target=target,
        immediate=immediate,
    )


def _page(name: str, options: PortalOptions, *, status: int = 200, **values: object) -> Response:
    locale = options.locale or ""
    theme = {None: None, True: "dark", False: "light"}[options.dark_mode]
    way_back = return_url(options.custom_redirect, {})
    text = render_template(
        f"portal/{name}.html",
        options=options,
        language=locale.replace("_", "-") if _LOCALE.fullmatch(locale) else "en",
        theme=theme,
        app_host=urlsplit(way_back).netloc.rpartition("@")[2] if way_back else None,
        **values,
    )
    # Browsers hold the redirect that answers a form against the form's targets too.
    return _guarded(
        Response(text, status, mimetype="text/html"), forms=" http: https:" if way_back else ""
    )


def _guarded(response: Response, *, forms: str = "") -> Response:
    """Add what protects the token in the URL; any app may show the portal in an iframe."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"base-uri 'none'; form-action 'self'{forms}"
    )
    return response
