"""People may ask for a look."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from platforms.models import Pause
from takedown.choices import Action
from takedown.models import FlaggedItem, Keepsake, Watch
from takedown.models.errors import NotPossible
from takedown.models.event import Actor, record

LOOKS_DIFFERENT = frozenset({"content_changed", "canonical_elsewhere"})
"""Reasons of looks that found a page, but not the one that they remember."""


@transaction.atomic
def look_now(*, item: FlaggedItem, actor: Actor, now: datetime) -> Pause | None:
    """Have the item looked at as soon as a worker is free. What its platform's pause makes it wait for: of several, the longest."""
    watch = Watch.objects.select_for_update(of=("self",)).select_related("item").filter(item=item).first()
    if watch is None:
        raise NotPossible("It is not watched, so there is nothing to look with.")
    if watch.item.merged_into_id is not None:
        raise NotPossible(f"It is the same content as item {watch.item.merged_into_id}. Ask for a look there.")
    watch.next_look_at, watch.is_anchor = now, True
    watch.save(update_fields=("next_look_at", "is_anchor"))
    record(item, Action.LOOK_ASKED, actor=actor, at=now, now=now)
    pauses = Pause.objects.active().felt_by(item.agency_id).filter(platform=watch.platform_id, bucket="")
    return pauses.select_related("platform").order_by(F("until").desc(nulls_first=True)).first()


@transaction.atomic
def still_the_same(*, item: FlaggedItem, reason: str, actor: Actor, now: datetime) -> None:
    """A person says that a page which looks different is the reported content: the next look remembers it as it is then."""
    watch = Watch.objects.select_for_update().filter(item=item, reason__in=LOOKS_DIFFERENT).first()
    if watch is None:
        raise NotPossible("The last look did not find a page that looks different.")
    if not reason.strip():
        raise NotPossible("Say why: the reason is part of the record.")
    Keepsake.objects.filter(item=item).delete()
    record(item, Action.NOTE, actor=actor, at=now, now=now, reason=f"This page is still the reported content: {reason.strip()}")
