"""What exactly would leave for a request, and whether a second person has approved just that."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template import Context, Engine

from platforms import base
from takedown.choices import SENDABLE, Action, Decision, RequestStatus
from takedown.models import Event, TakedownRequest, User
from takedown.models.event import Actor, record

_AUTHORING = (Action.REVISED, Action.VOIDED)


def payload(request: TakedownRequest, attempt_id: str = "") -> base.Submission:
    """What the platform gets."""
    return base.Submission(
        attempt_id=attempt_id,
        number=request.reference,
        ref=request.item.ref(request.platform.slug),
        category=request.get_category_display(),
        explanation=request.explanation,
        language=request.language,
        reported_url=request.item.reported_url,
    )


def notice(request: TakedownRequest) -> str:
    """The text of a request as people read it: a template of the platform, or the common one, in the language the platform wants."""
    language = str(request.platform.config.get("notice_language", "en"))
    names = [f"dispatch/{request.platform.slug}.{language}.txt", f"dispatch/notice.{language}.txt", "dispatch/notice.en.txt"]
    return render_text(names, {"submission": payload(request), "request": request, "contact": settings.CONTACT})


def render_text(names: list[str], context: Mapping[str, Any]) -> str:
    """Plain text by the first of these templates that there is.

    The engine marks whatever it renders as safe HTML. This is no HTML, and most of it comes from outside: so it loses the mark, which
    `str(…)` would keep.
    """
    return str.__str__(Engine.get_default().select_template(names).render(Context(context, autoescape=False)))


def digest_of(request: TakedownRequest, text: str | None = None) -> str:
    """SHA-256 (hex) of what the platform gets, its text and the removal order included. Equal for every attempt.

    `text`: its `notice`, from whoever has it at hand.
    """
    order = getattr(request, "order", None)
    parts = [
        repr(payload(request)),
        notice(request) if text is None else text,
        request.platform.slug,
        [order.fields, order.language] if order else None,
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def is_covered(request: TakedownRequest) -> bool:
    """Whether it may be sent as it is now: its policy asks for no approval, or the one that stands is of this payload."""
    if not request.policy.four_eyes:
        return True
    approval = request.approval
    return approval is not None and approval.decision in {Decision.APPROVED, Decision.EMERGENCY} and approval.digest == digest_of(request)


def authors(request: TakedownRequest) -> Sequence[User]:
    """Who wrote what would be sent, the last one last. A client with an API key is nobody."""
    changed = Event.objects.of(request).filter(action__in=_AUTHORING, actor_user__isnull=False).select_related("actor_user")
    people = [request.opened_by, *(event.actor_user for event in changed)]
    return [person for person in people if person is not None]


def void_approval(*, request: TakedownRequest, actor: Actor, now: datetime, why: str) -> None:
    """What would be sent has changed: it waits for approval again. The caller has locked the request and is in a transaction."""
    had = request.approval is not None
    record(request, Action.VOIDED if had else Action.REVISED, actor=actor, at=now, now=now, reason=why)
    if request.policy.four_eyes and request.status in {*SENDABLE, RequestStatus.TO_APPROVE, RequestStatus.REFUSED}:
        request.status, request.status_reason = RequestStatus.TO_APPROVE, why if had else ""
        request.approval, request.next_attempt_at = None, None
        request.save(update_fields=("status", "status_reason", "approval", "next_attempt_at"))
