"""Short links: nothing is asked for before somebody knows what it is. What cannot be followed goes to a person."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from takedown.choices import Action, Channel, RequestStatus
from takedown.models import TakedownRequest
from takedown.models.event import record
from takedown.models.item import unfollowed

LOOKS = 2
"""Looks in a row that did not get behind a link, after which a person is asked; one may have met a fault that passes."""
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=10)
"""After its request was opened a link is given this long in any case, and no longer than that even if nobody could look."""
_WHY = "This short link could not be followed, so nobody knows what it leads to. Find out, withdraw this and report the address behind it."
_MOST = 500
"""Requests handed over in one transaction."""


def followed() -> Q:
    """Requests about content, not about a short link still: only these may be sent."""
    return ~unfollowed("item__")


@transaction.atomic
def ask_about_links(now: datetime) -> int:
    """Hand requests about links that were not followed to a person; how many."""
    tried = Q(item__watch__run_count__gte=LOOKS, opened_at__lte=now - SHORTEST_WAIT) | Q(opened_at__lte=now - LONGEST_WAIT)
    due = TakedownRequest.objects.filter(tried, unfollowed("item__"), status=RequestStatus.TO_SEND, next_attempt_at__lte=now)
    due = due.exclude(channel=Channel.MANUAL).order_by("pk")
    stuck = list(due.select_for_update(of=("self",), skip_locked=True)[:_MOST])
    for request in stuck:
        request.status, request.status_reason, request.next_attempt_at = RequestStatus.NEEDS_OPERATOR, _WHY, None
        request.save(update_fields=("status", "status_reason", "next_attempt_at"))
        record(request, Action.SUBMIT_FAILED, actor=None, at=now, now=now, reason=_WHY)
    return len(stuck)
