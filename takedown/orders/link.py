"""Links under which a platform answers one order, without an account: each names the request and nothing else, is on record, ends by
itself, and can be ended before."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from takedown.choices import Action
from takedown.models import AnswerLink, TakedownRequest, User
from takedown.models.errors import NotPossible
from takedown.models.event import record
from takedown.orders.answers import why_not_answerable

SALT = "takedown.orders.answer"
LIFETIME = timedelta(days=90)


@transaction.atomic
def issue_link(*, request: TakedownRequest, actor: User, now: datetime) -> AnswerLink:
    """A new link. Those issued before go on working."""
    if why_not := why_not_answerable(request):
        raise NotPossible(why_not)
    record(request, Action.NOTE, actor=actor, at=now, now=now, reason="Issued a link for the platform's own answer.")
    return AnswerLink.objects.create(
        agency_id=request.agency_id, request=request, issued_at=now, issued_by=actor, expires_at=now + LIFETIME
    )


@transaction.atomic
def revoke_links(*, request: TakedownRequest, reason: str, actor: User, now: datetime) -> None:
    """End every link of an order that still works. Answers that were given stay."""
    if not reason.strip():
        raise NotPossible("Say why: the reason is part of the record.")
    if not live_links(request, now).update(revoked_at=now, revoked_by=actor):
        raise NotPossible("None of its links works any more.")
    record(request, Action.NOTE, actor=actor, at=now, now=now, reason=f"Revoked the links for the platform's own answer: {reason.strip()}")


def live_links(request: TakedownRequest, now: datetime) -> QuerySet[AnswerLink]:
    return request.answer_links.filter(revoked_at=None, expires_at__gt=now)


def token_of(link: AnswerLink) -> str:
    """What stands in the address. It can be made again, but only with the key: a copy of the database is no key to its links."""
    return _signer().sign(link.pk.hex)


def request_of(token: str, now: datetime) -> TakedownRequest | None:
    """The request that a link names, which is thereby on record as used; none for one that is forged, expired or revoked."""
    try:
        pk = UUID(_signer().unsign(token))
        link = AnswerLink.objects.select_related("request__agency", "request__item", "request__platform", "request__policy").get(pk=pk)
    except (signing.BadSignature, ValueError, ValidationError, AnswerLink.DoesNotExist):
        return None
    if link.revoked_at is not None or link.expires_at <= now:
        return None
    AnswerLink.objects.filter(pk=pk).update(last_used_at=now)
    return link.request


def _signer() -> signing.Signer:
    keys: list[str | bytes] = [*settings.ANSWER_KEYS]
    return signing.Signer(key=keys[0], fallback_keys=keys[1:], salt=SALT)
