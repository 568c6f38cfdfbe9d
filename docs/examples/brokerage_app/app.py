"""A small app on SnapTrade: sign up, connect a brokerage, come back, hear of it, delete.

    SECRET_KEY=... flask --app app run

Strategy: what the browser says on its way back is shown and not believed; the webhooks, which are
signed, are what changes the database.
"""

import os
import secrets
from pathlib import Path

from flask import Flask, abort, flash, redirect, render_template, request, session, url_for
from werkzeug import Response

from snaptrade_client import ApiException, SnapTrade, webhooks
from store import Customer, Store
from users import NotYetError, leave, registered


def create_app(database: Path = Path("brokerage_app.sqlite")) -> Flask:
    """Make the app; its keys come from SNAPTRADE_CONSUMER_KEY and SNAPTRADE_CLIENT_ID."""
    app = Flask(__name__)
    app.secret_key = os.environ.get("SECRET_KEY") or secrets.token_hex()
    # Lax: forms of other sites are sent without the cookie.
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    store = Store(database)
    # One client is enough for a process. Its deadline is below the patience of whoever waits.
    snaptrade = SnapTrade(deadline=10)
    _add_pages(app, store)
    _add_actions(app, store, snaptrade)
    _add_webhook(app, store, snaptrade.configuration.consumer_key)
    _add_failures(app)
    return app


def _add_pages(app: Flask, store: Store) -> None:
    @app.get("/")
    def home() -> str:
        customer = store.customer(session.get("customer", ""))
        connections = store.connections(customer.id) if customer else []
        return render_template("home.html", customer=customer, connections=connections)

    @app.get("/back")
    def back() -> Response:
        """Take users who come back from the portal; anybody can write such a link."""
        texts = {
            "SUCCESS": "You are back. The connection shows here as soon as we are told of it.",
            "ERROR": "The brokerage could not be connected. You can try again.",
        }
        flash(texts.get(request.args.get("status", ""), "No brokerage was connected."))
        return _home()


def _add_actions(app: Flask, store: Store, snaptrade: SnapTrade) -> None:
    def customer() -> Customer:
        return store.customer(session.get("customer", "")) or abort(403)

    @app.post("/signup")
    def sign_up() -> Response:
        name = request.form.get("name", "").strip()
        if not name:
            abort(400)
        session["customer"] = store.add_customer(name)
        return _home()

    @app.post("/connect")
    def connect() -> Response:
        user = customer()
        login = snaptrade.authentication.login_snap_trade_user(
            user_id=user.id,
            user_secret=registered(store, snaptrade, user),
            custom_redirect=url_for("back", _external=True),
            immediate_redirect=True,
        )
        # The link lets whoever has it act for the user: it goes to the browser and nowhere else.
        link = login.body.get("redirectURI")
        if not isinstance(link, str):
            # It is encrypted for users with an RSA key, and these have none.
            abort(502)
        return redirect(link, 303)

    @app.post("/delete")
    def delete() -> Response:
        leave(store, snaptrade, customer())
        return _home()


def _add_webhook(app: Flask, store: Store, consumer_key: str) -> None:
    @app.post("/webhooks/snaptrade")
    def webhook() -> tuple[str, int]:
        try:
            event = webhooks.verify(
                request.get_data(), request.headers.get("Signature"), consumer_key
            )
        except webhooks.WebhookError as error:
            app.logger.warning("refused a webhook: %s", error)
            return "refused", 400
        if event.event_type == "USER_DELETED":
            store.user_deleted(event.webhook_id, event.user_id)
        elif event.event_type == "CONNECTION_ADDED" and event.brokerage_authorization_id:
            store.connected(event.webhook_id, event.user_id, event.brokerage_authorization_id)
        return "", 200


def _add_failures(app: Flask) -> None:
    @app.errorhandler(NotYetError)
    def not_yet(_: NotYetError) -> tuple[str, int]:
        return render_template("later.html", text="We are still setting things up."), 503

    @app.errorhandler(ApiException)
    def failed(error: ApiException) -> tuple[str, int, dict[str, str]]:
        # Its text holds no secret, and the request id is what the service's support asks for.
        app.logger.error("%s: %s", type(error).__name__, error)
        wait = 5 if error.retry_after is None else max(1, round(error.retry_after))
        page = render_template("later.html", text="Brokerages can't be reached at the moment.")
        return page, 503, {"Retry-After": str(wait)}


def _home() -> Response:
    return redirect(url_for("home"), 303)
