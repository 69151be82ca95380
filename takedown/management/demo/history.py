"""Ninety made-up days, judged by the real rules.

Nothing here writes a verdict down: content goes or stays by chance, the real cadence says when it would have been looked at, the real
rules say what follows. Volumes and shares are in the spirit of what referral units publish: nearly all of it comes down in the end, most
of it within hours, some of it late, a little of it never.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from platforms.base import Outcome, Sighting
from platforms.identity import identify
from platforms.models import Platform
from takedown.cadence import ATTRIBUTED, UNATTRIBUTED, Rhythm, next_look
from takedown.choices import Action, Category, ClockEventKind, Decision, RequestStatus, Role, Severity, StartEvent, SubmissionState
from takedown.deadlines import read_clock
from takedown.models import (
    Agency,
    Approval,
    ClockEvent,
    DeadlinePolicy,
    Event,
    FlaggedItem,
    Observation,
    Report,
    Submission,
    TakedownRequest,
    User,
    Watch,
)
from takedown.models.event import line, record_all
from takedown.models.item import identity_of
from takedown.models.policy import REMOVAL_ORDER
from takedown.polling.advance import Change, Confirmations, ItemState, advance
from takedown.verdicts import digest_of
from takedown.verdicts.settle import AWAITING_PROOF

DAYS = 90
PER_DAY = 22
BLIND = (timedelta(days=36), timedelta(days=46))
"""A spell in which X answered almost nothing: what fell due then is undecided."""

CONFIRMATIONS = Confirmations(ATTRIBUTED, UNATTRIBUTED)
RHYTHM = Rhythm()
LATENCY = timedelta(milliseconds=400)


@dataclass(frozen=True)
class Habit:
    """How one platform tends to answer: share of the volume, median hours to removal, spread, share that never goes."""

    weight: int
    median_hours: float
    sigma: float
    never: float
    outcome: Outcome


HABITS = {
    "youtube": Habit(30, 3.0, 1.3, 0.03, Outcome.GONE_UNATTRIBUTED),
    "x": Habit(28, 14.0, 1.5, 0.12, Outcome.GONE_UNATTRIBUTED),
    "mastodon": Habit(10, 7.0, 1.1, 0.05, Outcome.GONE_UNATTRIBUTED),
    "bluesky": Habit(12, 5.0, 1.0, 0.04, Outcome.REMOVED_BY_PLATFORM),
    "web": Habit(20, 30.0, 1.7, 0.20, Outcome.GONE_UNATTRIBUTED),
}
POLICIES = {"referral_voluntary": 62, REMOVAL_ORDER: 8, "fr_lcen_6_1": 14, "eu_code_plus": 16}


@dataclass
class Past:
    """One request's past on its way into the database."""

    item: FlaggedItem
    request: TakedownRequest
    watch: Watch
    policy: DeadlinePolicy
    facts: list[ClockEvent]
    runs: list[Observation] = field(default_factory=list)
    changes: list[tuple[Action, datetime, str]] = field(default_factory=list)


def plan_volume(rng: random.Random, now: datetime) -> Iterator[tuple[str, str, datetime]]:
    """(platform, policy key, instant of the report), fewer at weekends and at night, with two busy weeks."""
    for day in range(DAYS, 0, -1):
        start = now - timedelta(days=day)
        busy = 1.9 if day in range(38, 45) or day in range(12, 16) else 1.0
        weekend = 0.45 if start.weekday() >= 5 else 1.0
        for _ in range(round(PER_DAY * busy * weekend * rng.uniform(0.7, 1.3))):
            at = start + timedelta(hours=min(max(rng.gauss(12, 4), 0), 23.9))
            if at < now - timedelta(hours=2):
                platform = rng.choices(list(HABITS), [habit.weight for habit in HABITS.values()])[0]
                yield platform, rng.choices(list(POLICIES), list(POLICIES.values()))[0], at


def removal_of(rng: random.Random, habit: Habit, policy: DeadlinePolicy, at: datetime) -> datetime | None:
    """When the content really goes. Orders are obeyed much faster than referrals."""
    if rng.random() < 0.015:
        return at + timedelta(seconds=1)  # gone before anybody asked
    urgent = policy.key == REMOVAL_ORDER
    if rng.random() < (habit.never / 6 if urgent else habit.never):
        return None
    median = 0.45 if urgent else habit.median_hours
    return at + timedelta(hours=math.exp(rng.gauss(math.log(median), 0.5 if urgent else habit.sigma)))


def relive(past: Past, gone_at: datetime | None, outcome: Outcome, now: datetime, rng: random.Random) -> None:
    """Look at one item as the workers would have, from the report until now."""
    ref, state = identify(past.item.canonical_url), ItemState()
    look, due = past.request.opened_at, past.request.due_at
    anchor: datetime | None = None
    while look < now:
        sent = look + timedelta(seconds=rng.uniform(0.1, 1.2))
        blind = 0.97 if past.request.platform.slug == "x" and BLIND[0] < now - sent < BLIND[1] else 0.03
        seen = Outcome.INDETERMINATE if rng.random() < blind else outcome if gone_at and sent >= gone_at else Outcome.AVAILABLE
        reason = {Outcome.INDETERMINATE: "http_503", Outcome.AVAILABLE: "served"}.get(seen, "not_found")
        step = advance(state, Sighting(ref, seen, reason, sent, sent + LATENCY), CONFIRMATIONS)
        if step.new_run:
            _end_run(past, state)
            past.runs.append(
                Observation(
                    agency=past.item.agency,
                    item=past.item,
                    episode=step.state.episode,
                    outcome=seen,
                    reason=reason,
                    evidence={"demo": True},
                    first_sent=sent,
                    first_answered=sent + LATENCY,
                )
            )
        if step.change is not Change.NOTHING:
            past.changes.append((Action(step.change.value), sent + LATENCY, seen.value))
        state = step.state
        anchor = due if due and due > sent else None
        confirmation, first_gone, gone_count = CONFIRMATIONS.missing(state)
        look = next_look(
            now=sent + LATENCY,
            since=past.watch.since,
            anchor_at=anchor,
            first_gone=first_gone,
            last_gone=state.last_gone,
            gone_count=gone_count,
            confirmed_at=state.confirmed_at,
            confirmation=confirmation,
            rhythm=RHYTHM,
            spread=rng.random(),
        ).at
    for name in ItemState.__dataclass_fields__:
        setattr(past.watch, name, getattr(state, name))
    past.watch.next_look_at, past.watch.anchor_at = look, anchor


def _end_run(past: Past, state: ItemState) -> None:
    if past.runs:
        run = past.runs[-1]
        run.last_sent, run.last_answered, run.count = state.run_last_sent, state.run_last_answered, state.run_count


def conclude(past: Past, now: datetime) -> None:
    """Judge the request on what its looks have found, by the one rule."""
    request, watch = past.request, past.watch
    request.last_up, request.first_gone = watch.last_up, watch.first_gone
    request.gone_confirmed, request.gone_outcome = watch.confirmed_at is not None, watch.gone_outcome
    verdict = request.verdict_at(now)
    request.verdict, request.provisional, request.verdict_reason = verdict.value, verdict.provisional, verdict.reason
    if request.gone_confirmed and not verdict.provisional and (verdict.value not in AWAITING_PROOF or (request.due_at or now) < now):
        request.status, request.closed_at = RequestStatus.CLOSED, watch.confirmed_at
        watch.anchor_at = None


def begin(
    agency: Agency, people: list[User], platform: Platform, policy: DeadlinePolicy, url: str, at: datetime, rng: random.Random
) -> Past:
    """An item, its request and its clock, as they were when it was reported."""
    ref = identify(url)
    # One supervisor is there to approve: what needs that was written by others.
    person = rng.choice([one for one in people if one.role == Role.ANALYST or not policy.four_eyes])
    item = FlaggedItem(
        agency=agency,
        identity=identity_of(ref),
        platform=platform,
        kind=ref.kind,
        external_id=ref.external_id,
        canonical_url=ref.canonical_url,
        created_at=at,
    )
    sent = at + timedelta(seconds=rng.uniform(20, 240))
    request = TakedownRequest(
        agency=agency,
        item=item,
        platform=platform,
        policy=policy,
        category=rng.choice(Category.values[:6]),
        severity=rng.choices(Severity.values, [2, 5, 3, 1])[0],
        status=RequestStatus.SENT,
        opened_at=at,
        opened_by=person,
        channel=platform.channel,
        attempts=1,
        explanation="Made-up demonstration data.",
    )
    facts = [_fact(request, ClockEventKind.SENT, sent)]
    if policy.start_event == StartEvent.RECEIVED:
        facts.append(_fact(request, ClockEventKind.RECEIVED, sent + timedelta(seconds=rng.uniform(1, 90))))
    clock = read_clock(policy, facts)
    request.clock_state, request.clock_started_at = clock.state, clock.started_at
    request.clock_first_started_at, request.due_at = clock.first_started_at, clock.due_at
    watch = Watch(item=item, platform=platform, agency_id=item.agency_id, since=clock.started_at or at)
    return Past(item, request, watch, policy, facts)


def _fact(request: TakedownRequest, kind: ClockEventKind, at: datetime) -> ClockEvent:
    return ClockEvent(agency=request.agency, request=request, kind=kind, at=at, proof="demonstration", recorded_at=at)


def save(pasts: list[Past], now: datetime) -> None:
    """Write it all down, history included."""
    FlaggedItem.objects.bulk_create(past.item for past in pasts)
    for past in pasts:
        past.watch.item_id = past.item.pk
    _open([past.request for past in pasts])
    ClockEvent.objects.bulk_create(fact for past in pasts for fact in past.facts)
    Observation.objects.bulk_create(run for past in pasts for run in past.runs)
    for past in pasts:
        past.watch.observation_id = past.runs[-1].pk if past.runs else None
    Watch.objects.bulk_create(past.watch for past in pasts)
    Report.objects.bulk_create(_report(past) for past in pasts)
    Submission.objects.bulk_create(_submission(past) for past in pasts)
    record_all(event for past in pasts for event in _events(past, now))


def _open(requests: list[TakedownRequest]) -> None:
    """Where a second person has to approve, one has."""
    supervisor = User.objects.filter(agency=requests[0].agency, role=Role.SUPERVISOR).first()
    guarded = [request for request in requests if request.policy.four_eyes]
    later = [(request.status, request.closed_at) for request in guarded]
    for request in guarded:
        request.status, request.closed_at = RequestStatus.TO_APPROVE, None
    TakedownRequest.objects.bulk_create(requests)
    approvals = Approval.objects.bulk_create(_approval(request, supervisor) for request in guarded)
    for request, approval, (status, closed_at) in zip(guarded, approvals, later, strict=True):
        request.approval, request.status, request.closed_at = approval, status, closed_at
    TakedownRequest.objects.bulk_update(guarded, ("approval", "status", "closed_at"))


def _approval(request: TakedownRequest, supervisor: User | None) -> Approval:
    return Approval(
        agency=request.agency,
        request=request,
        decision=Decision.APPROVED,
        digest=digest_of(request),
        author=request.opened_by,
        decided_by=supervisor,
        decided_at=request.opened_at,
    )


def _report(past: Past) -> Report:
    request = past.request
    return Report(
        agency=request.agency,
        url=past.item.canonical_url,
        item=past.item,
        request=request,
        outcome="created",
        category=request.category,
        severity=request.severity,
        submitted_by=request.opened_by,
        submitted_at=request.opened_at,
    )


def _submission(past: Past) -> Submission:
    request, sent = past.request, past.facts[0].at
    return Submission(
        agency=request.agency,
        request=request,
        channel=request.channel,
        state=SubmissionState.SENT,
        payload_digest=request.approval.digest if request.approval else digest_of(request),
        started_at=sent,
        finished_at=sent,
        reference="demonstration",
    )


def _events(past: Past, now: datetime) -> Iterator[Event]:
    request, item = past.request, past.item

    def event(action: Action, at: datetime, new: object = None, reason: str = "", actor: User | None = None) -> Event:
        return line(TakedownRequest, request.pk, request.agency_id, action, actor=actor, at=at, now=at, new=new, reason=reason)

    yield event(Action.OPENED, request.opened_at, past.policy.key, actor=request.opened_by)
    yield event(Action.SUBMITTED, past.facts[0].at, request.channel)
    for fact in past.facts:
        yield event(Action.CLOCK, fact.at, fact.kind)
    for action, at, outcome in past.changes:
        yield line(FlaggedItem, item.pk, item.agency_id, action, actor=None, at=at, now=at, new={"outcome": outcome})
    if request.verdict == "breached":
        yield event(Action.VERDICT, request.due_at or now, {"verdict": request.verdict}, request.verdict_reason)
    elif request.verdict == "met":
        yield event(Action.VERDICT, request.first_gone or now, {"verdict": request.verdict}, request.verdict_reason)
    if request.closed_at:
        yield event(Action.CLOSED, request.closed_at, request.gone_outcome)
