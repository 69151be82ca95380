"""Faults that pass by themselves: the caller should come again, and nobody has to mend anything."""

import django.db
import psycopg2

RETRY_SECONDS = 5
"""How long a caller is asked to wait. A server that restarts takes about as long."""

_STATES = (
    "08",  # connection lost or refused
    "53",  # out of connections, memory or disk
    "57P",  # the server is being stopped, has crashed, or is starting
    "57014",  # cancelled, because it took too long
    "55P03",  # a lock was waited for too long
    "40001",  # serialization failure
    "40P01",  # deadlock
    "25006",  # a stand-by that has not taken over yet
    "25P03",  # idle in a transaction for too long
    "25P04",  # a transaction that took too long
)
"""Beginnings of SQLSTATEs."""


def is_transient(error: BaseException | None) -> bool:
    """Whether the database, or the way to it, is the reason, and a later try may well succeed."""
    while error is not None:
        if isinstance(error, psycopg2.Error):
            return _passes(error)
        if error.__cause__ is None:
            # Django's own, without one of the driver below it: a connection that it knows to be closed.
            return isinstance(error, django.db.OperationalError | django.db.InterfaceError)
        error = error.__cause__
    return False


def _passes(error: psycopg2.Error) -> bool:
    if error.pgcode is None:
        # No SQLSTATE: the server never answered. The exact classes, for a mistake of ours has none either but is a subclass.
        return isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError) or type(error) is psycopg2.DatabaseError
    return str(error.pgcode).startswith(_STATES)
