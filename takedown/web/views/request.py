"""Request: what happened, and can we prove it?"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods

from takedown.choices import RequestStatus, VerdictValue
from takedown.dispatch import held_until
from takedown.models import Event, Observation, TakedownRequest, Watch
from takedown.models.access import Permission
from takedown.models.errors import NotPossible
from takedown.verdicts import database_now, digest_of, notice
from takedown.web import story
from takedown.web.access import SignedIn, agency_of, requires
from takedown.web.action_forms import ActionForm
from takedown.web.actions import Action, assignable, offered
from takedown.web.timeline import draw, ends_of
from takedown.web.why import why, withheld

UNAPPROVED = frozenset({RequestStatus.TO_APPROVE, RequestStatus.REFUSED})
UNSETTLED = frozenset({VerdictValue.PENDING, VerdictValue.UNPROVEN, VerdictValue.NOT_STARTED})


@requires(Permission.READ)
@require_GET
def page(request: SignedIn, pk: int) -> HttpResponse:
    return _page(request, _fetch(request, pk), timezone.now())


@requires(Permission.READ)
@require_GET
def live(request: SignedIn, pk: int) -> HttpResponse:
    """What has changed since the page was drawn; nothing (204) while nothing has.

    The actions come along only when the status has changed: somebody may be typing into one of them.
    """
    found, now = _fetch(request, pk), timezone.now()
    state = _state(found, now)
    if request.GET.get("stamp") == state["stamp"]:
        return HttpResponse(status=204)
    standing_changed = request.GET.get("status") != found.status
    return render(
        request, "request/_news.html", {**state, **_record(request, found, now), "oob": True, "standing_changed": standing_changed}
    )


@requires(Permission.READ)
@require_GET
def leave(request: SignedIn, pk: int) -> HttpResponse:
    """The step between a screen of ours and hostile content."""
    return render(request, "request/leave.html", {"found": _fetch(request, pk)})


def act(action: Action) -> Callable[..., HttpResponse]:
    """The view behind one button."""

    @requires(action.permission, fresh=action.fresh)
    @require_http_methods(["GET", "POST"])
    def perform(request: SignedIn, pk: int) -> HttpResponse:
        more = None
        if request.method == "GET":  # somebody who had to sign in again, or reloads a refused form
            return redirect("request", pk=_fetch(request, pk).pk)
        found, now = _fetch(request, pk), database_now()
        form = action.form(request.POST, name=action.name, request=found, user=request.user, people=assignable(request.user))
        if form.is_valid():
            try:
                more = action.run(found, form.cleaned_data, request.user, now)
            except NotPossible as error:
                form.add_error(None, str(error))
        if form.errors:
            return _page(request, found, now, refused=(action, form))
        messages.success(request, f"{found.number}: {more or action.done}")
        return redirect(_way_back(request) or reverse("request", args=[found.pk]))

    return perform


def _way_back(request: HttpRequest) -> str:
    """Where the form was, filters included, if that is on this site."""
    there = request.POST.get("next", "")
    return there if url_has_allowed_host_and_scheme(there, allowed_hosts={request.get_host()}) else ""


def _fetch(request: SignedIn, pk: int) -> TakedownRequest:
    related = ("item__watch", "platform", "policy", "approval", "order__final_by", "assigned_to", "opened_by", "adjudicated_by")
    requests = (
        TakedownRequest.objects.for_agency(agency_of(request.user))
        .select_related(*related)
        .prefetch_related("clock_events", "duties__policy", "duties__done_by")
    )
    return get_object_or_404(requests, pk=pk)


def _watch(found: TakedownRequest) -> Watch | None:
    return getattr(found.item, "watch", None)


def _state(found: TakedownRequest, now: datetime) -> dict[str, Any]:
    """What observation changes: verdict, time line, sightings."""
    watch = _watch(found)
    observations = list(Observation.objects.filter(item=found.item_id, agency=found.agency_id).order_by("first_sent", "id"))
    told = story.tell(found, watch, now)
    unsettled = found.closed_at is None and (told.verdict in UNSETTLED or told.provisional)
    return {
        "found": found,
        "watch": watch,
        "now": now,
        "story": told,
        # "1 s ago" must not stand still when nobody looks any more.
        "stamp": f"{told.stamp}.{int(now.timestamp() / 15)}" if unsettled else told.stamp,
        "why": why(found),
        "withheld": withheld(found, observations),
        "held_until": held_until(found, now),
        "timeline": draw(found, watch, observations, now),
        "runs": [(observation, *ends_of(observation, watch)) for observation in reversed(observations)],
        "every": "" if found.closed_at else "every 3s" if unsettled else "every 60s",
    }


def _record(request: SignedIn, found: TakedownRequest, now: datetime, refused: tuple[Action, ActionForm] | None = None) -> dict[str, Any]:
    """What is on record, its history, and what this person may do next."""
    reports = list(found.reports.select_related("submitted_by", "submitted_with__client").order_by("submitted_at", "id"))
    events = Event.objects.for_agency(agency_of(request.user)).of(found, found.item, *reports)
    shown = _unapproved(found)
    buttons = [
        (action, form, False)
        for action, form in offered(found, request.user, assignable(request.user), read=shown.get("digest", ""))
        if not refused or action.name != refused[0].name
    ]
    return {
        "reports": reports,
        "events": [(event, story.change(event)) for event in reversed(events)],
        "submissions": list(found.submissions.all()),
        "approvals": list(found.approvals.select_related("decided_by", "author")) if found.policy.four_eyes else [],
        "duties": list(found.duties.all()),
        **shown,
        "clock_events": list(found.clock_events.all()),
        "buttons": [*([(*refused, True)] if refused else []), *buttons],
        "refused": refused[1] if refused else None,
    }


def _unapproved(found: TakedownRequest) -> dict[str, str]:
    """What a second person would approve."""
    if found.status not in UNAPPROVED:
        return {}
    text = notice(found)
    return {"notice": text, "digest": digest_of(found, text)}


def _page(request: SignedIn, found: TakedownRequest, now: datetime, refused: tuple[Action, ActionForm] | None = None) -> HttpResponse:
    context = {**_state(found, now), **_record(request, found, now, refused)}
    return render(request, "request/page.html", context, status=409 if refused else 200)
