"""Heartbeats: when each piece of the engine last worked. In PostgreSQL, so that nobody needs Redis to know."""

from django.db import connection, models

LOOK = "look"
"""Name of the heartbeat of looks that were really made, whoever made them."""
STAND_IN = "stand-in"
"""Of stand-ins that look or send because no doorbell was heard for a while."""
BEAT = "beat"
"""Of doorbells that were heard."""

_TAKE = """
INSERT INTO takedown_heartbeat AS h (name, at) VALUES (%s, clock_timestamp())
ON CONFLICT (name) DO UPDATE SET at = excluded.at WHERE h.at <= excluded.at - %s * interval '1 second' RETURNING true
"""


class Heartbeat(models.Model):
    """One row for each name, rewritten at most once a second."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%H:%M:%S}"


def take(name: str, seconds: float) -> bool:
    """Say that this is being done now, unless somebody said so within the last `seconds`; whether it is ours to do."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [name, seconds])
        return cursor.fetchone() is not None


def beat(name: str) -> None:
    """Say that this is being done now. Once a second is enough: a row that many write is waited for."""
    take(name, 1.0)


def leave(name: str) -> None:
    """Whoever comes next need not wait."""
    Heartbeat.objects.filter(name=name).delete()
