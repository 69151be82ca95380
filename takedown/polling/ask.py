"""People may ask for a look."""

from datetime import datetime

from django.db import transaction

from takedown.choices import Action
from takedown.models import FlaggedItem, Watch
from takedown.models.event import Actor, record


@transaction.atomic
def look_now(*, item: FlaggedItem, actor: Actor, now: datetime) -> None:
    """Have the item looked at as soon as a worker is free."""
    watch = Watch.objects.select_for_update().get(item=item)
    watch.next_look_at, watch.is_anchor = now, True
    watch.save(update_fields=("next_look_at", "is_anchor"))
    record(item, Action.LOOK_ASKED, actor=actor, at=now, now=now)
