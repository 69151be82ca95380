"""Wall: how we stand, for a screen that everybody in the room can see. No addresses, no names; it keeps itself up to date."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from takedown.models import Agency, TakedownRequest
from takedown.models.access import Permission
from takedown.statistics.filters import read_filters
from takedown.statistics.sql import snapshot
from takedown.statistics.tally import open_by_age
from takedown.web.access import SignedIn, agency_of, requires
from takedown.web.eyes import look_into
from takedown.web.filters import in_order, on_tab

NEXT = 8
"""Deadlines that fit on a wall."""
TILES = (
    ("overdue", "Overdue", "breached"),
    ("due", "Due within 1 h", "indeterminate"),
    ("person", "Need a person", "indeterminate"),
    ("approve", "To be approved", "pending"),
    ("open", "Open", "pending"),
)
"""Tab, words, tone. Said in words and numbers; the tone is only a help."""


@requires(Permission.READ)
@require_GET
def page(request: SignedIn) -> HttpResponse:
    return render(request, "wall/page.html", _state(request, timezone.now()))


@requires(Permission.READ)
@require_GET
def live(request: SignedIn) -> HttpResponse:
    return render(request, "wall/_state.html", _state(request, timezone.now()))


def _state(request: SignedIn, now: datetime) -> dict[str, Any]:
    agency = agency_of(request.user)
    still_open = TakedownRequest.objects.for_agency(agency).open()
    numbers = _numbers(request, agency, now)
    eyes = look_into(agency, now)
    ahead = in_order(still_open.filter(due_at__gt=now, first_gone=None)).select_related("platform")
    return {
        "now": now,
        "tiles": [(tab, words, tone if numbers[tab] else "", numbers[tab]) for tab, words, tone in TILES],
        "ahead": list(ahead[:NEXT]),
        "eyes": len(eyes),
        "closed": [eye.platform.name for eye in eyes if eye.lids],
    }


def _numbers(request: SignedIn, agency: Agency, now: datetime) -> dict[str, int]:
    """What `TILES` say. There may be a million open requests, so those that roll-ups know are not counted one by one."""
    with snapshot():
        bands = open_by_age(read_filters({}, agency, now), now)
    mine = TakedownRequest.objects.for_agency(agency)
    known = {
        "open": sum(band.requests for band in bands),
        "overdue": sum(band.overdue for band in bands),
        "due": sum(band.due_soon for band in bands),
    }
    return {tab: known[tab] if tab in known else mine.filter(on_tab(tab, request.user, now)).count() for tab, _, _ in TILES}
