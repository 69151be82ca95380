"""The queue: watches whose time has come."""

import json
import time
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg2.extras import execute_values

from platforms.base import AnchoredClock, ContentRef
from takedown.verdicts import database_now

IS_PAUSED = """EXISTS (
    SELECT 1 FROM platforms_pause p
    WHERE p.platform_id = {lane}.platform_id AND p.bucket = '' AND (p.until IS NULL OR p.until > statement_timestamp())
)"""
"""Whether nothing is looked at in a lane."""

# Every pair of platform and agency that has watches is a lane. Found by jumping through the index from one pair to the next, so that the
# cost depends on the lanes, not on the watches. In no order: where there are more lanes than places, each has its turn. A lane of a
# platform that is paused, or that the caller has no room for, is left out.
_LANES = f"""
WITH RECURSIVE lane AS (
    (SELECT platform_id, agency_id FROM takedown_watch WHERE is_anchor = %(anchors)s ORDER BY platform_id, agency_id LIMIT 1)
    UNION ALL
    SELECT next.platform_id, next.agency_id FROM lane, LATERAL (
        SELECT w.platform_id, w.agency_id FROM takedown_watch w
        WHERE w.is_anchor = %(anchors)s AND (w.platform_id, w.agency_id) > (lane.platform_id, lane.agency_id)
        ORDER BY w.platform_id, w.agency_id LIMIT 1
    ) next
)
SELECT l.platform_id, l.agency_id FROM lane l
WHERE l.platform_id <> ALL (%(without)s) AND NOT {IS_PAUSED.format(lane="l")} ORDER BY random()
"""  # noqa: S608  our own text

# The claim is the lease: it pushes `next_look_at` forward, so that whatever becomes of the worker, somebody looks again. It also raises
# the fence, so that a worker that wakes up after its lease writes nothing. Only the database's clock counts.
_CLAIM = """
WITH due AS (
    SELECT w.item_id, w.next_look_at FROM unnest(%(platforms)s, %(agencies)s) AS lane (platform_id, agency_id), LATERAL (
        SELECT item_id, next_look_at FROM takedown_watch
        WHERE platform_id = lane.platform_id AND agency_id = lane.agency_id AND is_anchor = %(anchors)s
          AND next_look_at <= statement_timestamp()
        ORDER BY next_look_at LIMIT %(share)s FOR UPDATE SKIP LOCKED
    ) w LIMIT %(limit)s
), claimed AS (
    UPDATE takedown_watch w SET fence = w.fence + 1, next_look_at = statement_timestamp() + %(lease)s * interval '1 second'
    FROM due WHERE w.item_id = due.item_id
    RETURNING w.*, due.next_look_at AS due_at
)
SELECT c.item_id, c.platform_id, c.fence, c.next_look_at, c.agency_id, c.is_anchor, c.due_at,
       c.first_gone IS NULL AND c.last_up IS NOT NULL, c.outcome, c.reason, c.last_up, c.since, c.anchor_at, c.unproven_since,
       k.data, p.slug, i.kind, i.external_id, i.canonical_url
FROM claimed c JOIN takedown_flaggeditem i ON i.id = c.item_id JOIN platforms_platform p ON p.id = c.platform_id
LEFT JOIN takedown_keepsake k ON k.item_id = c.item_id
"""

Lane = tuple[int, int]
"""Platform and agency."""


class Claim(NamedTuple):
    """The right to look at one item once, until the lease ends or somebody else claims it; and what was known of it then.

    A tuple, because a busy worker makes thousands of them a second.
    """

    item_id: int
    platform_id: int
    fence: int
    lease_ends: datetime
    """What the claim wrote to `next_look_at`. Another value later: somebody has asked for a look meanwhile."""
    agency_id: int
    anchor: bool
    """At a deadline: before routine looks."""
    due_at: datetime
    was_up: bool
    """Whether it had been seen up and not gone since."""
    last_outcome: str
    last_reason: str
    last_up: datetime | None
    since: datetime
    anchor_at: datetime | None
    unproven_since: datetime | None
    kept: dict[str, Any] | None
    """What the connector wanted to be reminded of."""
    ref: ContentRef


def claim(limit: int, *, routine: bool = True, without: Collection[int] = ()) -> list[Claim]:
    """Claim up to `limit` items that are due, anchors first; without `routine`, anchors only.

    Platforms and agencies share the places evenly: a backlog of one keeps no other waiting. Routine looks at the platforms `without` are
    left alone.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        rows = _claim(cursor, limit, anchors=True, without=())
        if routine and len(rows) < limit:
            rows += _claim(cursor, limit - len(rows), anchors=False, without=without)
    return [
        Claim._make((*watch, json.loads(kept) if kept else None, ContentRef(slug, kind, external_id, url)))
        for *watch, kept, slug, kind, external_id, url in rows
    ]


def _claim(cursor: CursorWrapper, limit: int, *, anchors: bool, without: Collection[int]) -> list[tuple[Any, ...]]:
    cursor.execute(_LANES, {"anchors": anchors, "without": list(without)})
    lanes: list[Lane] = cursor.fetchall()
    rows: list[tuple[Any, ...]] = []
    while lanes and len(rows) < limit:
        room = limit - len(rows)
        share = -(-room // len(lanes))
        found = _of_lanes(cursor, lanes, share, room, anchors=anchors)
        rows += found
        counts: dict[Lane, int] = {}
        for row in found:
            lane = row[1], row[4]
            counts[lane] = counts.get(lane, 0) + 1
        # What the others did not use goes to those that had more than their share.
        lanes = [lane for lane in lanes if counts.get(lane, 0) >= share]
    return rows


def _of_lanes(cursor: CursorWrapper, lanes: list[Lane], share: int, limit: int, *, anchors: bool) -> list[tuple[Any, ...]]:
    platforms, agencies = zip(*lanes, strict=True)
    arguments: dict[str, Any] = {
        "anchors": anchors,
        "share": share,
        "limit": limit,
        "platforms": list(platforms),
        "agencies": list(agencies),
    }
    cursor.execute(_CLAIM, {**arguments, "lease": settings.LOOK_LEASE_SECONDS})
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def database_clock() -> AnchoredClock:
    """The database's clock, for as long as one piece of work lasts."""
    before = time.monotonic()
    reading = database_now()
    return AnchoredClock(reading, before, time.monotonic())


_PUT_OFF = """
UPDATE takedown_watch w SET next_look_at = least(v.at, w.anchor_at), is_anchor = w.is_anchor OR coalesce(w.anchor_at <= v.at, false)
FROM (SELECT item_id, fence, lease_ends, statement_timestamp() + wait * interval '1 second' AS at
      FROM (VALUES %s) AS raw (item_id, fence, lease_ends, wait)) v
WHERE w.item_id = v.item_id AND w.fence = v.fence AND w.next_look_at = v.lease_ends
"""


@transaction.atomic
def put_off(waiting: Sequence[tuple[Sequence[Claim], float]]) -> None:
    """Give claims back that could not be looked at, each to be due again after some seconds, but never later than its deadline. One that
    somebody asked for stays as asked."""
    rows = [(one.item_id, one.fence, one.lease_ends, wait) for claims, wait in waiting for one in claims]
    if rows:
        lock_watches([row[0] for row in rows])
        with connection.cursor() as cursor:
            template = "(%s::bigint, %s::bigint, %s::timestamptz, %s::float)"
            execute_values(cursor.cursor, _PUT_OFF, rows, template=template, page_size=len(rows))


def lock_watches(item_ids: Sequence[int]) -> None:
    """Always in this order, by whoever takes several, so that no two of us wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM takedown_watch WHERE item_id = ANY(%s) ORDER BY item_id FOR UPDATE", [list(item_ids)])
