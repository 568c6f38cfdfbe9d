"""A customer's life at SnapTrade: registered once, whatever happens to an answer, and deleted."""

import time

from snaptrade_client import ApiException, NotFoundError, SnapTrade
from store import (
    CLEARING,
    LEAVING,
    NEW,
    PATIENCE,
    READY,
    REGISTERING,
    UNCLEAR,
    Customer,
    Store,
)


class NotYetError(Exception):
    """The customer can't be served now: something is under way. A later try may find it done."""


def registered(store: Store, snaptrade: SnapTrade, customer: Customer) -> str:
    """Give the customer's secret; register them where they are not yet.

    Raises:
        NotYetError: a registration is under way, or what a failed one left is being deleted.
        ApiException: the service can't be reached, or refuses. Trying again does no harm.

    """
    if customer.secret is not None and customer.state == READY:
        return customer.secret
    state = customer.state
    if state in (REGISTERING, CLEARING) and time.time() - customer.since > PATIENCE:
        # The process that registered has died, or the webhook got lost.
        store.change(customer.id, state, UNCLEAR)
        state = UNCLEAR
    if state == UNCLEAR:
        _clear(store, snaptrade, customer.id)
    return _register(store, snaptrade, customer.id)


def _register(store: Store, snaptrade: SnapTrade, customer_id: str) -> str:
    # Noted before the call, so that a crash in the middle leaves a trace.
    if not store.change(customer_id, NEW, REGISTERING):
        raise NotYetError
    try:
        answer = snaptrade.authentication.register_snap_trade_user(user_id=customer_id)
    except ApiException:
        # Above all a RegistrationOutcomeUnknown. The next try looks whether there is a user.
        store.change(customer_id, REGISTERING, UNCLEAR)
        raise
    secret = answer.body["userSecret"]
    # Told this once: it is stored before anything else.
    store.change(customer_id, REGISTERING, READY, secret)
    return secret


def _clear(store: Store, snaptrade: SnapTrade, customer_id: str) -> None:
    """Delete the user that a registration may have left: docs/reliability.md says why.

    No other user has ever had this id, so whoever has it now is the one that was lost.
    """
    if customer_id not in snaptrade.authentication.list_snap_trade_users().body:
        store.change(customer_id, UNCLEAR, NEW)
        return
    # Noted before the call: USER_DELETED may be here before its answer.
    if store.change(customer_id, UNCLEAR, CLEARING):
        try:
            _delete(snaptrade, customer_id)
        except ApiException:
            store.change(customer_id, CLEARING, UNCLEAR)
            raise


def leave(store: Store, snaptrade: SnapTrade, customer: Customer) -> None:
    """Delete a customer who is registered. They are gone when the webhook says so.

    Raises:
        NotYetError: the customer is in the middle of something else.
        ApiException: the deletion failed. Trying again does no harm.

    """
    if not (store.change(customer.id, READY, LEAVING) or customer.state == LEAVING):
        raise NotYetError
    _delete(snaptrade, customer.id)


def _delete(snaptrade: SnapTrade, customer_id: str) -> None:
    try:
        snaptrade.authentication.delete_snap_trade_user(customer_id)
    except NotFoundError:
        # A deletion that was asked for before is under way.
        return
