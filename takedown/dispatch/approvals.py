"""Four eyes: what a policy says has to be approved leaves only as somebody who did not write it has approved it."""

from datetime import datetime

from django.db import transaction

from takedown.choices import UNSENT, Action, Category, Channel, Decision, RequestStatus, SubmissionState
from takedown.dispatch.by_hand import withdraw
from takedown.models import Approval, Submission, TakedownRequest, User
from takedown.models.errors import NotPossible
from takedown.models.event import record
from takedown.models.policy import EMERGENCY_REVIEW
from takedown.orders import why_not_ready
from takedown.policies import in_force
from takedown.verdicts import authors, digest_of, lock, open_duty, void_approval


@transaction.atomic
def decide(*, request: TakedownRequest, decision: Decision, digest: str, reason: str, actor: User, now: datetime) -> None:
    """Approve, refuse, cancel or leave to another person what waits for approval. `digest` is of the payload that the person saw."""
    request = lock([request])[request.pk]
    _must_wait(request)
    if decision is not Decision.APPROVED and not reason.strip():
        raise NotPossible("Say why: the reason is part of the record.")
    if digest != digest_of(request):
        raise NotPossible("It was changed after you opened this page. Read what would be sent now, then decide.")
    if decision is Decision.APPROVED:
        _must_be_ready(request, now)
        if actor in authors(request):
            raise NotPossible("You wrote this or changed it. Another person has to approve it.")
    approval = _write(request, decision, digest, reason, actor, now)
    if decision is Decision.APPROVED:
        _let_go(request, approval, now)
    elif decision is Decision.REFUSED:
        request.status, request.status_reason = RequestStatus.REFUSED, reason.strip()
        request.save(update_fields=("status", "status_reason"))
    elif decision is Decision.REQUEUED:
        request.assigned_to = None
        request.save(update_fields=("assigned_to",))
    else:
        withdraw(request=request, reason=reason, actor=actor, now=now)


@transaction.atomic
def send_in_emergency(*, request: TakedownRequest, reason: str, actor: User, now: datetime) -> None:
    """Send without waiting for a second person, who has to review it afterwards: that has a deadline of its own."""
    request = lock([request])[request.pk]
    _must_wait(request)
    if not reason.strip():
        raise NotPossible("Say what the emergency is: the reason is part of the record, and of the review.")
    _must_be_ready(request, now)
    policy = in_force(request.agency, now).get(EMERGENCY_REVIEW)
    if policy is None:
        raise NotPossible(f"No policy “{EMERGENCY_REVIEW}” says by when an emergency is reviewed. Ask an administrator to add one.")
    _let_go(request, _write(request, Decision.EMERGENCY, digest_of(request), reason, actor, now), now)
    open_duty(request=request, policy=policy, at=now, proof=reason.strip(), actor=actor, now=now)


@transaction.atomic
def revise(*, request: TakedownRequest, category: str, language: str, explanation: str, actor: User, now: datetime) -> None:
    """Change what would be sent. Whatever was approved is approved no longer."""
    request = lock([request])[request.pk]
    if request.status not in UNSENT:
        raise NotPossible(f"This request is {request.get_status_display().lower()}; what was sent is not changed.")
    if Submission.objects.filter(request=request, state=SubmissionState.STARTED).exists():
        raise NotPossible("It is being sent right now. Wait a moment.")
    if category not in Category.values:
        raise NotPossible("Choose one of the categories.")
    old = (request.category, request.language, request.explanation)
    new = (category, language.strip(), explanation.strip())
    if new == old:
        raise NotPossible("Nothing is changed.")
    request.category, request.language, request.explanation = new
    request.save(update_fields=("category", "language", "explanation"))
    names = ("category", "language", "explanation")
    changed = [name for name, before, after in zip(names, old, new, strict=True) if before != after]
    void_approval(request=request, actor=actor, now=now, why=f"Changed: {', '.join(changed)}.")


def _must_wait(request: TakedownRequest) -> None:
    if request.status != RequestStatus.TO_APPROVE:
        raise NotPossible(f"This request is {request.get_status_display().lower()}: there is nothing to approve.")


def _must_be_ready(request: TakedownRequest, now: datetime) -> None:
    if why_not := why_not_ready(request, now):
        raise NotPossible(why_not)


def _write(request: TakedownRequest, decision: Decision, digest: str, reason: str, actor: User, now: datetime) -> Approval:
    wrote = authors(request)
    record(request, Action.DECIDED, actor=actor, at=now, now=now, new=decision.value, reason=reason.strip())
    return Approval.objects.create(
        agency_id=request.agency_id,
        request=request,
        decision=decision,
        digest=digest,
        author=wrote[-1] if wrote else None,
        decided_by=actor,
        decided_at=now,
        reason=reason.strip(),
    )


def _let_go(request: TakedownRequest, approval: Approval, now: datetime) -> None:
    request.approval, request.status, request.status_reason, request.attempts = approval, RequestStatus.TO_SEND, "", 0
    request.next_attempt_at = None if request.channel == Channel.MANUAL else now
    request.save(update_fields=("approval", "status", "status_reason", "attempts", "next_attempt_at"))
