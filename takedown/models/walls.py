"""The second wall between agencies, below `for_agency`: the database itself shows a screen or a client the rows of one agency only.

Whoever answers a person or a client takes a role that may not change history and to which the policies of row security apply (migration
`walls`), and gives it back at the end. Workers see all agencies and do not take it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from django.db import connection

ROLE = "takedown_desk"
# Outside of Django's cursor: these are no queries of a page.
_ENTER = f"SELECT set_config('takedown.agency', %s, false); SET ROLE {ROLE}"
_LEAVE = "RESET ROLE; SELECT set_config('takedown.agency', '', false)"


class _State(threading.local):
    """A connection belongs to a thread, and so does what it may see."""

    agency_id: int | None = None


_state = _State()


def enter(agency_id: int | None) -> None:
    """From here on this connection sees one agency's rows of case data; none for somebody without an agency."""
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.cursor() as cursor:
        cursor.execute(_ENTER, [str(agency_id or "")])
    _state.agency_id = agency_id or 0


def standing() -> int | None:
    """The agency whose rows alone are seen now, 0 for nobody's; None where all are."""
    return _state.agency_id


def leave() -> None:
    """See everything again. A connection that cannot be led back is closed: the next one to use it must not inherit another's view."""
    if standing() is None:
        return
    _state.agency_id = None
    if connection.connection is None:
        return
    try:
        with connection.connection.cursor() as cursor:
            cursor.execute(_LEAVE)
    except psycopg2.Error:
        connection.close()


@contextmanager
def lifted() -> Iterator[None]:
    """Without the wall for once: for what an operator does to the whole install."""
    agency_id = standing()
    leave()
    try:
        yield
    finally:
        if agency_id is not None:
            enter(agency_id)


def behind(agency_id: int, parts: Iterator[bytes]) -> Iterator[bytes]:
    """The same parts of an answer, made behind the wall: they are read after the view has returned."""
    enter(agency_id)
    try:
        yield from parts
    finally:
        leave()
