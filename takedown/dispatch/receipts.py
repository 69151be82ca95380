"""What a receipt proves."""

from collections.abc import Sequence
from datetime import datetime

from platforms import base
from takedown.choices import Action, ClockEventKind, RequestStatus
from takedown.models import TakedownRequest
from takedown.models.event import record
from takedown.verdicts import ClockFact, record_clock_events


def record_sent(request: TakedownRequest, receipt: base.Receipt, now: datetime) -> None:
    """It left, and this proves it. The caller has locked the request and is in a transaction."""
    request.status, request.status_reason, request.next_attempt_at = RequestStatus.SENT, "", None
    request.save(update_fields=("status", "status_reason", "next_attempt_at"))
    record(request, Action.SUBMITTED, actor=None, at=receipt.sent_at, now=now, new=request.channel, reason=receipt.reference)
    record_clock_events(receipt_facts(request, receipt), actor=None, now=max(now, receipt.received_at or now))


def receipt_facts(request: TakedownRequest, receipt: base.Receipt) -> Sequence[ClockFact]:
    """The clock events that a receipt proves."""
    facts = [ClockFact(request.pk, ClockEventKind.SENT, receipt.sent_at, proof=receipt.reference)]
    if receipt.received_at:
        facts.append(ClockFact(request.pk, ClockEventKind.RECEIVED, receipt.received_at, proof=receipt.reference))
    return facts
