"""Recipients: how many mails an address had within the last hour. In PostgreSQL, shared by all who send."""

from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

WINDOW = timedelta(hours=1)

_TAKE = """
INSERT INTO takedown_recipient AS r (address, mails) VALUES (%(address)s, ARRAY[%(now)s])
ON CONFLICT (address) DO UPDATE
SET mails = (SELECT coalesce(array_agg(m ORDER BY m), '{}') FROM unnest(r.mails) m WHERE m > %(now)s - interval '1 hour') || %(now)s
WHERE %(limit)s = 0 OR (SELECT count(*) FROM unnest(r.mails) m WHERE m > %(now)s - interval '1 hour') < %(limit)s
RETURNING true
"""


class Recipient(models.Model):
    """One address and the instants at which mails to it were begun, the last hour's at least."""

    address = models.CharField(max_length=254, primary_key=True, help_text="In lower case.")
    mails = ArrayField(models.DateTimeField(), default=list)

    def __str__(self) -> str:
        return f"{self.address}: {len(self.mails)} mails"


def take_place(address: str, limit: int, now: datetime) -> bool:
    """Count a mail that begins now, unless the hour has `limit` already (0: no limit); whether it may leave."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"address": address.lower(), "limit": limit, "now": now})
        return cursor.fetchone() is not None


def give_back(address: str, begun: datetime) -> None:
    """That mail did not leave after all."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE takedown_recipient SET mails = array_remove(mails, %s) WHERE address = %s", [begun, address.lower()])


def free_at(mails: list[datetime], limit: int, now: datetime) -> datetime | None:
    """When the next mail may leave, if these were begun; None if now."""
    recent = sorted(at for at in mails if at > now - WINDOW)
    return recent[-limit] + WINDOW if 0 < limit <= len(recent) else None
