"""The queue: watches whose time has come."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from platforms.base import AnchoredClock, ContentRef
from takedown.verdicts import database_now

# The claim is the lease: it pushes `next_look_at` forward, so that whatever becomes of the worker, somebody looks again. It also raises
# the fence, so that a worker that wakes up after its lease writes nothing. Only the database's clock counts.
_CLAIM = """
WITH due AS (
    SELECT w.item_id FROM takedown_watch w
    WHERE w.next_look_at <= statement_timestamp() AND w.is_anchor = %(anchors)s
      AND NOT EXISTS (SELECT 1 FROM platforms_platform p WHERE p.id = w.platform_id AND p.paused_until > statement_timestamp())
    ORDER BY w.next_look_at LIMIT %(limit)s FOR UPDATE OF w SKIP LOCKED
), claimed AS (
    UPDATE takedown_watch w SET fence = w.fence + 1, next_look_at = statement_timestamp() + %(lease)s * interval '1 second'
    FROM due WHERE w.item_id = due.item_id
    RETURNING w.item_id, w.platform_id, w.fence, w.next_look_at, w.outcome, w.is_anchor
)
SELECT c.item_id, c.platform_id, c.fence, c.next_look_at, i.agency_id, c.outcome, c.is_anchor,
       p.slug, i.kind, i.external_id, i.canonical_url
FROM claimed c JOIN takedown_flaggeditem i ON i.id = c.item_id JOIN platforms_platform p ON p.id = c.platform_id
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to look at one item once, until the lease ends or somebody else claims it."""

    item_id: int
    platform_id: int
    fence: int
    lease_ends: datetime
    """What the claim wrote to `next_look_at`. Another value later: somebody has asked for a look meanwhile."""
    agency_id: int
    last_outcome: str
    anchor: bool
    """At a deadline: before routine looks."""
    ref: ContentRef


def claim(limit: int, *, routine: bool = True) -> list[Claim]:
    """Claim up to `limit` items that are due, anchors first; without `routine`, anchors only."""
    with transaction.atomic(), connection.cursor() as cursor:
        rows = _claim(cursor, limit, anchors=True)
        if routine and len(rows) < limit:
            rows += _claim(cursor, limit - len(rows), anchors=False)
    return [
        Claim(item_id, platform_id, fence, lease_ends, agency_id, outcome, anchor, ContentRef(*ref))
        for item_id, platform_id, fence, lease_ends, agency_id, outcome, anchor, *ref in rows
    ]


def _claim(cursor: CursorWrapper, limit: int, *, anchors: bool) -> list[tuple[Any, ...]]:
    cursor.execute(_CLAIM, {"anchors": anchors, "limit": limit, "lease": settings.LOOK_LEASE_SECONDS})
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def database_clock() -> AnchoredClock:
    """The database's clock, for as long as one piece of work lasts."""
    before = time.monotonic()
    reading = database_now()
    return AnchoredClock(reading, before, time.monotonic())
