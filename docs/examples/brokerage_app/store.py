"""What the app remembers: its customers, their connections, and the webhooks that are done.

Strategy: a customer is in one state at a time, and a change of state is one statement of SQL that
names the state before it. Of two requests at once, one makes the change, and the other is told so.
"""

import sqlite3
import time
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NEW = "new"
"""No user of SnapTrade has the customer's id."""
REGISTERING = "registering"
"""A registration is under way."""
UNCLEAR = "unclear"
"""A registration may have happened, and nobody knows the secret."""
CLEARING = "clearing"
"""What it may have left is being deleted; USER_DELETED says when that is done."""
READY = "ready"
"""The secret is here."""
LEAVING = "leaving"
"""The customer wants to go; USER_DELETED says when they are gone."""

PATIENCE = 60.0
"""Seconds after which a registration is not under way any more, and a webhook is missed."""

_TABLES = """
CREATE TABLE IF NOT EXISTS customer (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, state TEXT NOT NULL, since REAL NOT NULL, secret TEXT
);
CREATE TABLE IF NOT EXISTS connection (id TEXT PRIMARY KEY, customer TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS webhook (id TEXT PRIMARY KEY);
"""


@dataclass(frozen=True)
class Customer:
    """A customer; `id` is also the id of the user at SnapTrade."""

    id: str
    name: str
    state: str
    since: float
    # Whoever has it can act for the customer: a real app encrypts it in its database.
    secret: str | None

    def __repr__(self) -> str:
        """Show no secret."""
        return f"<Customer {self.id} {self.state}>"


class Store:
    """A file of SQLite; each method is a transaction."""

    def __init__(self, path: Path) -> None:
        """Make the tables where they are missing."""
        self._path = path
        with self._transaction() as database:
            database.executescript(_TABLES)

    def add_customer(self, name: str) -> str:
        """Add a customer; give the id, which was never used before and never will be again."""
        customer_id = str(uuid.uuid4())
        with self._transaction() as database:
            database.execute(
                "INSERT INTO customer VALUES (?, ?, ?, ?, NULL)",
                (customer_id, name, NEW, time.time()),
            )
        return customer_id

    def customer(self, customer_id: str) -> Customer | None:
        """Give a customer, or None."""
        with self._transaction() as database:
            row = database.execute(
                "SELECT id, name, state, since, secret FROM customer WHERE id = ?", (customer_id,)
            ).fetchone()
        return None if row is None else Customer(*row)

    def change(self, customer_id: str, before: str, after: str, secret: str | None = None) -> bool:
        """Change the state; False where it was not `before`. A secret stays until one is given."""
        with self._transaction() as database:
            changed = database.execute(
                "UPDATE customer SET state = ?, since = ?, secret = coalesce(?, secret)"
                " WHERE id = ? AND state = ?",
                (after, time.time(), secret, customer_id, before),
            )
        return changed.rowcount == 1

    def connections(self, customer_id: str) -> list[str]:
        """Give the ids of a customer's connections."""
        with self._transaction() as database:
            rows = database.execute("SELECT id FROM connection WHERE customer = ?", (customer_id,))
            return [row[0] for row in rows]

    def connected(self, webhook_id: str, customer_id: str, connection_id: str) -> None:
        """Add a connection, unless this webhook is done."""
        with self._transaction() as database:
            if self._is_first(database, webhook_id):
                database.execute(
                    "INSERT OR IGNORE INTO connection VALUES (?, ?)", (connection_id, customer_id)
                )

    def user_deleted(self, webhook_id: str, customer_id: str) -> None:
        """Forget a customer who left, and let one register who was cleared; once per webhook."""
        with self._transaction() as database:
            if self._is_first(database, webhook_id):
                database.execute("DELETE FROM connection WHERE customer = ?", (customer_id,))
                database.execute(
                    "DELETE FROM customer WHERE id = ? AND state = ?", (customer_id, LEAVING)
                )
                database.execute(
                    "UPDATE customer SET state = ? WHERE id = ? AND state = ?",
                    (NEW, customer_id, CLEARING),
                )

    @staticmethod
    def _is_first(database: sqlite3.Connection, webhook_id: str) -> bool:
        """Note a webhook, in the transaction that does its work: it may come again."""
        added = database.execute("INSERT OR IGNORE INTO webhook VALUES (?)", (webhook_id,))
        return added.rowcount == 1

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        database = sqlite3.connect(self._path)
        try:
            with database:
                yield database
        finally:
            database.close()
