"""Queue: what must I do next?"""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseNotModified, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from platforms.models import Platform
from takedown.choices import Category, RequestStatus, VerdictValue
from takedown.models import DeadlinePolicy, TakedownRequest
from takedown.models.access import Permission
from takedown.statistics.ahead import STATES
from takedown.statistics.causes import CAUSES
from takedown.statistics.cells import Cell
from takedown.templatetags.takedown_tags import defang
from takedown.web.access import SignedIn, agency_of, requires
from takedown.web.cohort import AGES, COUNTED, span_label
from takedown.web.csvs import csv_lines
from takedown.web.filters import PAGE, TABS, Filters, after, counts, cursor_of, in_order
from takedown.web.went import ways

COLUMNS: dict[str, Callable[[TakedownRequest], Cell | datetime]] = {
    "Request": lambda row: row.number,
    "Platform": lambda row: row.platform.name,
    "Content": lambda row: row.item.kind,
    "Address": lambda row: defang(row.item.canonical_url),
    "Policy": lambda row: str(row.policy),
    "Category": lambda row: row.get_category_display(),
    "Status": lambda row: row.get_status_display(),
    "Verdict": lambda row: str(VerdictValue(row.effective_verdict).label),
    "Provisional": lambda row: "yes" if row.provisional and not row.adjudicated_verdict else "no",
    "Decided by a person": lambda row: "yes" if row.adjudicated_verdict else "no",
    "Clock started (UTC)": lambda row: row.clock_started_at,
    "Due (UTC)": lambda row: row.due_at,
    "Last seen up (UTC)": lambda row: row.last_up,
    "First seen gone (UTC)": lambda row: row.first_gone,
    "Confirmed gone": lambda row: "yes" if row.gone_confirmed else "no",
    "How it went": lambda row: row.get_gone_outcome_display(),
}


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
        "csv": f"{reverse('queue-csv')}?{filters.query(after='')}",
        "selects": (
            ("status", "Status", RequestStatus.choices, filters.status),
            ("verdict", "Verdict", VerdictValue.choices, filters.verdict),
            ("platform", "Platform", list(Platform.objects.values_list("slug", "name")), filters.platform),
            ("policy", "Policy", list(policies), filters.policy),
            ("category", "Category", Category.choices, filters.category),
            *_narrower(filters),
        ),
    }
    return render(request, "queue/page.html", context)


def _narrower(filters: Filters) -> list[tuple[str, str, list[tuple[str, str]], str]]:
    """The filters that the statistics link with, where one is in use."""
    removed = ("went", "Removed", ways(filters.went))
    ahead = ("ahead", "Due in", {filters.ahead: span_label(filters.ahead)})
    offered = (
        ("counted", "Counted as", COUNTED),
        ("age", "Open for", AGES),
        removed,
        ("cause", "Gone by", CAUSES),
        ahead,
        ("found", "Last look", STATES),
    )
    return [(name, label, list(choices.items()), getattr(filters, name)) for name, label, choices in offered if getattr(filters, name)]


@requires(Permission.READ)  # type: ignore[arg-type]  # a stream has headers too, which is all that is asked of it
@require_GET
def download(request: SignedIn) -> StreamingHttpResponse:
    """All pages of the list as CSV: instants in UTC, addresses defanged."""
    now = timezone.now()
    rows = in_order(_found(request, Filters.read(request.GET), now).select_related("policy")).iterator(chunk_size=2_000)
    lines = itertools.chain([tuple(COLUMNS)], (tuple(_cells(row)) for row in rows))
    response = StreamingHttpResponse(csv_lines(lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="takedown-requests-{now:%Y-%m-%d}.csv"'
    return response


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


def _cells(row: TakedownRequest) -> Iterator[Cell]:
    for read in COLUMNS.values():
        cell = read(row)
        yield cell.astimezone(UTC).isoformat(timespec="seconds") if isinstance(cell, datetime) else cell
