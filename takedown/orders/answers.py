"""What a platform answers to an order. It is a claim: it stops clocks where the law says so, and never changes what was seen."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction

from takedown.annexes import ANNEXES, Values, check, instant
from takedown.choices import OPEN, UNSENT, Action, AnswerKind, ClockEventKind, RequestStatus
from takedown.deadlines import read_clock
from takedown.models import ClockEvent, PlatformAnswer, TakedownRequest, User
from takedown.models.errors import NotPossible
from takedown.models.event import line
from takedown.orders.claims import Finding, compare, sentence
from takedown.orders.later import NOT_JUST_WITHHELD, contradiction
from takedown.orders.order import is_order
from takedown.verdicts import ClockFact, lock, record_clock_events, refresh

DOUBLE = timedelta(minutes=10)
"""The same answer again within this time through the link is the same click; nothing else tells, for there we set the time ourselves."""
MOST_A_DAY = 20
"""Answers through the links of one request."""
STOPS = {
    ClockEventKind.OBSTACLE_STARTED: {"force_majeure"},
    ClockEventKind.CLARIFICATION_REQUESTED: {"manifest_errors", "insufficient_info"},
}
LONGEST_PROOF = 1000


@transaction.atomic
def record_answer(
    *, request: TakedownRequest, kind: AnswerKind, fields: Mapping[str, object], by: User | None, now: datetime
) -> PlatformAnswer:
    """Keep an answer and draw its consequences, once however often it is submitted. `by` is None for the platform itself, by its link.

    Annex II sets what the platform claims, has the item looked at now and is compared with what was seen. Annex III stops the clock at
    the instant of its submission, which for the platform itself is now: it cannot have been earlier. One that comes after the deadline
    stops nothing, nor one to a request that is closed.
    """
    request = lock([request])[request.pk]
    refusal = why_not_answerable(request)
    if refusal:
        raise NotPossible(refusal)
    if by is None and kind is AnswerKind.IMPOSSIBLE:
        fields = {**fields, "submitted_at": now.isoformat(timespec="seconds")}
    values, errors = check(ANNEXES[kind], fields, now=now)
    if errors:
        raise NotPossible(f"The answer was not saved. Correct: {', '.join(sorted(errors))}.")
    if known := _double(request, kind, values, by, now):
        return known
    if by is None and _through_link(request, now - timedelta(days=1)) >= MOST_A_DAY:
        raise NotPossible("There were too many answers to this order today. Write to the authority.")
    kept = {"agency_id": request.agency_id, "kind": kind, "fields": values, "recorded_at": now, "recorded_by": by}
    answer = PlatformAnswer.objects.create(request=request, **kept)
    consequence = _done if kind is AnswerKind.DONE else _impossible
    _write(request, kind, consequence(request, values, by, now), by, now)
    return answer


def why_not_answerable(request: TakedownRequest) -> str:
    """Why nobody can answer it, as a sentence; empty where one can."""
    if not is_order(request):
        return "This request is no removal order."
    if request.status == RequestStatus.WITHDRAWN:
        return "This order was withdrawn. No answer is needed."
    if request.status in UNSENT:
        return "This order is not marked as sent."
    return ""


def _double(request: TakedownRequest, kind: AnswerKind, values: Values, by: User | None, now: datetime) -> PlatformAnswer | None:
    """The answer that this one repeats."""
    earlier = PlatformAnswer.objects.filter(request=request, kind=kind)
    if by is not None:
        return earlier.filter(fields=values).first()
    recent = earlier.filter(recorded_by=None, recorded_at__gt=now - DOUBLE)
    return next((each for each in recent if {**each.fields, "submitted_at": ""} == {**values, "submitted_at": ""}), None)


def _through_link(request: TakedownRequest, since: datetime) -> int:
    return PlatformAnswer.objects.filter(request=request, recorded_by=None, recorded_at__gt=since).count()


def _done(request: TakedownRequest, values: Values, by: User | None, now: datetime) -> str:
    """Set the claim; alert where it contradicts what was seen. What that means, as a sentence."""
    if request.status in OPEN:
        refresh([request.item_id], now=now)  # brings the bracket up to what is known, and has a look taken now
        request.refresh_from_db()
    request.claimed_at = claimed = instant(values, "measure_at")
    request.save(update_fields=("claimed_at",))
    finding = compare(claimed, request.last_up, request.first_gone)
    contradicted = finding is Finding.CONTRADICTED and TakedownRequest.objects.filter(NOT_JUST_WITHHELD, pk=request.pk).exists()
    request.claim_open = request.status in OPEN and not contradicted and not request.gone_confirmed
    request.save(update_fields=("claim_open",))
    text = sentence(finding, claimed, request.last_up, request.first_gone)
    if contradicted:
        contradiction(request, now, text).save()
    return text


def _impossible(request: TakedownRequest, values: Values, by: User | None, now: datetime) -> str:
    """Stop the clock for each kind of reason, once. What that means, as a sentence."""
    at = now if by is None else instant(values, "submitted_at")
    if request.status not in OPEN:
        return "The request is closed: this changes nothing."
    if request.due_at and at > request.due_at:
        return "It came after the deadline and does not stop the clock."
    given = values["non_execution_reasons"]
    clock = read_clock(request.policy, ClockEvent.objects.filter(request=request))
    kinds = [kind for kind, reasons in STOPS.items() if isinstance(given, list) and reasons & set(given) and not clock.is_stopped_by(kind)]
    proof = f"Annex III, {values['authorised_person']}: {values['further_information']}"[:LONGEST_PROOF]
    if not kinds:
        return "The clock is stopped for this reason already."
    record_clock_events([ClockFact(request.pk, kind, at, proof=proof) for kind in kinds], actor=by, now=now)
    return "It stops the clock."


def _write(request: TakedownRequest, kind: AnswerKind, text: str, by: User | None, now: datetime) -> None:
    event = line(
        TakedownRequest, request.pk, request.agency_id, Action.ANSWERED, actor=by, at=now, now=now, new=str(kind.label), reason=text
    )
    if by is None:
        event.actor_name = "the platform, by its link"
    event.save()
