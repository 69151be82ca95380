"""Reports: what does the unit owe to authorities and the public, and which numbers go in?"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from takedown import reports
from takedown.choices import Purpose
from takedown.models import Agency, TakedownRequest
from takedown.models.access import Permission
from takedown.reports import KINDS, Asked, Report
from takedown.reports.cells import Form, sample_of
from takedown.statistics.filters import policies_of
from takedown.web.access import SignedIn, agency_of, requires
from takedown.web.csvs import csv_lines
from takedown.web.keys import Key
from takedown.web.shown import shown
from takedown.web.stacks import Stack, stack

LEADERS = (Permission.SUPERVISE, Permission.ADMINISTER)


@requires(*LEADERS)
@require_GET
def chooser(request: SignedIn) -> HttpResponse:
    now, agency = timezone.now(), agency_of(request.user)
    asked = [(kind, reports.read(kind, {}, agency, now)) for kind in KINDS.values()]
    return render(request, "reports/chooser.html", {"kinds": asked, **_choices(agency, now)})


@requires(*LEADERS)
@require_GET
def page(request: SignedIn, kind: str) -> HttpResponse:
    report, asked = _asked(request, kind)
    agency = agency_of(request.user)
    context = {
        "report": report,
        "kind": report.kind,
        "asked": asked,
        "sections": [
            (section, [(shown(table), isinstance(table, Form), sample_of(table)) for table in section.tables])
            for section in report.sections
        ],
        "stacks": _stacks(report),
        "legend": [Key(label, f"dc-w dc-w-{css}", pattern=f"w-{css}") for css, label, _ in report.kind.pieces(report.cohort.all)],
        "query": request.GET.urlencode(),
        **_choices(agency, report.cohort.now),
    }
    return render(request, "reports/page.html", context)


@requires(*LEADERS)
@require_GET
def as_pdf(request: SignedIn, kind: str) -> HttpResponse:
    report, asked = _asked(request, kind)
    return _file(reports.render(report), "application/pdf", report, asked, "pdf")


@requires(*LEADERS)
@require_GET
def as_csv(request: SignedIn, kind: str) -> HttpResponse:
    """One line for each number, under the heading that `takedown.reports.lines` gives."""
    report, asked = _asked(request, kind)
    return _file("".join(csv_lines(reports.lines(report))).encode(), "text/csv; charset=utf-8", report, asked, "csv")


def _asked(request: SignedIn, slug: str) -> tuple[Report, Asked]:
    kind = KINDS.get(slug)
    if kind is None:
        raise Http404("No such report.")
    now, agency = timezone.now(), agency_of(request.user)
    asked = reports.read(kind, request.GET, agency, now)
    return reports.build(kind, asked, agency, now), asked


def _file(content: bytes, content_type: str, report: Report, asked: Asked, ending: str) -> HttpResponse:
    name = f"{report.kind.slug}-{asked.first}-to-{asked.last}.{ending}"
    return HttpResponse(content, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _choices(agency: Agency, now: datetime) -> dict[str, Any]:
    """Years since the first request, the last one first, and policies for requests."""
    zone = ZoneInfo(agency.timezone)
    opened = TakedownRequest.objects.for_agency(agency).order_by("id").values_list("opened_at", flat=True).first() or now
    first, today = opened.astimezone(zone).year, now.astimezone(zone)
    policies = policies_of(agency).filter(purpose=Purpose.REMOVAL).values_list("key", "name")
    return {"years": range(today.year, min(first, today.year - 1) - 1, -1), "policies": list(dict(policies).items())}


def _stacks(report: Report) -> list[Stack]:
    """One bar for each platform with something to show, then all where there are several."""
    found = [(name, only.get("platform", ""), report.kind.pieces(tally)) for name, tally, only in report.cohort.lines() if tally.followed]
    return [stack(name, slug, pieces) for name, slug, pieces in (found if len(found) != 2 else found[:1])]
