"""Clock events change deadlines, and nothing else does."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from takedown.choices import Action, ClockEventKind
from takedown.deadlines import read_clock, warnings_of
from takedown.models import ClockEvent, TakedownRequest, User, Watch
from takedown.models.errors import NotPossible
from takedown.models.event import Actor, record
from takedown.verdicts.settle import settle

LONGEST_AGO = timedelta(days=366)
"""Before the opening of its request: what somebody typed as happening earlier is a slip in the year."""
CLOCK_FIELDS = ("clock_state", "clock_started_at", "clock_first_started_at", "due_at", "warn_at")


@dataclass(frozen=True, slots=True)
class ClockFact:
    """A clock event to be recorded."""

    request_id: int
    kind: ClockEventKind
    at: datetime
    until: datetime | None = None
    proof: str = ""


def as_typed(at: datetime, known: Iterable[ClockEvent]) -> datetime:
    """The instant that somebody meant who wrote `at`: people write whole seconds, and what is on record in the same second came before."""
    return max([at, *(event.at for event in known if event.at.replace(microsecond=0) == at)])


def lock(requests: Sequence[TakedownRequest]) -> dict[int, TakedownRequest]:
    """Fresh rows of these requests, locked after their watches: always in this order, so that no two of us wait for each other."""
    items = sorted({request.item_id for request in requests})
    list(Watch.objects.filter(item_id__in=items).order_by("item_id").select_for_update().values_list("item_id"))
    found = TakedownRequest.objects.filter(pk__in=[request.pk for request in requests]).order_by("pk").select_for_update()
    return {request.pk: request for request in found}


@transaction.atomic
def record_clock_events(facts: Sequence[ClockFact], *, actor: Actor, now: datetime) -> None:
    """Write clock events, recompute what follows from them, have the items looked at now.

    Raises `NotPossible` for an event in the future, of which nobody knows yet that it will happen, and for one so long ago that it must
    be a slip: events cannot be taken back.
    """
    if any(fact.at > now for fact in facts):
        raise NotPossible("That lies in the future. Enter when it happened.")
    requests = _load(facts)
    if any(fact.at < requests[fact.request_id].opened_at - LONGEST_AGO for fact in facts):
        raise NotPossible("That lies more than a year before the request was opened. Check the year.")
    ClockEvent.objects.bulk_create(
        ClockEvent(
            agency_id=requests[fact.request_id].agency_id,
            request_id=fact.request_id,
            kind=fact.kind,
            at=fact.at,
            until=fact.until,
            proof=fact.proof,
            recorded_by=actor if isinstance(actor, User) else None,
            recorded_at=now,
        )
        for fact in facts
    )
    history: dict[int, list[ClockEvent]] = defaultdict(list)
    for event in ClockEvent.objects.filter(request_id__in=list(requests)):
        history[event.request_id].append(event)
    for fact in facts:
        record(requests[fact.request_id], Action.CLOCK, actor=actor, at=fact.at, now=now, new=fact.kind.value, reason=fact.proof)
    for request in requests.values():
        _recompute(request, history[request.pk], actor=actor, now=now)
    TakedownRequest.objects.bulk_update(requests.values(), CLOCK_FIELDS)
    refresh([request.item_id for request in requests.values()], now=now, since=now)


def _load(facts: Sequence[ClockFact]) -> dict[int, TakedownRequest]:
    wanted = TakedownRequest.objects.filter(pk__in={fact.request_id for fact in facts})
    return lock(list(wanted.only("item_id")))


def _recompute(request: TakedownRequest, events: Sequence[ClockEvent], *, actor: Actor, now: datetime) -> None:
    clock = read_clock(request.policy, events)
    due_before = request.due_at
    request.clock_state = clock.state
    request.clock_started_at, request.clock_first_started_at = clock.started_at, clock.first_started_at
    request.due_at = clock.due_at
    if due_before != clock.due_at:
        request.warn_at = next(iter(warnings_of(request.policy.warn_before, clock.due_at)), None) if clock.due_at else None
        old, new = (instant.isoformat() if instant else None for instant in (due_before, clock.due_at))
        record(request, Action.DUE_CHANGED, actor=actor, at=now, now=now, old=old, new=new)


def refresh(item_ids: Sequence[int], *, now: datetime, since: datetime | None = None) -> None:
    """Judge the requests of these items on what is known and plan a look now. The caller is in a transaction."""
    watches = {watch.item_id: watch for watch in Watch.objects.filter(item_id__in=item_ids).order_by("item_id").select_for_update()}
    anchors = settle(watches, now=now)
    for watch in watches.values():
        watch.anchor_at, watch.unproven_since = anchors[watch.item_id].ahead, anchors[watch.item_id].behind
        watch.next_look_at = now
        watch.is_anchor = watch.unproven_since is not None
        watch.since = since or watch.since
    Watch.objects.bulk_update(watches.values(), ("anchor_at", "unproven_since", "next_look_at", "is_anchor", "since"))
