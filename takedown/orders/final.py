"""When an order is final (Art. 3(9) Regulation (EU) 2021/784), by somebody's word: nothing that we see tells."""

from datetime import datetime

from django.db import transaction

from takedown.choices import ENDED, UNSENT, Action, ClockEventKind
from takedown.models import ClockEvent, RemovalOrder, TakedownRequest, User
from takedown.models.errors import NotPossible
from takedown.models.event import record
from takedown.orders.order import order_of
from takedown.verdicts import lock

NONE = "Only a removal order becomes final, and none is written here."


def why_not_final(request: TakedownRequest) -> str:
    """Why it cannot be recorded as final, as a sentence; empty where it can."""
    order = order_of(request)
    if order is None:
        return NONE
    if order.final_at is not None:
        return "It is on record as final already."
    if request.status in UNSENT:
        return "An order that was not sent cannot be final."
    if request.clock_state in ENDED:
        return "An order that is void or withdrawn does not become final."
    return ""


@transaction.atomic
def record_final(*, request: TakedownRequest, at: datetime, reason: str, actor: User, now: datetime) -> None:
    """Put on record that the time for redress ended at `at` without it, or that a court upheld the order then."""
    order = _locked(request)
    if refusal := why_not_final(order.request):
        raise NotPossible(refusal)
    if not reason.strip():
        raise NotPossible("Say why: the reason is part of the record.")
    if at > now:
        raise NotPossible("That lies in the future. An order is not final before.")
    sent = ClockEvent.objects.filter(request=request, kind=ClockEventKind.SENT).order_by("at").first()
    if sent is None or at < sent.at:
        raise NotPossible("It cannot have become final before it was sent.")
    order.final_at, order.final_by, order.final_reason = at, actor, reason.strip()
    order.save(update_fields=("final_at", "final_by", "final_reason"))
    record(order.request, Action.FINAL, actor=actor, at=at, now=now, new=at.isoformat(), reason=reason.strip())


@transaction.atomic
def revoke_final(*, request: TakedownRequest, reason: str, actor: User, now: datetime) -> None:
    """Take that back, on record. The database wants the record first."""
    order = _locked(request)
    if order.final_at is None:
        raise NotPossible("It is not on record as final.")
    if not reason.strip():
        raise NotPossible("Say why: the reason is part of the record.")
    record(order.request, Action.NOT_FINAL, actor=actor, at=now, now=now, old=order.final_at.isoformat(), reason=reason.strip())
    order.final_at, order.final_by, order.final_reason = None, None, ""
    order.save(update_fields=("final_at", "final_by", "final_reason"))


def _locked(request: TakedownRequest) -> RemovalOrder:
    order = order_of(lock([request])[request.pk])
    if order is None:
        raise NotPossible(NONE)
    return order
