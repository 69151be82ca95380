"""Item: what is known of one piece of content, whoever asked for its removal and however often."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from takedown import polling
from takedown.models import Event, FlaggedItem, Observation, Watch
from takedown.models.access import Permission
from takedown.models.errors import NotPossible
from takedown.polling.ask import LOOKS_DIFFERENT, still_the_same
from takedown.verdicts import database_now
from takedown.web import story
from takedown.web.access import SignedIn, agency_of, requires
from takedown.web.due import look_asked
from takedown.web.timeline import ends_of

SHOWN = 50
"""Runs of looks and lines of history; the latest."""
MOST = 5000
"""Characters of a reason."""


@requires(Permission.READ)
@require_GET
def page(request: SignedIn, pk: int) -> HttpResponse:
    return _page(request, _fetch(request, pk))


@requires(Permission.LOOK)
@require_http_methods(["GET", "POST"])
def look(request: SignedIn, pk: int) -> HttpResponse:
    item = _fetch(request, pk)
    if request.method == "POST":
        try:
            pause = polling.look_now(item=item, actor=request.user, now=database_now())
        except NotPossible as error:
            return _page(request, item, str(error))
        messages.success(request, look_asked(pause))
    return redirect("item", pk=item.pk)


@requires(Permission.SUPERVISE)
@require_http_methods(["GET", "POST"])
def same(request: SignedIn, pk: int) -> HttpResponse:
    """What looks different is still the reported content."""
    item, reason = _fetch(request, pk), request.POST.get("reason", "").replace("\0", "")[:MOST]
    if request.method == "POST":
        try:
            still_the_same(item=item, reason=reason, actor=request.user, now=database_now())
        except NotPossible as error:
            return _page(request, item, str(error), reason)
        messages.success(request, "Noted. The next look remembers the page as it is then.")
    return redirect("item", pk=item.pk)


def _fetch(request: SignedIn, pk: int) -> FlaggedItem:
    items = FlaggedItem.objects.for_agency(agency_of(request.user)).select_related("platform", "watch", "merged_into")
    return get_object_or_404(items, pk=pk)


def _watch(item: FlaggedItem) -> Watch | None:
    return getattr(item, "watch", None)


def _page(request: SignedIn, item: FlaggedItem, refusal: str = "", reason: str = "") -> HttpResponse:
    watch, agency = _watch(item), agency_of(request.user)
    observations = Observation.objects.filter(item=item, agency=agency).order_by("-first_sent", "-id")[:SHOWN]
    events = Event.objects.for_agency(agency).of(item).reverse()[:SHOWN]
    context: dict[str, Any] = {
        "now": timezone.now(),
        "item": item,
        "watch": watch,
        "refusal": refusal,
        "reason": reason,
        "looks_different": watch is not None and watch.reason in LOOKS_DIFFERENT and request.user.may(Permission.SUPERVISE),
        "same": FlaggedItem.objects.for_agency(agency).filter(merged_into=item).order_by("pk")[:SHOWN],
        "requests": item.requests.select_related("platform", "policy").order_by("-id")[:SHOWN],
        "runs": [(observation, *ends_of(observation, watch)) for observation in observations],
        "events": [(event, story.change(event)) for event in events],
        "can_look": request.user.may(Permission.LOOK) and watch is not None and item.merged_into is None,
        # A look that somebody waits for shows by itself; without one there is nothing to wait for.
        "live": watch is not None and watch.next_look_at is not None,
    }
    return render(request, "item/page.html", context, status=409 if refusal else 200)
