"""Overdue: what failed, and who acts?"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from takedown.choices import RequestStatus
from takedown.models import Agency, Duty, TakedownRequest, User
from takedown.models.access import Permission
from takedown.web.access import SignedIn, agency_of, requires
from takedown.web.action_forms import ActionForm
from takedown.web.actions import Action, assignable, offered
from takedown.web.filters import in_order

SHOWN = 25
"""Rows of a section; the queue has the rest."""
DUTY_SOON = timedelta(days=1)
RUNGS = ("assign", "escalate", "adjudicate")


@requires(Permission.READ)
@require_GET
def page(request: SignedIn) -> HttpResponse:
    now = timezone.now()
    mine = TakedownRequest.objects.for_agency(agency_of(request.user))
    late = mine.overdue(now)
    people = assignable(request.user)
    sections = (
        ("overdue", "Overdue and not seen gone", "tab=overdue", late),
        ("decide", "Indeterminate, to be decided", "tab=decide", mine.undecided()),
        ("approve", "To be approved", "tab=approve", mine.filter(status=RequestStatus.TO_APPROVE)),
        ("person", "Needs a person", "tab=person", mine.filter(status=RequestStatus.NEEDS_OPERATOR)),
    )
    context = {
        "now": now,
        "platforms": list(
            late.values("platform__slug", "platform__name").annotate(overdue=Count("id")).order_by("-overdue", "platform__name")
        ),
        "duties": list(_duties(agency_of(request.user), now)),
        "sections": [(key, title, query, *_rows(request, requests, people)) for key, title, query, requests in sections],
        "here": request.get_full_path(),
    }
    return render(request, "overdue/page.html", context)


def _duties(agency: Agency, now: datetime) -> QuerySet[Duty]:
    """Other clocks that have run out, or will within a day."""
    late = Duty.objects.for_agency(agency).filter(done_at=None, due_at__lte=now + DUTY_SOON).order_by("due_at", "id")
    return late.select_related("request", "policy")[:SHOWN]


def _rows(
    request: SignedIn, requests: QuerySet[TakedownRequest], people: Sequence[User]
) -> tuple[list[tuple[TakedownRequest, list[tuple[Action, ActionForm]]]], bool]:
    """The oldest of a section, each with its next rungs, and whether there are more."""
    found = list(in_order(requests.select_related("item", "platform", "assigned_to"))[: SHOWN + 1])
    return [(row, offered(row, request.user, people, RUNGS)) for row in found[:SHOWN]], len(found) > SHOWN
