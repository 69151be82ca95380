"""Most looks find an item up as it was, or cannot tell: no verdict depends on them. They are written in narrow statements, which leave
alone what such a look cannot move; what they do to a watch is what `advance` and `cadence` say, which a test compares."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection
from psycopg2.extras import Json, execute_values

from platforms.base import Outcome, Sighting
from takedown.cadence import left_alone, next_look
from takedown.choices import UP
from takedown.polling.claim import Claim
from takedown.polling.evidence import evidence_of

if TYPE_CHECKING:
    from takedown.polling.apply import Settings

# The caller holds the locks. A watch that has another fence, or another next look than its claim gave it, has been touched since: it is
# left alone.
WRITE = """
UPDATE takedown_watch w SET last_up = coalesce(v.up, w.last_up), run_last_sent = v.sent, run_last_answered = v.answered,
       run_count = w.run_count + 1, next_look_at = v.at, is_anchor = v.anchor
FROM (VALUES %s) AS v (item_id, fence, lease_ends, sent, answered, up, at, anchor)
WHERE w.item_id = v.item_id AND w.fence = v.fence AND w.next_look_at = v.lease_ends RETURNING w.item_id
"""
ROW = "(%s::bigint, %s::bigint, %s::timestamptz, %s::timestamptz, %s::timestamptz, %s::timestamptz, %s::timestamptz, %s::boolean)"

# The run before ends with what its watch knows of it, the next begins.
_WRITE_NEW_RUN = """
WITH v (item_id, fence, lease_ends, sent, answered, up, at, anchor, outcome, reason, method, http_status, vantage, evidence) AS (VALUES %s),
before AS (
    SELECT w.* FROM takedown_watch w JOIN v ON w.item_id = v.item_id AND w.fence = v.fence AND w.next_look_at = v.lease_ends
), ended AS (
    UPDATE takedown_observation o SET last_sent = b.run_last_sent, last_answered = b.run_last_answered, count = b.run_count
    FROM before b WHERE o.id = b.observation_id
), begun AS (
    INSERT INTO takedown_observation
        (agency_id, item_id, episode, outcome, reason, method, http_status, vantage, evidence, first_sent, first_answered, count)
    SELECT b.agency_id, b.item_id, b.episode, v.outcome, v.reason, v.method, v.http_status, v.vantage, v.evidence, v.sent, v.answered, 1
    FROM before b JOIN v ON v.item_id = b.item_id RETURNING id, item_id
)
UPDATE takedown_watch w SET last_up = coalesce(v.up, w.last_up), run_last_sent = v.sent, run_last_answered = v.answered, run_count = 1,
       next_look_at = v.at, is_anchor = v.anchor, outcome = v.outcome, reason = v.reason, observation_id = begun.id
FROM begun JOIN v ON v.item_id = begun.item_id WHERE w.item_id = begun.item_id RETURNING w.item_id
"""
_ROW_NEW_RUN = f"{ROW[:-1]}, %s::text, %s::text, %s::text, %s::smallint, %s::text, %s::jsonb)"

Seen = Sequence[tuple[Claim, Sighting]]


def write_harmless(seen: Seen, platforms: "Mapping[int, Settings]", now: datetime) -> tuple[int, Seen]:
    """Write down the looks that no verdict depends on; how many, and the looks that are left for the long way."""
    going_on, new = [], []
    for claim, sighting in seen:
        if is_harmless(claim, sighting, now):
            platform = platforms[claim.platform_id]
            row = _row(claim, sighting, platform, now)
            if (sighting.outcome, sighting.reason) == (claim.last_outcome, claim.last_reason):
                going_on.append(row)
            else:
                new.append((*row, *_observed(sighting, platform.vantage)))
    done: set[int] = set()
    with connection.cursor() as cursor, connection.wrap_database_errors:
        for statement, rows, template in ((WRITE, going_on, ROW), (_WRITE_NEW_RUN, new, _ROW_NEW_RUN)):
            if rows:
                written = execute_values(cursor.cursor, statement, rows, template=template, page_size=len(rows), fetch=True)
                done.update(item_id for (item_id,) in written)
    return len(done), [look for look in seen if look[0].item_id not in done]


def is_harmless(claim: Claim, sighting: Sighting, now: datetime) -> bool:
    """Whether it is of an item that was up and is up or could not be told, has nothing to remember, and no deadline has come or is
    undecided."""
    if sighting.outcome not in UP and sighting.outcome is not Outcome.INDETERMINATE:
        return False
    if claim.unproven_since is not None or (claim.anchor_at is not None and claim.anchor_at <= now):
        return False
    if sighting.keep is not None or sighting.identity is not None:
        return False
    return claim.was_up and claim.last_up is not None and sighting.sent_at > claim.last_up


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
    plan = left_alone(plan, sighting.retry_after, anchor_at=claim.anchor_at, now=now)
    up = sighting.sent_at if sighting.outcome in UP else None
    return (claim.item_id, claim.fence, claim.lease_ends, sighting.sent_at, sighting.answered_at, up, plan.at, plan.anchor)


def _observed(sighting: Sighting, vantage: str) -> tuple[Any, ...]:
    evidence = Json(evidence_of(sighting))
    return (str(sighting.outcome), sighting.reason, sighting.method, sighting.http_status, vantage, evidence)
