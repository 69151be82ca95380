"""Dashboard: how fast, and how sure?"""

import math
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from platforms.models import Platform
from takedown.choices import VerdictValue
from takedown.models import Agency, TakedownRequest
from takedown.models.access import Permission
from takedown.models.policy import REMOVAL_ORDER
from takedown.statistics.cells import Table
from takedown.statistics.exposure import EXPOSING, SOURCE, exposure
from takedown.statistics.figures import SMALL, Bounds, interval_text, share_text, time_text
from takedown.statistics.filters import PERIODS, Filters, policies_of, read_filters
from takedown.statistics.readers import Dashboard, dashboard
from takedown.statistics.rows import AgeRow, WeekRow
from takedown.statistics.tables import TABLES, age_label
from takedown.web import charts
from takedown.web.access import SignedIn, agency_of, requires
from takedown.web.csvs import csv_lines
from takedown.web.filters import Filters as Listed
from takedown.web.funnel import Funnel, funnel
from takedown.web.shown import list_of, shown
from takedown.web.stacks import PIECES, removal_stacks
from takedown.web.steps import cause_charts

SIZES = (("wide", 1080.0, 320.0), ("medium", 600.0, 280.0), ("narrow", 300.0, 240.0))
"""Name, width and height of a chart in user units: all are drawn, the style sheet shows the one whose labels are readable."""
FAILURES = 10
"""Missed deadlines that a platform's page names, the latest first; the rest is a link away."""
VERDICTS = ("met", "indeterminate", "breached", "unproven", "pending", "suspended", "not_counted")


@dataclass(frozen=True, slots=True)
class AgeLine:
    """One band: the bar's geometry, and how much of it is overdue, in per cent of the width."""

    bar: charts.AgeBar
    band: AgeRow
    overdue_length: float


@dataclass(frozen=True, slots=True)
class BoundsLine:
    """One platform: the bar's geometry (`gap`: width of what may have been in time, per cent), its numbers, and its rows in the queue."""

    bar: charts.BoundsBar
    gap: float
    bounds: Bounds
    href: str
    links: list[tuple[str, int, str]]


@requires(Permission.READ)
@require_GET
def page(request: SignedIn) -> HttpResponse:
    now, agency = timezone.now(), agency_of(request.user)
    filters = read_filters(request.GET, agency, now)
    return render(request, "dashboard/page.html", {**drawn(dashboard(filters, now), agency), "here": reverse("dashboard")})


@requires(Permission.READ)
@require_GET
def platform(request: SignedIn, slug: str) -> HttpResponse:
    """The same figures for one platform, and what the last twelve months say about it."""
    now, agency, found = timezone.now(), agency_of(request.user), get_object_or_404(Platform, slug=slug)
    filters = read_filters({**request.GET.dict(), "platform": found.slug}, agency, now)
    year = exposure(agency, found, now)
    missed = year.year.listed(counted="breached")
    failures = Listed.read(missed).apply(TakedownRequest.objects.for_agency(agency), request.user, now)
    context = {
        "platform": found,
        "here": reverse("dashboard-platform", args=[slug]),
        "exposure": year,
        "exposing": (EXPOSING, SOURCE),
        "failures": failures.select_related("item", "policy").order_by("-due_at", "-id")[:FAILURES],
        "missed": list_of(missed),
        "orders": list_of(year.year.listed(policy=REMOVAL_ORDER, counted="standing")),
    }
    return render(request, "dashboard/platform.html", {**drawn(dashboard(filters, now), agency), **context})


def drawn(board: Dashboard, agency: Agency) -> dict[str, Any]:
    """What the figures' templates need."""
    return {
        "board": board,
        "filters": board.filters,
        "periods": [(key, label) for key, (label, _) in PERIODS.items()],
        "platforms": Platform.objects.values_list("slug", "name"),
        "policies": list(dict(policies_of(agency).values_list("key", "name")).items()),
        "facts": _facts(board),
        "watched": [(time_text(seconds) if seconds else "start", items) for seconds, items in board.removal.watched],
        "curves": _curves(board),
        "funnels": _funnels(board),
        "stacks": removal_stacks(board.bands),
        "pieces": PIECES.items(),
        "causes": cause_charts(board.causes),
        "bounds": _bounds(board),
        "few": SMALL,
        "ages": _ages(board),
        "weeks": _weeks(board),
        "tables": {name.replace("-", "_"): shown(table_of(board)) for name, table_of in TABLES.items()},
        "numbers": _numbers(board),
        "verdicts": [(verdict, VerdictValue(verdict).label) for verdict in VERDICTS],
    }


@requires(Permission.READ)
@require_GET
def download(request: SignedIn) -> HttpResponse:
    """The table of one figure (`figure`, a key of `TABLES`) under the page's filters, with the period in every row."""
    filters, table = _asked(request)
    period = (str(filters.first_day or ""), str(filters.last_day), filters.timezone)
    lines = [(*table.columns, "Period from", "Period to", "Days in"), *((*row, *period) for row in table.rows)]
    response = HttpResponse("".join(csv_lines(lines)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="takedown-{request.GET["figure"]}-{filters.last_day}.csv"'
    return response


@requires(Permission.READ)
@require_GET
def data(request: SignedIn) -> HttpResponse:
    """The same as JSON, with definition and sample size."""
    filters, table = _asked(request)
    period = {"from": filters.first_day, "to": filters.last_day, "timezone": filters.timezone}
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return JsonResponse({"title": table.title, "definition": table.definition, "period": period, "n": table.n, "rows": rows})


def _asked(request: SignedIn) -> tuple[Filters, Table]:
    name = request.GET.get("figure", "")
    if name not in TABLES:
        raise Http404("No such figure.")
    now = timezone.now()
    filters = read_filters(request.GET, agency_of(request.user), now)
    return filters, TABLES[name](dashboard(filters, now))


def _numbers(board: Dashboard) -> list[tuple[str, int, str]]:
    """Headline numbers: label, number, where its rows are."""
    ages, now = board.open_by_age, {"since": "", "until": ""}
    return [
        ("open now", ages.requests, list_of(board.filters.listed(**now, tab="open"))),
        ("overdue", ages.overdue, list_of(board.filters.listed(**now, tab="overdue"))),
        ("due in 1 h", ages.due_soon, list_of(board.filters.listed(**now, tab="due"))),
        ("seen back after removal", board.returned, list_of(board.filters.listed(tab="back"))),
    ]


def _facts(board: Dashboard) -> list[tuple[str, str]]:
    """Percentiles, and what was gone by the deadline."""
    removal = board.removal
    facts = [(f"{percent} % gone after", interval_text(interval)) for percent, interval in removal.quartiles]
    if removal.gone_by_deadline and removal.deadline:
        facts.append((f"Gone within {time_text(removal.deadline)}", share_text(removal.gone_by_deadline)))
    return facts


def _curves(board: Dashboard) -> list[tuple[str, charts.RemovalCurve]]:
    if board.removal.fit is None:
        return []
    drops = zip(charts.curve_points(board.removal.fit), board.removal.band, strict=True)
    points = [charts.CurvePoint(drop.left, drop.right, drop.after, low, high) for drop, (low, high) in drops]
    return [
        (name, charts.removal_curve(points, deadline_seconds=board.removal.deadline, width=width, height=height))
        for name, width, height in SIZES
    ]


def _funnels(board: Dashboard) -> list[tuple[str, Funnel]]:
    if not board.spread.comparable:
        return []
    return [(name, funnel(board.spread, width=width, height=height)) for name, width, height in SIZES]


def _bounds(board: Dashboard) -> list[BoundsLine]:
    lines = board.compliance.platforms
    if len(lines) > 1:
        lines = (*lines, board.compliance.total)
    bars = charts.bounds_bars([charts.BoundsRow(line.name, line.met, line.indeterminate, line.decided) for line in lines])
    return [_bounds_line(board.filters, bar, line) for bar, line in zip(bars, lines, strict=True)]


def _bounds_line(filters: Filters, bar: charts.BoundsBar, line: Bounds) -> BoundsLine:
    counts = {"met": line.met, "indeterminate": line.indeterminate, "breached": line.breached, "unproven": line.apart["unproven"]}
    only = {"platform": line.slug} if line.slug else {}
    links = [(name, count, list_of(filters.listed(**only, counted=name))) for name, count in counts.items() if count]
    return BoundsLine(bar, round(bar.high - bar.low, 2), line, list_of(filters.listed(**only, counted="decided")), links)


def _ages(board: Dashboard) -> list[AgeLine]:
    bands = board.open_by_age.bands
    bars = charts.age_bars([(age_label(band.seconds_from, band.seconds_to), band.requests) for band in bands])
    return [
        AgeLine(bar, band, round(bar.length * band.overdue / band.requests, 2) if band.requests else 0.0)
        for bar, band in zip(bars, bands, strict=True)
    ]


def _weeks(board: Dashboard) -> list[tuple[str, charts.StackedWeeks, list[charts.Tick]]]:
    if not any(week.requests for week in board.trend.weeks):
        return []
    rows = [charts.WeekRow(f"{week.week.day} {week.week:%b}", _counts(week)) for week in board.trend.weeks]
    drawn = [(name, charts.stacked_weeks(rows, width=width, height=height)) for name, width, height in SIZES]
    return [(name, chart, _labels(chart)) for name, chart in drawn]


def _labels(chart: charts.StackedWeeks) -> list[charts.Tick]:
    """Names of as many weeks as there is room for, at regular distances."""
    step = math.ceil(charts.TICK_SPACE * len(chart.columns) / chart.plot.width)
    return [charts.Tick(round(column.x + column.width / 2, 2), column.label) for column in chart.columns[::step]]


def _counts(week: WeekRow) -> dict[str, int]:
    return {verdict: getattr(week, verdict) for verdict in VERDICTS}


urlpatterns = [
    path("dashboard/", page, name="dashboard"),
    path("dashboard/platforms/<slug:slug>/", platform, name="dashboard-platform"),
    path("dashboard/csv/", download, name="dashboard-csv"),
    path("dashboard/json/", data, name="dashboard-json"),
]
