"""What waits and for how long, by the database's clock: what probes and measurements tell. Counts only, of all agencies together."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection, transaction

MOST_MS = 5000
"""How long one reading may keep the database busy."""

_LOOKS = """
SELECT p.slug, count(w.item_id), coalesce(extract(epoch FROM statement_timestamp() - min(w.next_look_at)), 0)::float
FROM platforms_platform p LEFT JOIN takedown_watch w ON w.platform_id = p.id AND w.next_look_at <= statement_timestamp()
WHERE NOT EXISTS (
    SELECT 1 FROM platforms_pause s
    WHERE s.platform_id = p.id AND s.bucket = '' AND (s.until IS NULL OR s.until > statement_timestamp())
) GROUP BY p.slug
"""
_PAUSED = """
SELECT p.slug, EXISTS (
    SELECT 1 FROM platforms_pause s
    WHERE s.platform_id = p.id AND s.bucket = '' AND s.reason = 'breaker' AND s.until > statement_timestamp()
) FROM platforms_platform p
"""
_UNSENT = """
SELECT status, channel, count(*), coalesce(extract(
    epoch FROM statement_timestamp() - min(next_attempt_at) FILTER (WHERE next_attempt_at <= statement_timestamp())
), 0)::float
FROM takedown_takedownrequest WHERE status IN ('to_send', 'needs_operator', 'to_approve', 'refused') GROUP BY 1, 2
"""
_BREACHES = """
SELECT count(*) FROM takedown_takedownrequest
WHERE verdict = 'breached' AND due_at >= date_trunc('day', statement_timestamp(), 'UTC') AND due_at <= statement_timestamp()
"""
_BEATS = "SELECT name, extract(epoch FROM statement_timestamp() - at)::float FROM takedown_heartbeat"
_HELD = "SELECT coalesce((SELECT reconciled_at IS NULL FROM takedown_restore ORDER BY id DESC LIMIT 1), false)"


@dataclass(frozen=True, slots=True)
class Standing:
    """One reading. Ages in seconds; 0 where nothing waits."""

    due_looks: Mapping[str, int]
    """By platform, without those that are paused."""
    oldest_look: float
    unsent: Mapping[tuple[str, str], int]
    """By status and channel."""
    oldest_unsent: float
    """How far behind its time the request is that should have been sent first."""
    breaches_today: int
    """Deadlines of this day (UTC) that were missed."""
    breakers: Mapping[str, bool]
    """By platform, whether the breaker is open."""
    beats: Mapping[str, float]
    """Age of the last sign of life, by its name."""
    held: bool
    """Nothing is sent: the database was restored, and nobody has reconciled."""


@transaction.atomic
def read() -> Standing:
    """Raises `django.db.DatabaseError` where the database is away, too slow, or not migrated."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {MOST_MS}")
        cursor.execute(_LOOKS)
        looks = cursor.fetchall()
        cursor.execute(_UNSENT)
        unsent = cursor.fetchall()
        cursor.execute(_BREACHES)
        (breaches,) = cursor.fetchone()
        cursor.execute(_PAUSED)
        breakers = dict(cursor.fetchall())
        cursor.execute(_BEATS)
        beats = dict(cursor.fetchall())
        cursor.execute(_HELD)
        (held,) = cursor.fetchone()
    return Standing(
        due_looks={slug: count for slug, count, _ in looks},
        oldest_look=max((age for _, _, age in looks), default=0.0),
        unsent={(status, channel): count for status, channel, count, _ in unsent},
        oldest_unsent=max((age for status, _, _, age in unsent if status == "to_send"), default=0.0),
        breaches_today=breaches,
        breakers=breakers,
        beats=beats,
        held=held,
    )
