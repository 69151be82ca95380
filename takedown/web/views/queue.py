"""Queue: what must I do next?"""

import hashlib
import json
from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_GET

from platforms.models import Platform
from takedown.choices import Category, RequestStatus, VerdictValue
from takedown.models import DeadlinePolicy, TakedownRequest
from takedown.models.access import Permission
from takedown.web.access import SignedIn, agency_of, requires
from takedown.web.filters import PAGE, TABS, Filters, after, counts, cursor_of, in_order


@requires(Permission.READ)
@require_GET
def page(request: SignedIn) -> HttpResponse:
    now, filters, agency = timezone.now(), Filters.read(request.GET), agency_of(request.user)
    rows = list(after(in_order(_found(request, filters, now)), filters.after)[: PAGE + 1])
    shown = [(row, stamp(row)) for row in rows[:PAGE]]
    numbers = counts(filters, agency, request.user, now)
    policies = DeadlinePolicy.objects.usable_by(agency, now).order_by("name", "key").values_list("key", "name").distinct()
    context = {
        "now": now,
        "filters": filters,
        "rows": shown,
        "next_query": filters.query(after=cursor_of(shown[-1][0])) if len(rows) > PAGE else "",
        "first_query": filters.query() if filters.after else None,
        "here": filters.query(after=filters.after),
        "tabs": [(tab, label, numbers.get(tab), filters.query(tab=tab)) for tab, label in TABS.items()],
        "selects": (
            ("status", "Status", RequestStatus.choices, filters.status),
            ("verdict", "Verdict", VerdictValue.choices, filters.verdict),
            ("platform", "Platform", list(Platform.objects.values_list("slug", "name")), filters.platform),
            ("policy", "Policy", list(policies), filters.policy),
            ("category", "Category", Category.choices, filters.category),
        ),
    }
    return render(request, "queue/page.html", context)


@requires(Permission.READ)
@require_GET
def pulse(request: SignedIn) -> HttpResponse:
    """The numbers on the tabs and the rows of the page, each with a stamp of its facts; 304 while nothing changed."""
    now, filters = timezone.now(), Filters.read(request.GET)
    rows = list(after(in_order(_found(request, filters, now)), filters.after)[:PAGE])
    stamps = {row.pk: stamp(row) for row in rows}
    numbers = counts(filters, agency_of(request.user), request.user, now)
    etag = f'"{_digest(numbers, stamps)}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        known = dict(pair.split(":", 1) for pair in request.headers.get("X-Rows", "").split(",") if ":" in pair)
        html = {row.pk: _row(row, stamps[row.pk], now) for row in rows if known.get(str(row.pk)) not in (None, stamps[row.pk])}
        fresh = sum(str(row.pk) not in known for row in rows)
        response = JsonResponse({"counts": numbers, "ids": list(stamps), "rows": html, "fresh": fresh})
    response["ETag"] = etag
    response["X-Now"] = now.isoformat()
    return response


def _found(request: SignedIn, filters: Filters, now: datetime) -> QuerySet[TakedownRequest]:
    requests = TakedownRequest.objects.for_agency(agency_of(request.user)).select_related("item", "platform", "assigned_to")
    return filters.apply(requests, request.user, now)


def stamp(row: TakedownRequest) -> str:
    """Changes whenever anything a row shows does, other than by the passing of time."""
    facts = (
        row.status,
        row.effective_verdict,
        row.provisional,
        row.clock_state,
        row.due_at,
        row.first_gone,
        row.assigned_to_id,
        row.escalated_at,
    )
    return _digest(*facts)


def _digest(*facts: object) -> str:
    return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()[:12]


def _row(row: TakedownRequest, mark: str, now: datetime) -> str:
    return render_to_string("queue/_row.html", {"row": row, "stamp": mark, "now": now})
