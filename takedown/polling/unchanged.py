"""Most looks find what the look before them found. Those are written in one narrow statement; what they do to a watch is what `advance`
and `cadence` say, which a test compares."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection
from psycopg2.extras import execute_values

from platforms.base import Sighting
from takedown.cadence import next_look
from takedown.choices import UP
from takedown.polling.claim import Claim

if TYPE_CHECKING:
    from takedown.polling.apply import Settings

# The caller holds the locks. A watch that has another fence, or another next look than its claim gave it, has been touched since: it is
# left alone.
WRITE = """
UPDATE takedown_watch w SET last_up = v.sent, run_last_sent = v.sent, run_last_answered = v.answered, run_count = w.run_count + 1,
       next_look_at = v.at, is_anchor = v.anchor
FROM (VALUES %s) AS v (item_id, fence, lease_ends, sent, answered, at, anchor)
WHERE w.item_id = v.item_id AND w.fence = v.fence AND w.next_look_at = v.lease_ends RETURNING w.item_id
"""
ROW = "(%s::bigint, %s::bigint, %s::timestamptz, %s::timestamptz, %s::timestamptz, %s::timestamptz, %s::boolean)"

Seen = Sequence[tuple[Claim, Sighting]]


def write_unchanged(seen: Seen, platforms: "Mapping[int, Settings]", now: datetime) -> tuple[int, Seen]:
    """Write down the looks that found an item up as it was; how many, and the looks that are left for the long way."""
    rows = [_row(claim, sighting, platforms[claim.platform_id], now) for claim, sighting in seen if is_unchanged(claim, sighting, now)]
    if not rows:
        return 0, seen
    with connection.cursor() as cursor, connection.wrap_database_errors:
        done = {item_id for (item_id,) in execute_values(cursor.cursor, WRITE, rows, template=ROW, page_size=len(rows), fetch=True)}
    return len(done), [look for look in seen if look[0].item_id not in done]


def is_unchanged(claim: Claim, sighting: Sighting, now: datetime) -> bool:
    """Whether a look continues the run that is going on, of an item that is up, with no deadline come or undecided."""
    if sighting.reason != claim.last_reason or sighting.outcome != claim.last_outcome or sighting.outcome not in UP:
        return False
    if claim.unproven_since is not None or (claim.anchor_at is not None and claim.anchor_at <= now):
        return False
    news = (sighting.keep, sighting.identity, sighting.retry_after)
    return claim.was_up and claim.last_up is not None and sighting.sent_at > claim.last_up and news == (None, None, None)


def _row(claim: Claim, sighting: Sighting, platform: "Settings", now: datetime) -> tuple[object, ...]:
    plan = next_look(
        now=now,
        since=claim.since,
        anchor_at=claim.anchor_at,
        first_gone=None,
        last_gone=None,
        gone_count=0,
        confirmed_at=None,
        confirmation=platform.confirmations.unattributed,
        rhythm=platform.rhythm,
        spread=random.random(),  # noqa: S311  jitter, not a secret
    )
    return (claim.item_id, claim.fence, claim.lease_ends, sighting.sent_at, sighting.answered_at, plan.at, plan.anchor)
