"""Deadlines pass by themselves: a sweep notices."""

from datetime import datetime

from django.db import connection, transaction

from takedown.choices import VerdictValue
from takedown.models import TakedownRequest, Watch
from takedown.verdicts.clock import refresh


def sweep(*, limit: int = 500) -> int:
    """Judge requests whose deadline has passed while they were pending; how many.

    1. Find pending requests that are due, by the partial index `request_pending_due`, on the database's clock.
    2. Lock the watches of their items; those another worker holds are left for the next round.
    3. Judge on what is known: breached if it was seen up since, unproven if nobody has looked, and then have it looked at now.

    The look at the deadline itself usually comes first and leaves nothing to do here.
    """
    with transaction.atomic():
        now = database_now()
        due = TakedownRequest.objects.open().filter(verdict=VerdictValue.PENDING, due_at__lte=now).order_by("due_at")
        items = Watch.objects.filter(item_id__in=due.values_list("item_id", flat=True)[:limit])
        held = list(items.order_by("item_id").select_for_update(skip_locked=True).values_list("item_id", flat=True))
        if held:
            refresh(held, now=now)
        return len(held)


def database_now() -> datetime:
    """The one clock that deadlines are compared with."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone() or (None,)
    if not isinstance(now, datetime):
        raise TypeError("The database did not tell the time")
    return now
