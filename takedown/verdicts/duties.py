"""Other clocks on a request than that of the removal: scrutiny, preservation, the review of an emergency."""

from datetime import datetime

from django.db import transaction

from takedown.choices import Action, Decision, Purpose
from takedown.deadlines import period_end
from takedown.models import Approval, DeadlinePolicy, Duty, TakedownRequest, User
from takedown.models.errors import NotPossible
from takedown.models.event import record


@transaction.atomic
def open_duty(*, request: TakedownRequest, policy: DeadlinePolicy, at: datetime, proof: str, actor: User, now: datetime) -> Duty:
    """Start one more clock at `at`."""
    if policy.purpose != Purpose.DUTY:
        raise NotPossible("This policy is for requests, not for what follows from them.")
    if at > now:
        raise NotPossible("That lies in the future. Enter when it happened.")
    TakedownRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if Duty.objects.filter(request=request, policy__key=policy.key, done_at=None).exists():
        raise NotPossible(f"“{policy.name}” is running already. Finish that one first.")
    due = period_end(policy, at)
    duty = Duty.objects.create(agency_id=request.agency_id, request=request, policy=policy, started_at=at, proof=proof.strip(), due_at=due)
    new = {"duty": policy.name, "due": due.isoformat() if due else None}
    record(request, Action.DUTY, actor=actor, at=at, now=now, new=new, reason=proof.strip())
    return duty


@transaction.atomic
def finish_duty(*, duty: Duty, result: str, actor: User, now: datetime) -> None:
    """Say that it is done, and how it ended. Who sent something in an emergency does not review it."""
    duty = Duty.objects.select_for_update(of=("self",)).select_related("policy", "request").get(pk=duty.pk)
    if duty.done_at is not None:
        raise NotPossible("This is done already.")
    if not result.strip():
        raise NotPossible("Say how it ended: that is part of the record.")
    emergency = Approval.objects.filter(request=duty.request, decision=Decision.EMERGENCY, decided_at=duty.started_at, decided_by=actor)
    if emergency.exists():
        raise NotPossible("You sent it in an emergency. Another person has to review that.")
    duty.done_at, duty.done_by, duty.result = now, actor, result.strip()
    duty.save(update_fields=("done_at", "done_by", "result"))
    record(duty.request, Action.DUTY, actor=actor, at=now, now=now, old={"duty": duty.policy.name}, new="done", reason=result.strip())
