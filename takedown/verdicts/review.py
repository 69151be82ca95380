"""What people decide about a request."""

from datetime import datetime

from django.db import transaction

from takedown.choices import CLOSED, Action, VerdictValue
from takedown.models import TakedownRequest, User
from takedown.models.access import Permission
from takedown.models.errors import NotPossible
from takedown.models.event import Actor, record

ADJUDICABLE = frozenset({VerdictValue.INDETERMINATE, VerdictValue.UNPROVEN})
"""Only where observation could not decide may a person; what was seen is not overruled."""
ADJUDICATIONS = frozenset({VerdictValue.MET, VerdictValue.BREACHED, VerdictValue.NOT_COUNTED})


def judgement_of(request: TakedownRequest) -> str:
    """Names the judgement that a page shows; another one has another name, none has none."""
    return request.adjudicated_at.isoformat() if request.adjudicated_at else ""


def judged_meanwhile(request: TakedownRequest, shown: str) -> str:
    """What to say to somebody who saw another judgement than the one that stands; empty: they saw this one."""
    if shown == judgement_of(request):
        return ""
    verdict, reason = request.get_adjudicated_verdict_display().lower(), request.adjudicated_reason
    return f"{request.adjudicated_by} has judged this meanwhile: {verdict}, because: {reason}"


@transaction.atomic
def adjudicate(*, request: TakedownRequest, verdict: str, reason: str, shown: str, actor: User, now: datetime) -> None:
    """A person's judgement, beside the observed one and never in its place. `shown` is the `judgement_of` that the person saw."""
    request = _locked(request)
    if meanwhile := judged_meanwhile(request, shown):
        raise NotPossible(meanwhile)
    if request.verdict not in ADJUDICABLE:
        raise NotPossible(
            f"Observation has decided this request: {request.get_verdict_display().lower()}. Only open questions are adjudicated."
        )
    if verdict not in ADJUDICATIONS:
        raise NotPossible("Choose met, breached or not counted.")
    if not reason.strip():
        raise NotPossible("Say why: the reason is part of the record.")
    old = {"verdict": request.adjudicated_verdict} if request.adjudicated_verdict else None
    request.adjudicated_verdict, request.adjudicated_reason = verdict, reason.strip()
    request.adjudicated_by, request.adjudicated_at = actor, now
    request.save(update_fields=("adjudicated_verdict", "adjudicated_reason", "adjudicated_by", "adjudicated_at"))
    record(request, Action.ADJUDICATED, actor=actor, at=now, now=now, old=old, new={"verdict": verdict}, reason=reason.strip())


@transaction.atomic
def assign(*, request: TakedownRequest, to: User | None, actor: User, now: datetime) -> None:
    """Give an open request to somebody of the same agency, or to nobody."""
    request = _locked(request)
    if request.status in CLOSED:
        raise NotPossible("This request is over; there is nothing to assign.")
    if to is not None and (to.agency_id != request.agency_id or not to.may(Permission.SEND)):
        raise NotPossible("Choose an active analyst or supervisor of your agency.")
    if request.assigned_to == to:
        return
    old, request.assigned_to = request.assigned_to, to
    request.save(update_fields=("assigned_to",))
    record(request, Action.ASSIGNED, actor=actor, at=now, now=now, old=str(old) if old else None, new=str(to) if to else None)


@transaction.atomic
def escalate(*, request: TakedownRequest, reason: str, actor: User, now: datetime) -> None:
    """Say that this request needs more than waiting."""
    request = _locked(request)
    if request.status in CLOSED:
        raise NotPossible("This request is over; there is nothing to escalate.")
    if not reason.strip():
        raise NotPossible("Say to whom and why: the reason is part of the record.")
    request.escalated_at = now
    request.save(update_fields=("escalated_at",))
    record(request, Action.ESCALATED, actor=actor, at=now, now=now, reason=reason.strip())


@transaction.atomic
def note(*, request: TakedownRequest, text: str, actor: Actor, now: datetime) -> None:
    """An internal note. Nothing of it is sent."""
    if not text.strip():
        raise NotPossible("The note is empty.")
    record(request, Action.NOTE, actor=actor, at=now, now=now, reason=text.strip())


def _locked(request: TakedownRequest) -> TakedownRequest:
    return TakedownRequest.objects.select_for_update(of=("self",)).select_related("assigned_to", "adjudicated_by").get(pk=request.pk)
