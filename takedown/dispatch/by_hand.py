"""What people do about sending: send again, say that they have sent, that it was received, withdraw."""

from datetime import datetime

from django.db import transaction

from takedown.choices import CLOSED, SENDABLE, Action, Channel, ClockEventKind, RequestStatus, SubmissionState
from takedown.dispatch.restores import send_again
from takedown.models import ClockEvent, Submission, TakedownRequest
from takedown.models.errors import NotPossible
from takedown.models.event import Actor, record
from takedown.verdicts import ClockFact, as_typed, is_covered, lock, record_clock_events


@transaction.atomic
def send_now(*, request: TakedownRequest, actor: Actor, now: datetime) -> None:
    """Queue the request for its channel, whatever stopped it before."""
    request = lock([request])[request.pk]
    if request.status not in SENDABLE:
        raise NotPossible(f"This request is {request.get_status_display().lower()}; it cannot be sent.")
    if request.channel == Channel.MANUAL:
        raise NotPossible("This platform takes no automatic requests. Send it by hand, then mark it as sent.")
    if Submission.objects.filter(request=request, state=SubmissionState.STARTED).exists():
        raise NotPossible("It is being sent right now. Wait a moment.")
    request.status, request.status_reason, request.attempts, request.next_attempt_at = RequestStatus.TO_SEND, "", 0, now
    request.save(update_fields=("status", "status_reason", "attempts", "next_attempt_at"))
    send_again(request, now)
    record(request, Action.NOTE, actor=actor, at=now, now=now, reason="Queued for sending.")


@transaction.atomic
def mark_sent(*, request: TakedownRequest, at: datetime, reference: str, actor: Actor, now: datetime) -> None:
    """Record that a person sent it by other means, when, and under which reference."""
    request = lock([request])[request.pk]
    if request.status not in SENDABLE:
        raise NotPossible(f"This request is {request.get_status_display().lower()}; it cannot be marked as sent.")
    if not is_covered(request):
        raise NotPossible("What would be sent is no longer what was approved. Have it approved again.")
    if Submission.objects.filter(request=request, state=SubmissionState.STARTED).exists():
        raise NotPossible("It is being sent right now. Wait a moment.")
    request.status, request.status_reason, request.next_attempt_at = RequestStatus.SENT, "", None
    request.channel = Channel.MANUAL
    request.save(update_fields=("status", "status_reason", "next_attempt_at", "channel"))
    record(request, Action.SUBMITTED, actor=actor, at=at, now=now, new=Channel.MANUAL.value, reason=reference)
    record_clock_events([ClockFact(request.pk, ClockEventKind.SENT, at, proof=reference)], actor=actor, now=now)


@transaction.atomic
def mark_received(*, request: TakedownRequest, at: datetime, proof: str, actor: Actor, now: datetime) -> None:
    """Record when the platform received it and what proves that."""
    request = lock([request])[request.pk]
    if request.status != RequestStatus.SENT:
        raise NotPossible("Only what was sent can have been received. Mark it as sent first.")
    if not proof.strip():
        raise NotPossible("Say what proves the receipt: a reference, a delivery notice.")
    if ClockEvent.objects.filter(request=request, kind=ClockEventKind.RECEIVED).exists():
        raise NotPossible("Its receipt is on record already.")
    sent = ClockEvent.objects.filter(request=request, kind=ClockEventKind.SENT).order_by("at").first()
    at = as_typed(at, [sent] if sent else [])
    if sent and at < sent.at:
        raise NotPossible("It cannot have been received before it was sent.")
    record_clock_events([ClockFact(request.pk, ClockEventKind.RECEIVED, at, proof=proof.strip())], actor=actor, now=now)


@transaction.atomic
def withdraw(*, request: TakedownRequest, reason: str, actor: Actor, now: datetime) -> None:
    """End a request that should not have been made, or need not be pursued."""
    request = lock([request])[request.pk]
    if request.status in CLOSED:
        raise NotPossible(f"This request is {request.get_status_display().lower()} already.")
    if not reason.strip():
        raise NotPossible("Say why: the reason is part of the record.")
    if Submission.objects.filter(request=request, state=SubmissionState.STARTED).exists():
        raise NotPossible("It is being sent right now. Wait a moment.")
    record_clock_events([ClockFact(request.pk, ClockEventKind.WITHDRAWN, now, proof=reason.strip())], actor=actor, now=now)
    request.refresh_from_db()
    request.status, request.status_reason = RequestStatus.WITHDRAWN, reason.strip()
    request.closed_at, request.next_attempt_at = now, None
    request.save(update_fields=("status", "status_reason", "closed_at", "next_attempt_at"))
    record(request, Action.WITHDRAWN, actor=actor, at=now, now=now, reason=reason.strip())
