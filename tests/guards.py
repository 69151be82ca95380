"""What only tests may do: set the stage behind the database's own guards."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def unguarded() -> Iterator[None]:
    """Without triggers: reports change, history goes. For what a test begins with, never for what it is about."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
