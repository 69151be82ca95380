"""The command box and the style guide."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from takedown.choices import OPEN, Outcome, VerdictValue
from takedown.models import Observation, TakedownRequest
from takedown.models.access import Permission
from takedown.web.access import SignedIn, agency_of, requires
from takedown.web.filters import exactly, number_in
from takedown.web.timeline import Timeline, draw


@requires(Permission.READ)
def find(request: SignedIn) -> HttpResponse:
    """Go to the request that a number or a URL names, the open one first; else offer to flag it, else list what resembles it."""
    text = request.GET.get("q", "").strip()
    if not text:
        return redirect("queue")
    exact = exactly(text, request.user.agency_id)
    if exact is not None:
        found = list(TakedownRequest.objects.for_agency(agency_of(request.user)).filter(exact).order_by("-id")[:20])
        if found:
            return redirect("request", pk=next((row for row in found if row.status in OPEN), found[0]).pk)
        if number_in(text) is None and request.user.may(Permission.FLAG):
            return redirect(f"{reverse('flag')}?{urlencode({'q': text})}")
    return redirect(f"{reverse('queue')}?{urlencode({'q': text})}")


@requires(Permission.READ)
def styleguide(request: SignedIn) -> HttpResponse:
    now = timezone.now()
    context = {
        "verdicts": VerdictValue.values,
        "swatches": (
            *("surface-0", "surface-1", "surface-2", "surface-3", "text-1", "text-2", "text-3", "line-strong", "accent"),
            *("met", "breached", "indeterminate", "unproven", "pending", "suspended", "not-counted"),
        ),
        "icons": (
            *("flag", "queue", "clock", "overdue", "dashboard", "copy", "check", "search", "half", "help", "rail", "user", "report"),
            *("settings", "look", "bell"),
        ),
        "sample": "https://host.example/watch/a-rather-long-path/that-goes-on?id=aZ3kQ9_xY&list=of-things",
        "dues": ("ok", "soon", "overdue", "paused", "met", "late", "passed", "none"),
        "now": now,
        "timeline": _example(now),
    }
    return render(request, "styleguide/page.html", context)


def _example(now: datetime) -> Timeline:
    """A time line of a request that nobody made."""
    start, up, gone = (now - timedelta(minutes=minutes) for minutes in (70, 30, 22))
    found = TakedownRequest(opened_at=start, clock_started_at=start, due_at=start + timedelta(hours=1), last_up=up, first_gone=gone)
    runs = (
        Observation(outcome=Outcome.AVAILABLE, first_sent=start, first_answered=start, last_sent=up, last_answered=up, count=9),
        Observation(outcome=Outcome.GONE_UNATTRIBUTED, first_sent=gone, first_answered=gone, last_answered=now, count=3),
    )
    return draw(found, None, runs, now)
