"""Alerts: what happened that nobody asked for, until somebody has seen to it."""

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from takedown.models import Alert
from takedown.models.access import Permission
from takedown.web.access import SignedIn, agency_of, requires
from takedown.web.filters import number_in

PAGE = 50


@requires(Permission.READ)
@require_GET
def page(request: SignedIn) -> HttpResponse:
    seen = request.GET.get("tab") == "seen"
    alerts = _alerts(request).filter(seen_at__isnull=not seen).select_related("platform", "request__item", "seen_by")
    rows = list(_after(request, alerts).order_by("-at", "-id")[: PAGE + 1])
    context = {
        "now": timezone.now(),
        "seen": seen,
        "rows": rows[:PAGE],
        "newest": max((row.pk for row in rows[:PAGE]), default=0),
        "next": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "paged": "after" in request.GET,
    }
    return render(request, "alerts/page.html", context)


@requires(Permission.NOTE)
@require_http_methods(["GET", "POST"])
def see(request: SignedIn, pk: int) -> HttpResponse:
    """One has been seen; the first to say so stays on record."""
    if not _alerts(request).filter(pk=pk).exists():
        raise Http404
    if request.method == "POST":
        _mark(request, _alerts(request).filter(pk=pk))
        messages.success(request, "Marked as seen.")
    return redirect("alerts")


@requires(Permission.NOTE)
@require_http_methods(["GET", "POST"])
def see_all(request: SignedIn) -> HttpResponse:
    """All that were there when the page was drawn: `newest` is the number of the last of them."""
    newest = number_in(request.POST.get("newest", ""))
    if newest is not None:
        marked = _mark(request, _alerts(request).filter(pk__lte=newest))
        messages.success(request, f"{marked} marked as seen.")
    return redirect("alerts")


def _alerts(request: SignedIn) -> "QuerySet[Alert]":
    return Alert.objects.for_agency(agency_of(request.user))


def _mark(request: SignedIn, alerts: "QuerySet[Alert]") -> int:
    return alerts.filter(seen_at=None).update(seen_at=timezone.now(), seen_by=request.user)


def _after(request: SignedIn, alerts: "QuerySet[Alert]") -> "QuerySet[Alert]":
    """Those older than the one that `after` names; all of them where there is no such alert."""
    number = number_in(request.GET.get("after", ""))
    last = _alerts(request).filter(pk=number).first() if number is not None else None
    return alerts if last is None else alerts.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk))
