"""Bring the verdicts of requests up to what is known of their items."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from takedown.choices import CLOSED, OPEN, UNSENT, Action, AlertKind, RequestStatus, SubmissionState, VerdictValue
from takedown.models import Alert, Event, Submission, TakedownRequest
from takedown.models.event import line, record_all

ON_ABSENCE = frozenset({VerdictValue.MET, VerdictValue.NOT_COUNTED})
"""Verdicts that rest on an absence: a look at the deadline must still find it."""
AWAITING_PROOF = ON_ABSENCE | {VerdictValue.PENDING, VerdictValue.UNPROVEN}
"""Verdicts of open requests that a look at the deadline can still decide, or must still prove."""

SETTLED_FIELDS = (
    "last_up",
    "first_gone",
    "gone_confirmed",
    "gone_outcome",
    "gone_until",
    "back_at",
    "verdict",
    "provisional",
    "verdict_reason",
    "status",
    "status_reason",
    "closed_at",
    "next_attempt_at",
    "claim_open",
)


class Known(Protocol):
    """What is known of one item: a watch, or the state a sighting has just left."""

    @property
    def last_up(self) -> datetime | None: ...
    @property
    def first_gone(self) -> datetime | None: ...
    @property
    def last_gone(self) -> datetime | None: ...
    @property
    def confirmed_at(self) -> datetime | None: ...
    @property
    def gone_outcome(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Anchors:
    """Deadlines that looks must still decide or prove: the next one ahead and the earliest one behind."""

    ahead: datetime | None = None
    behind: datetime | None = None

    def including(self, anchor: datetime, now: datetime) -> "Anchors":
        if anchor > now:
            return Anchors(min(anchor, self.ahead or anchor), self.behind)
        return Anchors(self.ahead, min(anchor, self.behind or anchor))


@dataclass(frozen=True, slots=True)
class Return:
    """An item that was confirmed gone was seen up again at `back_at`; `gone_until` is the last look that had found it gone."""

    gone_until: datetime
    back_at: datetime


def settle(known: Mapping[int, Known], *, now: datetime, returns: Mapping[int, Return] | None = None) -> dict[int, Anchors]:
    """Judge the open requests of these items (by item id) and of those that came back; what each item is to be looked at for.

    The caller holds the watches' row locks, in a transaction.
    """
    requests = list(TakedownRequest.objects.filter(item_id__in=list(known), status__in=OPEN).order_by("pk").select_for_update())
    events: list[Event] = []
    changed: list[TakedownRequest] = []
    returned: list[TakedownRequest] = []
    if returns:
        closed = TakedownRequest.objects.filter(
            item_id__in=list(returns), status=RequestStatus.CLOSED, back_at=None, first_gone__isnull=False
        )
        for request in closed.order_by("pk").select_for_update():
            _mark_return(request, returns[request.item_id])
            events.append(_event(request, Action.REAPPEARED, at=request.back_at or now, now=now))
            changed.append(request)
            returned.append(request)
    anchors = dict.fromkeys(known, Anchors())
    for request in requests:
        back = returns.get(request.item_id) if returns else None
        before = {name: getattr(request, name) for name in SETTLED_FIELDS}
        _take_bracket(request, known[request.item_id], back)
        events.extend(_judge(request, known[request.item_id], now=now))
        if before != {name: getattr(request, name) for name in SETTLED_FIELDS}:
            changed.append(request)
        if back is not None:
            returned.append(request)
        if anchor := _anchor(request, known[request.item_id]):
            anchors[request.item_id] = anchors[request.item_id].including(anchor, now)
    if changed:
        TakedownRequest.objects.bulk_update(changed, SETTLED_FIELDS)
    record_all(events)
    _alert(returned, returns or {})
    return anchors


def _alert(returned: Iterable[TakedownRequest], returns: Mapping[int, Return]) -> None:
    """Tell people what came back, before a deadline too: what is up again must be gone again by then."""
    Alert.objects.bulk_create(
        Alert(
            agency_id=request.agency_id,
            kind=AlertKind.REAPPEARED,
            at=returns[request.item_id].back_at,
            platform_id=request.platform_id,
            request=request,
        )
        for request in returned
    )


def _mark_return(request: TakedownRequest, back: Return) -> None:
    request.gone_until, request.back_at = back.gone_until, back.back_at


def _take_bracket(request: TakedownRequest, known: Known, back: Return | None) -> None:
    """Copy the bracket, unless a return has already fixed the one that counts for this deadline.

    A deadline that was extended beyond the return is judged by what was seen since.
    """
    if request.back_at is not None and (request.due_at is None or request.back_at < request.due_at):
        request.gone_until = request.back_at = None
    if request.back_at is not None:
        return
    if back is not None and _was_in_time(request) and request.due_at is not None and request.due_at <= back.back_at:
        _mark_return(request, back)
        return
    request.last_up, request.first_gone = known.last_up, known.first_gone
    request.gone_confirmed, request.gone_outcome = known.confirmed_at is not None, known.gone_outcome
    # Content that comes back was gone: that does not contradict whoever said so.
    request.claim_open = request.claim_open and not request.gone_confirmed


def _was_in_time(request: TakedownRequest) -> bool:
    return request.first_gone is not None and request.due_at is not None and request.first_gone <= request.due_at


def _judge(request: TakedownRequest, known: Known, *, now: datetime) -> Iterable[Event]:
    """Set the verdict, close what is over; the events of both."""
    verdict = request.verdict_at(now)
    old = {"verdict": request.verdict, "provisional": request.provisional}
    new = {"verdict": verdict.value.value, "provisional": verdict.provisional}
    request.verdict, request.provisional, request.verdict_reason = verdict.value, verdict.provisional, verdict.reason
    if old != new:
        yield _event(request, Action.VERDICT, at=_dated(request, now), now=now, old=old, new=new, reason=verdict.reason)
    if request.status not in CLOSED and _is_over(request, known):
        if request.status in UNSENT:
            request.status_reason = "It was gone before it was sent."
        request.status, request.closed_at, request.next_attempt_at = RequestStatus.CLOSED, now, None
        yield _event(request, Action.CLOSED, at=now, now=now, new=request.gone_outcome)


def _dated(request: TakedownRequest, now: datetime) -> datetime:
    """What a deadline decides is dated at the deadline, a removal at the look that found it; not at the moment we got round to judging."""
    if request.verdict in {VerdictValue.BREACHED, VerdictValue.UNPROVEN}:
        return request.due_at or now
    if request.verdict == VerdictValue.MET:
        return request.first_gone or now
    return now


def _is_over(request: TakedownRequest, known: Known) -> bool:
    """Gone for sure, judged for good and, where it was in time, still seen gone at the deadline."""
    if not request.gone_confirmed or request.provisional or request.verdict == VerdictValue.SUSPENDED:
        return False
    if request.verdict == VerdictValue.NOT_STARTED:
        return _gone_unsent(request, known)
    if request.verdict in ON_ABSENCE:
        return _proven(request, known)
    return request.verdict not in {VerdictValue.PENDING, VerdictValue.UNPROVEN}


def _gone_unsent(request: TakedownRequest, known: Known) -> bool:
    """Confirmed gone after it was reported and before anything was sent: there is nothing left to ask for."""
    if request.status not in UNSENT or known.last_gone is None or known.last_gone < request.opened_at:
        return False
    return not Submission.objects.filter(request=request, state=SubmissionState.STARTED).exists()


def _to_prove(request: TakedownRequest) -> datetime | None:
    """The instant at or after which a look must have told: the deadline; where there is none, the start."""
    return request.due_at or request.clock_first_started_at


def _proven(request: TakedownRequest, known: Known) -> bool:
    """Whether it was seen gone at or after the instant that counts; an absence from before proves nothing about it."""
    point = _to_prove(request)
    return request.back_at is not None or point is None or (known.last_gone is not None and known.last_gone >= point)


def _anchor(request: TakedownRequest, known: Known) -> datetime | None:
    if request.status not in OPEN or request.verdict not in AWAITING_PROOF:
        return None
    if request.verdict in ON_ABSENCE and _proven(request, known):
        return None
    return _to_prove(request)


def _event(
    request: TakedownRequest,
    action: Action,
    *,
    at: datetime,
    now: datetime,
    old: object = None,
    new: object = None,
    reason: str = "",
) -> Event:
    return line(TakedownRequest, request.pk, request.agency_id, action, actor=None, at=at, now=now, old=old, new=new, reason=reason)
