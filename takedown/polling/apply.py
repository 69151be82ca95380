"""Write down what a batch of looks has found, all of it or nothing."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from django.db import connection, transaction
from psycopg2.extras import execute_values

from platforms.base import Sighting
from platforms.models import Platform
from takedown.cadence import ATTRIBUTED, UNATTRIBUTED, Confirmation, Plan, Rhythm, next_look
from takedown.choices import Action
from takedown.models import Event, FlaggedItem, Observation
from takedown.models.event import line, record_all
from takedown.polling.advance import Change, Confirmations, ItemState, Step, advance
from takedown.polling.claim import Claim
from takedown.verdicts import Return, database_now, settle

LONGEST_TEXT = 1000

STATE = tuple(field.name for field in fields(ItemState))
_state_values = attrgetter(*STATE)
"""As `dataclasses.astuple`, without its deep copies, which cost more than writing the row."""

_LOCK = f"""
SELECT item_id, fence, since, anchor_at, observation_id, {", ".join(STATE)}
FROM takedown_watch WHERE item_id = ANY(%s) ORDER BY item_id FOR UPDATE
"""  # noqa: S608  column names of ours

_WRITTEN = (*STATE, "observation_id", "anchor_at", "since", "next_look_at", "is_anchor")

_WRITE = f"""
UPDATE takedown_watch w SET {", ".join(f"{name} = v.{name}" for name in _WRITTEN)}
FROM (VALUES %s) AS v (item_id, {", ".join(_WRITTEN)}) WHERE w.item_id = v.item_id
"""  # noqa: S608  column names of ours

_TYPES = {
    "episode": "int",
    "gone_count": "int",
    "run_count": "int",
    "observation_id": "bigint",
    "is_anchor": "boolean",
    "gone_outcome": "text",
    "outcome": "text",
    "reason": "text",
}
_ROW = "(" + ", ".join(["%s::bigint", *(f"%s::{_TYPES.get(name, 'timestamptz')}" for name in _WRITTEN)]) + ")"

_END_RUN = """
UPDATE takedown_observation o SET last_sent = v.last_sent, last_answered = v.last_answered, count = v.count
FROM (VALUES %s) AS v (id, last_sent, last_answered, count) WHERE o.id = v.id
"""

_EVENTS = {
    Change.SEEN_GONE: Action.SEEN_GONE,
    Change.CONFIRMED_GONE: Action.CONFIRMED_GONE,
    Change.SEEN_UP_AGAIN: Action.SEEN_UP_AGAIN,
    Change.REAPPEARED: Action.REAPPEARED,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """How one platform is looked at; from `Platform.config`."""

    rhythm: Rhythm
    confirmations: Confirmations

    @classmethod
    def of(cls, platform: Platform) -> "Settings":
        confirm = platform.config.get("confirm", {})
        return cls(
            Rhythm.from_config(platform.config.get("rhythm", {})),
            Confirmations(
                Confirmation(*confirm["attributed"]) if "attributed" in confirm else ATTRIBUTED,
                Confirmation(*confirm["unattributed"]) if "unattributed" in confirm else UNATTRIBUTED,
            ),
        )


@dataclass(slots=True)
class _Look:
    """One accepted look on its way into the database."""

    claim: Claim
    sighting: Sighting
    since: datetime
    anchor_at: datetime | None
    observation_id: int | None
    before: ItemState
    step: Step


@transaction.atomic
def apply(seen: Sequence[tuple[Claim, Sighting]], platforms: Mapping[int, Settings]) -> int:
    """Advance the watches, extend or begin observations, settle verdicts, plan the next looks. How many looks counted.

    A look whose fence has been passed in the meantime is dropped: somebody else has the item. The number of statements does not depend
    on the number of looks.
    """
    now = database_now()
    looks = _accept(seen, platforms)
    if not looks:
        return 0
    _write_runs(looks)
    record_all(event for look in looks for event in _events(look, now))
    anchors = _settle(looks, now)
    rows = [_row(look, anchors, platforms[look.claim.platform_id], now) for look in looks]
    with connection.cursor() as cursor:
        execute_values(cursor.cursor, _WRITE, rows, template=_ROW, page_size=len(rows))
    return len(looks)


def _accept(seen: Sequence[tuple[Claim, Sighting]], platforms: Mapping[int, Settings]) -> list[_Look]:
    """Lock the watches and keep the looks that still hold their claim."""
    by_item = {claim.item_id: (claim, sighting) for claim, sighting in seen}
    looks = []
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [sorted(by_item)])
        for item_id, fence, since, anchor_at, observation_id, *state in cursor.fetchall():
            claim, sighting = by_item[item_id]
            if fence == claim.fence:
                before = ItemState(*state)
                step = advance(before, sighting, platforms[claim.platform_id].confirmations)
                looks.append(_Look(claim, sighting, since, anchor_at, observation_id, before, step))
    return looks


def _write_runs(looks: Sequence[_Look]) -> None:
    """End the runs that are over and begin the new ones; a run that goes on is on its watch only."""
    ended = [
        (look.observation_id, look.before.run_last_sent, look.before.run_last_answered, look.before.run_count)
        for look in looks
        if look.step.new_run and look.observation_id is not None
    ]
    if ended:
        with connection.cursor() as cursor:
            template = "(%s::bigint, %s::timestamptz, %s::timestamptz, %s::int)"
            execute_values(cursor.cursor, _END_RUN, ended, template=template, page_size=len(ended))
    begun = [look for look in looks if look.step.new_run]
    created = Observation.objects.bulk_create([_observation(look) for look in begun])
    for look, observation in zip(begun, created, strict=True):
        look.observation_id = observation.pk


def _observation(look: _Look) -> Observation:
    sighting = look.sighting
    return Observation(
        agency_id=look.claim.agency_id,
        item_id=look.claim.item_id,
        episode=look.step.state.episode,
        outcome=sighting.outcome,
        reason=sighting.reason,
        method=sighting.method,
        http_status=sighting.http_status,
        evidence=storable({**sighting.evidence, **({"countries": sighting.countries} if sighting.countries else {})}),
        first_sent=sighting.sent_at,
        first_answered=sighting.answered_at,
    )


def storable(value: Any) -> Any:
    """Evidence as PostgreSQL can keep it: strangers' pages hold NUL characters, broken Unicode and titles without end."""
    if isinstance(value, Mapping):
        return {str(key): storable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [storable(part) for part in value]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")[:LONGEST_TEXT]
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def _events(look: _Look, now: datetime) -> list[Event]:
    action = _EVENTS.get(look.step.change)
    if action is None:
        return []
    sighting, before = look.sighting, look.before
    up = look.step.change in {Change.SEEN_UP_AGAIN, Change.REAPPEARED}
    bracket = {"last_up": _iso(before.last_up), "first_gone": _iso(before.first_gone), "episode": before.episode}
    return [
        line(
            FlaggedItem,
            look.claim.item_id,
            look.claim.agency_id,
            action,
            actor=None,
            at=sighting.sent_at if up else sighting.answered_at,
            now=now,
            old=bracket if up else None,
            new={"outcome": str(sighting.outcome), "reason": sighting.reason},
        )
    ]


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _settle(looks: Sequence[_Look], now: datetime) -> dict[int, datetime | None]:
    """Judge where something changed or a deadline has come; the new anchors of those items."""
    concerned = [
        look
        for look in looks
        if look.step.change is not Change.NOTHING or (look.anchor_at is not None and look.sighting.answered_at >= look.anchor_at)
    ]
    returns = {
        look.claim.item_id: Return(
            gone_until=max(look.before.last_gone or look.sighting.sent_at, look.before.first_gone or look.sighting.sent_at),
            back_at=look.sighting.sent_at,
        )
        for look in concerned
        if look.step.change is Change.REAPPEARED
    }
    return settle({look.claim.item_id: look.step.state for look in concerned}, now=now, returns=returns) if concerned else {}


def _row(look: _Look, anchors: Mapping[int, datetime | None], platform: Settings, now: datetime) -> tuple[object, ...]:
    state = look.step.state
    anchor_at = anchors.get(look.claim.item_id, look.anchor_at)
    since = look.sighting.sent_at if look.step.change is Change.REAPPEARED else look.since
    plan = _plan(state, since, anchor_at, platform, now)
    if look.sighting.retry_after is not None:
        at = max(plan.at, now + timedelta(seconds=look.sighting.retry_after))
        plan = replace(plan, at=at)
    return (look.claim.item_id, *_state_values(state), look.observation_id, anchor_at, since, plan.at, plan.anchor)


def _plan(state: ItemState, since: datetime, anchor_at: datetime | None, platform: Settings, now: datetime) -> Plan:
    """The next look. After a deadline that nobody could prove yet, looks are dense again."""
    overdue = anchor_at is not None and anchor_at <= now
    return next_look(
        now=now,
        since=max(since, anchor_at) if overdue and anchor_at else since,
        anchor_at=anchor_at,
        first_gone=state.first_gone,
        last_gone=state.last_gone,
        gone_count=state.gone_count,
        confirmed_at=state.confirmed_at,
        confirmation=platform.confirmations.of(state.gone_outcome),
        rhythm=platform.rhythm,
        spread=random.random(),  # noqa: S311  jitter, not a secret
    )
