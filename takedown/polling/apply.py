"""Write down what a batch of looks has found, all of it or nothing."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from operator import attrgetter

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg2.extras import execute_values

from platforms import registry
from platforms.base import Sighting
from platforms.breaker import BreakerRule
from platforms.models import Platform
from platforms.quota import rates
from takedown.cadence import ATTRIBUTED, UNATTRIBUTED, Confirmation, Plan, Rhythm, left_alone, next_look
from takedown.choices import Action
from takedown.models import Event, FlaggedItem, Keepsake, Observation
from takedown.models.event import line, record_all
from takedown.polling.advance import Change, Confirmations, ItemState, Step, advance
from takedown.polling.claim import Claim, lock_watches
from takedown.polling.evidence import evidence_of, storable
from takedown.polling.narrow import write_harmless
from takedown.verdicts import Anchors, Return, database_now, settle

STATE = tuple(field.name for field in fields(ItemState))
_state_values = attrgetter(*STATE)
"""As `dataclasses.astuple`, without its deep copies, which cost more than writing the row."""

_READ = f"""
SELECT item_id, fence, next_look_at, is_anchor, since, anchor_at, unproven_since, observation_id, {", ".join(STATE)}
FROM takedown_watch WHERE item_id = ANY(%s) AND next_look_at IS NOT NULL ORDER BY item_id
"""  # noqa: S608  column names of ours

_WRITTEN = (*STATE, "observation_id", "anchor_at", "unproven_since", "since", "next_look_at", "is_anchor")

_WRITE = f"""
UPDATE takedown_watch w SET {", ".join(f"{name} = v.{name}" for name in _WRITTEN)}
FROM (VALUES %s) AS v (item_id, {", ".join(_WRITTEN)}) WHERE w.item_id = v.item_id
"""  # noqa: S608  column names of ours

_TYPES = {
    "episode": "int",
    "gone_count": "int",
    "attributed_count": "int",
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
    breaker: BreakerRule = field(default_factory=BreakerRule)
    vantage: str = ""
    held: bool = False
    """Too much disappeared at once: nothing is confirmed gone."""
    believers: frozenset[int] = frozenset()
    """Agencies that believe it all the same."""

    @classmethod
    def of(cls, platform: Platform) -> "Settings":
        """Raises ValueError, TypeError or LookupError for values that make no sense."""
        connector = registry.get(platform.connector)
        config = {**connector.defaults, **platform.config}
        confirm = config.get("confirm", {})
        if int(config["batch_size"]) < 1:
            raise ValueError("batch_size must be at least 1")
        rates(str(config.get("rate", "")))
        known = "with credentials" if platform.credentials else "anonymous"
        return cls(
            Rhythm.from_config(config.get("rhythm", {})),
            Confirmations(
                Confirmation(*confirm["attributed"]) if "attributed" in confirm else ATTRIBUTED,
                Confirmation(*confirm["unattributed"]) if "unattributed" in confirm else UNATTRIBUTED,
            ),
            BreakerRule.from_config(config.get("breaker", {})),
            f"{settings.VANTAGE}, {known}" if settings.VANTAGE else known,
        )


@dataclass(slots=True)
class _Look:
    """One accepted look on its way into the database."""

    claim: Claim
    sighting: Sighting
    since: datetime
    anchors: Anchors
    observation_id: int | None
    before: ItemState
    step: Step
    asked: Plan | None
    """A look that somebody asked for while this one was under way."""


@transaction.atomic
def apply(seen: Sequence[tuple[Claim, Sighting]], platforms: Mapping[int, Settings]) -> int:
    """Advance the watches, extend or begin observations, settle verdicts, plan the next looks. How many looks counted.

    A look whose fence has been passed in the meantime is dropped: somebody else has the item. The number of statements does not depend
    on the number of looks.
    """
    now = database_now()
    lock_watches([claim.item_id for claim, _ in seen])
    harmless, rest = write_harmless(seen, platforms, now)
    looks = _accept(rest, platforms)
    if not looks:
        return harmless
    _write_runs(looks, platforms)
    _keep(looks)
    record_all(event for look in looks for event in _events(look, now))
    settled = _settle(looks, now)
    rows = [_row(look, settled, platforms[look.claim.platform_id], now) for look in looks]
    with connection.cursor() as cursor:
        _execute_values(cursor, _WRITE, rows, _ROW)
    return harmless + len(looks)


def _execute_values(cursor: CursorWrapper, statement: str, rows: Sequence[tuple[object, ...]], template: str) -> None:
    """One statement for all rows, with errors as Django's, whoever raises them."""
    with connection.wrap_database_errors:
        execute_values(cursor.cursor, statement, rows, template=template, page_size=len(rows))


def _accept(seen: Sequence[tuple[Claim, Sighting]], platforms: Mapping[int, Settings]) -> list[_Look]:
    """Read the watches and keep the looks that still hold their claim. One that was merged away meanwhile is not among them."""
    by_item = {claim.item_id: (claim, sighting) for claim, sighting in seen}
    looks: list[_Look] = []
    if not by_item:
        return looks
    with connection.cursor() as cursor:
        cursor.execute(_READ, [sorted(by_item)])
        for item_id, fence, next_look_at, is_anchor, since, ahead, behind, observation_id, *state in cursor.fetchall():
            claim, sighting = by_item[item_id]
            if fence == claim.fence:
                before = ItemState(*state)
                platform = platforms[claim.platform_id]
                held = platform.held and claim.agency_id not in platform.believers
                step = advance(before, sighting, platform.confirmations, held=held)
                asked = Plan(next_look_at, is_anchor) if next_look_at != claim.lease_ends else None
                looks.append(_Look(claim, sighting, since, Anchors(ahead, behind), observation_id, before, step, asked))
    return looks


def _write_runs(looks: Sequence[_Look], platforms: Mapping[int, Settings]) -> None:
    """End the runs that are over and begin the new ones; a run that goes on is on its watch only."""
    ended = [
        (look.observation_id, look.before.run_last_sent, look.before.run_last_answered, look.before.run_count)
        for look in looks
        if look.step.new_run and look.observation_id is not None
    ]
    if ended:
        with connection.cursor() as cursor:
            template = "(%s::bigint, %s::timestamptz, %s::timestamptz, %s::int)"
            _execute_values(cursor, _END_RUN, ended, template)
    begun = [look for look in looks if look.step.new_run]
    created = Observation.objects.bulk_create([_observation(look, platforms[look.claim.platform_id].vantage) for look in begun])
    for look, observation in zip(begun, created, strict=True):
        look.observation_id = observation.pk


def _keep(looks: Sequence[_Look]) -> None:
    """What connectors want to be reminded of. Where one says nothing, what it kept before stays."""
    kept = [Keepsake(item_id=look.claim.item_id, data=storable(look.sighting.keep)) for look in looks if look.sighting.keep is not None]
    if kept:
        Keepsake.objects.bulk_create(kept, update_conflicts=True, update_fields=["data"], unique_fields=["item"])


def _observation(look: _Look, vantage: str) -> Observation:
    sighting = look.sighting
    return Observation(
        agency_id=look.claim.agency_id,
        item_id=look.claim.item_id,
        episode=look.step.state.episode,
        outcome=sighting.outcome,
        reason=sighting.reason,
        method=sighting.method,
        http_status=sighting.http_status,
        vantage=vantage,
        evidence=evidence_of(sighting),
        first_sent=sighting.sent_at,
        first_answered=sighting.answered_at,
    )


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


def _settle(looks: Sequence[_Look], now: datetime) -> dict[int, Anchors]:
    """Judge where something changed, a deadline has come or one is undecided; the new anchors of those items."""
    concerned = [look for look in looks if look.step.change is not Change.NOTHING or _at_a_deadline(look)]
    returns = {
        look.claim.item_id: Return(
            gone_until=max(look.before.last_gone or look.sighting.sent_at, look.before.first_gone or look.sighting.sent_at),
            back_at=look.sighting.sent_at,
        )
        for look in concerned
        if look.step.change is Change.REAPPEARED
    }
    return settle({look.claim.item_id: look.step.state for look in concerned}, now=now, returns=returns) if concerned else {}


def _at_a_deadline(look: _Look) -> bool:
    ahead = look.anchors.ahead
    return look.anchors.behind is not None or (ahead is not None and look.sighting.answered_at >= ahead)


def _row(look: _Look, settled: Mapping[int, Anchors], platform: Settings, now: datetime) -> tuple[object, ...]:
    state = look.step.state
    anchors = settled.get(look.claim.item_id, look.anchors)
    since = look.sighting.sent_at if look.step.change is Change.REAPPEARED else look.since
    plan = _sooner(_plan(state, since, anchors, platform, now), look, anchors, now)
    written = (look.observation_id, anchors.ahead, anchors.behind, since, plan.at, plan.anchor)
    return (look.claim.item_id, *_state_values(state), *written)


def _sooner(plan: Plan, look: _Look, anchors: Anchors, now: datetime) -> Plan:
    """What may change the plan: the platform's wish to be left alone, a deadline that passed during the look, somebody who asked."""
    plan = left_alone(plan, look.sighting.retry_after, anchor_at=anchors.ahead, now=now)
    passed = max((point for point in (anchors.ahead, anchors.behind) if point is not None and point <= now), default=None)
    if passed is not None and look.sighting.sent_at < passed:
        return Plan(now, anchor=True)
    return look.asked if look.asked is not None and look.asked.at < plan.at else plan


def _plan(state: ItemState, since: datetime, anchors: Anchors, platform: Settings, now: datetime) -> Plan:
    """The next look. After a deadline that nobody could prove yet, looks are dense again, whatever was known before it."""
    known = ItemState() if anchors.behind else state
    confirmation, first_gone, gone_count = platform.confirmations.missing(known)
    return next_look(
        now=now,
        since=max(since, anchors.behind) if anchors.behind else since,
        anchor_at=anchors.ahead,
        first_gone=first_gone,
        last_gone=known.last_gone,
        gone_count=gone_count,
        confirmed_at=known.confirmed_at,
        confirmation=confirmation,
        rhythm=platform.rhythm,
        spread=random.random(),  # noqa: S311  jitter, not a secret
    )
